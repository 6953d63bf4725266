"""Whoever delivers what a person redeems: one contract, one adapter each. Providers keep their own books."""
