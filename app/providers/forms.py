"""What has to be known to speak to each provider: where it is, what is set, what is secret."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from app.providers.accounts import HOOK_SECRET

WARN_BELOW: Final = "warn_below"
"""The amount, in major units, under which a balance is called low."""


@dataclass(frozen=True, slots=True)
class Field:
    """One thing to fill in. `choices`: nothing else is understood."""

    name: str
    is_required: bool = False
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Form:
    """What an account with one provider consists of. `addresses`: for real, and to try out."""

    addresses: tuple[str, str]
    settings: tuple[Field, ...] = ()
    secrets: tuple[Field, ...] = ()

    def missing(
        self, settings: Mapping[str, str], secrets: Mapping[str, str]
    ) -> Sequence[tuple[str, str]]:
        """Return what is required and not there, as (settings or secrets, name)."""
        return [
            (part, field.name)
            for part, fields, given in (
                ("settings", self.settings, settings),
                ("secrets", self.secrets, secrets),
            )
            for field in fields
            if field.is_required and not given.get(field.name, "").strip()
        ]

    def unknown(
        self, settings: Mapping[str, str], secrets: Mapping[str, str]
    ) -> Sequence[tuple[str, str]]:
        """Return what is given and means nothing here, or has a value that means nothing."""
        return [
            (part, name)
            for part, fields, given in (
                ("settings", self.settings, settings),
                ("secrets", self.secrets, secrets),
            )
            for name, value in given.items()
            if not any(
                field.name == name and value in (field.choices or (value,)) for field in fields
            )
        ]


def _needed(*names: str) -> tuple[Field, ...]:
    return tuple(Field(name, is_required=True) for name in names)


_LOW: Final = Field(WARN_BELOW)
_HOOK: Final = Field(HOOK_SECRET)
_DISCOUNTS: Final = Field("discounts", choices=("yes", "no"))

FORMS: Final[Mapping[str, Form]] = {
    "plum": Form(
        (
            "https://accounts.xoxoday.com/chef/v1/oauth",
            "https://stagingstores.xoxoday.com/chef/v1/oauth",
        ),
        (_LOW, _DISCOUNTS, Field("page_size"), Field("timeout_seconds")),
        (*_needed("client_id", "client_secret", "access_token", "refresh_token"), _HOOK),
    ),
    "tremendous": Form(
        ("https://api.tremendous.com/api/v2", "https://testflight.tremendous.com/api/v2"),
        (
            _LOW,
            _DISCOUNTS,
            Field("funding_source_id"),
            Field("campaign_id"),
            Field("timeout_seconds"),
        ),
        (*_needed("api_key"), _HOOK),
    ),
    "razorpayx": Form(
        ("https://api.razorpay.com/v1", "https://api.razorpay.com/v1"),
        (*_needed("account_number"), _LOW, Field("purpose"), Field("narration")),
        (*_needed("key_id", "key_secret"), _HOOK),
    ),
    "cashfree": Form(
        ("https://api.cashfree.com", "https://sandbox.cashfree.com"),
        (
            Field("way", choices=("sync", "async")),
            Field("api_version"),
            Field("webhook_join", choices=("", ".")),
        ),
        (*_needed("client_id", "client_secret"), _HOOK),
    ),
    "xendit": Form(
        ("https://api.xendit.co", "https://api.xendit.co"),
        (_LOW, Field("description"), Field("for_user_id")),
        (*_needed("api_key"), _HOOK),
    ),
}
"""By the name in the registry. What stands here is all that an adapter asks its account for."""
