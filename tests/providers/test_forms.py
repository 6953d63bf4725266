"""What the console asks for is what the adapters read, and nothing else."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from app.providers import registry
from app.providers.forms import FORMS, WARN_BELOW
from tests.conftest import ROOT

INSIDE = {"access_expiry", "refresh_expiry"}
"""Secrets that an adapter keeps for itself; nobody types them."""

READ = re.compile(r"""(settings|secrets|held)(?:\.get\(|\[)\s*["']([a-z_]+)["']""")
HOUSE = {("settings", WARN_BELOW), ("settings", "discounts"), ("secrets", "webhook_secret")}
"""What the house reads of every account, beside the adapter."""


def read_by(name: str) -> set[tuple[str, str]]:
    """Return the settings and secrets that the files of an adapter ask for."""
    files: list[Path] = sorted((ROOT / "app" / "providers").glob(f"{name}*.py"))
    found = {pair for file in files for pair in READ.findall(file.read_text("utf-8"))}
    return {("settings" if part == "settings" else "secrets", word) for part, word in found}


def test_every_adapter_has_a_form() -> None:
    assert set(FORMS) == set(registry.ADAPTERS)


@pytest.mark.parametrize("name", FORMS)
def test_a_form_names_all_that_its_adapter_reads_and_nothing_more(name: str) -> None:
    form = FORMS[name]
    asked = {("settings", field.name) for field in form.settings} | {
        ("secrets", field.name) for field in form.secrets
    }

    read = {(part, word) for part, word in read_by(name) if word not in INSIDE}

    assert read
    assert asked - HOUSE <= read
    assert read <= asked


@pytest.mark.parametrize("name", FORMS)
def test_every_address_is_one_that_may_be_called(name: str) -> None:
    assert all(one.startswith("https://") for one in FORMS[name].addresses)


def test_what_is_missing_and_what_means_nothing_is_named() -> None:
    form = FORMS["cashfree"]

    assert form.missing({}, {"client_id": "x", "client_secret": " "}) == [
        ("secrets", "client_secret")
    ]
    assert form.unknown({"way": "slow", "join": ""}, {"client_id": "x"}) == [
        ("settings", "way"),
        ("settings", "join"),
    ]
