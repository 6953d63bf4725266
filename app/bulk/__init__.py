"""Crediting and adding up, defined once, for PostgreSQL, DuckDB and Spark; and paying many totals at once."""
