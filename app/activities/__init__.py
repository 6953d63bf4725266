"""What happened: sources, imports, cleaning, quarantine, claims and corrections."""
