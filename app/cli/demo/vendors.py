"""Lumera's accounts with the vendors that `make run` plays on this machine."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from sqlalchemy.orm import Session

from app.providers import accounts
from app.providers.models import ProviderAccount
from app.rewards import catalog_sync
from app.settings import Settings, sandbox_hook_in

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
        {
            "key_id": "rzp_test_sandbox",
            "key_secret": "razorpayx-sandbox-secret",
            "webhook_secret": "lumera-demo-hook",
        },
    ),
    "xendit": Vendor(
        "Xendit sandbox",
        "",
        {},
        {"api_key": "xnd_development_sandbox", "webhook_secret": "lumera-demo-hook"},
    ),
    "cashfree": Vendor(
        "Cashfree sandbox",
        "",
        {},
        {
            "client_id": "CF_SANDBOX",
            "client_secret": "cashfree-sandbox-secret",
            "webhook_secret": "cashfree-sandbox-secret",
        },
    ),
}


def connect(db: Session, settings: Settings) -> None:
    """Give the company an account with every sandbox that runs, and tell each where its news goes."""
    known = {row.label: row for row in accounts.all_of(db)}
    for name, url in _running().items():
        vendor = _VENDORS[name]
        row = known.get(vendor.label) or _open_account(db, name, vendor)
        row.base_url = url + vendor.path
        _announce(db, row, vendor, settings)


def _open_account(db: Session, name: str, vendor: Vendor) -> ProviderAccount:
    row = accounts.add(
        db,
        provider=name,
        label=vendor.label,
        base_url=vendor.path,
        settings=vendor.settings,
        secrets=vendor.secrets,
    )
    if name in catalog_sync.CATALOGS:
        catalog_sync.ask(db, row.id, is_full=True)
    return row


def _announce(db: Session, row: ProviderAccount, vendor: Vendor, settings: Settings) -> None:
    """Leave word for a sandbox, which starts after us, where our webhooks come in and how they are signed."""
    secret = vendor.secrets[accounts.HOOK_SECRET]
    if accounts.open_secrets(db, row).get(accounts.HOOK_SECRET) != secret:
        accounts.change_secrets(db, row.id, {accounts.HOOK_SECRET: secret})
    url = f"http://127.0.0.1:{settings.port}/api/v1/hooks/{row.hook_path}"
    file = sandbox_hook_in(settings.home, row.provider)
    file.parent.mkdir(parents=True, exist_ok=True)
    _write_privately(file, json.dumps({"url": url, "secret": secret}))


def _write_privately(file: Path, text: str) -> None:
    file.touch(mode=0o600)
    file.write_text(text, "utf-8")


def _running() -> dict[str, str]:
    listed = [one.partition("=") for one in os.environ.get(VARIABLE, "").split(",") if one]
    return {name: url for name, _, url in listed if name in _VENDORS}
