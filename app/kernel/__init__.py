"""The ground floor: pure values that every room may use."""
