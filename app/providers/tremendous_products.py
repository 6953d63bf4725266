"""Reading the catalog of Tremendous: one product of theirs is an offer for each country and currency."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from app.providers import reading
from app.providers.contract import Malformed, Offer
from app.providers.plain import plain_text, secure_url
from app.providers.wire import BadReply

SOLD: Final = frozenset({"merchant_card", "visa_card", "paypal", "charity"})
"""Categories whose reward is a link and nothing else; transfers need an account of the person."""

MOST: Final = 60
"""Offers of one product."""


def id_of(product_code: str) -> str:
    """Return their id of a product from our code of it."""
    return product_code.split("-", 1)[0]


def read(line: Mapping[str, Any]) -> Iterator[Offer | Malformed]:
    """Return what a product offers, in each country and currency, or why nobody can tell."""
    if line.get("category") not in SOLD:
        return
    try:
        yield from _offers(line)
    except BadReply as error:
        yield Malformed(str(line.get("id") or "?")[:60], str(error))


def _offers(line: Mapping[str, Any]) -> list[Offer]:
    product_id, name = reading.text(line, "id"), reading.text(line, "name")
    if not product_id.isalnum():
        raise BadReply("id is none.")
    countries = [reading.text(country, "abbr") for country in reading.rows(line.get("countries"))]
    bands: dict[str, list[tuple[int, int]]] = {}
    for sku in reading.rows(line.get("skus")):
        currency = reading.text(sku, "currency_code")
        bands.setdefault(currency, []).append(
            (_minor(sku, currency, "min"), _minor(sku, currency, "max"))
        )
    if not bands or not countries:
        raise BadReply("It is sold nowhere or at no price.")
    category = str(line.get("subcategory") or line.get("category"))
    offers = []
    for country in countries:
        for currency, amounts in bands.items():
            is_fixed = all(low == high for low, high in amounts)
            offers.append(
                Offer(
                    code=f"{product_id}-{country}-{currency}",
                    name=plain_text(name)[:200],
                    brand=plain_text(name)[:120],
                    kind="gift_card",
                    country=country,
                    currency=currency,
                    denominations=tuple(sorted({low for low, _ in amounts})) if is_fixed else (),
                    min_minor=None if is_fixed else min(low for low, _ in amounts),
                    max_minor=None if is_fixed else max(high for _, high in amounts),
                    categories=(category.replace("_", " ").capitalize(),),
                    description=plain_text(line.get("description")),
                    terms=plain_text(line.get("disclosure")),
                    image_url=_image(line),
                )
            )
    return offers[:MOST]


def _minor(sku: Mapping[str, Any], currency: str, field: str) -> int:
    money = reading.in_major(sku, currency, field)
    if money.minor <= 0:
        raise BadReply(f"{field} is no amount.")
    return money.minor


def _image(line: Mapping[str, Any]) -> str:
    images = line.get("images")
    first = images[0] if isinstance(images, list) and images else {}
    return secure_url(reading.at(first, "src"))
