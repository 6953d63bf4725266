"""The failure tests of the house, by their numbers in docs/reliability.md."""
