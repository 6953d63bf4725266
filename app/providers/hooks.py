"""Webhooks of providers: kept as they came, checked, believed in nothing but where to look."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import structlog
from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.db.unit_of_work import record, tenant_of, work_of
from app.kernel.errors import AppError, NotFound
from app.kernel.ids import new_id
from app.providers import accounts, registry, safe
from app.providers.contract import Forged, Hint
from app.providers.events import CheckHinted, ProviderHinted
from app.providers.models import ProviderAccount, ProviderHook
from app.providers.registry import OpenWork

log = structlog.get_logger(__name__)

WINDOW: Final = timedelta(minutes=5)
FORGED_LIVES: Final = timedelta(days=7)
LIVES: Final = timedelta(days=90)


class NotGenuine(AppError):
    """What was sent to us does not carry the proof that it is from the provider."""

    code = "not_genuine"
    status = 401
    title = "Not genuine"


def find_account(db: Session, path: str) -> ProviderAccount:
    """Return the account whose webhooks come in under this path; raise NotFound when none does."""
    found = db.scalars(
        select(ProviderAccount).where(
            ProviderAccount.tenant_id == tenant_of(db), ProviderAccount.hook_path == path
        )
    ).one_or_none()
    if found is None:
        raise NotFound("There is nothing here.")
    return found


def keep(db: Session, account_id: UUID, headers: Mapping[str, str], body: bytes) -> UUID:
    """Keep what came, before anybody reads it."""
    item_id = new_id()
    came = json.dumps({"headers": dict(headers), "body": body.hex()})
    sealed = safe.sealer(db).seal(item_id, hook=came)
    db.add(
        ProviderHook(
            tenant_id=tenant_of(db),
            id=item_id,
            account_id=account_id,
            sealed=sealed.fields["hook"],
            data_key=sealed.data_key,
            key_id=sealed.key_id,
            came_at=work_of(db).now,
            state="new",
            tries=0,
        )
    )
    db.flush()
    return item_id


def check(
    db: Session, open_work: OpenWork, hook_id: UUID, headers: Mapping[str, str], body: bytes
) -> bool:
    """Say whether a webhook is news; raise nothing when it is forged or was here before."""
    row = db.get_one(ProviderHook, (tenant_of(db), hook_id))
    account = accounts.get(db, row.account_id)
    hint = _read(db, open_work, account, headers, body)
    if isinstance(hint, Hint) and not _is_recent(hint, work_of(db).now):
        hint = Forged("too_old")
    if isinstance(hint, Forged):
        row.state, row.reason = "forged", hint.reason
        log.warning("webhook_forged", provider=account.provider, reason=hint.reason)
        return False
    _heard(db, account)
    row.order_key, row.reference = hint.order_key, hint.reference
    if not _is_first(db, row, hint.event_id or hashlib.sha256(body).hexdigest()):
        row.state = "repeated"
        return False
    record(db, _news(row, account))
    return True


def _news(row: ProviderHook, account: ProviderAccount) -> CheckHinted | ProviderHinted:
    if registry.adapter(account.provider).checks:
        return CheckHinted(row.id, account.id, account.provider, row.reference)
    return ProviderHinted(row.id, account.id, account.provider, row.order_key, row.reference)


def is_forged(db: Session, hook_id: UUID) -> bool:
    """Whether a webhook was found to be from somebody else."""
    return db.get_one(ProviderHook, (tenant_of(db), hook_id)).state == "forged"


def _read(
    db: Session,
    open_work: OpenWork,
    row: ProviderAccount,
    headers: Mapping[str, str],
    body: bytes,
) -> Hint | Forged:
    read = registry.listener(open_work, accounts.opened(db, row)).parse_webhook(headers, body)
    if isinstance(read, Hint):
        return read
    old = accounts.with_old_hook_secret(db, row)
    return registry.listener(open_work, old).parse_webhook(headers, body) if old else read


def _is_recent(hint: Hint, now: datetime) -> bool:
    return hint.sent_at is None or abs(now - hint.sent_at) <= WINDOW


def _is_first(db: Session, row: ProviderHook, event_key: str) -> bool:
    # The unique index decides between those that come at the same time; the second waits for the first.
    try:
        with db.begin_nested():
            row.event_key = event_key
            db.flush()
    except IntegrityError:
        db.refresh(row)
        return False
    return True


def _heard(db: Session, account: ProviderAccount) -> None:
    now = work_of(db).now
    if account.hook_at is None or account.hook_silent_since or now - account.hook_at > WINDOW:
        db.execute(
            update(ProviderAccount)
            .where(ProviderAccount.tenant_id == account.tenant_id, ProviderAccount.id == account.id)
            .values(hook_at=now, hook_silent_since=None)
        )


def sweep(db: Session) -> None:
    """Let go of webhooks whose time is over; forged ones sooner."""
    now = work_of(db).now
    old = (ProviderHook.came_at < now - LIVES) | (
        (ProviderHook.state == "forged") & (ProviderHook.came_at < now - FORGED_LIVES)
    )
    db.execute(delete(ProviderHook).where(ProviderHook.tenant_id == tenant_of(db), old))
