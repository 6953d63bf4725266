"""A tenant that orders from a sandbox over HTTP, time that can be moved, and what must hold at the end."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.cli.prove import prove_tenant
from app.db import crash
from app.kernel import clock
from app.kernel.money import Money
from app.ledger import service as ledger
from app.people.models import Person
from app.providers import accounts
from app.rewards import finance_queries, queries, reconciling, saga, service
from app.rewards.core import LIVE, State
from app.rewards.models import Redemption, RedemptionAttempt
from tests.conftest import Work
from tests.ledger.builders import give_available
from tests.people.builders import give_person, give_session, give_tenant
from tests.sandboxes import base, tremendous
from tests.sandboxes import plum as vendor
from tests.sandboxes.tremendous_products import products

HOOK_SECRET = "Zm9yb3VydGVzdHM1"
ENDED = (State.CAPTURED, State.VOIDED, State.RETURNED)
STEPS = 60
"""How often at most time is moved for each person before orders must have ended or be in a named queue."""


@dataclass
class Clock:
    """Time as the orders of a stage have it."""

    ahead: timedelta = timedelta(0)

    def now(self) -> datetime:
        """Return the time here."""
        return clock.utc_now() + self.ahead


@dataclass
class Stage:
    """A company with people who have money, and a gift card at the sandbox of Plum."""

    open_work: Work
    engine: Engine
    there: base.Remote
    people: list[Person]
    account_id: UUID
    reward_id: UUID
    price: Money
    clock: Clock = field(default_factory=Clock)

    def work(self, **more: Any) -> AbstractContextManager[Session]:
        """Open a transaction at the time of the stage."""
        return self.open_work(**({"now": self.clock.now()} | more))

    @property
    def tenant_id(self) -> UUID:
        return self.people[0].tenant_id

    def redeem(self, person: int = 0) -> UUID:
        """Order the card; nobody has sent it yet."""
        with self.work() as db:
            return service.redeem(
                db,
                person_id=self.people[person].id,
                reward_id=self.reward_id,
                money=self.price,
                today=self.clock.now().date(),
            ).id

    def advance(self, order: UUID, *, hint: bool = False) -> None:
        """Take an order as far as it goes now."""
        saga.advance(self.work, order, hint=hint)

    def state(self, order: UUID) -> str:
        """Return where an order stands."""
        with self.work() as db:
            return queries.get_redemption(db, order).state

    def states(self) -> Counter[str]:
        """Return how many orders stand where."""
        with self.work() as db:
            found = db.scalars(
                select(Redemption.state).where(Redemption.tenant_id == self.tenant_id)
            )
            return Counter(found)

    def key(self, order: UUID) -> str:
        """Return the key under which the provider knows an order."""
        with self.work() as db:
            return queries.last_attempt(db, order).key

    def settle(self) -> None:
        """Let time pass, doing what is due as a worker would, until every order ended or waits for a person."""
        for _ in range(STEPS * len(self.people)):
            due = self._next_due()
            if due is None:
                return
            if due > self.clock.now():
                self.clock.ahead += due - self.clock.now()
            with self.work() as db:
                waiting = queries.due(db, most=5_000)
            for order in waiting:
                self.advance(order)
        raise TimeoutError(f"Orders never came to an end: {self.states()}")

    def _next_due(self) -> datetime | None:
        with self.work() as db:
            return db.scalar(
                select(RedemptionAttempt.due_at)
                .where(
                    RedemptionAttempt.tenant_id == self.tenant_id,
                    RedemptionAttempt.due_at.is_not(None),
                )
                .order_by(RedemptionAttempt.due_at)
                .limit(1)
            )

    def dies(self, point: str, action: Callable[[], object]) -> bool:
        """Do something in a process that dies at `point`; return whether it came there."""
        return dies(self.engine, point, action)

    def prove(self, *, sold: int | None = None) -> None:
        """Prove every invariant, and that the sandbox's own books say what ours say."""
        prove_books(self.work, self.engine, self.tenant_id)
        self.compare(sold=sold)

    def compare(self, *, sold: int | None = None) -> None:
        """Lay our captured orders beside the vendor's delivered ones: the same keys, each once."""
        theirs = self.there.books()["orders"]
        delivered = {
            key for key, order in theirs.items() if order["state"] in ("delivered", "pending")
        }
        ours = self._captured_keys()
        named = self._waiting_keys()
        assert ours <= delivered, "We took money for what was never ordered."
        assert delivered <= ours | named, "They delivered what no ledger line of ours explains."
        if sold is not None:
            assert len(delivered) == sold

    def _captured_keys(self) -> set[str]:
        with self.work() as db:
            return set(
                db.scalars(
                    select(RedemptionAttempt.key)
                    .join(Redemption, Redemption.id == RedemptionAttempt.redemption_id)
                    .where(
                        Redemption.tenant_id == self.tenant_id,
                        RedemptionAttempt.state == "settled",
                        Redemption.state.in_((State.CAPTURED, State.RETURNED)),
                    )
                )
            )

    def _waiting_keys(self) -> set[str]:
        with self.work() as db:
            return {
                line.key
                for queue in finance_queries.QUEUES
                for line in finance_queries.stuck(db, queue)
            }

    def reconcile(self) -> list[str]:
        """Compare with the provider's history, when nothing is young any more; return what is open."""
        self.clock.ahead += timedelta(minutes=20)
        reconciling.run(self.work, self.account_id)
        with self.work() as db:
            return [row.kind for row in finance_queries.findings(db, is_open=True)]

    def available(self, person: int = 0) -> int:
        """Return what a person can spend, in minor units."""
        with self.work() as db:
            return queries.spendable(db, self.people[person].id)[self.price.currency].minor

    def sign_in(self, person: int = 0) -> str:
        """Return the cookie of a new session of a person."""
        with self.work(now=clock.utc_now()) as db:
            return give_session(db, self.people[person])


def prove_books(
    work: Callable[[], AbstractContextManager[Session]], engine: Engine, tenant_id: UUID
) -> None:
    """Prove every invariant of a tenant, all of whose books are sealed first."""
    with work() as db:
        ledger.seal(db)
        audit.seal(db)
    verdicts = prove_tenant(engine, tenant_id)
    assert [one for one in verdicts if one.finding.violations] == []


def dies(engine: Engine, point: str, action: Callable[[], object]) -> bool:
    """Do something in a process that dies at `point`; return whether it came there."""
    child = os.fork()
    if child == 0:
        _die_at(engine, point, action)
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    assert code in (0, crash.EXIT_CODE), f"The process ended with {code}."
    return code == crash.EXIT_CODE


def _die_at(engine: Engine, point: str, action: Callable[[], object]) -> None:
    ended = 1
    try:
        # The connections belong to the parent: they are left alone, not closed.
        engine.dispose(close=False)
        crash._armed = point
        action()
        ended = 0
    finally:
        os._exit(ended)


@dataclass(frozen=True)
class Card:
    """A gift card of a vendor, and the account through which it is ordered."""

    provider: str
    base: str
    secrets: dict[str, str]
    country: str
    price: Money
    product_code: str


def plum_card() -> Card:
    """Return a card of Plum's catalog in euros that is delivered at once."""
    wanted = next(
        entry
        for entry in vendor.Plum.catalog
        if entry["countryCode"] == "IT"
        and entry["deliveryType"] == "realtime"
        and entry["valueType"] == "fixed_denomination"
        and entry["usageType"] == "both"
    )
    face = wanted["valueDenominations"].split(",")[0]
    secrets = {
        "client_id": vendor.CLIENT_ID,
        "client_secret": vendor.CLIENT_SECRET,
        "access_token": vendor.FIRST_ACCESS,
        "refresh_token": vendor.FIRST_REFRESH,
        "access_token_expiry": "4000000000000",
        "access_expiry": "4000000000000",
        "webhook_secret": HOOK_SECRET,
    }
    code = str(wanted["productId"])
    return Card("plum", "/chef/v1/oauth", secrets, "IT", Money(int(face) * 100, "EUR"), code)


def tremendous_card() -> Card:
    """Return a card of Tremendous in dollars."""
    wanted = next(one for one in products() if one["name"] == "Cartwheel US")
    secrets = {"api_key": tremendous.API_KEY, "webhook_secret": HOOK_SECRET}
    code = f"{wanted['id']}-US-USD"
    return Card("tremendous", tremendous.PREFIX, secrets, "US", Money(2_500, "USD"), code)


class TremendousBooks(base.Remote):
    """The books of Tremendous, as a stage reads them: what became of each key."""

    def books(self) -> Any:
        """Return what really happened."""
        done = {"EXECUTED": "delivered"}
        return {
            "orders": {
                order["external_id"]: {"state": done.get(order["status"], order["status"])}
                for order in super().books()["orders"].values()
            }
        }


def build(
    work: Work,
    engine: Engine,
    there: base.Remote,
    *,
    people: int = 1,
    orders: int = 2,
    card: Card | None = None,
) -> Stage:
    """Build a stage whose people can pay `orders` cards each."""
    card = card or plum_card()

    def live(**more: Any) -> AbstractContextManager[Session]:
        return work(**({"now": clock.utc_now()} | more))

    with live() as db:
        give_tenant(db)
        hired = [
            give_person(db, f"Person {number}", employee_number=f"P-{number}")
            for number in range(people)
        ]
        for person in hired:
            give_available(db, person.id, card.price.minor * orders, card.price.currency)
        account = accounts.add(
            db,
            provider=card.provider,
            label=card.provider,
            base_url=there.url + card.base,
            settings={"timeout_seconds": "2"},
            secrets=card.secrets,
        )
        reward_id = service.offer(
            db,
            service.Offer(
                "Card",
                "gift_card",
                card.country,
                card.price.currency,
                (card.price.minor,),
                provider=card.provider,
                product_code=card.product_code,
                account_id=account.id,
            ),
        )
        account_id = account.id
    there.mode("unlimited")
    return Stage(work, engine, there, hired, account_id, reward_id, card.price)


def until(done: Callable[[], bool], *, seconds: float = 60) -> None:
    """Wait until `done()`."""
    deadline = time.monotonic() + seconds
    while not done():
        if time.monotonic() > deadline:
            raise TimeoutError("It did not come to an end.")
        time.sleep(0.1)


__all__ = ["ENDED", "LIVE", "Stage", "build", "until"]
