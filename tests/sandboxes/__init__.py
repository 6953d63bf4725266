"""Providers that run on this machine: each speaks its vendor's documented protocol and can be made ugly."""
