"""Statements given to the driver itself belong to the transaction, and fail as all others do."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import ARRAY, Engine, Integer, bindparam, func, literal, select, text
from sqlalchemy.exc import IntegrityError, OperationalError, ProgrammingError
from sqlalchemy.orm import Session

from app.db import arrays, driver
from app.db.engine import make_engine
from tests.conftest import Work
from tests.people.builders import give_person, give_tenant

WORDS = [
    "plain",
    "",
    'a "quoted" one',
    "back\\slash",
    "NULL",
    "{curly, braces}",
    "new\nline",
    "né 😂",
]


def test_rows_come_back_as_the_driver_reads_them(db: Session) -> None:
    rows = driver.run(db, "SELECT %(a)s::int, %(a)s::int + 1, %(b)s", {"a": 1, "b": "x"})

    assert rows == [(1, 2, "x")]


def test_a_text_is_given_as_the_session_would(db: Session) -> None:
    stated = text("SELECT '10 %', CAST(:n AS int), (:word)::text, '\\:n'")

    rows = driver.run(db, stated, {"n": 3, "word": "x"})

    assert rows == [tuple(row) for row in db.execute(stated, {"n": 3, "word": "x"})]
    assert rows == [("10 %", 3, "x", ":n")]


def test_a_statement_that_is_kept_is_given_with_its_own_values(db: Session) -> None:
    asked = bindparam("asked", type_=Integer())
    numbers = func.unnest(bindparam("given", type_=ARRAY(Integer()))).column_valued("number")
    stated = select(numbers, literal("x"), literal(None, Integer)).where(
        numbers.in_([1, 2, 3]), numbers != asked
    )

    for avoided in (2, 3):
        given = {"given": [1, 2, 3, 4], "asked": avoided}
        assert driver.run(db, stated, given) == [tuple(row) for row in db.execute(stated, given)]


def test_a_value_that_is_missing_is_not_taken_for_nothing(db: Session) -> None:
    stated = select(bindparam("asked", type_=Integer()))

    with pytest.raises(ProgrammingError, match="asked"):
        driver.run(db, stated, {})


def test_what_the_session_holds_back_is_written_before(work: Work, tenant_id: UUID) -> None:
    with work() as db:
        give_tenant(db)
        person = give_person(db)
        person.name = "Somebody Else"

        assert driver.run(db, _NAMES, {"id": person.id}) == [("Somebody Else",)]


_NAMES = text("SELECT name FROM people WHERE id = :id")


def test_a_question_of_its_own_is_a_transaction_of_its_own(engine: Engine) -> None:
    def state() -> Any:
        return driver.ask(engine, text("SELECT pg_current_xact_id()::text"), {})[0][0]

    assert state() != state()
    with engine.connect() as connection:
        raw: Any = connection.connection.driver_connection
        assert not raw.autocommit


def test_a_connection_that_the_server_ended_meanwhile_is_not_handed_out(
    servers: dict[str, str],
) -> None:
    engine = make_engine(servers["DATABASE_URL"], pool_size=3)
    ((pid,),) = driver.ask(engine, _PID, {})
    with psycopg.connect(servers["ADMIN_URL"], autocommit=True) as admin:
        admin.execute("SELECT pg_terminate_backend(%s)", [pid])
        while admin.execute("SELECT 1 FROM pg_stat_activity WHERE pid = %s", [pid]).fetchone():
            pass

    ((other,),) = driver.ask(engine, _PID, {})

    assert other != pid
    engine.dispose()


_PID = text("SELECT pg_backend_pid()")


def test_what_returns_no_rows_returns_none(db: Session) -> None:
    assert driver.run(db, "CREATE TEMPORARY TABLE t (n int) ON COMMIT DROP", {}) == []


def test_it_is_part_of_the_transaction_of_the_session(work: Work, tenant_id: UUID) -> None:
    with work() as db:
        found = driver.run(db, "SELECT current_setting('app.tenant_id'), pg_current_xact_id()", {})
        same = db.execute(text("SELECT pg_current_xact_id()")).scalar_one()

    assert found == [(str(tenant_id), same)]


def test_a_refusal_of_the_database_is_raised_as_sqlalchemy_names_it(db: Session) -> None:
    driver.run(db, "CREATE TEMPORARY TABLE t (n int CHECK (n > 0)) ON COMMIT DROP", {})

    with pytest.raises(IntegrityError):
        driver.run(db, "INSERT INTO t VALUES (%(n)s)", {"n": -1})


def test_a_connection_that_was_cut_is_not_used_again(
    engine: Engine, servers: dict[str, str]
) -> None:
    with Session(engine) as db:
        ((pid,),) = driver.run(db, "SELECT pg_backend_pid()", {})
        with psycopg.connect(servers["ADMIN_URL"], autocommit=True) as admin:
            admin.execute(sql.SQL("SELECT pg_terminate_backend({})").format(pid))

        with pytest.raises(OperationalError) as cut:
            driver.run(db, "SELECT 1", {})

    assert cut.value.connection_invalidated
    with Session(engine) as db:
        assert driver.run(db, "SELECT pg_backend_pid()", {}) != [(pid,)]


@pytest.mark.parametrize(
    ("name", "values", "written"),
    [
        ("text", WORDS, arrays.texts(WORDS)),
        ("text", [], arrays.texts([])),
        ("bytea", [b"", b"\\\x00\xff"], arrays.hashes([b"", b"\\\x00\xff"])),
        ("bigint", [0, -1, None, 2**63 - 1], arrays.words([0, -1, None, 2**63 - 1])),
        ("uuid", [UUID(int=1), None], arrays.words([UUID(int=1), None])),
        ("uuid", [], arrays.words([])),
    ],
)
def test_an_array_written_as_text_is_read_as_it_was(
    db: Session, name: str, values: list[Any], written: str
) -> None:
    rows = driver.run(db, f"SELECT CAST(%(values)s AS {name}[])", {"values": written})

    assert rows == [(values,)]
