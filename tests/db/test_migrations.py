"""Migrations go up and down, and say the same as the models."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy.engine import make_url

from app.runtime.databases import create_database, drop_database

ROOT = Path(__file__).resolve().parents[2]
NAME = "laurel_migrations"
LEFT_BEHIND = {"alembic_version"}


@pytest.fixture
def empty(servers: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """An empty database of the owner; its address is what migrations read from the environment."""
    create_database(servers["ADMIN_URL"], NAME)
    url = make_url(servers["DATABASE_OWNER_URL"]).set(database=NAME)
    address = url.render_as_string(hide_password=False)
    monkeypatch.setenv("DATABASE_OWNER_URL", address)
    yield address
    drop_database(servers["ADMIN_URL"], NAME)


def everything_in(address: str) -> set[str]:
    """Return the tables, functions and types of our own in a database."""
    with psycopg.connect(address) as connection:
        rows = connection.execute(
            """
            SELECT relname FROM pg_class
              WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v', 'S', 'm')
            UNION SELECT p.proname FROM pg_proc p
              WHERE pronamespace = 'public'::regnamespace
              AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
            UNION SELECT t.typname FROM pg_type t
              WHERE typnamespace = 'public'::regnamespace AND typtype = 'e'
            """
        ).fetchall()
    return {name for (name,) in rows}


def test_migrations_go_up_say_what_the_models_say_and_go_down_and_up_again(empty: str) -> None:
    config = Config(ROOT / "alembic.ini")

    command.upgrade(config, "head")
    command.check(config)
    built = everything_in(empty)
    command.downgrade(config, "base")
    left = everything_in(empty)
    command.upgrade(config, "head")

    assert left == LEFT_BEHIND
    assert everything_in(empty) == built


def test_what_is_new_is_not_kept_in_a_list_that_every_search_reads_whole(empty: str) -> None:
    command.upgrade(Config(ROOT / "alembic.ini"), "head")

    with psycopg.connect(empty) as connection:
        indexes = connection.execute(
            """
            SELECT c.relname, 'fastupdate=off' = ANY (c.reloptions)
            FROM pg_class c JOIN pg_am a ON a.oid = c.relam
            WHERE c.relkind = 'i' AND a.amname = 'gin'
            """
        ).fetchall()

    assert indexes
    assert [name for name, is_searched_at_once in indexes if not is_searched_at_once] == []
