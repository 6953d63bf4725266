"""Our accounts with providers: where they are reached, with which secrets, and whether they are paused."""

from __future__ import annotations

import base64
import json
import secrets as randomness
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db.unit_of_work import tenant_of, work_of
from app.kernel.errors import Conflict, NotFound
from app.kernel.ids import new_id
from app.providers import deliveries, safe
from app.providers.contract import Delivery
from app.providers.models import ProviderAccount

OLD_SECRET_LIVES: Final = timedelta(hours=24)
"""How long the webhook secret from before a change is still believed."""

HOOK_SECRET: Final = "webhook_secret"  # noqa: S105 - the name of one, for all adapters
OLD_HOOK_SECRET: Final = "webhook_secret_old"  # noqa: S105 - likewise

OpenWork = Callable[[], AbstractContextManager[Session]]


class AccountTaken(Conflict):
    """There is an account of this name."""

    code = "provider_account_taken"
    title = "This name is taken"


@dataclass(frozen=True, slots=True)
class Account:
    """An account with its secrets open. It lives as long as one errand, and never in words."""

    id: UUID
    tenant_id: UUID
    provider: str
    base_url: str
    settings: Mapping[str, str]
    secrets: Mapping[str, str]

    def __repr__(self) -> str:
        return f"Account({self.provider}, {self.id})"


@dataclass(frozen=True, slots=True)
class Memory:
    """What an adapter keeps between calls. Every method is a transaction of its own."""

    open_work: OpenWork
    account_id: UUID

    def secrets(self) -> Mapping[str, str]:
        """Return the secrets as they are now; another worker may have refreshed them."""
        with self.open_work() as db:
            return open_secrets(db, get(db, self.account_id))

    def refresh(
        self, change: Callable[[Mapping[str, str]], Mapping[str, str] | None]
    ) -> Mapping[str, str]:
        """Replace secrets, one worker at a time; return those that hold now.

        `change` is called under the lock with the secrets as they are then, and returns the new ones,
        or None when somebody else has done it already. What it spends and what it got are kept together.
        """
        with self.open_work() as db:
            row = get(db, self.account_id, lock=True)
            now_held = open_secrets(db, row)
            changed = change(now_held)
            if changed is None:
                return now_held
            _seal_secrets(db, row, changed)
            return dict(changed)

    def deliveries(self, key: str) -> Sequence[Delivery]:
        """Return what came under this key and may be shown."""
        with self.open_work() as db:
            return deliveries.of_order(db, key)

    def penalty(self) -> datetime | None:
        """Return until when the provider wants silence of all of us; None when it does not."""
        with self.open_work() as db:
            until = get(db, self.account_id).penalty_until
            return until if until is not None and until > work_of(db).now else None

    def set_penalty(self, until: datetime) -> None:
        """Keep silence until then, in every worker; a shorter silence does not shorten a longer one."""
        with self.open_work() as db:
            row = get(db, self.account_id, lock=True)
            if row.penalty_until is None or row.penalty_until < until:
                row.penalty_until = until

    def now(self) -> datetime:
        """Return the time of the errand."""
        with self.open_work() as db:
            return work_of(db).now


def add(
    db: Session,
    *,
    provider: str,
    label: str,
    base_url: str,
    settings: Mapping[str, str],
    secrets: Mapping[str, str],
) -> ProviderAccount:
    """Keep a new account; its webhooks come in under a random path."""
    _refuse_taken(db, label, but=None)
    row = ProviderAccount(
        tenant_id=tenant_of(db),
        id=new_id(),
        provider=provider,
        label=label,
        base_url=base_url.rstrip("/"),
        settings=dict(settings),
        state="active",
        hook_path=_new_path(tenant_of(db)),
        created_at=work_of(db).now,
    )
    _seal_secrets(db, row, secrets)
    db.add(row)
    db.flush()
    return row


def _refuse_taken(db: Session, label: str, *, but: UUID | None) -> None:
    taken = select(ProviderAccount.id).where(_mine(db), ProviderAccount.label == label)
    if db.scalar(taken) not in (None, but):
        raise AccountTaken("There is an account of this name.")


def edit(
    db: Session,
    account_id: UUID,
    *,
    label: str,
    base_url: str,
    settings: Mapping[str, str],
    secrets: Mapping[str, str],
    stays: Collection[str],
) -> None:
    """Keep an account anew: of its secrets those that stay as they are now, and those given."""
    _refuse_taken(db, label, but=account_id)
    change_secrets(db, account_id, secrets)
    row = get(db, account_id, lock=True)
    kept = {*stays, *secrets, OLD_HOOK_SECRET}
    _seal_secrets(
        db, row, {name: value for name, value in open_secrets(db, row).items() if name in kept}
    )
    row.label, row.base_url, row.settings = label, base_url.rstrip("/"), dict(settings)
    db.flush()


def change_secrets(db: Session, account_id: UUID, changes: Mapping[str, str]) -> None:
    """Replace some secrets; the webhook secret they replace is believed for a day more."""
    row = get(db, account_id, lock=True)
    held = dict(open_secrets(db, row))
    if HOOK_SECRET in changes and HOOK_SECRET in held and changes[HOOK_SECRET] != held[HOOK_SECRET]:
        held[OLD_HOOK_SECRET] = held[HOOK_SECRET]
        row.old_until = work_of(db).now + OLD_SECRET_LIVES
    _seal_secrets(db, row, held | dict(changes))


def pause(db: Session, account_id: UUID, *, reason: str) -> bool:
    """Stop ordering from an account; return whether it was active. Orders under way are looked after."""
    row = get(db, account_id, lock=True)
    if row.state != "active":
        return False
    row.state, row.paused_because, row.paused_at = "paused", reason, work_of(db).now
    return True


def resume(db: Session, account_id: UUID) -> None:
    """Order from an account again."""
    row = get(db, account_id, lock=True)
    row.state, row.paused_because, row.paused_at = "active", None, None


def get(db: Session, account_id: UUID, *, lock: bool = False) -> ProviderAccount:
    """Return an account; raise NotFound when there is none."""
    wanted = select(ProviderAccount).where(_mine(db), ProviderAccount.id == account_id)
    if lock:
        wanted = wanted.with_for_update()
    found = db.execute(wanted.execution_options(populate_existing=True)).scalar_one_or_none()
    if found is None:
        raise NotFound("There is no such provider account.")
    return found


def find_for(db: Session, provider: str) -> ProviderAccount | None:
    """Return the account through which a provider is reached when a reward names none: the first."""
    return db.scalars(
        select(ProviderAccount)
        .where(_mine(db), ProviderAccount.provider == provider, ProviderAccount.state != "closed")
        .order_by(ProviderAccount.created_at, ProviderAccount.id)
        .limit(1)
    ).first()


def all_of(db: Session) -> list[ProviderAccount]:
    """Return the accounts of the tenant, by name."""
    return list(
        db.scalars(select(ProviderAccount).where(_mine(db)).order_by(ProviderAccount.label))
    )


def opened(db: Session, row: ProviderAccount) -> Account:
    """Return an account as an adapter needs it."""
    settings = {name: str(value) for name, value in row.settings.items()}
    return Account(
        row.id, row.tenant_id, row.provider, row.base_url, settings, open_secrets(db, row)
    )


def with_old_hook_secret(db: Session, row: ProviderAccount) -> Account | None:
    """Return the account as it was before its webhook secret changed, while that is still believed."""
    if row.old_until is None or row.old_until <= work_of(db).now:
        return None
    account = opened(db, row)
    old = account.secrets.get(OLD_HOOK_SECRET)
    return replace(account, secrets={**account.secrets, HOOK_SECRET: old}) if old else None


def tenant_of_path(path: str) -> UUID | None:
    """Return whose webhooks come in under this path, None when it was never one of ours."""
    try:
        return UUID(bytes=base64.urlsafe_b64decode(path)[:16])
    except ValueError:
        return None


def _new_path(tenant_id: UUID) -> str:
    # It leads to the tenant without a look into anybody's rows; the rest cannot be guessed.
    return base64.urlsafe_b64encode(tenant_id.bytes + randomness.token_bytes(17)).decode()


def open_secrets(db: Session, row: ProviderAccount) -> Mapping[str, str]:
    """Return the secrets of an account in clear."""
    sealed = safe.Sealed({"secrets": row.secrets_sealed}, row.data_key, row.key_id)
    secrets: dict[str, str] = json.loads(safe.unseal(db, row.id, sealed)["secrets"])
    return secrets


def _seal_secrets(db: Session, row: ProviderAccount, secrets: Mapping[str, str]) -> None:
    sealed = safe.sealer(db).seal(row.id, secrets=json.dumps(dict(secrets)))
    row.secrets_sealed = sealed.fields["secrets"]
    row.data_key, row.key_id = sealed.data_key, sealed.key_id


def _mine(db: Session) -> Any:
    return ProviderAccount.tenant_id == tenant_of(db)
