"""The demo: an invented energy company, its year of sales, and a feed that keeps selling."""
