"""What must always hold about contests."""

from __future__ import annotations

from typing import Final

from sqlalchemy import func, or_, select, text
from sqlalchemy.orm import Session

from app.contests import queries, scoring, standings
from app.contests.core import Key, money_won, places
from app.contests.models import Contest, ContestScore
from app.contests.rules import read_rules, seal
from app.db.unit_of_work import tenant_of, work_of
from app.kernel.prove import NOTHING, Finding, Invariant


def _scores_are_those_of_the_activities(db: Session) -> Finding:
    moving = [one for one in queries.unfinished(db) if work_of(db).now < one.final_at]
    return sum((_compare(db, contest) for contest in moving), NOTHING)


def _compare(db: Session, contest: Contest) -> Finding:
    counted = scoring.counting(read_rules(contest.rules), arrived_before=contest.final_at).subquery(
        "counted"
    )
    wrong = db.scalars(
        select(ContestScore.person_id)
        .outerjoin(counted, counted.c.person_id == ContestScore.person_id)
        .where(
            ContestScore.tenant_id == contest.tenant_id,
            ContestScore.contest_id == contest.id,
            or_(
                ContestScore.score_micros != func.coalesce(counted.c.score_micros, 0),
                ContestScore.activities_count != func.coalesce(counted.c.activities_count, 0),
                ContestScore.reached_at.is_distinct_from(counted.c.reached_at),
            ),
        )
    ).all()
    sample = tuple(f"{contest.name}: score of {person_id}" for person_id in wrong[:5])
    return Finding(standings.participants(db, contest), len(wrong), sample)


def _results_are_in_their_order(db: Session) -> Finding:
    finished = db.scalars(
        select(Contest).where(Contest.tenant_id == tenant_of(db), Contest.finished_at.is_not(None))
    )
    return sum((_check_order(db, contest) for contest in finished), NOTHING)


def _check_order(db: Session, contest: Contest) -> Finding:
    rows = standings.results(db, contest)
    kept = standings.keys_of(db, contest)
    by_person = {person_id: Key(row.minus_score, row.order_at) for person_id, row in kept.items()}
    ordered = sorted(by_person, key=lambda person_id: by_person[person_id])
    right = dict(zip(ordered, places([by_person[one] for one in ordered]), strict=True))
    wrong = [
        row.person_id
        for row in rows
        if right.get(row.person_id) != row.place
        or kept[row.person_id].score_micros != row.score_micros
    ]
    sample = tuple(f"{contest.name}: place of {person_id}" for person_id in wrong[:5])
    return Finding(len(rows), len(wrong) + abs(len(rows) - len(kept)), sample)


def _rules_are_as_sealed(db: Session) -> Finding:
    launched = db.scalars(
        select(Contest).where(Contest.tenant_id == tenant_of(db), Contest.launched_at.is_not(None))
    ).all()
    wrong = [contest.name for contest in launched if seal(contest.rules) != contest.sha256]
    return Finding(len(launched), len(wrong), tuple(wrong[:5]))


# A correction would be of the same cause, so the sum is what stands.
_POSTED: Final = text(
    """
    SELECT a.owner_id AS person_id, e.currency, sum(e.minor) AS minor
      FROM ledger_transactions t
      JOIN ledger_entries e ON e.tenant_id = t.tenant_id AND e.transaction_id = t.id
      JOIN ledger_accounts a ON a.tenant_id = e.tenant_id AND a.id = e.account_id
     WHERE t.tenant_id = :tenant AND t.cause_kind = 'contest' AND t.cause_id = :contest
       AND a.kind LIKE 'person%'
     GROUP BY a.owner_id, e.currency HAVING sum(e.minor) <> 0
    """
)


def _prizes_are_posted(db: Session) -> Finding:
    """Compare every contest; one that is not final, or was paid elsewhere, has posted nothing."""
    contests = db.scalars(select(Contest).where(Contest.tenant_id == tenant_of(db)))
    return sum((_check_prizes(db, contest) for contest in contests), NOTHING)


def _check_prizes(db: Session, contest: Contest) -> Finding:
    rows = [] if contest.prizes_outside else standings.results(db, contest)
    promised = {
        (row.person_id, money.currency): money.minor
        for row in rows
        if (money := money_won(row.prize)) is not None
    }
    given = {"tenant": contest.tenant_id, "contest": contest.id}
    posted = {(row.person_id, row.currency): int(row.minor) for row in db.execute(_POSTED, given)}
    both = sorted(promised.keys() | posted.keys())
    wrong = [one[0] for one in both if promised.get(one) != posted.get(one)]
    sample = tuple(f"{contest.name}: prize of {person_id}" for person_id in wrong[:5])
    return Finding(len(both), len(wrong), sample)


INVARIANTS: Final = (
    Invariant(
        "C1",
        "Every score of a moving board is that of its activities",
        _scores_are_those_of_the_activities,
    ),
    Invariant(
        "C2", "Every final result is in the order of its scores", _results_are_in_their_order
    ),
    Invariant(
        "C3", "The rules of every launched contest are those that were sealed", _rules_are_as_sealed
    ),
    Invariant(
        "C4", "The prizes of every final contest are what was posted for it", _prizes_are_posted
    ),
)
