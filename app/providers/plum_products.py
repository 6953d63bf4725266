"""Reading the catalog of Plum: every line for itself, so that a spoilt one costs itself only."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from itertools import pairwise
from typing import Any, Final

from app.kernel.money import exponent_of
from app.providers import reading
from app.providers.contract import Malformed, Offer
from app.providers.plain import plain_text, secure_url
from app.providers.wire import BadReply

MOST_DENOMINATIONS: Final = 60

_CURRENCY = re.compile(r"[A-Z]{3}")
_COUNTRY = re.compile(r"[A-Z]{2}")


def read(line: Mapping[str, Any]) -> Offer | Malformed:
    """Return what a line of the catalog offers, or why nobody can tell."""
    try:
        return _offer(line)
    except BadReply as error:
        return Malformed(str(line.get("productId") or "?")[:60], str(error))


def are_older(offers: Iterable[Offer | Malformed], since: datetime) -> bool:
    """Whether a page, sorted by its changes, ends before `since`; False when it is not sorted by them."""
    changes = [one.updated_at for one in offers if isinstance(one, Offer) and one.updated_at]
    is_sorted = all(a >= b for a, b in pairwise(changes))
    return bool(changes) and is_sorted and changes[-1] < since


def _offer(line: Mapping[str, Any]) -> Offer:
    currency, country = (
        _matching(_CURRENCY, line, "currencyCode"),
        _matching(_COUNTRY, line, "countryCode"),
    )
    categories = tuple(
        name.strip() for name in str(line.get("categories") or "").split(",") if name.strip()
    )
    name = plain_text(reading.text(line, "name"))[:200]
    is_open = reading.text(line, "valueType").lower().startswith("open")
    denominations = () if is_open else _denominations(line, currency)
    low, high = _limits(line, currency) if is_open else (None, None)
    is_experience = "experiences" in (category.lower() for category in categories)
    return Offer(
        code=str(reading.whole(line, "productId")),
        name=name,
        brand=name.removesuffix(f" {line.get('countryName')}")[:120],
        kind="experience" if is_experience else "gift_card",
        country=country,
        currency=currency,
        denominations=denominations,
        min_minor=low,
        max_minor=high,
        categories=tuple(c for c in categories if c.lower() != "experiences"),
        description=plain_text(line.get("description")),
        terms=plain_text(line.get("termsAndConditionsInstructions")),
        image_url=secure_url(line.get("imageUrl")),
        expiry_text=plain_text(line.get("expiryAndValidity"))[:500],
        delivery_code="arranged" if line.get("deliveryType") == "delayed" else "instant",
        updated_at=_updated(line.get("lastUpdateDate")),
    )


def _matching(pattern: re.Pattern[str], line: Mapping[str, Any], field: str) -> str:
    value = reading.text(line, field).upper()
    if not pattern.fullmatch(value):
        raise BadReply(f"{field} is no code: {value[:20]}.")
    return value


def _denominations(line: Mapping[str, Any], currency: str) -> tuple[int, ...]:
    listed = reading.text(line, "valueDenominations").split(",")
    amounts = {_minor({"denomination": part.strip()}, currency, "denomination") for part in listed}
    if len(amounts) > MOST_DENOMINATIONS:
        raise BadReply("There are too many denominations.")
    return tuple(sorted(amounts))


def _limits(line: Mapping[str, Any], currency: str) -> tuple[int, int]:
    low, high = _minor(line, currency, "minValue"), _minor(line, currency, "maxValue")
    if low > high:
        raise BadReply("The least amount is above the most.")
    return low, high


def _minor(line: Mapping[str, Any], currency: str, field: str) -> int:
    exact: Decimal = reading.decimal(line, field).scaleb(exponent_of(currency))
    if exact != exact.to_integral_value() or not 0 < exact < 10**15:
        raise BadReply(f"{field} is no amount of {currency}.")
    return int(exact)


def _updated(value: object) -> datetime | None:
    try:
        read = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return read.replace(tzinfo=UTC) if read.tzinfo is None else read
