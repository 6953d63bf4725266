"""Sealing a journal: one writer gives each row its place, its link of the chain and its Merkle leaf.

Whoever writes a row only queues it (by trigger, in the same transaction) and never waits. `position`
is drawn from a database sequence after all locks are held, so of two rows that queued behind the same
lock the earlier has the smaller one; sealed in that order, every prefix of the journal is a state
that existed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, LargeBinary, delete, insert, literal, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.db import bulk
from app.db.base import OfTenant
from app.db.unit_of_work import tenant_of, work_of
from app.kernel.chain import GENESIS, Checkpoint, Frontier, leaf_hash, next_link

BATCH = 10_000


class Queued(OfTenant):
    """Mixin: a row that is written and waits to be sealed."""

    position: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[UUID]


class Seal(OfTenant):
    """Mixin: the place of a row in its journal. Rows are only ever inserted."""

    sequence: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[UUID]
    leaf: Mapped[bytes] = mapped_column(LargeBinary)
    chain: Mapped[bytes] = mapped_column(LargeBinary)
    sealed_at: Mapped[datetime]


class Head(OfTenant):
    """Mixin: where a journal ends, so that sealing goes on without reading it again."""

    size: Mapped[int]
    chain: Mapped[bytes] = mapped_column(LargeBinary)
    frontier: Mapped[bytes] = mapped_column(LargeBinary)


@dataclass(frozen=True, slots=True)
class Journal:
    """A journal by its tables; `contents(db, ids)` yields the bytes that a leaf stands for, by id."""

    name: str
    queued: type[Any]
    seals: type[Any]
    heads: type[Any]
    contents: Callable[[Session, Sequence[UUID]], dict[UUID, bytes]]


def seal(db: Session, journal: Journal, *, most: int = BATCH) -> list[UUID]:
    """Seal what waits, at most `most` rows, and return their ids in journal order."""
    tenant, queued, seals, heads = tenant_of(db), journal.queued, journal.seals, journal.heads
    if not db.scalar(select(queued.position).where(queued.tenant_id == tenant).limit(1)):
        return []
    size, chain, packed = _lock_head(db, heads)
    waiting = db.execute(
        delete(queued)
        .where(
            queued.tenant_id == tenant,
            queued.position.in_(
                select(queued.position)
                .where(queued.tenant_id == tenant)
                .order_by(queued.position)
                .limit(most)
            ),
        )
        .returning(queued.position, queued.item_id),
        execution_options={"synchronize_session": False},
    ).all()
    ids = [item_id for _, item_id in sorted(waiting)]
    contents = journal.contents(db, ids)
    frontier, rows = Frontier.unpack(size, packed), []
    for item_id in ids:
        leaf = leaf_hash(contents[item_id])
        chain = next_link(chain, leaf)
        frontier.append(leaf)
        rows.append((frontier.size, item_id, leaf, chain))
    _insert_seals(db, seals, rows)
    db.execute(
        update(heads)
        .where(heads.tenant_id == tenant)
        .values(size=frontier.size, chain=chain, frontier=frontier.pack())
    )
    return ids


def checkpoint(db: Session, journal: Journal, *, origin: str) -> Checkpoint | None:
    """Return the state of `journal` as it can be signed, None while nothing is sealed."""
    heads = journal.heads
    found = db.execute(
        select(heads.size, heads.chain, heads.frontier).where(heads.tenant_id == tenant_of(db))
    ).one_or_none()
    if found is None or found.size == 0:
        return None
    root = Frontier.unpack(found.size, found.frontier).root()
    return Checkpoint(origin, found.size, root, found.chain)


def _lock_head(db: Session, heads: type[Any]) -> tuple[int, bytes, bytes]:
    tenant = tenant_of(db)
    first = {"tenant_id": tenant, "size": 0, "chain": GENESIS, "frontier": b""}
    db.execute(upsert(heads).values(first).on_conflict_do_nothing())
    found = db.execute(
        select(heads.size, heads.chain, heads.frontier)
        .where(heads.tenant_id == tenant)
        .with_for_update()
    ).one()
    return found.size, found.chain, found.frontier


def _insert_seals(
    db: Session, seals: type[Any], rows: Sequence[tuple[int, UUID, bytes, bytes]]
) -> None:
    if not rows:
        return
    work, table = work_of(db), seals.__table__
    names = ("sequence", "item_id", "leaf", "chain")
    new = bulk.rows(
        **{
            name: (table.c[name].type, column)
            for name, column in zip(names, zip(*rows, strict=True), strict=True)
        }
    )
    db.execute(
        insert(table).from_select(
            ["tenant_id", "sealed_at", *names],
            select(literal(work.tenant_id), literal(work.now, DateTime(timezone=True)), *new.c),
        )
    )
