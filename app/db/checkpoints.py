"""Signed checkpoints of the journals, kept outside the database: who rewrites it cannot rewrite them."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from app.db import journal, keys
from app.db.unit_of_work import tenant_of, work_of
from app.kernel.chain import Checkpoint, read_checkpoint, sign, verifier_key

SIGNER: Final = "laurel"


@dataclass(slots=True)
class _Place:
    folder: Path | None = None


_here = _Place()


def keep_in(folder: Path) -> None:
    """Say once, at start, where checkpoints are written."""
    _here.folder = folder


def folder_of(tenant_id: UUID, name: str) -> Path:
    """Return where the checkpoints of one journal lie."""
    if _here.folder is None:
        raise RuntimeError("Nobody said where checkpoints are kept.")
    return _here.folder / str(tenant_id) / name


def write(db: Session, of: journal.Journal) -> Path | None:
    """Sign the state of a journal and write it down; None when it has not grown since the last time."""
    tenant = tenant_of(db)
    state = journal.checkpoint(db, of, origin=f"{SIGNER}/{tenant}/{of.name}")
    if state is None:
        return None
    path = folder_of(tenant, of.name) / f"{state.size:012d}.txt"
    if path.exists():
        return None
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(f".{secrets.token_hex(8)}.draft")
    with draft.open("w", encoding="utf-8") as file:
        file.write(sign(state, SIGNER, keys.signing_key()))
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    return path


def note_for(db: Session, of: journal.Journal, sequence: int) -> str | None:
    """Return the first signed checkpoint that vouches for row `sequence`; sign one now where none does.

    None while the row is not sealed.
    """
    folder = folder_of(tenant_of(db), of.name)
    for path in sorted(folder.glob("*.txt")):
        if int(path.stem) >= sequence:
            return path.read_text("utf-8")
    path_now = write(db, of)
    return path_now.read_text("utf-8") if path_now and int(path_now.stem) >= sequence else None


def public_name() -> str:
    """Return who signs, as C2SP `signed-note` writes a verifier key: name, key id, algorithm and key."""
    return verifier_key(SIGNER, keys.signing_key().public_key())


def open_signed(note: str) -> Checkpoint:
    """Return a checkpoint of ours; ValueError for one we did not sign."""
    return read_checkpoint(note, SIGNER, keys.signing_key().public_key())


def read(db: Session, of: journal.Journal) -> Iterator[Checkpoint]:
    """Return the checkpoints of a journal, the smallest first; ValueError for one we did not sign.

    Those written since this transaction began are left out: it does not see what they vouch for.
    """
    public, began = keys.signing_key().public_key(), work_of(db).now.timestamp()
    for path in sorted(folder_of(tenant_of(db), of.name).glob("*.txt")):
        if path.stat().st_mtime >= began:
            continue
        yield read_checkpoint(path.read_text("utf-8"), SIGNER, public)
