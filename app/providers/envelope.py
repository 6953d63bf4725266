"""Envelope encryption: a fresh key for each secret, wrapped by a key above it.

Everything is AES-256-GCM with associated data, so a ciphertext that is moved to another row, field or
tenant does not open.
"""

from __future__ import annotations

import hmac
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE = 12
KEY = 32


class DoesNotOpen(Exception):
    """The ciphertext was changed, moved, or sealed under another key."""


def new_key() -> bytes:
    """Return a fresh 256-bit key."""
    return os.urandom(KEY)


def seal(key: bytes, secret: bytes, *place: str) -> bytes:
    """Return `secret` encrypted for the place (tenant, row, field) it will be kept in."""
    nonce = os.urandom(NONCE)
    return nonce + AESGCM(key).encrypt(nonce, secret, _bound(place))


def unseal(key: bytes, sealed: bytes, *place: str) -> bytes:
    """Return what was sealed for this place; raise DoesNotOpen otherwise."""
    try:
        return AESGCM(key).decrypt(sealed[:NONCE], sealed[NONCE:], _bound(place))
    except (InvalidTag, ValueError):
        raise DoesNotOpen("This does not open here.") from None


def fingerprint(key: bytes, secret: str) -> bytes:
    """Return a keyed hash by which equal codes are found without opening any; spelling aside."""
    plain = "".join(secret.split()).replace("-", "").upper()
    return hmac.digest(key, plain.encode(), "sha256")


def _bound(place: tuple[str, ...]) -> bytes:
    # Each part carries its length: no two different places give the same bytes.
    return b"".join(len(part).to_bytes(2) + part.encode() for part in place)
