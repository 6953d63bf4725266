"""A bank that takes long to answer checks does not fill the workers."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from uuid import UUID

import pytest
from sqlalchemy import select, text

from app.destinations import jobs, service
from app.destinations.models import AccountCheck
from app.providers.contract import Destination, Validation, Verified
from app.providers.seats import SEATS
from tests.conftest import Work
from tests.destinations.builders import Bank, Purse, connected, open_purse
from tests.people.builders import give_person
from tests.providers.crowd import Gate, crowd

WAITING = text(
    "SELECT (args->>'check_id')::uuid FROM procrastinate_jobs WHERE args->>'tenant_id' = :tenant"
    " AND status = 'todo' AND task_name = 'destinations.check' AND queueing_lock IS NOT NULL"
)


class Slow(Bank):
    """A bank before which everybody stands until the gate opens."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = Gate()

    def validate_account(self, destination: Destination) -> Validation:
        self.gate.wait()
        self.asked.append(destination)
        return Verified(f"ref-{len(self.asked)}", "match", "A** F****")


@pytest.fixture
def slow() -> Iterator[Slow]:
    """A bank that lets everybody wait."""
    with connected(Slow()) as bank:
        assert isinstance(bank, Slow)
        yield bank


def asked_for(purse: Purse, checks: int) -> list[UUID]:
    """Have as many people ask for a check of their account, and no worker come yet."""
    with purse.work() as db:
        people = [give_person(db, name="Ada Ferri") for _ in range(checks)]
    for person in people:
        account_id = Purse(purse.work, person).add()
        with purse.work() as db:
            service.verify(db, person_id=person.id, account_id=account_id)
    with purse.work() as db:
        return list(db.scalars(select(AccountCheck.id).order_by(AccountCheck.id)))


def test_a_slow_bank_keeps_a_few_workers_and_no_more(work: Work, slow: Slow) -> None:
    purse = open_purse(work)
    checks = asked_for(purse, SEATS + 3)

    said = crowd(slow.gate, [partial(jobs.check_seated, purse.work, check) for check in checks])

    assert sorted(said) == [False] * 3 + [True] * SEATS
    assert len(slow.asked) == SEATS
    with purse.work() as db:
        due = set(db.scalars(select(AccountCheck.id).where(AccountCheck.due_at.is_not(None))))
        sent_for = set(db.scalars(WAITING, {"tenant": str(purse.person.tenant_id)}))
    assert len(due) == 3
    assert sent_for
    assert sent_for <= due
