"""The vault for tests: its day is NOON's, whoever the tenant is."""

from __future__ import annotations

from app.providers.vault import CodeVault
from tests.conftest import NOON
from tests.providers.conformance import OpenWork


def open_vault(open_work: OpenWork) -> CodeVault:
    """Return the vault on the day of NOON."""
    return CodeVault(open_work, today=lambda _: NOON.date())
