"""A company's two years of orders: its own commission rates, quotas and staff tree, paid three ways.

The source keeps territories and their managers, not who managed whom when; here a rep who changes
territory changes between the three sales managers (territory number modulo three).
"""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.activities.core import Ready
from app.bulk import given, running
from app.db.unit_of_work import settle_events
from app.engine.evaluate import Earning, attribute, evaluate
from app.kernel.money import MICROS, decimal_to_micros
from app.people import service as people
from app.programs import models, queries, recalculation, service, settling
from app.programs.service import QuotaChange
from tests.activities.builders import give_sales, sale
from tests.conftest import SHARED_DATA
from tests.engine.strategies import sum_of_parts
from tests.people.builders import give_person, give_tenant
from tests.programs.builders import component, give_program

pytestmark = [pytest.mark.shared_data, pytest.mark.slow]

FOLDER = SHARED_DATA / "sales-adventureworks"
YEARS = {"from": "2011-05-31", "to": "2013-05-29"}
HIRED = date(2011, 1, 1)
TIERS = {
    "mode": "retroactive",
    "on": "attainment",
    "boundary": "inclusive",
    "steps": [{"from": "1", "rate": "0.015"}, {"from": "1.25", "rate": "0.02"}],
}
LEVELS = [{"level": 1}, {"level": 2, "share": "0.5"}, {"level": 3, "share": "0.25"}]
Row = dict[str, str]
Amounts = dict[tuple[str, str, date], int]


def read(name: str, delimiter: str = ",") -> list[Row]:
    with gzip.open(FOLDER / name, "rt", encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file, delimiter=delimiter)
        return [{name.strip(): value for name, value in row.items()} for row in rows]


def orders() -> list[Row]:
    return [row for row in read("sales_order_header_raw.tsv.gz", "\t") if row["SalesPersonID"]]


class Company:
    """Everybody in the tree above and among the sellers, with a program that pays them."""

    def __init__(self, db: Session) -> None:
        give_tenant(db)
        self.staff = {row["BusinessEntityID"]: row for row in read("employees.csv.gz")}
        self.reps = [row["BusinessEntityID"] for row in read("sales_person.csv.gz")]
        self.ids: dict[str, UUID] = {}
        for rep in self.reps:
            self._hire(db, rep)
        self._territories(db)
        self.program = give_program(db, *self._components())
        self._quotas(db)

    def _hire(self, db: Session, number: str) -> UUID:
        """Add somebody with everybody above, each under the manager of the source."""
        if number not in self.ids:
            row = self.staff[number]
            above = self._hire(db, row["ManagerID"]) if row["ManagerID"] else None
            name = f"{row['FirstName']} {row['LastName']}"
            self.ids[number] = give_person(db, name).id
            if above is not None:
                people.place(db, person_id=self.ids[number], manager_id=above, from_on=HIRED)
        return self.ids[number]

    def _territories(self, db: Session) -> None:
        managers = sorted(rep for rep in self.reps if "Manager" in self.staff[rep]["JobTitle"])
        for row in read("sales_territory_history.csv.gz"):
            start = date.fromisoformat(row["StartDate"])
            if start > date(2011, 6, 30):
                manager = managers[int(row["TerritoryID"]) % len(managers)]
                people.move(db, person_id=self.ids[row["BusinessEntityID"]], from_on=start,
                            manager_id=self.ids[manager])  # fmt: skip

    def _components(self) -> list[dict[str, Any]]:
        by_rate: dict[str, list[str]] = {}
        for row in read("sales_person.csv.gz"):
            by_rate.setdefault(str(Decimal(row["CommissionPct"])), []).append(
                row["BusinessEntityID"]
            )
        amount = {"kind": "sum", "of": "amount"}
        commissions = [
            component(
                {"kind": "rate", "rate": rate},
                id=f"commission-{nth}",
                effective=YEARS,
                measure=amount,
                counts={"field": "attributes.rep", "op": "in", "value": reps},
            )
            for nth, (rate, reps) in enumerate(sorted(by_rate.items()))
        ]
        return [
            *commissions,
            component({"kind": "rate", "rate": "0.01", "tiers": TIERS}, id="attainment",
                      effective=YEARS, measure=amount, period={"kind": "quota"}),
            component({"kind": "rate", "rate": "0.002"}, id="override", effective=YEARS,
                      measure=amount, credit={"to": "override", "levels": LEVELS}),
        ]  # fmt: skip

    def _quotas(self, db: Session) -> None:
        """Set each quota from its day to the day before the person's next."""
        held: dict[str, list[Row]] = {}
        for row in read("sales_person_quota_history.csv.gz"):
            held.setdefault(row["BusinessEntityID"], []).append(row)
        changes = []
        for rep, rows in held.items():
            starts = [date.fromisoformat(row["QuotaDate"]) for row in rows]
            for row, first, following in zip(rows, starts, starts[1:], strict=False):
                target = int(Decimal(row["SalesQuota"])) * MICROS
                last = following - timedelta(days=1)
                place = (self.ids[rep], self.program.id, "attainment")
                changes.append(QuotaChange(*place, first, last, target))
        service.set_quotas(db, changes=changes)

    def order(self, row: Row, amount: str | None = None) -> Ready:
        at = datetime.fromisoformat(row["OrderDate"]).replace(hour=12, tzinfo=UTC)
        attributes = {"rep": row["SalesPersonID"]}
        subtotal = Decimal(amount or row["SubTotal"])
        return sale(self.ids[row["SalesPersonID"]], "0", at=at, attributes=attributes,
                    external_id=row["SalesOrderNumber"])._replace(
                        amount_micros=decimal_to_micros(subtotal))  # fmt: skip

    def sell(self, db: Session, rows: Iterable[Ready]) -> None:
        found = list(rows)
        for start in range(0, len(found), 500):
            give_sales(db, *found[start : start + 500])
            settle_events(db)


def live(db: Session) -> Amounts:
    return {
        (row.component, str(row.payee_id), row.period_start): row.amount_minor
        for row in db.scalars(select(models.Earning))
        if row.credits
    }


def evaluated(db: Session, company: Company) -> list[Earning]:
    [published] = queries.published(db, [company.program.id])
    return evaluate(published.document, settling.whole_facts(db, published))


def amounts(earned: Sequence[Earning]) -> Amounts:
    return {
        (each.component, each.payee, each.span.first): each.outcome.amount_minor for each in earned
    }


def in_bulk(db: Session, company: Company) -> Amounts:
    [published] = queries.published(db, [company.program.id])
    facts = settling.whole_facts(db, published)
    targets = {
        (quota.component or "", quota.person, quota.from_): int(quota.target * MICROS)
        for quota in facts.quotas
    }
    flat, tables = given.tables_of(published.document, facts)
    with running.engine(tables) as run:
        rows = running.earnings(published.document, flat, run, targets).to_pylist()
    return {
        (row["component"], row["payee_id"], row["starts_on"]): row["amount_minor"] for row in rows
    }


def test_adventureworks_is_paid_alike_live_evaluated_and_in_bulk(db: Session) -> None:
    company, found = Company(db), orders()
    truth = json.loads((FOLDER / "ground_truth.json").read_text())
    company.sell(db, (company.order(row) for row in found))

    earned = evaluated(db, company)
    standing = live(db)

    assert standing == amounts(earned) == in_bulk(db, company)
    assert recalculation.replay(db, company.program.id).wrong == ()
    totals: dict[str, Fraction] = {}
    for each in earned:
        if each.component.startswith("commission"):
            totals[each.payee] = totals.get(each.payee, Fraction(0)) + each.total
    by_rep = truth["subtotal_by_salesperson"]
    assert totals == {str(company.ids[rep]): Fraction(total) for rep, total in by_rep.items()}
    in_quotas = {(each.payee, str(each.span.first)): each.total
                 for each in earned if each.component == "attainment"}  # fmt: skip
    for key, total in truth["subtotal_by_salesperson_and_quota_period"].items():
        rep, start = key.split("|")
        place = (str(company.ids[rep]), start)
        assert in_quotas.get(place, Fraction(total)) == Fraction(total)
    _explained(db, company, earned)


def _explained(db: Session, company: Company, earned: Sequence[Earning]) -> None:
    """The explanations of a rep's quarter and the lines of its orders sum to what it pays."""
    [published] = queries.published(db, [company.program.id])
    rep = str(company.ids["279"])
    quarter = [each for each in earned if each.payee == rep and each.span.first.month in {7, 8, 9}
               and each.span.first.year == 2012]  # fmt: skip
    assert {each.component.split("-")[0] for each in quarter} >= {"commission"}
    for each in quarter:
        assert sum_of_parts(each.outcome.explanation) * 100 == each.outcome.amount_minor
        lines = attribute(published.document, each)
        assert sum(line.outcome.amount_minor for line in lines) == each.outcome.amount_minor
        assert len(lines) == len(each.credits)


def test_correcting_orders_afterwards_is_as_importing_them_right(db: Session) -> None:
    company, found = Company(db), orders()
    wrong = {row["SalesOrderNumber"]: str(Decimal(row["SubTotal"]) * 3) for row in found[::20]}
    company.sell(db, (company.order(row, wrong.get(row["SalesOrderNumber"])) for row in found))
    before = live(db)
    company.sell(db, (company.order(row) for row in found[::20]))

    corrected = live(db)
    recalculation.recalculate(db, company.program.id)

    assert corrected != before
    assert corrected == live(db) == amounts(evaluated(db, company)) == in_bulk(db, company)
    totals = sum(each.total for each in evaluated(db, company) if each.component.startswith("comm"))
    assert totals == sum(Fraction(row["SubTotal"]) for row in found)
