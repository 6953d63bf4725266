"""Speaking to a provider once to see whether we are let in: nothing is ordered, spent or kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from sqlalchemy.orm import Session

from app.providers import registry
from app.providers.accounts import Account, Memory
from app.providers.contract import Delivery, Destination, Provider
from app.providers.wire import Exchange, Reply, Wire

PATIENCE: Final = 10.0
"""Seconds: somebody waits before a screen."""

Outcome = Literal["reached", "turned_away", "silent", "odd"]

_FAR: Final = "4102444800000"


@dataclass(frozen=True, slots=True)
class Heard:
    """What came of it: `detail` is the status or the kind of silence, in the words of the wire."""

    outcome: Outcome
    detail: str = ""
    balance: Mapping[str, int] | None = None


@dataclass(frozen=True, slots=True)
class _NoMemory(Memory):
    """What an adapter is given that must keep nothing. It gets no new tokens: that would spend the old ones."""

    account: Account
    at: datetime

    def secrets(self) -> Mapping[str, str]:
        return self.account.secrets

    def refresh(
        self,
        change: Callable[[Mapping[str, str]], Mapping[str, str] | None],  # noqa: ARG002 - of the memory
    ) -> Mapping[str, str]:
        return self.account.secrets

    def deliveries(self, key: str) -> Sequence[Delivery]:  # noqa: ARG002 - of the memory
        return ()

    def penalty(self) -> None:
        return None

    def set_penalty(self, until: datetime) -> None:
        """Keep nothing."""

    def now(self) -> datetime:
        return self.at


def _no_work() -> AbstractContextManager[Session]:
    raise RuntimeError("A trial opens no transaction.")


def before_saving(account: Account, *, now: datetime) -> Heard:
    """Return whether a provider lets us in with what was typed; what was typed stays as it is."""
    wire = Wire(account.base_url, longest=PATIENCE)
    tried = Account(
        account.id,
        account.tenant_id,
        account.provider,
        account.base_url,
        account.settings,
        {"access_expiry": _FAR, **account.secrets},
    )
    theirs: Provider = registry.adapter(account.provider)(
        tried, wire, _NoMemory(_no_work, account.id, tried, now)
    )
    return listen(theirs, wire.said)


def listen(theirs: Provider, said: Sequence[Exchange]) -> Heard:
    """Ask for the balance, or where there is none about a check that never was, and say what came."""
    balance = None
    if theirs.checks:
        (kind, *_) = sorted(theirs.checks)
        theirs.validate_account(Destination(kind, "", "", "", {"verification": "0"}))
    else:
        balance = theirs.balance()
    return _heard(said[-1].said if said else None, balance, checks=bool(theirs.checks))


def _heard(last: object, balance: Mapping[str, int] | None, *, checks: bool) -> Heard:
    if not isinstance(last, Reply):
        return Heard("silent", getattr(last, "reason", ""))
    if last.status in (401, 403):
        return Heard("turned_away", f"http_{last.status}")
    if balance is not None or (checks and last.status in (200, 404)):
        return Heard("reached", f"http_{last.status}", balance)
    return Heard("odd", f"http_{last.status}")
