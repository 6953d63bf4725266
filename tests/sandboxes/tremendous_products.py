"""What Tremendous sells here: cards of invented brands, prepaid cards, transfers and good causes."""

from __future__ import annotations

from hashlib import blake2b
from typing import Any, Final

_CARDS: Final = (
    ("Cartwheel", "general_merchandise"),
    ("Pixelhaven", "entertainment"),
    ("Streamloft", "entertainment"),
    ("Northbean Coffee", "food_and_drink"),
    ("Stride Republic", "fashion"),
    ("Velour Beauty", "beauty_and_health"),
    ("Homestead & Co", "home_and_living"),
    ("GreenTrail Outdoor", "sports_and_outdoor_gear"),
    ("Roamly Stays", "travel_and_hospitality"),
    ("Petrolane", "mobility_and_fuel"),
)
_MARKETS: Final = (
    ("US", "USD", 1),
    ("IT", "EUR", 1),
    ("FR", "EUR", 1),
    ("DE", "EUR", 1),
    ("GB", "GBP", 1),
    ("IN", "INR", 100),
    ("ID", "IDR", 10_000),
)
_OTHERS: Final = (
    ("Prepaid Visa", "visa_card", ("US", "GB"), ("USD", "GBP")),
    ("PayPal", "paypal", ("US", "IT", "FR", "GB"), ("USD", "EUR", "GBP")),
    ("Bank transfer", "ach", ("US",), ("USD",)),
    ("Clean Water Fund", "charity", ("US", "IT", "FR", "GB"), ("USD", "EUR", "GBP")),
)


def products() -> list[dict[str, Any]]:
    """Return the catalog, the same each time."""
    cards = [
        _product(
            f"{brand} {country}",
            "merchant_card",
            subcategory,
            (country,),
            [_sku(5 * unit, 500 * unit, currency)]
            if number % 2
            else [_sku(amount * unit, amount * unit, currency) for amount in (10, 25, 50, 100)],
        )
        for number, (brand, subcategory) in enumerate(_CARDS)
        for country, currency, unit in _MARKETS
    ]
    others = [
        _product(name, category, None, countries, [_sku(1, 1000, code) for code in currencies])
        for name, category, countries, currencies in _OTHERS
    ]
    return cards + others


def _product(
    name: str,
    category: str,
    subcategory: str | None,
    countries: tuple[str, ...],
    skus: list[dict[str, Any]],
) -> dict[str, Any]:
    number = int.from_bytes(blake2b(name.encode(), digest_size=8).digest())
    return {
        "id": f"{number:X}"[:12].rjust(12, "0"),
        "name": name,
        "description": f"<p>Spend it at {name}.</p>",
        "category": category,
        "subcategory": subcategory,
        "disclosure": "<ul><li>This card may not be exchanged for cash.</li></ul>",
        "skus": skus,
        "currency_codes": sorted({sku["currency_code"] for sku in skus}),
        "countries": [{"abbr": country} for country in countries],
        "images": [{"src": "https://res.example.com/tremendous.png", "type": "card"}],
        "usage_instructions": "<p>Enter the code when you pay.</p>",
    }


def _sku(least: int, most: int, currency: str) -> dict[str, Any]:
    return {"min": least, "max": most, "currency_code": currency}
