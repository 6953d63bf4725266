"""What is owed, and the journal for accounting."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime, timedelta

import openpyxl
import pytest
from sqlalchemy import update

from app.finance import accounting, liability
from app.finance.accounting import Named
from app.finance.errors import TooMuchAtOnce
from app.kernel.money import Money
from app.ledger import service as ledger
from app.ledger.core import AccountKind
from app.rewards.models import Redemption
from tests.conftest import NOON
from tests.finance.builders import Purse
from tests.rewards.builders import FIFTY, Shop, offer_card

YEAR = (date(2026, 1, 1), date(2026, 12, 31))


def owed(purse: Purse, *, on: str = "2026-12-24") -> liability.Liability:
    with purse.at(on) as db:
        (euros,) = liability.liabilities(db, date.fromisoformat(on))
    return euros


def test_what_is_owed_is_what_people_have_wherever_it_lies(purse: Purse) -> None:
    purse.earn("2026-10-05", 2_500)
    purse.spend("2026-10-20", 600)

    euros = owed(purse)

    assert (euros.owed, euros.available) == (Money(1_900, "EUR"), Money(1_900, "EUR"))
    assert euros.with_providers == Money(600, "EUR")
    assert sum(euros.kinds.values()) == 0


def test_sealed_and_waiting_entries_count_once(purse: Purse) -> None:
    purse.earn("2026-10-05", 2_500)
    with purse.at("2026-10-06") as db:
        ledger.seal(db)
    purse.earn("2026-10-07", 300)

    assert owed(purse).owed == Money(2_800, "EUR")


def test_what_was_paid_too_much_is_no_gain_of_those_who_are_owed(purse: Purse) -> None:
    purse.earn("2026-10-05", 1_000)
    purse.spend("2026-10-06", 1_000)
    purse.earn("2026-10-07", -400)

    euros = owed(purse)

    assert (euros.owed, euros.overpaid) == (Money(0, "EUR"), Money(400, "EUR"))


@pytest.mark.parametrize(
    ("on", "resting", "dormant"),
    [("2026-12-24", 0, 0), ("2027-02-01", 2_500, 0), ("2027-12-24", 0, 2_500)],
)
def test_purses_rest_after_a_quarter_and_sleep_after_a_year(
    purse: Purse, on: str, resting: int, dormant: int
) -> None:
    purse.earn("2026-10-05", 2_500)

    euros = owed(purse, on=on)

    assert (euros.resting.minor, euros.dormant.minor) == (resting, dormant)


def test_touching_a_purse_wakes_it() -> None:
    now = datetime(2027, 1, 1, tzinfo=UTC)
    purses = [
        ("EUR", now - timedelta(days=400), 1),
        ("EUR", now - timedelta(days=100), 10),
        ("EUR", now - timedelta(days=1), 100),
        ("IDR", now - timedelta(days=365), 7),
    ]

    assert liability.ages(purses, now) == {"EUR": (10, 1), "IDR": (7, 0)}


def test_vouchers_nobody_opened_may_never_be_used(purse: Purse) -> None:
    purse.earn("2026-11-01", 20_000)
    with purse.work() as db:
        reward_id = offer_card(db, codes=["AAA", "BBB"])
    shop = Shop(purse.work, purse.person, reward_id)
    for _ in range(2):
        shop.advance(shop.redeem(FIFTY))
    with purse.work() as db:
        first = db.query(Redemption).order_by(Redemption.id).first()
        assert first is not None
        db.execute(
            update(Redemption)
            .where(Redemption.tenant_id == first.tenant_id, Redemption.id == first.id)
            .values(expires_on=NOON.date() - timedelta(days=1))
        )

    with purse.work() as db:
        (euros,) = liability.liabilities(db, NOON.date())

    assert euros.unopened is not None
    assert (euros.unopened.count, euros.unopened.minor) == (2, 10_000)
    assert (euros.unopened.ending_minor, euros.unopened.ended_minor) == (0, 5_000)


def test_debit_and_credit_of_a_period_are_equal(purse: Purse) -> None:
    purse.earn("2026-10-05", 2_500)
    purse.spend("2026-10-20", 600)

    with purse.at("2026-12-24") as db:
        found = accounting.totals(db, accounting.lines(db, *YEAR))

    assert sum(one.debit.minor for one in found) == sum(one.credit.minor for one in found)
    by_kind = {one.account.kind: (one.debit.minor, one.credit.minor) for one in found}
    assert by_kind["program_expense"] == (2_500, 0)
    assert by_kind["provider_clearing"] == (0, 600)
    assert by_kind["person_reserved"] == (600, 600)


def test_a_period_is_cut_at_the_midnights_of_the_company(purse: Purse) -> None:
    with purse.work(now=datetime(2026, 10, 31, 23, 30, tzinfo=UTC)):
        pass
    purse.earn("2026-10-31", 100)
    purse.earn("2026-11-01", 200)

    with purse.at("2026-12-24") as db:
        october = accounting.lines(db, date(2026, 10, 1), date(2026, 10, 31))

    assert {abs(leg.money.minor) for leg in october} == {100}


def test_accounts_are_called_as_accounting_calls_them(purse: Purse) -> None:
    purse.earn("2026-10-05", 2_500)

    with purse.at("2026-12-24") as db:
        accounting.rename(db, [Named("program_expense", "B-77", "Provvigioni")])
        rows = list(
            csv.DictReader(
                io.StringIO(accounting.as_csv(db, accounting.lines(db, *YEAR)).decode("utf-8-sig"))
            )
        )
        kinds = accounting.names(db)

    expense = next(row for row in rows if row["account"] == "B-77")
    assert (expense["account name"], expense["debit"], expense["credit"]) == (
        "Provvigioni",
        "25.00",
        "",
    )
    assert expense["date"] == "2026-10-05"
    assert set(kinds) == {kind.value for kind in AccountKind}


def test_a_name_that_looks_like_a_formula_is_defused_and_amounts_are_left_alone(
    purse: Purse,
) -> None:
    purse.earn("2026-10-05", -2_500)

    with purse.at("2026-12-24") as db:
        accounting.rename(db, [Named("program_expense", "6400", '=HYPERLINK("x")')])
        legs = accounting.lines(db, *YEAR)
        text = accounting.as_csv(db, legs).decode("utf-8-sig")
        sheet = openpyxl.load_workbook(io.BytesIO(accounting.as_xlsx(db, legs))).active

    rows = list(csv.reader(io.StringIO(text)))
    assert '\'=HYPERLINK("x")' in {row[4] for row in rows}
    assert {row[5] or row[6] for row in rows[1:]} == {"25.00"}
    assert sheet is not None
    assert {cell.data_type for row in sheet.iter_rows() for cell in row} <= {"s", "n"}
    assert sheet.max_row == len(rows)


def test_more_than_a_file_holds_is_asked_for_in_parts(
    purse: Purse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(accounting, "MOST", 1)
    purse.earn("2026-10-05", 2_500)

    with purse.at("2026-12-24") as db, pytest.raises(TooMuchAtOnce):
        accounting.lines(db, *YEAR)
