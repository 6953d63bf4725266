"""An authenticator in software: it makes and proves real passkeys, and can be told to misbehave."""

from __future__ import annotations

import hashlib
import json
import secrets
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

ORIGIN = "http://localhost:8000"
UP, UV, BE, BS, AT = 0x01, 0x04, 0x08, 0x10, 0x40


def b64(raw: bytes) -> str:
    return urlsafe_b64encode(raw).decode().rstrip("=")


def unb64(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


class _Es256:
    algorithm = -7

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())

    def cose(self) -> dict[int, Any]:
        numbers = self._key.public_key().public_numbers()
        return {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32), -3: numbers.y.to_bytes(32)}

    def sign(self, message: bytes) -> bytes:
        return self._key.sign(message, ec.ECDSA(hashes.SHA256()))


class _Rs256:
    algorithm = -257

    def __init__(self) -> None:
        self._key = rsa.generate_private_key(65537, 2048)

    def cose(self) -> dict[int, Any]:
        numbers = self._key.public_key().public_numbers()
        return {1: 3, 3: -257, -1: numbers.n.to_bytes(256), -2: numbers.e.to_bytes(3)}

    def sign(self, message: bytes) -> bytes:
        return self._key.sign(message, padding.PKCS1v15(), hashes.SHA256())


class _Ed25519:
    algorithm = -8

    def __init__(self) -> None:
        self._key = ed25519.Ed25519PrivateKey.generate()

    def cose(self) -> dict[int, Any]:
        return {1: 1, 3: -8, -1: 6, -2: self._key.public_key().public_bytes_raw()}

    def sign(self, message: bytes) -> bytes:
        return self._key.sign(message)


class _Es384:
    algorithm = -35

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP384R1())

    def cose(self) -> dict[int, Any]:
        numbers = self._key.public_key().public_numbers()
        return {1: 2, 3: -35, -1: 2, -2: numbers.x.to_bytes(48), -3: numbers.y.to_bytes(48)}

    def sign(self, message: bytes) -> bytes:
        return self._key.sign(message, ec.ECDSA(hashes.SHA384()))


KEYS = {kind.algorithm: kind for kind in (_Es256, _Rs256, _Ed25519, _Es384)}


@dataclass
class Authenticator:
    """One passkey on one device. Change a field and it says something else from then on."""

    algorithm: int = -7
    origin: str = ORIGIN
    rp_id: str = "localhost"
    flags: int = UP | UV
    counter: int = 0
    """0 stays 0, as on synced passkeys; anything else grows with each use."""
    client_data: dict[str, Any] = field(default_factory=dict)
    """What to say on top of (or instead of) the truth."""
    credential_id: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    user_handle: bytes | None = None

    def __post_init__(self) -> None:
        self._key = KEYS[self.algorithm]()

    def create(self, options: dict[str, Any]) -> dict[str, Any]:
        """Answer navigator.credentials.create() with a new passkey."""
        self.user_handle = unb64(options["user"]["id"])
        attested = (
            bytes(16)
            + struct.pack(">H", len(self.credential_id))
            + self.credential_id
            + cbor2.dumps(self._key.cose())
        )
        statement = {
            "fmt": "none",
            "attStmt": {},
            "authData": self._auth_data(self.flags | AT) + attested,
        }
        return self._credential(
            clientDataJSON=b64(self._client_data("webauthn.create", options["challenge"])),
            attestationObject=b64(cbor2.dumps(statement)),
            transports=["internal", "hybrid"],
        )

    def get(self, options: dict[str, Any]) -> dict[str, Any]:
        """Answer navigator.credentials.get() with a signature."""
        if self.counter:
            self.counter += 1
        data = self._auth_data(self.flags)
        said = self._client_data("webauthn.get", options["challenge"])
        return self._credential(
            clientDataJSON=b64(said),
            authenticatorData=b64(data),
            signature=b64(self._key.sign(data + hashlib.sha256(said).digest())),
            userHandle=b64(self.user_handle) if self.user_handle is not None else None,
        )

    def _auth_data(self, flags: int) -> bytes:
        return hashlib.sha256(self.rp_id.encode()).digest() + struct.pack(
            ">BI", flags, self.counter
        )

    def _client_data(self, kind: str, challenge: str) -> bytes:
        said = {
            "type": kind,
            "challenge": challenge,
            "origin": self.origin,
            "crossOrigin": False,
            **self.client_data,
        }
        return json.dumps(said).encode()

    def _credential(self, **response: Any) -> dict[str, Any]:
        return {
            "id": b64(self.credential_id),
            "rawId": b64(self.credential_id),
            "type": "public-key",
            "response": response,
            "clientExtensionResults": {},
            "authenticatorAttachment": "platform",
        }
