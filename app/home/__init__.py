"""Screens that show many rooms at once: Today of a rep, the overview of the console. Only reads."""
