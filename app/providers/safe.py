"""The safe: seals secrets under the tenant's key, opens them, and changes the key while in use."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar, cast
from uuid import UUID

from sqlalchemy import Row, Table, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.db import keys
from app.db.base import Base
from app.db.unit_of_work import tenant_of, work_of
from app.kernel.ids import new_id
from app.providers import envelope
from app.providers.models import (
    ManualOrder,
    ProviderAccount,
    ProviderAnswer,
    ProviderDelivery,
    ProviderHook,
    VaultCode,
    VaultKey,
)

M = TypeVar("M", bound=Base)

REWRAP_BATCH: Final = 1_000


_TABLES: Final[list[Table]] = []
"""Where secrets are kept: rows with an `id`, a `data_key` and the `key_id` it is wrapped under."""


def guard(table: type[M]) -> type[M]:
    """Let the change of keys cover a table, also one of a room above; it stands over the class."""
    _TABLES.append(cast("Table", table.__table__))
    return table


for _table in (
    VaultCode,
    ManualOrder,
    ProviderAccount,
    ProviderDelivery,
    ProviderAnswer,
    ProviderHook,
):
    guard(_table)


@dataclass(frozen=True, slots=True)
class Sealed:
    """A secret as it is kept: each field by its name, the data key that opens them, and whose that is."""

    fields: dict[str, bytes]
    data_key: bytes
    key_id: str


@dataclass(frozen=True, slots=True)
class Sealer:
    """The tenant's keys, opened once for many items. It lives no longer than the transaction."""

    tenant_id: str
    key_id: str
    wrapping: bytes
    mac: bytes

    def __repr__(self) -> str:
        return "Sealer(...)"

    def seal(self, item_id: UUID, **secrets: str) -> Sealed:
        """Seal the named fields of one item under a data key of its own."""
        data_key, item = envelope.new_key(), str(item_id)
        fields = {
            name: envelope.seal(data_key, secret.encode(), self.tenant_id, item, name)
            for name, secret in secrets.items()
        }
        wrapped = envelope.seal(self.wrapping, data_key, self.tenant_id, item, "data_key")
        return Sealed(fields, wrapped, self.key_id)

    def fingerprint(self, secret: str) -> bytes:
        """Return what finds `secret` again within this tenant without opening anything."""
        return envelope.fingerprint(self.mac, secret)


def sealer(db: Session) -> Sealer:
    """Return what seals for the tenant of this transaction."""
    key_id, wrapping = _current(db, "wrap")
    _, mac = _current(db, "mac")
    return Sealer(str(tenant_of(db)), key_id, wrapping, mac)


def unseal(db: Session, item_id: UUID, sealed: Sealed) -> dict[str, str]:
    """Return the fields of one item in clear."""
    (fields,) = unseal_all(db, [(item_id, sealed)])
    return fields


def unseal_all(db: Session, items: Sequence[tuple[UUID, Sealed]]) -> list[dict[str, str]]:
    """Return the fields of many items in clear, in their order; each key is asked for once."""
    tenant = str(tenant_of(db))
    wrapping = {key_id: _tenant_key(db, key_id) for key_id in {one.key_id for _, one in items}}
    return [_open(tenant, wrapping[one.key_id], str(item_id), one) for item_id, one in items]


def _open(tenant: str, wrapping: bytes, item: str, sealed: Sealed) -> dict[str, str]:
    data_key = envelope.unseal(wrapping, sealed.data_key, tenant, item, "data_key")
    return {
        name: envelope.unseal(data_key, raw, tenant, item, name).decode()
        for name, raw in sealed.fields.items()
    }


def rotate(db: Session) -> str:
    """Give the tenant a new wrapping key and return its id; `rewrap` then moves the items over."""
    db.execute(
        update(VaultKey)
        .where(
            VaultKey.tenant_id == tenant_of(db),
            VaultKey.purpose == "wrap",
            VaultKey.retired_at.is_(None),
        )
        .values(retired_at=work_of(db).now)
    )
    key_id, _ = _current(db, "wrap")
    return key_id


def rewrap(db: Session, *, most: int = REWRAP_BATCH) -> int:
    """Move up to `most` items to the current key and return how many; 0 means done. Resumable."""
    key_id, wrapping = _current(db, "wrap")
    moved = 0
    for table in _TABLES:
        for row in _stale(db, table, key_id, most - moved):
            place = (str(row.tenant_id), str(row.id), "data_key")
            opened = envelope.unseal(_tenant_key(db, row.key_id), row.data_key, *place)
            db.execute(
                update(table)
                .where(table.c.tenant_id == row.tenant_id, table.c.id == row.id)
                .values(data_key=envelope.seal(wrapping, opened, *place), key_id=key_id)
            )
            moved += 1
    return moved


def stale(db: Session) -> int:
    """Return how many items are not under the current key yet."""
    key_id, _ = _current(db, "wrap")
    counts = [
        select(func.count()).where(table.c.tenant_id == tenant_of(db), table.c.key_id != key_id)
        for table in _TABLES
    ]
    return sum(db.scalar(count) or 0 for count in counts)


def _stale(db: Session, table: Table, key_id: str, most: int) -> Sequence[Row[Any, Any, Any, Any]]:
    return db.execute(
        select(table.c.tenant_id, table.c.id, table.c.data_key, table.c.key_id)
        .where(table.c.tenant_id == tenant_of(db), table.c.key_id != key_id)
        .limit(most)
        .with_for_update(skip_locked=True)
    ).all()


def rewrap_tenant_keys(db: Session) -> int:
    """Move the tenant's keys under the current root key and return how many were moved."""
    current, *_ = keys.root_keys()
    stale = db.execute(
        select(VaultKey).where(
            VaultKey.tenant_id == tenant_of(db), VaultKey.root_key_id != current.id
        )
    ).scalars()
    moved = 0
    for row in stale:
        opened = _open_tenant_key(row)
        row.wrapped = envelope.seal(current.secret, opened, str(row.tenant_id), row.key_id)
        row.root_key_id = current.id
        moved += 1
    return moved


def _current(db: Session, purpose: str) -> tuple[str, bytes]:
    wanted = select(VaultKey).where(
        VaultKey.tenant_id == tenant_of(db),
        VaultKey.purpose == purpose,
        VaultKey.retired_at.is_(None),
    )
    found = db.execute(wanted).scalar_one_or_none()
    if found is None:
        _make(db, purpose)
        found = db.execute(wanted).scalar_one()
    return found.key_id, _open_tenant_key(found)


def _make(db: Session, purpose: str) -> None:
    root, *_ = keys.root_keys()
    tenant, key_id = tenant_of(db), new_id().hex
    db.execute(
        insert(VaultKey)
        .values(
            tenant_id=tenant,
            key_id=key_id,
            purpose=purpose,
            root_key_id=root.id,
            wrapped=envelope.seal(root.secret, envelope.new_key(), str(tenant), key_id),
            made_at=work_of(db).now,
        )
        .on_conflict_do_nothing()
    )


def _tenant_key(db: Session, key_id: str) -> bytes:
    return _open_tenant_key(db.get_one(VaultKey, (tenant_of(db), key_id)))


def _open_tenant_key(row: VaultKey) -> bytes:
    for root in keys.root_keys():
        if root.id == row.root_key_id:
            return envelope.unseal(root.secret, row.wrapped, str(row.tenant_id), row.key_id)
    raise keys.KeyMissing(f"The root key {row.root_key_id} is not in the keys folder.")
