"""What a screen shows at once, composed from the rooms below."""
