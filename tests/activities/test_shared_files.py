"""The real files come in as they are, and their totals are the published ones to the last decimal."""

from __future__ import annotations

import csv
import io
from collections import Counter
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.activities import queries
from app.activities.files import open_sheet
from app.activities.mapping import FileShape
from app.activities.models import ImportRow, Product
from app.db.unit_of_work import tenant_of
from app.http.principal import Scope
from app.kernel.ids import new_id
from app.kernel.money import MICROS
from app.people import queries as people
from app.people import roster
from tests.activities import maps
from tests.activities.conftest import RunImport, shared, truth
from tests.conftest import Work
from tests.people.builders import give_key, give_person, give_tenant

pytestmark = pytest.mark.shared_data


def rows_of(*parts: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(shared(*parts).decode())))


def totals(db: Session, by: Any) -> dict[Any, Decimal]:
    table = queries.activities_table()
    rows = db.execute(
        select(by(table).label("key"), func.sum(table.c.amount_micros))
        .where(table.c.status == "counted")
        .group_by("key")
    )
    return {key: Decimal(int(micros)) / MICROS for key, micros in rows}


def adds_up(counts: dict[str, Any]) -> bool:
    outcomes = ("accepted", "fixed", "quarantined", "refused")
    return bool(counts["rows"] == sum(counts[name] for name in outcomes))


@pytest.fixture
def staff(work: Work) -> None:
    with work() as db:
        give_tenant(db, currency="USD", zone="UTC")
        roster.import_people(
            db,
            [
                roster.RosterEntry(
                    employee_number=row["BusinessEntityID"],
                    name=f"{row['FirstName']} {row['LastName']}",
                    manager_employee_number=row["ManagerID"] or None,
                    from_on=date.fromisoformat(row["HireDate"]),
                )
                for row in rows_of("sales-adventureworks", "employees.csv.gz")
            ],
        )


def test_orders_give_every_rep_the_published_total(
    work: Work, staff: None, run_import: RunImport
) -> None:
    known = truth("sales-adventureworks")

    counts = run_import(
        shared("sales-adventureworks", "sales_order_header_raw.tsv.gz"), maps.ORDERS
    )

    assert (counts["problem"], counts["rows"]) == (None, known["rows"])
    assert adds_up(counts)
    assert counts["quarantined"] == known["rows_without_salesperson"]
    with work() as db:
        number_of = {i: n for n, i in people.person_index(db).items()}
        found = totals(db, lambda table: table.c.person_id)
        assert {number_of[i]: total for i, total in found.items()} == {
            number: Decimal(total) for number, total in known["subtotal_by_salesperson"].items()
        }
        reasons = Counter(db.scalars(select(ImportRow.reason)))
        assert reasons == {"no_salesperson": known["rows_without_salesperson"]}


def test_orders_give_every_rep_and_quota_period_the_published_total(
    app: Flask, work: Work, staff: None, run_import: RunImport
) -> None:
    known = truth("sales-adventureworks")
    quotas = rows_of("sales-adventureworks", "sales_person_quota_history.csv.gz")
    days = sorted({row["QuotaDate"] for row in quotas})
    run_import(shared("sales-adventureworks", "sales_order_header_raw.tsv.gz"), maps.ORDERS)
    with work() as db:
        key = give_key(db, Scope.ACTIVITIES_READ)
        number_of = {str(i): n for n, i in people.person_index(db).items()}
    client = app.test_client()

    found = {
        f"{number_of[total['keys']['person']]}|{first}": Decimal(total["amount"])
        for first, last in pairwise(days)
        for total in client.get(
            f"/api/v1/activities/totals?from={first}T00:00:00Z&to={last}T00:00:00Z", headers=key
        ).json["items"]
    }

    published = known["subtotal_by_salesperson_and_quota_period"]
    assert {name: found[name] for name in published} == {
        name: Decimal(total) for name, total in published.items()
    }


def test_orders_taken_in_twice_change_nothing(
    work: Work, staff: None, run_import: RunImport
) -> None:
    content = shared("sales-adventureworks", "sales_order_header_raw.tsv.gz")
    first = run_import(content, maps.ORDERS)

    second = run_import(content, maps.ORDERS)

    assert second["unchanged"] == second["accepted"] == first["accepted"]
    with work() as db:
        table = queries.activities_table()
        assert db.scalar(select(func.count()).select_from(table)) == first["accepted"]


@pytest.mark.parametrize("dates", ["iso", "us"])
def test_won_opportunities_give_every_agent_the_published_total(
    work: Work, run_import: RunImport, dates: str
) -> None:
    known = truth("sales-crm-opportunities")
    with work() as db:
        give_tenant(db, currency="USD", zone="America/New_York")
        for row in rows_of("sales-crm-opportunities", "sales_teams.csv.gz"):
            give_person(db, row["sales_agent"])
        for row in rows_of("sales-crm-opportunities", "products.csv.gz"):
            db.add(
                Product(
                    tenant_id=tenant_of(db), id=new_id(), sku=row["product"], name=row["product"],
                    product_group=row["series"], active=True,
                )
            )  # fmt: skip

    content = shared("sales-crm-opportunities", f"sales_pipeline_{dates}_dates.csv.gz")
    counts = run_import(content, maps.OPPORTUNITIES)

    assert (counts["problem"], counts["rows"]) == (None, known["rows"])
    assert adds_up(counts)
    assert counts["refused"] == known["rows"] - known["stages"]["Won"]
    assert counts["quarantined"] == 0
    with work() as db:
        name_of = {i: n for n, i in people.person_index(db, by="name").items()}
        found = totals(db, lambda table: table.c.person_id)
        assert {name_of[i]: total for i, total in found.items()} == {
            name.lower(): value for name, value in known["won_value_by_agent"].items()
        }
        products = set(db.scalars(select(queries.activities_table().c.product)))
        assert "GTX Pro" in products
        assert "GTXPro" not in products


def test_a_till_of_a_quarter_million_lines_gives_the_published_totals(
    work: Work, run_import: RunImport
) -> None:
    known = truth("pos-uci-online-retail")
    with work() as db:
        give_tenant(db, currency="GBP", zone="UTC")
        for country in known["net_by_country"]:
            give_person(db, country)

    counts = run_import(shared("pos-uci-online-retail", "online_retail.csv.gz"), maps.RETAIL)

    assert (counts["problem"], counts["rows"]) == (None, known["rows"])
    assert counts["accepted"] == known["rows"]
    with work() as db:
        by_country = totals(db, lambda table: table.c.country)
        by_month = totals(db, lambda table: func.to_char(table.c.occurred_at, "YYYY-MM"))
    assert by_country == {key: Decimal(net) for key, net in known["net_by_country"].items()}
    assert by_month == {key: Decimal(net) for key, net in known["net_by_month"].items()}


def test_a_wide_file_with_marks_between_cells_and_rows_is_read() -> None:
    sheet = open_sheet(
        shared("sales-adventureworks", "dirty-encodings", "person_utf16le_bcp.txt.gz"), FileShape()
    )

    rows = list(sheet.rows)

    assert (sheet.shape.encoding, sheet.shape.delimiter) == ("utf-16-le", "+|")
    assert (sheet.shape.row_end, sheet.shape.header, sheet.is_sure) == ("&|", False, True)
    assert (len(rows), {len(row) for row in rows}) == (290, {9})
    assert rows[0] == ["1", "EM", "0", "", "Ken", "J", "Sánchez", "", "0"]


def test_a_file_in_the_code_page_of_the_eighties_is_read() -> None:
    original = {row["LoginID"] for row in rows_of("sales-adventureworks", "employees.csv.gz")}
    sheet = open_sheet(
        shared("sales-adventureworks", "dirty-encodings", "employees_cp437.csv.gz"), FileShape()
    )

    rows = [dict(zip(sheet.columns, row, strict=True)) for row in sheet.rows]

    assert (sheet.shape.encoding, sheet.is_sure) == ("cp437", True)
    assert {row["LoginID"] for row in rows} == original
