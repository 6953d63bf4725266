"""The accounts a company pays from: provider accounts of the kind `file`, with what their bank's format asks for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy.orm import Session

from app.audit import service as audit
from app.kernel.errors import NotFound, Problem
from app.payouts.errors import WrongSettings
from app.payouts.files.batch import Payer
from app.payouts.files.formats import FORMATS, SHARED
from app.providers import accounts
from app.providers.models import ProviderAccount
from app.rewards import queries as rewards

PROVIDER: Final = "file"
OWN: Final = ("format", "currency", "name", "zone")
"""Settings of every paying account; the others are those its format asks for."""


@dataclass(frozen=True, slots=True)
class PayingAccount:
    """An account the company pays from."""

    id: UUID
    label: str
    format: str
    currency: str
    name: str
    zone: str
    fields: Mapping[str, str]
    state: str

    @property
    def payer(self) -> Payer:
        """What a file needs to know of it."""
        return Payer(self.name, self.zone, self.fields)


def find_for(db: Session, reward_id: UUID, currency: str) -> PayingAccount | None:
    """Return the account that pays a reward: its own, or the first active one of the currency."""
    chosen = rewards.get_reward(db, reward_id).account_id
    if chosen is not None:
        return get(db, chosen)
    return next((one for one in all_of(db) if _pays(one, currency)), None)


def _pays(account: PayingAccount, currency: str) -> bool:
    return account.state == "active" and account.currency == currency


def all_of(db: Session) -> list[PayingAccount]:
    """Return the accounts the company pays from, by name."""
    return [_read(row) for row in accounts.all_of(db) if row.provider == PROVIDER]


def get(db: Session, account_id: UUID, *, lock: bool = False) -> PayingAccount:
    """Return one; raise NotFound when there is none."""
    row = accounts.get(db, account_id, lock=lock)
    if row.provider != PROVIDER:
        raise NotFound("There is no such paying account.")
    return _read(row)


def add(db: Session, *, label: str, settings: Mapping[str, str]) -> PayingAccount:
    """Keep a new paying account."""
    checked = _checked(settings)
    row = accounts.add(
        db, provider=PROVIDER, label=label, base_url="", settings=checked, secrets={}
    )
    audit.record(
        db,
        action="paying_account.added",
        object_kind="paying_account",
        object_id=row.id,
        after={"label": label, **checked},
    )
    return _read(row)


def change(db: Session, account_id: UUID, *, settings: Mapping[str, str]) -> PayingAccount:
    """Change what is known of a paying account; files that were written stay as they are."""
    get(db, account_id)
    row, checked = accounts.get(db, account_id, lock=True), _checked(settings)
    if checked["currency"] != row.settings["currency"]:
        raise WrongSettings("An account keeps its currency; add another account.")
    audit.record(
        db,
        action="paying_account.changed",
        object_kind="paying_account",
        object_id=row.id,
        before=dict(row.settings),
        after=checked,
    )
    row.settings = dict(checked)
    db.flush()
    return _read(row)


def _checked(settings: Mapping[str, str]) -> dict[str, str]:
    given = {name: text.strip() for name, text in settings.items() if text.strip()}
    problems = [_missing(name) for name in OWN if name not in given]
    form = FORMATS.get(given.get("format", ""))
    if form is None:
        problems.append(Problem("/settings/format", "format_unknown", "There is no such file."))
    else:
        known = {need.name: need for need in form.needs}
        problems += [_missing(n.name) for n in form.needs if n.required and n.name not in given]
        for name, text in given.items():
            if name in OWN or name == "remark":
                continue
            need = SHARED if name == SHARED.name else known.get(name)
            if need is None or (need.choices and text not in need.choices):
                problems.append(
                    Problem(f"/settings/{name}", "unfit", f"{name} cannot be {text!r} here.")
                )
        if form.currency and given.get("currency", form.currency) != form.currency:
            problems.append(
                Problem("/settings/currency", "unfit", f"This file pays {form.currency} only.")
            )
    if "zone" in given and not _is_zone(given["zone"]):
        problems.append(Problem("/settings/zone", "unfit", "There is no such time zone."))
    if problems:
        raise WrongSettings("Some settings cannot be right.", problems=problems)
    return given


def _missing(name: str) -> Problem:
    return Problem(f"/settings/{name}", "missing", f"Fill in {name.replace('_', ' ')}.")


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _read(row: ProviderAccount) -> PayingAccount:
    settings = {name: str(value) for name, value in row.settings.items()}
    own = {name: settings.pop(name, "") for name in OWN}
    return PayingAccount(id=row.id, label=row.label, fields=settings, state=row.state, **own)
