"""Real orders against real quotas of odd lengths: what each rep reached in each, to the last decimal."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from app.kernel.money import MICROS
from app.people import queries as people
from app.programs import service, totals
from app.programs.service import QuotaChange
from tests.activities import maps
from tests.activities.conftest import RunImport, shared, truth
from tests.activities.test_shared_files import rows_of
from tests.conftest import Work
from tests.people.builders import give_person, give_tenant
from tests.programs.builders import component, give_program

pytestmark = pytest.mark.shared_data

ATTAINMENT = component(
    {
        "kind": "rate",
        "rate": "0.01",
        "tiers": {
            "on": "attainment",
            "mode": "marginal",
            "boundary": "inclusive",
            "steps": [{"from": "1", "multiplier": "1.5"}],
        },
    },
    effective={"from": "2011-05-31", "to": "2014-12-31"},
    period={"kind": "quota"},
)
AFTER_THE_LAST = timedelta(days=90)


def quotas(db: Session, program_id: UUID) -> list[QuotaChange]:
    """Return the quota history: each runs until the day before the same person's next one."""
    starts: dict[str, dict[date, Decimal]] = defaultdict(dict)
    for row in rows_of("sales-adventureworks", "sales_person_quota_history.csv.gz"):
        starts[row["BusinessEntityID"]][date.fromisoformat(row["QuotaDate"])] = Decimal(
            row["SalesQuota"]
        )
    ids = people.person_index(db)
    return [
        QuotaChange(
            ids[number], program_id, "main", first, after - timedelta(days=1), micros(target)
        )
        for number, history in starts.items()
        for (first, target), (after, _) in pairwise(
            [*sorted(history.items()), (max(history) + AFTER_THE_LAST, Decimal(0))]
        )
    ]


def micros(amount: Decimal) -> int:
    return int(amount * MICROS)


def exact(published: Mapping[str, str]) -> dict[str, Decimal]:
    return {key: Decimal(amount) for key, amount in published.items() if Decimal(amount)}


@pytest.mark.parametrize("quotas_come", ["before", "after"])
def test_each_rep_reaches_the_published_total_in_each_quota_period(
    work: Work, run_import: RunImport, quotas_come: str
) -> None:
    known = truth("sales-adventureworks")
    with work() as db:
        give_tenant(db, currency="USD", zone="UTC")
        for row in rows_of("sales-adventureworks", "employees.csv.gz"):
            number = row["BusinessEntityID"]
            give_person(db, f"{row['FirstName']} {row['LastName']}", employee_number=number)
        program = give_program(db, ATTAINMENT, currency="USD", zone="UTC")
        if quotas_come == "before":
            service.set_quotas(db, changes=quotas(db, program.id))

    run_import(shared("sales-adventureworks", "sales_order_header_raw.tsv.gz"), maps.ORDERS)
    if quotas_come == "after":
        with work() as db:
            service.set_quotas(db, changes=quotas(db, program.id))

    with work() as db:
        visible = people.people_table().select().with_only_columns(people.people_table().c.id)
        found = totals.totals(db, group_by="person_period", visible=visible)
    assert {
        f"{one.employee_number}|{one.period_start}": Decimal(one.measured)
        for one in found
        if Decimal(one.measured)
    } == exact(known["subtotal_by_salesperson_and_quota_period"])
    assert {
        f"{one.employee_number}|{one.period_start}": Decimal(one.quota)
        for one in found
        if one.quota is not None and Decimal(one.measured)
    }.items() <= exact(known["quota_by_salesperson_and_period"]).items()
