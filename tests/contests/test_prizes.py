"""Prizes of money: in the purse of who won when the result is final, once, and never differently."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.contests import prizes, queries, results, scoring, service
from app.contests.errors import ContestIsFinal
from app.contests.invariants import INVARIANTS
from app.kernel import clock
from app.kernel.money import Money
from app.kernel.prove import prove
from app.ledger import core as books
from app.ledger import queries as ledger
from app.ledger import service as postings
from app.people import queries as people
from tests.conftest import Work
from tests.contests.builders import FINAL, MINUTE, give_team, launch, sell
from tests.ledger.builders import give_available, spendable
from tests.people.builders import give_session
from tests.people.phone import Phone

OVER = FINAL + MINUTE
MONTH = timedelta(days=31)


def euros(place: int, amount: str, *, to: int | None = None) -> dict[str, Any]:
    """Return a prize of money for a place, or for those from one to another."""
    money = {"amount": amount, "currency": "EUR"}
    return {"place_from": place, "place_to": to or place, "money": money}


def played(work: Work, *sales: int, **rules: Any) -> tuple[UUID, list[UUID]]:
    """Let people sell so often each in one contest; return it and them."""
    with work() as db:
        team = give_team(db, *("Ada Ferri", "Bo Lund", "Cem Aydin")[: len(sales)])
        contest = launch(db, **{"tie_break": "shared", **rules})
        for person, count in zip(team, sales, strict=True):
            for number in range(count):
                sell(db, person, number=f"{person}-{number}")
    return contest.id, team


def end(work: Work) -> None:
    with work(now=OVER) as db:
        service.turn(db)


def purses(work: Work, people: list[UUID]) -> list[int]:
    with work() as db:
        return [spendable(db, person) for person in people]


def cost(db: Session, contest: UUID) -> int:
    """Return what the prizes of a contest have cost, in cents."""
    return -ledger.balance(db, books.prize_expense(contest, "EUR"))


def broken(db: Session) -> int:
    """Return how many prizes are not what was posted."""
    return {one.code: one.finding.violations for one in prove(db, INVARIANTS)}["C4"]


def test_who_won_can_spend_the_prize_when_the_result_is_final(work: Work) -> None:
    contest, team = played(work, 3, 2, 1, prizes=[euros(1, "100.00"), euros(2, "50.00")])
    assert purses(work, team) == [0, 0, 0]

    end(work)

    assert purses(work, team) == [10_000, 5_000, 0]
    with work() as db:
        assert (cost(db, contest), broken(db)) == (15_000, 0)


def test_a_shared_place_is_paid_its_share_to_everybody_who_holds_it(work: Work) -> None:
    contest, team = played(work, 2, 2, 1, prizes=[euros(1, "100.01"), euros(2, "50.00")])

    end(work)

    assert purses(work, team) == [7_500, 7_500, 0]
    with work() as db:
        assert (cost(db, contest), broken(db)) == (15_000, 0)


@pytest.mark.parametrize(
    "prize", [[], [{"place_from": 1, "place_to": 3, "text": "Dinner for two"}], [euros(1, "0.02")]]
)
def test_no_prize_a_text_and_less_than_a_coin_each_post_nothing(
    work: Work, prize: list[dict[str, Any]]
) -> None:
    contest, team = played(work, 1, 1, 1, prizes=prize)

    end(work)

    with work() as db:
        assert [ledger.wallet(db, person) for person in team] == [[], [], []]
        assert (cost(db, contest), broken(db)) == (0, 0)


def test_nobody_wins_without_a_score(work: Work) -> None:
    _, team = played(work, 1, 0, prizes=[euros(1, "100.00", to=2)])

    end(work)

    assert purses(work, team) == [10_000, 0]


def test_a_prize_settles_what_is_owed_first(work: Work) -> None:
    contest, (ada,) = played(work, 1, prizes=[euros(1, "100.00")])
    with work() as db:
        overpaid = books.Difference("d", contest, ada, "EUR", -3_000, True, "test", contest)
        postings.post_earning_differences(db, [overpaid])

    end(work)

    with work() as db:
        (line,) = ledger.wallet(db, ada)
        won = prizes.find_won(db, queries.get_contest(db, contest), ada)
        assert (line.available.minor, line.owed.minor, broken(db)) == (7_000, 0, 0)
        assert won is not None
        assert won.paid is not None
        assert (won.paid.spendable.minor, won.paid.settled.minor) == (7_000, 3_000)


def test_the_job_that_ends_a_contest_pays_once_however_often_it_runs(work: Work) -> None:
    contest, team = played(work, 2, 1, prizes=[euros(1, "100.00")])

    end(work)
    end(work)
    with work(now=OVER) as db:
        ended = queries.get_contest(db, contest)
        service.finish(db, ended)
        prizes.post(db, ended)

    assert purses(work, team) == [10_000, 0]


def test_workers_that_end_a_contest_at_once_pay_once(work: Work) -> None:
    contest, team = played(work, 2, 2, 1, prizes=[euros(1, "100.00"), euros(2, "50.00")])

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda _: end(work), range(6)))

    assert purses(work, team) == [7_500, 7_500, 0]
    with work() as db:
        assert (cost(db, contest), broken(db)) == (15_000, 0)


def test_a_sale_of_who_is_about_to_win_and_the_end_do_not_wait_for_each_other(work: Work) -> None:
    _, (ada,) = played(work, 1, prizes=[euros(1, "100.00")])
    with work() as db:
        give_available(db, ada, 500)
        sold = sell(db, ada, number="another").activity_id
    assert sold is not None

    with ThreadPoolExecutor(1) as pool:
        with work(now=OVER) as db:
            give_available(db, ada, 700)
            ending = pool.submit(end, work)
            until(lambda: is_waiting(db), "the end to wait for the purse")
            scoring.met(db, [sold])
        ending.result(timeout=60)

    assert purses(work, [ada]) == [11_200]


def until(holds: Callable[[], bool], what: str) -> None:
    """Wait until something holds; a minute is for ever."""
    for _ in range(1_200):
        if holds():
            return
        time.sleep(0.05)
    pytest.fail(f"waited in vain for {what}")


def is_waiting(db: Session) -> bool:
    """Whether somebody waits for what this transaction has locked."""
    query = text(
        "SELECT count(*) FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"
    )
    return bool(db.scalar(query))


def test_a_result_stands_so_nothing_that_comes_later_moves_a_prize(work: Work) -> None:
    contest, (ada, bo) = played(work, 2, 1, prizes=[euros(1, "100.00")])
    end(work)

    with work(now=OVER + MINUTE) as db:
        for number in range(5):
            sell(db, bo, number=f"late-{number}")
    with work(now=OVER + MINUTE) as db, pytest.raises(ContestIsFinal):
        more = [euros(1, "900.00")]
        service.amend(
            db, queries.get_contest(db, contest), reason="More.", changes={"prizes": more}
        )
    with pytest.raises(Exception, match=r"permission denied|only ever inserted"), work() as db:
        db.execute(text("DELETE FROM contest_results"))

    end(work)
    assert purses(work, [ada, bo]) == [10_000, 0]


def test_a_prize_that_was_taken_back_is_found(work: Work) -> None:
    contest, team = played(work, 2, 1, prizes=[euros(1, "100.00")])
    end(work)

    with work() as db:
        won = prizes.find_won(db, queries.get_contest(db, contest), team[0])
        assert won is not None
        assert won.paid is not None
        postings.reverse(
            db, won.paid.transaction_id, key="r", cause_kind=books.CONTEST, cause_id=contest
        )
        assert broken(db) == 1


def test_money_that_nobody_won_is_found(work: Work) -> None:
    contest, (_, bo) = played(work, 2, 1, prizes=[euros(1, "100.00")])
    end(work)

    with work() as db:
        postings.post_prizes(db, [books.Prize(contest, bo, Money(1, "EUR"), 2, 1)])
        assert broken(db) == 1


def end_as_before(work: Work, contest: UUID, *, outside: bool) -> None:
    """End a contest as it was done when the books did not know of prizes yet."""
    with work(now=OVER) as db:
        old = queries.get_contest(db, contest)
        old.finished_at, old.announced, old.prizes_outside = OVER, "final", outside
        db.flush()
        results.freeze(db, old)


def test_a_prize_that_was_never_posted_is_found(work: Work) -> None:
    contest, _ = played(work, 2, 1, prizes=[euros(1, "100.00")])

    end_as_before(work, contest, outside=False)

    with work() as db:
        assert broken(db) == 1


def test_a_result_from_before_prizes_were_posted_is_left_to_who_paid_it(work: Work) -> None:
    contest, (ada,) = played(work, 1, prizes=[euros(1, "100.00")])

    end_as_before(work, contest, outside=True)
    end(work)

    assert purses(work, [ada]) == [0]
    with work() as db:
        won = prizes.find_won(db, queries.get_contest(db, contest), ada)
        assert won is not None
        assert (won.money.minor, won.paid, broken(db)) == (10_000, None, 0)


def rep(app: Flask, work: Work, person: UUID) -> Phone:
    phone = Phone(app.test_client())
    with work(now=clock.utc_now()) as db:
        phone.take(give_session(db, people.get_person(db, person)))
    return phone


def test_the_receipt_says_what_was_won_and_with_whom(app: Flask, work: Work) -> None:
    contest, (ada, _, cem) = played(
        work, 2, 2, 1, prizes=[euros(1, "100.01"), euros(2, "50.00")], names="initials"
    )
    end(work)

    answer = rep(app, work, ada).get(f"/me/prizes/{contest}").json

    moved = rep(app, work, ada).get("/me/wallet/entries").json["items"]
    assert [(one["kind"], one["cause_id"]) for one in moved] == [("prize", str(contest))]
    assert answer | {"finished_at": "", "posted_at": "", "transaction_id": ""} == {
        "contest_id": str(contest),
        "contest": "Week 47 sprint",
        "finished_at": "",
        "place": 1,
        "last_place": 2,
        "participants": 3,
        "score": "2",
        "unit": "count",
        "tied_with": ["BL"],
        "pool": {"amount": "150.01", "currency": "EUR"},
        "rest": {"amount": "0.01", "currency": "EUR"},
        "money": {"amount": "75.00", "currency": "EUR"},
        "spendable": {"amount": "75.00", "currency": "EUR"},
        "settled": {"amount": "0.00", "currency": "EUR"},
        "transaction_id": "",
        "posted_at": "",
    }
    assert answer["transaction_id"] == moved[0]["transaction_id"]
    assert rep(app, work, cem).get(f"/me/prizes/{contest}").status_code == 404


def won_in(app: Flask, work: Work, person: UUID, month: str) -> list[tuple[str, int, str]]:
    """Return contest, place and amount of what a person won in a month."""
    answer = rep(app, work, person).get(f"/me/prizes?period={month}").json
    assert answer is not None
    return [(one["contest_id"], one["place"], one["money"]["amount"]) for one in answer["items"]]


def test_a_person_reads_what_they_won_in_the_month_asked_for(app: Flask, work: Work) -> None:
    contest, (ada, bo) = played(work, 2, 1, prizes=[euros(1, "100.00")])
    end(work)

    assert won_in(app, work, ada, f"{OVER:%Y-%m}") == [(str(contest), 1, "100.00")]
    assert won_in(app, work, ada, f"{OVER - MONTH:%Y-%m}") == []
    assert won_in(app, work, ada, f"{OVER + MONTH:%Y-%m}") == []
    assert won_in(app, work, bo, f"{OVER:%Y-%m}") == []


def test_a_month_ends_where_the_company_is(app: Flask, work: Work) -> None:
    contest, (ada,) = played(work, 1, prizes=[euros(1, "100.00")])
    end(work)
    with work() as db:
        queries.get_contest(db, contest).finished_at = datetime(2026, 11, 30, 23, 30, tzinfo=UTC)

    assert won_in(app, work, ada, "2026-11") == []
    assert won_in(app, work, ada, "2026-12") == [(str(contest), 1, "100.00")]


def test_what_was_paid_outside_the_books_is_no_line_of_pay(app: Flask, work: Work) -> None:
    contest, (ada,) = played(work, 1, prizes=[euros(1, "100.00")])
    end_as_before(work, contest, outside=True)

    assert won_in(app, work, ada, f"{OVER:%Y-%m}") == []
