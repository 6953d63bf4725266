"""What the browser says about a passkey ceremony, read strictly before any library sees it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from app.kernel import strict_json
from app.people.errors import BadCeremony

CREATE: Final = "webauthn.create"
GET: Final = "webauthn.get"


def check_client_data(raw: bytes, *, kind: str, challenge: str, origins: Collection[str]) -> None:
    """Raise BadCeremony unless `raw` speaks of this ceremony, on our own page and in no frame.

    `challenge` is in base64url, as the browser writes it. The library accepts `crossOrigin` and
    `topOrigin`; we refuse both (WebAuthn Level 3, 7.1 step 10 and 7.2 step 13 leave that to us).
    """
    try:
        said = strict_json.loads(raw)
    except strict_json.MalformedJson:
        raise BadCeremony("The passkey's answer could not be read.") from None
    if (
        not isinstance(said, dict)
        or said.get("type") != kind
        or said.get("challenge") != challenge
        or said.get("origin") not in origins
        or said.get("crossOrigin", False) is not False
        or "topOrigin" in said
    ):
        raise BadCeremony("The passkey answered another question.")
