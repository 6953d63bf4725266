from __future__ import annotations

import io
import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pypdf
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.db import keys
from app.finance import accounting, core, invariants, jobs, liability, proofs, statements
from app.finance.core import Month, Signed
from app.finance.errors import LaterMonthFrozen, MonthIsOpen, NothingProven
from app.finance.models import Statement
from app.jobs.queue import enqueue
from app.kernel import clock
from app.kernel.errors import NotFound
from app.kernel.ids import new_id
from app.kernel.money import Money
from app.ledger import core as books
from app.ledger import queries as ledger
from app.ledger import service as postings
from app.ledger.core import available
from app.people import queries as people
from tests.contests.builders import give_contest
from tests.finance.builders import Purse, sums

OCTOBER = Month(date(2026, 10, 1), "Europe/Rome")


def body(statement: Statement) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(statement.body)
    return document


def words(pdf: bytes) -> str:
    return "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages)


def test_a_month_holds_what_was_posted_in_it_and_nothing_else(purse: Purse) -> None:
    purse.earn("2026-09-30", 1_000)
    purse.earn("2026-10-01", 2_500)
    purse.spend("2026-10-20", 600)
    purse.earn("2026-11-01", 9_999)

    october = body(purse.freeze("2026-10"))

    (euros,) = october["currencies"]
    assert euros["opening"]["available"] == "10.00"
    assert sums(october)["earned"] == "25.00"
    assert sums(october)["paid"] == "-6.00"
    assert euros["closing"]["available"] == "29.00"


def test_the_last_closing_is_what_the_books_hold(purse: Purse) -> None:
    purse.earn("2026-09-30", 1_000)
    purse.spend("2026-10-20", 600)

    october = body(purse.freeze("2026-10"))

    with purse.at("2026-12-24") as db:
        held = ledger.balance(db, available(purse.person.id, "EUR"))
    assert october["currencies"][0]["closing"]["available"] == f"{held / 100:.2f}"


def test_a_frozen_month_stays_as_it_is_whatever_comes_later(purse: Purse) -> None:
    purse.earn("2026-10-05", 2_500)
    frozen = purse.freeze("2026-10")

    purse.earn("2026-11-03", -1_000)
    again = purse.freeze("2026-10")
    november = body(purse.freeze("2026-11"))

    assert (again.id, again.body, again.pdf) == (frozen.id, frozen.body, frozen.pdf)
    assert sums(november)["earned"] == "-10.00"
    assert november["currencies"][0]["opening"]["available"] == "25.00"


def test_statements_follow_one_another_by_hash(purse: Purse) -> None:
    purse.earn("2026-09-05", 2_500)

    first, second = purse.freeze("2026-09"), purse.freeze("2026-10")

    assert body(first)["previous_sha256"] is None
    assert body(second)["previous_sha256"] == first.sha256.hex()


def test_a_statement_is_signed_and_nobody_can_change_the_row(purse: Purse) -> None:
    purse.earn("2026-10-05", 2_500)
    frozen = purse.freeze("2026-10")

    signed = Signed(frozen.body, frozen.sha256, frozen.signature)

    assert core.is_genuine(signed, keys.signing_key().public_key())
    with pytest.raises(DBAPIError), purse.at("2026-12-24") as db:
        db.execute(text("UPDATE statements SET body = '{}'"))


def test_the_paper_says_who_when_how_much_and_the_hash(purse: Purse) -> None:
    purse.earn("2026-10-05", 123_456)
    frozen = purse.freeze("2026-10")

    said = words(frozen.pdf)

    assert "Ada Ferri" in said
    assert "E-7" in said
    assert "1,234.56" in said
    assert frozen.sha256.hex() in said.replace("\n", "")


def test_a_month_is_frozen_when_it_is_over_and_has_been_quiet(purse: Purse) -> None:
    with purse.work(now=datetime(2026, 11, 1, 4, 0, tzinfo=UTC)) as db, pytest.raises(MonthIsOpen):
        statements.month_of(db, date(2026, 10, 1))
    with purse.work(now=datetime(2026, 11, 1, 6, 0, tzinfo=UTC)) as db:
        assert statements.month_of(db, date(2026, 10, 15)).first == date(2026, 10, 1)


def test_no_month_is_put_before_one_that_is_frozen(purse: Purse) -> None:
    purse.earn("2026-08-05", 2_500)
    purse.freeze("2026-10")

    with purse.at("2026-12-24") as db, pytest.raises(LaterMonthFrozen):
        statements.check_order(db, Month(date(2026, 9, 1), "Europe/Rome"))


@pytest.mark.parametrize(
    ("language", "head", "earned"),
    [("en", "Points", "1,200 points"), ("it", "Punti", "1.200 punti")],
)
def test_points_have_their_word_on_paper(
    purse: Purse, language: str, head: str, earned: str
) -> None:
    purse.earn("2026-10-05", 1_200, currency="PTS")
    with purse.work() as db:
        people.get_person(db, purse.person.id).language = language

    paper = words(purse.freeze("2026-10").pdf).replace("\u00a0", " ")

    assert earned in paper
    assert head in paper.splitlines()
    assert "PTS" not in paper


def test_the_clock_freezes_the_last_month_for_everybody_with_money(
    purse: Purse, run_jobs: Callable[[], None]
) -> None:
    purse.earn("2026-01-05", 2_500)

    with purse.at("2026-11-02") as db:
        enqueue(db, jobs.freeze_due)
    run_jobs()

    with purse.work(now=clock.utc_now()) as db:
        (frozen,) = statements.of_person(db, purse.person.id)
        assert frozen.first_on == core.month_before(people.today(db))


def test_freezing_goes_on_until_nobody_waits(purse: Purse) -> None:
    purse.earn("2026-10-05", 2_500)

    with purse.at("2026-11-02") as db:
        assert statements.freeze_some(db, OCTOBER) is False
        assert statements.waiting(db, OCTOBER) == []


def test_a_statement_is_its_owners_alone(purse: Purse) -> None:
    purse.earn("2026-10-05", 2_500)
    frozen = purse.freeze("2026-10")

    with purse.at("2026-12-24") as db, pytest.raises(NotFound):
        statements.get(db, new_id(), frozen.id)


def test_a_proof_adds_up_frozen_months_and_names_their_hashes(purse: Purse) -> None:
    purse.earn("2026-09-05", 2_500)
    purse.earn("2026-10-05", 1_000)
    purse.spend("2026-10-20", 600)
    frozen = [purse.freeze("2026-09"), purse.freeze("2026-10")]

    with purse.at("2026-12-24") as db:
        document, signed = proofs.prove(
            db, purse.person.id, first=date(2026, 1, 1), last=date(2026, 12, 31)
        )

    (euros,) = document["currencies"]
    assert euros["total"] == {
        "earned": "35.00",
        "corrections": "0.00",
        "prizes": "0.00",
        "paid": "6.00",
    }
    assert [month["paid"] for month in euros["months"]] == ["0.00", "6.00"]
    assert [one["sha256"] for one in document["statements"]] == [s.sha256.hex() for s in frozen]
    assert core.is_genuine(signed, keys.signing_key().public_key())


def test_without_statements_nothing_is_proven(purse: Purse) -> None:
    with purse.at("2026-12-24") as db, pytest.raises(NothingProven):
        proofs.prove(db, purse.person.id, first=date(2026, 1, 1), last=date(2026, 12, 31))


def test_the_invariants_of_statements_hold_and_count_them(purse: Purse) -> None:
    purse.earn("2026-09-05", 2_500)
    purse.freeze("2026-09")
    purse.freeze("2026-10")

    with purse.at("2026-12-24") as db:
        findings = [invariant.check(db) for invariant in invariants.INVARIANTS]

    assert [finding.violations for finding in findings] == [0, 0, 0]
    assert findings[0].checked == 2


def test_a_prize_is_a_line_and_a_sum_of_its_own(purse: Purse) -> None:
    with purse.at("2026-10-05") as db:
        contest = give_contest(db, name="Autumn sprint")
        won = books.Prize(contest, purse.person.id, Money(4_000, "EUR"), 1, 1)
        postings.post_prizes(db, [won])

    document = body(purse.freeze("2026-10"))

    assert sums(document)["prizes"] == "40.00"
    assert sums(document)["earned"] == "0.00"
    (line,) = document["currencies"][0]["lines"]
    assert (line["kind"], line["title"], line["amount"]) == ("prize", "Autumn sprint", "40.00")
    with purse.at("2026-12-24") as db:
        proof, _ = proofs.prove(
            db, purse.person.id, first=date(2026, 10, 1), last=date(2026, 10, 31)
        )
        (euros,) = liability.liabilities(db, date(2026, 12, 24))
        legs = accounting.lines(db, date(2026, 10, 1), date(2026, 10, 31))
        totals = {one.account.kind: one for one in accounting.totals(db, legs)}
    assert proof["currencies"][0]["total"]["prizes"] == "40.00"
    assert (euros.owed, euros.available) == (Money(4_000, "EUR"), Money(4_000, "EUR"))
    assert totals["prize_expense"].debit == Money(4_000, "EUR")
