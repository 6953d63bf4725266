"""Keys that live beside the database, never in it: one file each, readable by nobody else.

A dump of the database alone therefore opens no code and signs no checkpoint.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


class KeyMissing(Exception):
    """A key file is not there and this installation does not make its own."""


@dataclass(frozen=True, slots=True)
class RootKey:
    """The key that opens the keys of tenants."""

    id: str
    secret: bytes


@dataclass(slots=True)
class _Place:
    folder: Path | None = None
    may_make: bool = False


_here = _Place()


def keep_in(folder: Path, *, may_make: bool) -> None:
    """Say once, at start, where keys live, and whether missing ones are made (demo and test)."""
    _here.folder, _here.may_make = folder, may_make


def folder() -> Path:
    """Return where keys live."""
    if _here.folder is None:
        raise RuntimeError("Nobody said where keys live.")
    return _here.folder


def root_keys() -> list[RootKey]:
    """Return the root keys, the current one first: `root.key`, then those it replaced (`root.*.key`)."""
    current = _read("root.key", lambda: secrets.token_bytes(32))
    retired = [path.read_bytes() for path in sorted(folder().glob("root.*.key"))]
    return [RootKey(hashlib.sha256(raw).hexdigest()[:16], raw) for raw in (current, *retired)]


def replace_root_key() -> Path:
    """Make a new root key the current one and return where the one it replaces is kept."""
    raw = _read("root.key", lambda: secrets.token_bytes(32))
    retired = folder() / f"root.{hashlib.sha256(raw).hexdigest()[:16]}.key"
    # The old key is there under one name or both at every moment, so nothing ever fails to open.
    _publish(retired, raw)
    _write(folder() / "root.key", secrets.token_bytes(32))
    return retired


def signing_key() -> Ed25519PrivateKey:
    """Return the key that signs checkpoints."""
    raw = _read(
        "checkpoint.key",
        lambda: Ed25519PrivateKey.generate().private_bytes(
            serialization.Encoding.Raw,
            serialization.PrivateFormat.Raw,
            serialization.NoEncryption(),
        ),
    )
    return Ed25519PrivateKey.from_private_bytes(raw)


def make() -> None:
    """Make the keys that are missing."""
    allowed, _here.may_make = _here.may_make, True
    try:
        root_keys()
        signing_key()
    finally:
        _here.may_make = allowed


def _read(name: str, fresh: Callable[[], bytes]) -> bytes:
    path = folder() / name
    if not path.exists():
        if not _here.may_make:
            raise KeyMissing(f"{path} is missing. Restore it, or run `flask keys make` once.")
        _publish(path, fresh())
    return path.read_bytes()


def _publish(path: Path, raw: bytes) -> None:
    # Linked into place whole: of two processes that start at once, the first one's key stands.
    draft = _draft(path, raw)
    try:
        os.link(draft, path)
    except FileExistsError:
        return
    finally:
        draft.unlink()


def _write(path: Path, raw: bytes) -> None:
    _draft(path, raw).replace(path)


def _draft(path: Path, raw: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_suffix(f".{secrets.token_hex(8)}.draft")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(raw)
        file.flush()
        os.fsync(file.fileno())
    return draft
