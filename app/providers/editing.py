"""Changing an account that is there: what it would come to, and whether that has to be tried first."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from app.providers.accounts import HOOK_SECRET, Account
from app.providers.forms import FORMS, Field


@dataclass(frozen=True, slots=True)
class Change:
    """An account as somebody wants it. `secrets`: those that are typed anew; the others stay as they are."""

    label: str
    base_url: str
    settings: Mapping[str, str]
    secrets: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Edited:
    """An account as it would be: the names of what differs, and of the secrets that stay."""

    account: Account
    settings: frozenset[str]
    secrets: frozenset[str]
    stays: frozenset[str]
    must_be_tried: bool
    """Whether something differs without which nobody lets us in."""


def edited(before: Account, change: Change) -> Edited:
    """Return what an account would be after a change.

    What was kept for one address is never shown to another: elsewhere every secret but that of the webhooks,
    which is never sent, has to be typed anew.
    """
    form = FORMS[before.provider]
    moved = _place(change.base_url) != _place(before.base_url)
    secrets = _differing(before.secrets, change.secrets, change.secrets)
    credentials = secrets - {HOOK_SECRET}
    stays = _staying(before.secrets, form.secrets, moved=moved, renewed=bool(credentials))
    kept = {name: before.secrets[name] for name in stays}
    after = Account(
        before.id,
        before.tenant_id,
        before.provider,
        change.base_url.rstrip("/"),
        dict(change.settings),
        {**kept, **change.secrets},
    )
    settings = _differing(
        before.settings, after.settings, before.settings.keys() | after.settings.keys()
    )
    needed = {one.name for one in form.settings if one.is_required}
    tried = after.base_url != before.base_url or credentials or settings & needed
    return Edited(after, settings, secrets, stays, must_be_tried=bool(tried))


def _staying(
    held: Mapping[str, str], known: Iterable[Field], *, moved: bool, renewed: bool
) -> frozenset[str]:
    """Return which secrets stay. With new credentials what an adapter noted of the old ones, as their end, goes."""
    if moved:
        return frozenset(held.keys() & {HOOK_SECRET})
    if renewed:
        return frozenset(held.keys() & {one.name for one in known})
    return frozenset(held)


def _place(base_url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(base_url)
    return parts.scheme, parts.hostname, parts.port


def _differing(
    before: Mapping[str, str], after: Mapping[str, str], names: Collection[str]
) -> frozenset[str]:
    return frozenset(name for name in names if before.get(name, "") != after.get(name, ""))
