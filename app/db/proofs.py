"""That one row is in a signed journal, in log(n) hashes that anybody can check without us."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db.journal import Journal
from app.db.unit_of_work import tenant_of
from app.kernel.chain import Checkpoint, inclusion_proof, is_included, root_of

BLOCK: Final = 1_024
"""Leaves are hashed in blocks of a power of two: a full one is a subtree that never changes again."""
_MOST_KEPT: Final = 100_000


@dataclass(frozen=True, slots=True)
class Inclusion:
    """Where a row stands among the first `size`, and the audit path from its leaf to their root."""

    index: int
    size: int
    leaf: bytes
    path: tuple[bytes, ...]


class _Roots:
    """The roots of full blocks, by journal: worked out once in a process."""

    def __init__(self) -> None:
        self._kept: dict[tuple[UUID, str, int], bytes] = {}
        self._lock = Lock()

    def find(self, key: tuple[UUID, str, int]) -> bytes | None:
        return self._kept.get(key)

    def keep(self, key: tuple[UUID, str, int], root: bytes) -> None:
        with self._lock:
            if len(self._kept) >= _MOST_KEPT:
                self._kept.clear()
            self._kept[key] = root


_roots = _Roots()


def place_of(db: Session, journal: Journal, item_id: UUID) -> int | None:
    """Return the place of a row in its journal, from 1; None while it waits for its seal."""
    seals = journal.seals
    found: int | None = db.scalar(
        select(seals.sequence).where(seals.tenant_id == tenant_of(db), seals.item_id == item_id)
    )
    return found


def prove(db: Session, journal: Journal, sequence: int, checkpoint: Checkpoint) -> Inclusion:
    """Return the proof that row `sequence` is among those `checkpoint` vouches for.

    Raises RuntimeError where it is not: then the journal was rewritten, and nothing may be told as proved.
    """
    index, size = sequence - 1, checkpoint.size
    if not 0 <= index < size:
        raise IndexError("The checkpoint does not reach that far.")
    block = index // BLOCK
    leaves = _leaves(db, journal, block, size)
    # Blocks are powers of two, so the tree over their roots is the upper part of the tree over leaves.
    roots = [
        root_of(leaves) if number == block else _root(db, journal, number, size)
        for number in range((size + BLOCK - 1) // BLOCK)
    ]
    leaf = leaves[index % BLOCK]
    path = (*inclusion_proof(leaves, index % BLOCK), *inclusion_proof(roots, block))
    if not is_included(leaf, index=index, size=size, proof=path, root=checkpoint.root):
        raise RuntimeError(f"{checkpoint.origin} is not what was signed at {size}.")
    return Inclusion(index, size, leaf, path)


def _root(db: Session, journal: Journal, block: int, size: int) -> bytes:
    if (block + 1) * BLOCK > size:
        return root_of(_leaves(db, journal, block, size))
    key = (tenant_of(db), journal.name, block)
    root = _roots.find(key)
    if root is None:
        root = root_of(_leaves(db, journal, block, size))
        _roots.keep(key, root)
    return root


def _leaves(db: Session, journal: Journal, block: int, size: int) -> Sequence[bytes]:
    seals, begin = journal.seals, block * BLOCK
    return db.scalars(
        select(seals.leaf)
        .where(
            seals.tenant_id == tenant_of(db),
            seals.sequence > begin,
            seals.sequence <= min(begin + BLOCK, size),
        )
        .order_by(seals.sequence)
    ).all()
