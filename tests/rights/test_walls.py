"""Row-level security, table by table, by raw SQL: the second wall between tenants."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

import psycopg
import pytest
from flask import Flask
from psycopg import sql

from app import bootstrap
from app.db.base import Base
from app.kernel.ids import new_id

APP_ROLE = "laurel_app"
OWNER = "laurel_owner"
WITHOUT_TENANT = {"alembic_version"}
"""Tables of no tenant; those of the queue (procrastinate_*) carry theirs in the arguments of jobs."""
KEYED_FOR_ALL = {
    "uq_tenants_slug": "the name of a tenant in addresses; nothing but creating a tenant writes it",
    "uq_passkeys_credential_id": "a passkey belongs to one person anywhere, and finds the tenant",
    "ix_catalog_words_like": "trigrams of words; the function that looks in it keeps the tenants apart",
    "ix_people_email": "an address finds its tenants before anybody is signed in",
}
DEFINERS = {
    "laurel_tenant_ids",
    "laurel_tenant_by_slug",
    "laurel_demo_tenant",
    "laurel_tenants_of_email",
    "laurel_tenant_of_passkey",
    "catalog_page",
    "catalog_words_like",
}
SAMPLES = {
    "uuid": "00000000-0000-4000-8000-000000000001",
    "text": "x",
    "bigint": 1,
    "integer": 1,
    "smallint": 1,
    "date": "2026-01-01",
    "timestamp with time zone": "2026-01-01T00:00:00Z",
    "bytea": b"x",
    "boolean": True,
}

bootstrap.import_models()
TABLES = sorted(table for table in Base.metadata.tables if table not in WITHOUT_TENANT)


@pytest.fixture(scope="module")
def admin(app: Flask, servers: dict[str, str]) -> Iterator[psycopg.Connection]:
    """A superuser, whom no wall stops."""
    url = servers["ADMIN_URL"].replace("postgresql+psycopg", "postgresql")
    path = psycopg.conninfo.conninfo_to_dict(servers["DATABASE_URL"])
    with psycopg.connect(url, dbname=path["dbname"]) as connection:
        yield connection


@pytest.fixture
def sql_of(admin: psycopg.Connection) -> Iterator[psycopg.Cursor]:
    """A transaction that leaves no trace."""
    with admin.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = '5s'")
        yield cursor
    admin.rollback()


@dataclass(frozen=True)
class Column:
    name: str
    kind: str
    in_key: bool


def columns(cursor: psycopg.Cursor, table: str) -> list[Column]:
    cursor.execute(
        """
        SELECT a.attname, format_type(a.atttypid, NULL),
               coalesce(a.attnum = ANY (i.indkey), false)
        FROM pg_attribute a
        LEFT JOIN pg_index i ON i.indrelid = a.attrelid AND i.indisprimary
        WHERE a.attrelid = %s::regclass AND a.attnum > 0 AND NOT a.attisdropped
        """,
        [table],
    )
    return [Column(*row) for row in cursor.fetchall()]


def put_row(cursor: psycopg.Cursor, table: str, tenant: UUID) -> None:
    """Put a bare row into `table`, past checks, keys to other tables and triggers."""
    cursor.execute("SET LOCAL session_replication_role = replica")
    cursor.execute(
        "SELECT conname FROM pg_constraint WHERE conrelid = %s::regclass AND contype IN ('c', 'x')",
        [table],
    )
    for (name,) in cursor.fetchall():
        cursor.execute(
            sql.SQL("ALTER TABLE {} DROP CONSTRAINT {}").format(
                sql.Identifier(table), sql.Identifier(name)
            )
        )
    key = [column for column in columns(cursor, table) if column.in_key]
    for column in columns(cursor, table):
        if not column.in_key:
            cursor.execute(
                sql.SQL("ALTER TABLE {} ALTER {} DROP NOT NULL").format(
                    sql.Identifier(table), sql.Identifier(column.name)
                )
            )
    values = [tenant if column.name == "tenant_id" else SAMPLES[column.kind] for column in key]
    cursor.execute(
        sql.SQL("INSERT INTO {} ({}) OVERRIDING SYSTEM VALUE VALUES ({})").format(
            sql.Identifier(table),
            sql.SQL(", ").join(sql.Identifier(column.name) for column in key),
            sql.SQL(", ").join(sql.Placeholder() * len(key)),
        ),
        values,
    )


def become(cursor: psycopg.Cursor, tenant: UUID | None) -> None:
    """Be the application in the transaction of a tenant."""
    cursor.execute(sql.SQL("SET LOCAL ROLE {}").format(sql.Identifier(APP_ROLE)))
    cursor.execute("SELECT set_config('app.tenant_id', %s, true)", [str(tenant) if tenant else ""])


def count(cursor: psycopg.Cursor, table: str) -> int:
    cursor.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table)))
    row = cursor.fetchone()
    assert row is not None
    return int(row[0])


def test_every_table_in_the_database_is_known(sql_of: psycopg.Cursor) -> None:
    sql_of.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    found = {name for (name,) in sql_of.fetchall() if not name.startswith("procrastinate_")}

    assert found == set(TABLES) | WITHOUT_TENANT


def test_the_application_owns_nothing_and_stands_above_nobody(sql_of: psycopg.Cursor) -> None:
    sql_of.execute(
        "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb FROM pg_roles WHERE rolname = %s",
        [APP_ROLE],
    )
    assert sql_of.fetchone() == (False, False, False, False)
    sql_of.execute("SELECT pg_has_role(%s, %s, 'MEMBER')", [APP_ROLE, OWNER])
    assert sql_of.fetchone() == (False,)
    sql_of.execute(
        "SELECT relname FROM pg_class WHERE pg_get_userbyid(relowner) = %s"
        " AND NOT pg_is_other_temp_schema(relnamespace)"
        " AND relnamespace::regnamespace::text NOT LIKE 'pg_toast_temp_%%'",
        [APP_ROLE],
    )
    assert sql_of.fetchall() == []


def test_only_the_named_functions_see_past_the_wall(sql_of: psycopg.Cursor) -> None:
    sql_of.execute(
        "SELECT proname, proconfig FROM pg_proc WHERE prosecdef AND pronamespace = 'public'::regnamespace"
    )
    found = sql_of.fetchall()

    assert {name for name, _ in found} == DEFINERS
    assert {settings[0] for _, settings in found} == {"search_path=public, pg_temp"}
    sql_of.execute(
        "SELECT proname FROM pg_proc p, aclexplode(p.proacl) a WHERE p.prosecdef AND a.grantee = 0"
    )
    assert sql_of.fetchall() == [], "open to everybody"


def test_every_key_begins_with_the_tenant(sql_of: psycopg.Cursor) -> None:
    sql_of.execute(
        """
        SELECT c.relname, ic.relname, a.attname
        FROM pg_index i
        JOIN pg_class c ON c.oid = i.indrelid
        JOIN pg_class ic ON ic.oid = i.indexrelid
        LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = i.indkey[0]
        WHERE c.relnamespace = 'public'::regnamespace AND c.relname = ANY (%s)
        """,
        [TABLES],
    )
    wrong = [
        index
        for _, index, column in sql_of.fetchall()
        if column != "tenant_id" and index not in KEYED_FOR_ALL
    ]

    assert wrong == []


def test_every_foreign_key_stays_within_the_tenant(sql_of: psycopg.Cursor) -> None:
    sql_of.execute(
        """
        SELECT k.conname, a.attname, f.attname
        FROM pg_constraint k
        JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[1]
        JOIN pg_attribute f ON f.attrelid = k.confrelid AND f.attnum = k.confkey[1]
        JOIN pg_class c ON c.oid = k.conrelid
        WHERE k.contype = 'f' AND c.relname = ANY (%s)
        """,
        [TABLES],
    )

    assert [row for row in sql_of.fetchall() if row[1:] != ("tenant_id", "tenant_id")] == []


@pytest.mark.parametrize("table", TABLES)
def test_a_table_has_its_wall(sql_of: psycopg.Cursor, table: str) -> None:
    sql_of.execute(
        """
        SELECT c.relrowsecurity, pg_get_userbyid(c.relowner), p.polcmd, p.polpermissive, p.polroles,
               pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid)
        FROM pg_class c LEFT JOIN pg_policy p ON p.polrelid = c.oid
        WHERE c.oid = %s::regclass
        """,
        [table],
    )
    mine = "(tenant_id = ( SELECT laurel_tenant() AS laurel_tenant))"

    assert sql_of.fetchall() == [(True, OWNER, "*", True, [0], mine, mine)]


@pytest.mark.parametrize("table", TABLES)
def test_a_row_is_seen_and_touched_by_its_tenant_only(sql_of: psycopg.Cursor, table: str) -> None:
    mine, theirs = new_id(), new_id()
    put_row(sql_of, table, mine)
    assert count(sql_of, table) >= 1

    become(sql_of, None)
    assert count(sql_of, table) == 0
    become(sql_of, theirs)
    assert count(sql_of, table) == 0
    become(sql_of, mine)
    assert count(sql_of, table) == 1


@pytest.mark.parametrize("table", TABLES)
def test_a_row_of_another_tenant_can_be_neither_made_nor_taken(
    sql_of: psycopg.Cursor, table: str
) -> None:
    mine, theirs = new_id(), new_id()
    put_row(sql_of, table, mine)
    become(sql_of, theirs)
    name = sql.Identifier(table)

    for statement in ("UPDATE {} SET tenant_id = tenant_id", "DELETE FROM {}"):
        try:
            with sql_of.connection.transaction():
                sql_of.execute(sql.SQL(statement).format(name))
                assert sql_of.rowcount == 0
        except psycopg.errors.InsufficientPrivilege:
            pass  # a journal: nobody may, not even for their own rows
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match=r"row-level security|denied"):
        sql_of.execute(sql.SQL("INSERT INTO {} (tenant_id) VALUES (%s)").format(name), [mine])


def test_who_asks_is_found_behind_the_same_wall(sql_of: psycopg.Cursor) -> None:
    sql_of.execute(
        "SELECT proname FROM pg_proc WHERE proname IN ('laurel_session', 'laurel_api_key')"
        " AND prosecdef"
    )
    assert sql_of.fetchall() == []
    mine, theirs = new_id(), new_id()
    put_row(sql_of, "api_keys", mine)
    sql_of.execute("UPDATE api_keys SET key_hash = 'x', scopes = '[]' WHERE tenant_id = %s", [mine])
    become(sql_of, None)

    found = [
        sql_of.execute("SELECT count(*) FROM laurel_api_key(%s, 'x')", [tenant]).fetchone()
        for tenant in (theirs, mine)
    ]

    assert found == [(0,), (1,)]
