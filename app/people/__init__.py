"""Tenants, people, where they stand over time, what they may do, and how they sign in."""
