"""Roles and databases, on our own server and on one the operator brings.

`laurel_owner` owns the tables and runs migrations. `laurel_app` is what every process connects as: it
owns nothing and cannot pass row-level security. Which rows it may touch is granted by migrations.
"""

import secrets
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import errors, sql
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from app.runtime.errors import CannotStart

OWNER_ROLE = "laurel_owner"
APP_ROLE = "laurel_app"
DATABASE = "laurel"
OLDEST_SERVER = 180000

_POWERLESS = "NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS"


@dataclass(frozen=True)
class Addresses:
    """How migrations and how everything else reach the one database."""

    owner: str
    app: str


def create_roles_and_database(admin_url: str) -> None:
    """Make both roles and the `laurel` database where they are missing."""
    with psycopg.connect(admin_url, autocommit=True) as admin:
        for role in (OWNER_ROLE, APP_ROLE):
            if not _role_exists(admin, role):
                _run(admin, f"CREATE ROLE {{role}} LOGIN {_POWERLESS}", role=role)
        query = "SELECT 1 FROM pg_database WHERE datname = %s"
        if admin.execute(query, [DATABASE]).fetchone() is None:
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
        _run(admin, "DROP DATABASE IF EXISTS {name} WITH (FORCE)", name=name)


def use_operators(database_url: str, owner_url: str | None, *, secrets_folder: Path) -> Addresses:
    """Return the addresses of a database the operator brings, with the application's role ready.

    With `owner_url`, `database_url` is what the application connects as. Without it, `database_url`
    is the owner, and the role `laurel_app` is made with a password kept in `secrets_folder`.
    """
    if owner_url is not None:
        owner, app = _parse("DATABASE_OWNER_URL", owner_url), _parse("DATABASE_URL", database_url)
        with _connect("DATABASE_OWNER_URL", owner) as db:
            _check_server(db)
            _let_act_as_application(db, app.username or "")
    else:
        owner = _parse("DATABASE_URL", database_url)
        password = _kept_password(secrets_folder / "laurel_app.password")
        with _connect("DATABASE_URL", owner) as db:
            _check_server(db)
            _make_application_role(db, password)
        app = owner.set(username=APP_ROLE, password=password)
    _check_powerless(app)
    return Addresses(owner=_text(owner), app=_text(app))


def _create(admin: psycopg.Connection, name: str, template: str | None) -> None:
    _run(
        admin,
        "CREATE DATABASE {name} OWNER {owner} TEMPLATE {template}",
        name=name,
        owner=OWNER_ROLE,
        template=template or "template1",
    )
    _run(admin, "REVOKE ALL ON DATABASE {name} FROM PUBLIC", name=name)
    _run(admin, "GRANT CONNECT, TEMPORARY ON DATABASE {name} TO {app}", name=name, app=APP_ROLE)


def _run(db: psycopg.Connection, statement: str, **names: str) -> None:
    identifiers = {key: sql.Identifier(name) for key, name in names.items()}
    db.execute(sql.SQL(statement).format(**identifiers))


def _role_exists(db: psycopg.Connection, role: str) -> bool:
    found = db.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone()
    return found is not None


def _parse(variable: str, address: str) -> URL:
    try:
        url = make_url(address)
    except ArgumentError:
        raise CannotStart(
            f"{variable} is not an address like postgresql://role@host/name."
        ) from None
    if url.get_backend_name() not in ("postgresql", "postgres") or not url.username:
        raise CannotStart(f"{variable} must look like postgresql://role:password@host/name.")
    return url.set(drivername="postgresql")


def _text(url: URL) -> str:
    return url.render_as_string(hide_password=False)


def _connect(variable: str, url: URL) -> psycopg.Connection:
    try:
        return psycopg.connect(_text(url), autocommit=True, connect_timeout=10)
    except psycopg.OperationalError as error:
        said = str(error).partition("\n")[0].rstrip(".")
        raise CannotStart(f"The database of {variable} did not let us in: {said}.") from None


def _check_server(db: psycopg.Connection) -> None:
    if db.info.server_version < OLDEST_SERVER:
        raise CannotStart(
            f"The database is PostgreSQL {db.info.server_version // 10000}; "
            f"Laurel needs {OLDEST_SERVER // 10000} or later."
        )
    encoding = db.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        raise CannotStart(f"The database keeps text as {encoding}; make one with ENCODING 'UTF8'.")


def _make_application_role(db: psycopg.Connection, password: str) -> None:
    if db.info.user == APP_ROLE:
        raise CannotStart(
            f"DATABASE_URL is the role {APP_ROLE}, which does not migrate; "
            "set DATABASE_OWNER_URL to the role that owns the tables."
        )
    try:
        if not _role_exists(db, APP_ROLE):
            _run(db, f"CREATE ROLE {{role}} LOGIN {_POWERLESS}", role=APP_ROLE)
        statement = sql.SQL("ALTER ROLE {} LOGIN PASSWORD {}")
        db.execute(statement.format(sql.Identifier(APP_ROLE), sql.Literal(password)))
        _run(
            db,
            "GRANT CONNECT, TEMPORARY ON DATABASE {name} TO {role}",
            name=db.info.dbname,
            role=APP_ROLE,
        )
    except errors.InsufficientPrivilege:
        raise CannotStart(
            f"The role {db.info.user} may not make roles. Let an administrator run "
            f"CREATE ROLE {APP_ROLE} LOGIN PASSWORD '...' {_POWERLESS}; and set DATABASE_OWNER_URL "
            f"to what DATABASE_URL is now and DATABASE_URL to the role {APP_ROLE}."
        ) from None


def _let_act_as_application(db: psycopg.Connection, login: str) -> None:
    """Make the operator's own `login` a member of the role that migrations grant rights to."""
    if login == db.info.user:
        raise CannotStart("DATABASE_URL and DATABASE_OWNER_URL must be two different roles.")
    if login == APP_ROLE:
        return
    try:
        if not _role_exists(db, APP_ROLE):
            _run(db, f"CREATE ROLE {{role}} NOLOGIN {_POWERLESS}", role=APP_ROLE)
        member = "SELECT pg_has_role(%s, %s, 'USAGE')"
        row = db.execute(member, [login, APP_ROLE]).fetchone()
        if row is None or not row[0]:
            _run(db, "GRANT {role} TO {login}", role=APP_ROLE, login=login)
    except (errors.InsufficientPrivilege, errors.UndefinedObject):
        raise CannotStart(
            f"The role {login} of DATABASE_URL is not a member of {APP_ROLE}. Let an administrator "
            f"run CREATE ROLE {APP_ROLE} NOLOGIN; GRANT {APP_ROLE} TO {login};"
        ) from None


def _check_powerless(app: URL) -> None:
    """Refuse an application role that row-level security does not stop."""
    with _connect("DATABASE_URL", app) as db:
        query = "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user"
        row = db.execute(query).fetchone()
    if row is None or row[0]:
        raise CannotStart(
            f"The role {app.username} would see every tenant's rows; "
            f"run ALTER ROLE {app.username} NOSUPERUSER NOBYPASSRLS;"
        )


def _kept_password(file: Path) -> str:
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        file.touch(mode=0o600)
        file.write_text(secrets.token_urlsafe(32))
    return file.read_text()
