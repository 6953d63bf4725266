"""Random histories of the books against a model of a few lines; after each, every invariant holds."""

from __future__ import annotations

from collections import defaultdict
from contextlib import AbstractContextManager
from uuid import UUID

import pytest
from flask import Flask
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy.orm import Session

from app.cli.prove import prove_tenant
from app.db.unit_of_work import SYSTEM, unit_of_work
from app.kernel.ids import new_id
from app.kernel.money import Money
from app.ledger import queries, service
from app.ledger.core import Difference, Entry, Leg, Release, clearing, earned, expense
from app.ledger.errors import AlreadyResolved, AlreadyReversed, BalanceTooLow, KeyReused
from tests.conftest import NOON

PEOPLE = [UUID(int=number) for number in (1, 2, 3)]
PROGRAM, PROVIDER = UUID(int=10), UUID(int=11)
STATES = ("earned", "available", "reserved", "paid", "owed")

people = st.sampled_from(PEOPLE)
amounts = st.integers(1, 1_000)


class Books(RuleBasedStateMachine):
    """The real books and the model, side by side."""

    app: Flask

    def __init__(self) -> None:
        super().__init__()
        self.tenant_id = new_id()
        self.wallets: dict[UUID, dict[str, int]] = {
            person: dict.fromkeys(STATES, 0) for person in PEOPLE
        }
        self.held: dict[UUID, tuple[UUID, int]] = {}
        self.ended: dict[UUID, str] = {}
        self.plain: dict[UUID, tuple[UUID, int]] = {}
        self.posted: list[tuple[Entry, UUID]] = []
        self.reversed: set[UUID] = set()

    def work(self) -> AbstractContextManager[Session]:
        edge = self.app.extensions["laurel"]
        return unit_of_work(
            edge.engine,
            tenant_id=self.tenant_id,
            actor=SYSTEM,
            now=NOON,
            reactions=edge.reactions,
        )

    @rule(person=people, minor=amounts)
    def earn(self, person: UUID, minor: int) -> None:
        legs = (Leg(expense(PROGRAM, "EUR"), -minor), Leg(earned(person, "EUR"), minor))
        entry = Entry(f"earn:{new_id()}", "earning", "sale", new_id(), legs)
        with self.work() as db:
            transaction = service.post(db, entry)
        self.posted.append((entry, transaction))
        self.plain[transaction] = (person, minor)
        self.wallets[person]["earned"] += minor

    @rule(changes=st.lists(st.tuples(people, amounts, st.booleans()), min_size=1, max_size=6))
    def change_earnings(self, changes: list[tuple[UUID, int, bool]]) -> None:
        differences = []
        for person, minor, is_cut in changes:
            wallet = self.wallets[person]
            unreleased = max(min(wallet["earned"], minor // 2), 0) if is_cut else 0
            differences.append(
                Difference(
                    key=f"change:{new_id()}",
                    program_id=PROGRAM,
                    person_id=person,
                    currency="EUR",
                    delta_minor=-minor if is_cut else minor,
                    releasable=minor % 2 == 0,
                    cause_kind="sale",
                    cause_id=new_id(),
                    unreleased_minor=unreleased,
                )
            )
            if is_cut:
                self._cut(wallet, minor, unreleased)
            elif minor % 2 == 0:
                self._pay_out(wallet, minor)
            else:
                wallet["earned"] += minor
        with self.work() as db:
            first = service.post_earning_differences(db, differences)
            assert service.post_earning_differences(db, differences) == first

    @rule(person=people, share=st.integers(1, 100))
    def release(self, person: UUID, share: int) -> None:
        wallet = self.wallets[person]
        minor = wallet["earned"] * share // 100
        if minor <= 0:
            return
        with self.work() as db:
            key = f"release:{new_id()}"
            service.release(db, [Release(key, person, "EUR", minor, "period", new_id())])
        wallet["earned"] -= minor
        self._pay_out(wallet, minor)

    @rule(person=people, minor=amounts)
    def reserve(self, person: UUID, minor: int) -> None:
        wallet = self.wallets[person]
        try:
            with self.work() as db:
                reservation = service.reserve(
                    db,
                    person_id=person,
                    money=Money(minor, "EUR"),
                    key=f"reserve:{new_id()}",
                    cause_kind="order",
                    cause_id=new_id(),
                )
        except BalanceTooLow:
            assert minor > wallet["available"]
            return
        assert minor <= wallet["available"]
        wallet["available"] -= minor
        wallet["reserved"] += minor
        self.held[reservation] = (person, minor)

    @precondition(lambda self: self.held)
    @rule(data=st.data(), outcome=st.sampled_from(["captured", "voided", "expired"]))
    def end_reservation(self, data: st.DataObject, outcome: str) -> None:
        reservation = data.draw(st.sampled_from(sorted(self.held)))
        person, minor = self.held[reservation]
        part = data.draw(st.integers(1, minor))
        before = self.ended.get(reservation)
        try:
            with self.work() as db:
                if outcome == "captured":
                    service.capture(db, reservation, to=clearing(PROVIDER, "EUR"), minor=part)
                elif outcome == "voided":
                    service.void(db, reservation)
                else:
                    service.expire(db, reservation)
        except AlreadyResolved as refused:
            if before is None or refused.params["outcome"] != before:
                raise
            return
        if before is not None:
            assert before == outcome
            return
        self.ended[reservation] = outcome
        paid = part if outcome == "captured" else 0
        wallet = self.wallets[person]
        wallet["reserved"] -= minor
        wallet["paid"] += paid
        wallet["available"] += minor - paid

    @precondition(lambda self: self.plain)
    @rule(data=st.data())
    def reverse_an_earning(self, data: st.DataObject) -> None:
        transaction = data.draw(st.sampled_from(sorted(self.plain)))
        person, minor = self.plain[transaction]
        try:
            with self.work() as db:
                service.reverse(
                    db, transaction, key=f"undo:{new_id()}", cause_kind="t", cause_id=new_id()
                )
        except AlreadyReversed:
            assert transaction in self.reversed
            return
        assert transaction not in self.reversed
        self.reversed.add(transaction)
        self.wallets[person]["earned"] -= minor

    @precondition(lambda self: self.posted)
    @rule(data=st.data(), is_same=st.booleans())
    def repeat(self, data: st.DataObject, is_same: bool) -> None:
        entry, transaction = data.draw(st.sampled_from(self.posted))
        other = Entry(entry.key, "other", entry.cause_kind, entry.cause_id, entry.legs)
        with self.work() as db:
            if is_same:
                assert service.post(db, entry) == transaction
            else:
                with pytest.raises(KeyReused):
                    service.post(db, other)

    @rule()
    def seal(self) -> None:
        with self.work() as db:
            service.seal(db)

    @invariant()
    def the_wallets_are_those_of_the_model(self) -> None:
        with self.work() as db:
            for person, expected in self.wallets.items():
                shown: dict[str, int] = defaultdict(int)
                for line in queries.wallet(db, person):
                    shown |= {state: getattr(line, state).minor for state in STATES}
                assert {state: shown[state] for state in STATES} == expected

    def teardown(self) -> None:
        engine = self.app.extensions["laurel"].engine
        broken = [one for one in prove_tenant(engine, self.tenant_id) if one.finding.violations]
        assert broken == []

    @staticmethod
    def _cut(wallet: dict[str, int], minor: int, unreleased: int) -> None:
        from_earned = min(minor, unreleased)
        from_available = min(minor - from_earned, wallet["available"])
        wallet["earned"] -= from_earned
        wallet["available"] -= from_available
        wallet["owed"] += minor - from_earned - from_available

    @staticmethod
    def _pay_out(wallet: dict[str, int], minor: int) -> None:
        settled = min(minor, wallet["owed"])
        wallet["owed"] -= settled
        wallet["available"] += minor - settled


@pytest.mark.slow
def test_whatever_happens_the_books_follow_the_model_and_every_invariant_holds(app: Flask) -> None:
    Books.app = app
    run_state_machine_as_test(
        Books,
        settings=settings(
            max_examples=15,
            stateful_step_count=20,
            suppress_health_check=list(HealthCheck),
        ),
    )
