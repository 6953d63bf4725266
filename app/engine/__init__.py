"""The incentive engine: a program document and facts in, explained earnings out. Pure."""
