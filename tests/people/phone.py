"""A browser for tests: cookies, the headers our own pages send, and a passkey when it has one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.people.authenticator import Authenticator
from tests.people.builders import WRITE

API = "/api/v1"


@dataclass
class Phone:
    """One browser of one person."""

    client: FlaskClient
    passkey: Authenticator = field(default_factory=Authenticator)

    def get(self, path: str) -> TestResponse:
        return self.client.get(API + path)

    def post(self, path: str, body: Any = None, **headers: str) -> TestResponse:
        return self.client.post(
            API + path, json={} if body is None else body, headers={**WRITE, **headers}
        )

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> TestResponse:
        return self.client.open(
            API + path,
            method=method,
            json={} if body is None else body,
            headers={**WRITE, **headers},
        )

    @property
    def token(self) -> str:
        """The session token in the cookie jar, or nothing."""
        cookie = self.client.get_cookie("sid")
        return cookie.value if cookie else ""

    def take(self, token: str) -> None:
        """Put a session token into the cookie jar."""
        self.client.set_cookie("sid", token, domain="localhost")

    def accept(self, invitation: str) -> TestResponse:
        """Make a passkey for an invitation."""
        asked = self.post(f"/invitations/{invitation}/options").json
        assert asked is not None
        return self.post(
            f"/invitations/{invitation}/accept",
            {
                "challenge_id": asked["challenge_id"],
                "credential": self.passkey.create(asked["options"]),
            },
        )

    def sign_in(self) -> TestResponse:
        """Sign in with the passkey."""
        asked = self.post("/sign-in/passkey/options").json
        assert asked is not None
        return self.post(
            "/sign-in/passkey/verify",
            {
                "challenge_id": asked["challenge_id"],
                "credential": self.passkey.get(asked["options"]),
            },
        )

    def step_up(self, action: str, binding: dict[str, Any]) -> TestResponse:
        """Confirm one action with the passkey."""
        asked = self.post("/step-up/options", {"action": action, "binding": binding}).json
        assert asked is not None
        return self.post(
            "/step-up/verify",
            {
                "challenge_id": asked["challenge_id"],
                "credential": self.passkey.get(asked["options"]),
            },
        )
