"""Everything that is pushed to a browser."""
