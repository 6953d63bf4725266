"""The database: base classes, types, the unit of work and the wall between tenants."""
