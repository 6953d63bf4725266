"""Standard Webhooks 1.0.0: what proves to a receiver that a message is ours, whole, and not an old one."""

from __future__ import annotations

import base64
import hmac
import secrets
from collections.abc import Iterable
from datetime import datetime
from typing import Final

PREFIX: Final = "whsec_"
LENGTH: Final = 32


def new_secret() -> str:
    """Return a fresh secret as receivers write it down."""
    return PREFIX + base64.b64encode(secrets.token_bytes(LENGTH)).decode()


def headers(
    message_id: str, at: datetime, body: bytes, signed_with: Iterable[str]
) -> dict[str, str]:
    """Return the three headers; one signature for each secret, so that a change of it loses nothing."""
    seconds = int(at.timestamp())
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(seconds),
        "webhook-signature": " ".join(
            sign(secret, message_id, seconds, body) for secret in signed_with
        ),
    }


def sign(secret: str, message_id: str, seconds: int, body: bytes) -> str:
    """Return `v1,` and the HMAC-SHA256 of id, time and body under a `whsec_` secret."""
    key = base64.b64decode(secret.removeprefix(PREFIX))
    content = f"{message_id}.{seconds}.".encode() + body
    return f"v1,{base64.b64encode(hmac.digest(key, content, 'sha256')).decode()}"
