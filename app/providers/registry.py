"""Who can be spoken to. A new adapter is one line here; rooms above add theirs at start."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, Final
from uuid import UUID

from sqlalchemy.orm import Session

from app.kernel.errors import Unavailable
from app.providers import accounts
from app.providers.contract import Provider
from app.providers.manual import Manual
from app.providers.wire import Exchange, Wire

OpenWork = Callable[[], AbstractContextManager[Session]]

ADAPTERS: Final[dict[str, str]] = {
    "plum": "app.providers.plum:Plum",
    "tremendous": "app.providers.tremendous:Tremendous",
    "razorpayx": "app.providers.razorpayx:RazorpayX",
    "cashfree": "app.providers.cashfree:Cashfree",
    "xendit": "app.providers.xendit:Xendit",
}
"""Providers that are reached over HTTP, through an account of the tenant."""

OWN: Final[dict[str, Callable[[OpenWork], Provider]]] = {
    Manual.name: Manual,
}
"""Providers that we run ourselves."""


class NoAccount(Unavailable):
    """The tenant has no account with this provider."""

    code = "no_provider_account"
    title = "No provider account"


@dataclass(frozen=True, slots=True)
class Contact:
    """A provider, spoken to on one errand; `said` is what it answered, call by call."""

    provider: Provider
    account_id: UUID | None = None
    said: list[Exchange] = field(default_factory=list)


def declare(name: str, make: Callable[[OpenWork], Provider]) -> None:
    """Add a provider that a room above runs; said once, at start."""
    OWN[name] = make


def reach(
    open_work: OpenWork,
    name: str,
    account_id: UUID | None = None,
    *,
    longest: float | None = None,
) -> Contact:
    """Return a provider of the tenant; raise NoAccount when it is not set up.

    `longest`: no call may take more seconds than this.
    """
    if name in OWN:
        return Contact(OWN[name](open_work))
    with open_work() as db:
        row = accounts.get(db, account_id) if account_id else accounts.find_for(db, name)
        if row is None:
            raise NoAccount(f"There is no account with {name}.")
        account = accounts.opened(db, row)
    wire = Wire(account.base_url, longest=longest)
    provider = adapter(name)(account, wire, accounts.Memory(open_work, account.id))
    return Contact(provider, account.id, wire.said)


def listener(open_work: OpenWork, account: accounts.Account) -> Provider:
    """Return a provider that only reads what was sent to us; it calls nobody."""
    made: Provider = adapter(account.provider)(
        account, Wire(account.base_url), accounts.Memory(open_work, account.id)
    )
    return made


def adapter(name: str) -> Any:
    """Return the class that speaks the protocol of a provider."""
    module, _, made = ADAPTERS[name].partition(":")
    return getattr(import_module(module), made)
