"""The two roles and the databases of a PostgreSQL server we administer.

`laurel_owner` owns the tables and runs migrations. `laurel_app` is what every process connects as: it
owns nothing and cannot pass row-level security. Which rows it may touch is granted by migrations.
"""

import psycopg
from psycopg import errors, sql

OWNER_ROLE = "laurel_owner"
APP_ROLE = "laurel_app"
DATABASE = "laurel"

_POWERLESS = sql.SQL("LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS")


def create_roles_and_database(admin_url: str) -> None:
    """Make both roles and the `laurel` database where they are missing."""
    with psycopg.connect(admin_url, autocommit=True) as admin:
        for role in (OWNER_ROLE, APP_ROLE):
            _create_role(admin, role)
        if not _exists(admin, DATABASE):
            _create(admin, DATABASE, None)


def create_database(admin_url: str, name: str, template: str | None = None) -> None:
    """Make the database `name` for the owner role, empty or as a copy of `template`.

    Nobody may be connected to `template` meanwhile.
    """
    with psycopg.connect(admin_url, autocommit=True) as admin:
        _create(admin, name, template)


def drop_database(admin_url: str, name: str) -> None:
    """Remove the database `name` with whoever is connected to it; a missing one is fine."""
    with psycopg.connect(admin_url, autocommit=True) as admin:
        admin.execute(
            sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
        )


def _create_role(admin: psycopg.Connection, role: str) -> None:
    try:
        admin.execute(sql.SQL("CREATE ROLE {} {}").format(sql.Identifier(role), _POWERLESS))
    except errors.DuplicateObject:
        admin.execute(sql.SQL("ALTER ROLE {} {}").format(sql.Identifier(role), _POWERLESS))


def _exists(admin: psycopg.Connection, name: str) -> bool:
    query = "SELECT 1 FROM pg_database WHERE datname = %s"
    return admin.execute(query, [name]).fetchone() is not None


def _create(admin: psycopg.Connection, name: str, template: str | None) -> None:
    names = {
        "name": sql.Identifier(name),
        "owner": sql.Identifier(OWNER_ROLE),
        "app": sql.Identifier(APP_ROLE),
        "template": sql.Identifier(template or "template1"),
    }
    create = "CREATE DATABASE {name} OWNER {owner} TEMPLATE {template}"
    admin.execute(sql.SQL(create).format(**names))
    admin.execute(sql.SQL("REVOKE ALL ON DATABASE {name} FROM PUBLIC").format(**names))
    admin.execute(sql.SQL("GRANT CONNECT, TEMPORARY ON DATABASE {name} TO {app}").format(**names))
