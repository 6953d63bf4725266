"""What must always hold of earnings, beside what the books prove by themselves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.db.unit_of_work import tenant_of
from app.engine import payout
from app.kernel.prove import Finding, Invariant
from app.programs import core, queries, settling

_SAMPLE: Final = 5

_SUMS = """
    SELECT e.id FROM earnings e
      LEFT JOIN LATERAL (SELECT coalesce(sum(delta_minor), 0) AS minor, count(*) AS lines
                           FROM earning_lines line
                          WHERE line.tenant_id = e.tenant_id AND line.earning_id = e.id) l ON true
     WHERE e.tenant_id = :tenant AND (e.amount_minor <> l.minor OR e.revision <> l.lines)
"""

_TOTALS = """
    SELECT e.id FROM earnings e
      LEFT JOIN (SELECT payee_id, program_id, component, period_start,
                        sum(coalesce(part_micros, value_micros * share) * factor) AS total,
                        count(*) AS credits
                   FROM credits WHERE tenant_id = :tenant AND figure = 'measure'
                  GROUP BY payee_id, program_id, component, period_start) c
        USING (payee_id, program_id, component, period_start)
     WHERE e.tenant_id = :tenant AND NOT e.settled
       AND (e.total_micros <> coalesce(c.total, 0) OR e.credits <> coalesce(c.credits, 0))
"""

# Postings of earnings and releases carry the earning as their cause.
_BOOKS = """
    SELECT e.id FROM earnings e
      LEFT JOIN (SELECT t.cause_id,
                        -coalesce(sum(n.minor) FILTER (WHERE a.kind = 'program_expense'), 0)
                          AS cost,
                        coalesce(sum(n.minor) FILTER (WHERE a.kind = 'person_earned'), 0)
                          AS waiting
                   FROM ledger_transactions t
                   JOIN ledger_entries n ON n.tenant_id = t.tenant_id AND n.transaction_id = t.id
                   JOIN ledger_accounts a ON a.tenant_id = n.tenant_id AND a.id = n.account_id
                  WHERE t.tenant_id = :tenant AND t.cause_kind = 'earning'
                  GROUP BY t.cause_id) b ON b.cause_id = e.id
     WHERE e.tenant_id = :tenant
       AND (e.amount_minor <> coalesce(b.cost, 0)
            OR e.amount_minor - e.released_minor <> coalesce(b.waiting, 0))
"""


_PORTIONS = """
    SELECT e.id FROM earnings e
      JOIN (SELECT earning_id, sum(minor) AS minor FROM earning_portions
             WHERE tenant_id = :tenant GROUP BY earning_id) p ON p.earning_id = e.id
     WHERE e.tenant_id = :tenant AND e.amount_minor <> p.minor
"""


def _none_of(query: str) -> Callable[[Session], Finding]:
    """Return a check that finds each earning that `query` names."""

    def check(db: Session) -> Finding:
        tenant = {"tenant": tenant_of(db)}
        wrong = list(db.scalars(text(query), tenant))
        checked = db.scalar(text("SELECT count(*) FROM earnings WHERE tenant_id = :tenant"), tenant)
        return _finding(checked or 0, wrong)

    return check


_STANDING = text(
    """
    SELECT id, program_id, component, version, total_micros, target_micros, amount_minor
      FROM earnings WHERE tenant_id = :tenant AND version IS NOT NULL AND NOT settled
    """
)


def _paid_by_the_rules(db: Session) -> Finding:
    """Pay every total again by the version it was paid by."""
    versions: dict[Any, queries.Published] = {}
    rows = db.execute(_STANDING, {"tenant": tenant_of(db)}).all()
    wrong = []
    for row in rows:
        key = (row.program_id, row.version)
        if key not in versions:
            versions[key] = queries.version_of(db, *key)
        if _amount(versions[key], row) != row.amount_minor:
            wrong.append(row.id)
    return _finding(len(rows), wrong)


def _settled_by_the_rules(db: Session) -> Finding:
    """Settle every program again on what is credited."""
    checked, wrong = 0, []
    for program in queries.published(db):
        count, found = settling.check(db, program)
        checked += count
        wrong += [f"{each.key.component} {each.key.payee_id}" for each in found]
    return _finding(checked, wrong)


def _amount(program: queries.Published, row: Any) -> int:
    component = program.find_component(row.component)
    if component is None:
        return 0
    quota = None if row.target_micros is None else core.from_micros(row.target_micros)
    total = core.from_micros(row.total_micros)
    return payout.amount(component, total, quota, program.terms)


def _finding(checked: int, wrong: Sequence[Any]) -> Finding:
    return Finding(checked, len(wrong), tuple(str(each) for each in wrong[:_SAMPLE]))


INVARIANTS: Final = (
    Invariant("P1", "Every earning is the sum of its posted differences", _none_of(_SUMS)),
    Invariant("P2", "Every total is the sum of its credits", _none_of(_TOTALS)),
    Invariant("P3", "Every amount is what its sealed version pays", _paid_by_the_rules),
    Invariant("P4", "The books hold what was earned and what still waits", _none_of(_BOOKS)),
    Invariant("P5", "Every settled amount is what its program settles to", _settled_by_the_rules),
    Invariant("P6", "The portions of an amount sum to it", _none_of(_PORTIONS)),
)
