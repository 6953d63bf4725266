"""What the kit asks of whoever answers it, and what nobody may get: these endpoints in production."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from app import create_app
from app.settings import BadSettings, Settings, read_settings
from tests.conformance.kit import Answer, Kit, broken_at, credit, debit
from tests.rights.rules import routes


@pytest.fixture(scope="module")
def judged(settings: Settings) -> Flask:
    """The application of a build with the endpoints."""
    return create_app(replace(settings, conformance=True))


@pytest.fixture
def kit(judged: Flask) -> Kit:
    """A driver of that application in this process, before empty books."""

    def raw(method: str, path: str, body: bytes | None) -> tuple[int, bytes]:
        answer = judged.test_client().open(
            path, method=method, data=body, content_type="application/json"
        )
        return answer.status_code, answer.data

    kit = Kit(raw)
    kit.reset()
    return kit


def test_a_plain_build_has_none_of_the_endpoints(app: Flask) -> None:
    assert not [path for _, path in routes(app) if path.startswith("/_lck")]
    assert app.test_client().post("/_lck/reset", json={}).status_code == 404


def test_production_does_not_start_with_them(servers: dict[str, str]) -> None:
    production = servers | {"LAUREL_MODE": "production", "LAUREL_CONFORMANCE": "1"}

    with pytest.raises(BadSettings, match="never in production"):
        read_settings(production)


@pytest.mark.parametrize("said", ["0", "", "true", "yes"])
def test_only_a_one_switches_them_on(servers: dict[str, str], said: str) -> None:
    assert not read_settings(servers | {"LAUREL_CONFORMANCE": said}).conformance


def test_they_are_no_part_of_the_documented_api(judged: Flask) -> None:
    document = judged.test_client().get("/api/openapi.json").json

    assert not [path for path in document["paths"] if "_lck" in path]


def test_books_are_empty_before_anything_is_written_and_after_a_reset(kit: Kit) -> None:
    assert kit.journal() == []
    kit.seed("tck:a", 5_000)
    assert len(kit.journal()) == 2

    kit.reset()

    assert kit.journal() == []
    assert kit.balance("tck:a") == 0


def test_books_that_nobody_opened_are_empty_and_one_for_all_who_come_first(
    kit: Kit, judged: Flask
) -> None:
    books = judged.extensions["laurel"].settings.home / "conformance-books"

    books.unlink()
    assert kit.journal() == []

    books.unlink()
    told = kit.at_once(
        8,
        lambda nth: kit.transfer("external:funding", "acct:a", 5, key=f"{nth}", may_overdraw=True),
    )
    assert told == {"APPLIED": 8}
    assert kit.balance("acct:a") == 40


def test_an_entry_says_everything_the_kit_reads(kit: Kit) -> None:
    kit.seed("tck:a", 12_345)

    first, second = kit.journal()

    assert kit.balance("tck:a") == 12_345
    assert {name: type(value) for name, value in first.items()} == {
        "entryId": str,
        "transactionId": str,
        "accountId": str,
        "type": str,
        "amountSubunits": int,
        "currency": str,
        "sequence": int,
        "accountSequence": int,
        "prevHash": str,
        "entryHash": str,
    }
    assert {first["accountId"], second["accountId"]} == {"external:funding", "tck:a"}
    assert first["entryId"] != second["entryId"]
    assert (first["sequence"], second["sequence"]) == (1, 2)


def test_what_is_refused_is_an_answer_with_a_reason(kit: Kit) -> None:
    kit.seed("tck:a", 100)

    told = kit.transfer("tck:a", "tck:b", 900_000, key="tck-4")

    assert told == {
        "status": "REJECTED",
        "transactionId": "lck-tck-4",
        "reason": "There is not enough for that.",
    }


def test_a_refused_attempt_leaves_its_key_free(kit: Kit) -> None:
    kit.seed("acct:a", 100)
    assert kit.transfer("acct:a", "acct:b", 500, key="again")["status"] == "REJECTED"
    kit.seed("acct:a", 900)

    told = kit.transfer("acct:a", "acct:b", 700, key="again")

    assert told["status"] == "APPLIED"
    assert kit.balance("acct:b") == 700


def test_a_duplicate_names_the_transaction_that_was_applied(kit: Kit) -> None:
    kit.seed("acct:a", 1_000)
    legs = debit("acct:a", 10), credit("acct:b", 10)
    kit.post(*legs, key="k", transaction="the first")

    told = kit.post(*legs, key="k", transaction="the second")

    assert (told["status"], told["transactionId"]) == ("DUPLICATE", "the first")


def test_a_key_that_was_used_for_something_else_is_no_duplicate(kit: Kit) -> None:
    kit.seed("acct:a", 1_000)
    kit.transfer("acct:a", "acct:b", 10, key="k")

    told = kit.transfer("acct:a", "acct:b", 11, key="k")

    assert told["status"] == "REJECTED"
    assert kit.balance("acct:b") == 10


def test_an_account_may_be_overdrawn_where_the_posting_says_so_and_only_there(kit: Kit) -> None:
    kit.seed("acct:a", 300)

    assert kit.transfer("acct:a", "acct:b", 500, key="1", may_overdraw=True)["status"] == "APPLIED"
    assert kit.transfer("acct:a", "acct:b", 1, key="2")["status"] == "REJECTED"
    assert kit.transfer("acct:b", "acct:a", 250, key="3")["status"] == "APPLIED"
    assert kit.transfer("acct:a", "acct:b", 51, key="4")["status"] == "REJECTED"
    assert kit.transfer("acct:a", "acct:b", 50, key="5")["status"] == "APPLIED"
    assert (kit.balance("acct:a"), kit.balance("acct:b")) == (0, 300)


def test_money_may_pass_through_an_account_in_one_transaction(kit: Kit) -> None:
    kit.seed("acct:a", 100)

    told = kit.post(
        debit("acct:b", 90),
        credit("acct:c", 90),
        debit("acct:a", 100),
        credit("acct:b", 100),
        key="through",
    )

    assert told["status"] == "APPLIED"
    assert [kit.balance(f"acct:{one}") for one in "abc"] == [0, 10, 90]
    assert broken_at(kit.journal()) is None


def test_balances_are_kept_by_currency(kit: Kit) -> None:
    kit.post(debit("x", 5, "EUR"), credit("y", 5, "EUR"), key="eur", may_overdraw=True)

    assert (kit.balance("y", "EUR"), kit.balance("y", "USD")) == (5, 0)


@pytest.mark.parametrize(
    "legs",
    [
        [],
        [debit("a", 5)],
        [debit("a", 0), credit("b", 0)],
        [debit("a", -5), credit("b", -5)],
        [debit("a", 5, "usd"), credit("b", 5, "usd")],
        [debit("a", 2**63 - 1), debit("a", 2**63 - 1), credit("b", 2**63 - 1), credit("b", 2**63 - 1)],
    ],
)  # fmt: skip
def test_what_cannot_be_posted_is_refused_and_writes_nothing(kit: Kit, legs: list[Answer]) -> None:
    told = kit.post(*legs, key="impossible", may_overdraw=True)

    assert told["status"] == "REJECTED"
    assert told["reason"]
    assert kit.journal() == []


PLAIN: dict[str, Any] = {
    "idempotencyKey": "k",
    "transactionId": "t",
    "allowOverdraft": True,
    "legs": [debit("a", 5), credit("b", 5)],
}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        json.dumps(PLAIN | {"idempotencyKey": ""}).encode(),
        json.dumps(PLAIN | {"idempotencyKey": "x" * 501}).encode(),
        json.dumps(PLAIN | {"idempotencyKey": "a\x00"}).encode(),
        json.dumps(PLAIN | {"legs": [debit("a", 5) | {"type": "BOTH"}]}).encode(),
        json.dumps(PLAIN | {"legs": [debit("a", 5) | {"amountSubunits": 5.5}]}).encode(),
        json.dumps(PLAIN | {"legs": [debit("a", 5) | {"amountSubunits": "5"}]}).encode(),
        json.dumps(PLAIN).encode().replace(b"5", b"NaN"),
        json.dumps(PLAIN | {"legs": [debit("a", 2**63), credit("b", 2**63)]}).encode(),
        b"[" * 90_000,
    ],
)
def test_what_is_no_request_of_the_kit_is_the_callers_mistake(kit: Kit, body: bytes) -> None:
    status, _ = kit.raw("POST", "/_lck/post", body)

    assert 400 <= status < 500
    assert kit.journal() == []


@pytest.mark.parametrize("key", ["x" * 300, "\N{FACE WITH TEARS OF JOY}", "a'b\"c\\", "a b"])
def test_any_readable_key_and_account_will_do(kit: Kit, key: str) -> None:
    told = kit.transfer(key, "acct:b", 5, key=key, may_overdraw=True)

    assert told["status"] == "APPLIED"
    assert kit.balance(key) == -5


def test_a_byte_changed_in_the_database_breaks_the_chain_at_its_entry(
    kit: Kit, judged: Flask, servers: dict[str, str]
) -> None:
    kit.seed("acct:a", 1_000)
    for nth in range(4):
        kit.transfer("acct:a", "acct:b", 10, key=f"t{nth}")
    assert broken_at(kit.journal()) is None
    edge = judged.extensions["laurel"]
    tenant_id = Path(edge.settings.home / "conformance-books").read_text()

    # Both legs, so that the transaction still balances; the role passes every trigger.
    owner = servers["DATABASE_URL"].replace("laurel_app@", "postgres@")
    with create_engine(owner, poolclass=NullPool).begin() as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        connection.execute(
            text(
                "UPDATE ledger_entries SET minor = minor * 2 WHERE tenant_id = :t AND transaction_id ="
                " (SELECT id FROM ledger_transactions WHERE tenant_id = :t AND key = 't2')"
            ),
            {"t": tenant_id},
        )

    assert broken_at(kit.journal()) == 7
