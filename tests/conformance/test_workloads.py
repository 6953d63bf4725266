"""The fifteen workloads of the public ledger-conformance-kit (1.1), driven by a driver of our own.

Real connections to two web processes. A name begins with the kit's number of the invariant.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import Engine

from app.cli.prove import prove_tenant
from tests.conformance.kit import Kit, broken_at, credit, debit, essence, signed

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def _all_invariants_of_our_own(served: tuple[Kit, Path], engine: Engine) -> Iterator[None]:
    """After each workload everything that `flask prove` checks holds for its books, too."""
    yield
    _, home = served
    tenant_id = UUID((home / "conformance-books").read_text())
    broken = [one for one in prove_tenant(engine, tenant_id) if one.finding.violations]
    assert broken == []


def test_01_every_transaction_balances_and_one_that_does_not_is_refused(kit: Kit) -> None:
    kit.seed("acct:a", 9_000)
    kit.transfer("acct:a", "acct:b", 3_000, key="t1")
    before = kit.journal()

    told = kit.post(
        debit("acct:a", 3_000), credit("acct:b", 2_900), key="unbalanced", may_overdraw=True
    )

    assert told["status"] == "REJECTED"
    assert kit.journal() == before
    sums: dict[tuple[str, str], int] = defaultdict(int)
    for entry in before:
        sums[entry["transactionId"], entry["currency"]] += signed(entry)
    assert set(sums.values()) == {0}


def test_02_the_journal_only_grows_at_its_end(kit: Kit) -> None:
    kit.seed("acct:a", 10_000)
    kit.transfer("acct:a", "acct:b", 2_000, key="t1")
    before = essence(kit.journal())

    kit.transfer("acct:b", "acct:a", 2_000, key="t2")
    kit.transfer("acct:a", "acct:b", 2_000, key="t3")

    after = essence(kit.journal())
    assert len(after) == len(before) + 4
    assert after[: len(before)] == before


def test_03_every_entry_hangs_on_the_one_before(kit: Kit) -> None:
    kit.seed("acct:a", 10_000)
    for nth in range(5):
        kit.transfer("acct:a", "acct:b", 1_000, key=f"t{nth}")

    entries = kit.journal()

    assert len(entries) == 12
    assert broken_at(entries) is None


def test_04_a_repeat_is_a_duplicate_without_effect(kit: Kit) -> None:
    kit.seed("acct:a", 10_000)
    kit.transfer("acct:a", "acct:b", 2_500, key="dup-key")
    before = kit.journal()

    told = kit.transfer("acct:a", "acct:b", 2_500, key="dup-key")

    assert told["status"] == "DUPLICATE"
    assert kit.journal() == before
    assert kit.balance("acct:b") == 2_500


def test_05_of_64_at_once_under_one_key_one_is_applied(kit: Kit) -> None:
    kit.seed("acct:a", 160_000)

    told = kit.at_once(64, lambda _: kit.transfer("acct:a", "acct:b", 2_500, key="race-key"))

    assert told == {"APPLIED": 1, "DUPLICATE": 63}
    assert kit.balance("acct:b") == 2_500


def test_06_500_credits_at_once_are_all_there(kit: Kit) -> None:
    told = kit.at_once(
        500,
        lambda nth: kit.transfer(
            "external:funding", "acct:hot", 100, key=f"hot-{nth}", may_overdraw=True
        ),
    )

    assert told == {"APPLIED": 500}
    assert kit.balance("acct:hot") == 50_000
    assert kit.balance("external:funding") == -50_000


def test_07_400_transfers_among_eight_accounts_keep_the_total(kit: Kit) -> None:
    for nth in range(8):
        kit.seed(f"acct:{nth}", 2_000)

    told = kit.at_once(
        400,
        lambda nth: kit.transfer(
            f"acct:{nth % 8}", f"acct:{(nth + 3) % 8}", 100, key=f"mv-{nth}", may_overdraw=True
        ),
    )

    assert told == {"APPLIED": 400}
    assert sum(kit.balance(f"acct:{nth}") for nth in range(8)) == 16_000


def test_08_after_200_transfers_balances_are_what_the_journal_says(kit: Kit) -> None:
    kit.seed("acct:a", 50_000)

    kit.at_once(
        200,
        lambda nth: kit.transfer("acct:a", "acct:b", 250, key=f"proj-{nth}", may_overdraw=True),
    )

    assert kit.balance("acct:a") == kit.rebuilt("acct:a") == 0
    assert kit.balance("acct:b") == kit.rebuilt("acct:b") == 50_000


def test_09_twenty_withdrawals_at_once_of_a_tenth_each_are_ten(kit: Kit) -> None:
    kit.seed("acct:a", 10_000)

    told = kit.at_once(20, lambda nth: kit.transfer("acct:a", "acct:b", 1_000, key=f"drain-{nth}"))

    assert told == {"APPLIED": 10, "REJECTED": 10}
    assert kit.balance("acct:a") == 0
    _never_below_zero(kit, "acct:a")


def test_10_a_thousand_transfers_of_one_cent_do_not_drift(kit: Kit) -> None:
    kit.seed("acct:a", 100_000)

    for nth in range(1_000):
        told = kit.transfer("acct:a", "acct:b", 1, key=f"penny-{nth}")
        assert told["status"] == "APPLIED"

    assert (kit.balance("acct:a"), kit.balance("acct:b")) == (99_000, 1_000)


def test_11_currencies_are_not_mixed(kit: Kit) -> None:
    kit.seed("acct:a", 10_000)
    before = kit.journal()

    told = kit.post(
        debit("acct:a", 1_000, "USD"),
        credit("acct:b", 1_000, "EUR"),
        key="fx-bad",
        may_overdraw=True,
    )

    assert told["status"] == "REJECTED"
    assert kit.journal() == before


def test_12_a_reversal_adds_and_removes_nothing(kit: Kit) -> None:
    kit.seed("acct:a", 9_000)
    kit.transfer("acct:a", "acct:b", 3_000, key="orig")
    before = essence(kit.journal())

    kit.transfer("acct:b", "acct:a", 3_000, key="comp-of-orig")

    after = essence(kit.journal())
    assert after[: len(before)] == before
    assert len(after) == len(before) + 2
    assert kit.balance("acct:b") == 0


def test_13_300_transfers_are_rebuilt_from_the_journal(kit: Kit) -> None:
    for nth in range(6):
        kit.seed(f"acct:{nth}", 18_000)

    kit.at_once(
        300,
        lambda nth: kit.transfer(
            f"acct:{nth % 6}", f"acct:{(nth + 2) % 6}", 300, key=f"rb-{nth}", may_overdraw=True
        ),
    )

    accounts = [f"acct:{nth}" for nth in range(6)]
    assert [kit.balance(one) for one in accounts] == [kit.rebuilt(one) for one in accounts]


def test_14_entries_of_an_account_are_numbered_in_order(kit: Kit) -> None:
    kit.seed("acct:a", 60_000)

    kit.at_once(
        150,
        lambda nth: kit.transfer("acct:a", "acct:b", 400, key=f"seq-{nth}", may_overdraw=True),
    )

    numbers: dict[str, list[int]] = defaultdict(list)
    for entry in kit.journal():
        numbers[entry["accountId"]].append(entry["accountSequence"])
    assert numbers == {
        "external:funding": [1],
        "acct:a": list(range(1, 152)),
        "acct:b": list(range(1, 151)),
    }


def test_15_none_of_32_that_are_refused_is_told_duplicate(kit: Kit) -> None:
    kit.seed("acct:a", 1_000)

    told = kit.at_once(32, lambda _: kit.transfer("acct:a", "acct:b", 5_000, key="doomed-key"))

    assert told == {"REJECTED": 32}
    assert kit.balance("acct:a") == 1_000


def _never_below_zero(kit: Kit, account: str) -> None:
    so_far = 0
    for entry in kit.journal():
        if entry["accountId"] == account:
            so_far += signed(entry)
            assert so_far >= 0
