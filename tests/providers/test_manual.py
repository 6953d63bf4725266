from __future__ import annotations

from datetime import date
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from app.kernel.ids import new_id
from app.providers import manual
from app.providers.contract import Accepted, Delivery, Order, Refused, Settled
from app.providers.manual import Manual, OrderEnded
from tests.conftest import Work
from tests.providers.conformance import PRICE, OpenWork, ProviderConformance


class TestConformance(ProviderConformance):
    speaks = "manual"

    def provider(self, open_work: OpenWork) -> Manual:
        return Manual(open_work)

    def prepare(self, db: Session, product_id: UUID, stock: int) -> None:
        """Nothing: people can always be asked."""


def place(work: Work) -> tuple[Manual, str]:
    theirs, key = Manual(work), new_id().hex
    answer = theirs.place(Order(key, new_id(), PRICE, wished_on=date(2026, 12, 24), note="quiet"))
    assert isinstance(answer, Accepted)
    return theirs, key


def test_an_order_waits_until_somebody_confirms_it_with_date_and_voucher(work: Work) -> None:
    theirs, key = place(work)

    with work() as db:
        manual.confirm(db, key=key, confirmed_on=date(2026, 12, 25), voucher="HUT-12")

    answer = theirs.lookup(key)
    assert isinstance(answer, Settled)
    assert answer.confirmed_on == date(2026, 12, 25)
    assert theirs.reveal(key) == Delivery("HUT-12", None, None)


def test_an_order_may_be_confirmed_without_a_voucher(work: Work) -> None:
    theirs, key = place(work)

    with work() as db:
        manual.confirm(db, key=key, confirmed_on=date(2026, 12, 25), voucher=None)

    assert theirs.reveal(key) is None


def test_an_order_that_cannot_be_had_is_refused_with_the_reason(work: Work) -> None:
    theirs, key = place(work)

    with work() as db:
        manual.refuse(db, key=key, reason="The hut is closed.")

    assert theirs.lookup(key) == Refused("refused", "The hut is closed.")


def test_an_order_is_answered_once(work: Work) -> None:
    _, key = place(work)
    with work() as db:
        manual.confirm(db, key=key, confirmed_on=date(2026, 12, 25), voucher=None)

    with pytest.raises(OrderEnded), work() as db:
        manual.refuse(db, key=key, reason="too late")
    with pytest.raises(OrderEnded), work() as db:
        manual.confirm(db, key="nobody", confirmed_on=date(2026, 12, 25), voucher=None)
