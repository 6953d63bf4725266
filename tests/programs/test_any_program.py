"""Any program on any company: paid live, replayed, evaluated and simulated, it is the same to the cent."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from datetime import UTC, date, datetime
from uuid import UUID

from hypothesis import HealthCheck, given, settings
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.engine import evaluate, reading, timing
from app.kernel.ids import new_id
from app.programs import queries, recalculation, simulation
from app.programs.models import Earning
from tests.conftest import Work
from tests.programs import companies, strategies
from tests.programs.builders import component
from tests.programs.builders import document as stated
from tests.programs.strategies import TODAY, Json

NOW = datetime(2026, 12, 20, 9, 0, tzinfo=UTC)
CALM = settings(
    max_examples=30 if settings.get_current_profile_name() != "thorough" else 400,
    suppress_health_check=list(HealthCheck),
)
LONG_AGO = date(2025, 12, 1)
Amounts = dict[tuple[str, str, str], int]


class _Undo(Exception):
    """Ends a transaction without a trace."""


@CALM
@given(document=strategies.documents(), world=strategies.worlds())
def test_every_way_of_paying_gives_the_same(work: Work, document: Json, world: Json) -> None:
    paid(work, document, world)


def test_what_lies_in_the_period_but_not_in_the_days_of_the_component_counts_nowhere(
    work: Work,
) -> None:
    rule = component(
        {"kind": "per_unit", "amount": "5"},
        measure={"kind": "count"},
        period={"kind": "year"},
        effective={"from": "2026-09-22", "to": "2026-11-18"},
    )
    sales = (sold_on(day) for day in ("2026-09-21", "2026-10-01", "2026-11-19"))

    assert paid(work, stated(rule), companies.world(*sales)) == {"p1": 500}


def sold_on(day: str) -> Json:
    sold: Json = {"id": day, "occurred_at": f"{day}T09:00:00Z", "person": "p1", "amount": "1"}
    return sold | {"currency": "EUR", "units": "1", "attributes": {}}


def paid(work: Work, document: Json, world: Json) -> dict[str, int]:
    """Return what everybody gets in all; fail where one of the ways of paying gives another amount."""
    found: dict[str, int] = {}
    with suppress(_Undo), work(now=NOW, tenant=new_id()) as db:
        company = companies.found(db, document, world)
        evaluated = _evaluated(db, company)
        assert _live(db) == evaluated
        assert recalculation.replay(db, company.program.id).wrong == ()
        assert recalculation.recalculate(db, company.program.id) == []
        people = _by_payee(evaluated)
        for in_bulk in (False, True):
            assert _simulated(db, company, in_bulk=in_bulk) == people
        found = {
            name: people[UUID(each)] for name, each in company.ids.items() if UUID(each) in people
        }
        raise _Undo
    return found


def _live(db: Session) -> Amounts:
    found: Amounts = Counter()
    for row in db.scalars(select(Earning)):
        if row.amount_minor:
            found[row.component, str(row.payee_id), str(row.period_start)] += row.amount_minor
    return dict(found)


def _evaluated(db: Session, company: companies.Company) -> Amounts:
    found: Amounts = Counter()
    facts = companies.facts_of(db, company)
    for each in evaluate.evaluate(reading.read(company.document), facts):
        minor = timing.kept(each.portions) if each.portions else each.outcome.amount_minor
        if minor:
            found[each.component, each.payee, str(each.span.first)] += minor
    return dict(found)


def _by_payee(amounts: Amounts) -> dict[UUID, int]:
    found = Counter[UUID]()
    for (_, payee, _), minor in amounts.items():
        found[UUID(payee)] += minor
    return {payee: minor for payee, minor in found.items() if minor}


def _simulated(db: Session, company: companies.Company, *, in_bulk: bool) -> dict[UUID, int]:
    [published] = queries.published(db, [company.program.id])
    found = simulation.simulate(db, published, first=LONG_AGO, last=TODAY, in_bulk=in_bulk)
    return {each.person_id: each.simulated_minor for each in found.payees if each.simulated_minor}
