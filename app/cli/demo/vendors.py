"""Lumera's accounts with the vendors that `make run` plays on this machine."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy.orm import Session

from app.providers import accounts
from app.rewards import catalog_sync

VARIABLE: Final = "LAUREL_SANDBOXES"


@dataclass(frozen=True, slots=True)
class Vendor:
    """What a sandbox knows us by; none of it opens anything elsewhere."""

    label: str
    path: str = ""
    settings: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)


_VENDORS: Final = {
    "plum": Vendor(
        "Plum sandbox",
        "/chef/v1/oauth",
        {},
        {
            "client_id": "plum-client",
            "client_secret": "plum-secret",
            "access_token": "access-0",
            "refresh_token": "refresh-0",
            "webhook_secret": "lumera0demo0hook",
        },
    ),
    "tremendous": Vendor(
        "Tremendous sandbox",
        "/api/v2",
        {},
        {"api_key": "TEST_cHJvdmlkZXIta2V5", "webhook_secret": "lumera-demo-hook"},
    ),
    "razorpayx": Vendor(
        "RazorpayX sandbox",
        "",
        {"account_number": "7878780080316316"},
        {"key_id": "rzp_test_sandbox", "key_secret": "razorpayx-sandbox-secret"},
    ),
    "xendit": Vendor("Xendit sandbox", "", {}, {"api_key": "xnd_development_sandbox"}),
    "cashfree": Vendor(
        "Cashfree sandbox",
        "",
        {},
        {"client_id": "CF_SANDBOX", "client_secret": "cashfree-sandbox-secret"},
    ),
}


def connect(db: Session) -> None:
    """Give the company an account with every sandbox that runs, where it runs now."""
    known = {row.label: row for row in accounts.all_of(db)}
    for name, url in _running().items():
        vendor = _VENDORS[name]
        if (row := known.get(vendor.label)) is not None:
            row.base_url = url + vendor.path
            continue
        row = accounts.add(
            db,
            provider=name,
            label=vendor.label,
            base_url=url + vendor.path,
            settings=vendor.settings,
            secrets=vendor.secrets,
        )
        if name in catalog_sync.CATALOGS:
            catalog_sync.ask(db, row.id, is_full=True)


def _running() -> dict[str, str]:
    listed = [one.partition("=") for one in os.environ.get(VARIABLE, "").split(",") if one]
    return {name: url for name, _, url in listed if name in _VENDORS}
