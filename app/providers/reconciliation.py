"""Our orders beside a provider's own books: what agrees, what does not, and what only one of us knows.

Pure: values in, values out. Money that only the provider knows of is the finding that must wake somebody.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, Literal

from app.kernel.money import Money
from app.providers.contract import Accepted, Placed, Refused, Reversed, Settled

Standing = Literal["open", "delivered", "given_back", "returned"]
"""What our books say of an order: under way, captured, voided, or come back after capture."""


class Kind(StrEnum):
    """How two books can disagree about an order, and about money."""

    THEIRS_ONLY = "theirs_only"
    OURS_ONLY = "ours_only"
    AMOUNT_DIFFERS = "amount_differs"
    STATE_DIFFERS = "state_differs"
    DUPLICATED = "duplicated"
    BALANCE_DIFFERS = "balance_differs"


@dataclass(frozen=True, slots=True)
class Ours:
    """An order as we know it, under the key that the provider was given."""

    key: str
    money: Money
    standing: Standing
    sent_at: datetime


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing about which the two books do not agree."""

    kind: Kind
    key: str
    reference: str
    ours: str
    theirs: str
    money: Money | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """What came of laying two books side by side."""

    matched: int
    differences: tuple[Difference, ...]
    news: tuple[str, ...]
    """Keys of orders about which the provider knows more than we do: worth a lookup."""
    in_flight: Mapping[str, int]
    """What the provider has taken for orders that our books still hold reserved, by currency."""


GONE: Final = "nothing"


def compare(
    ours: Iterable[Ours], theirs: Iterable[Placed], *, settled_before: datetime
) -> Comparison:
    """Lay our orders beside theirs; those sent after `settled_before` may still be on their way."""
    by_key: dict[str, list[Placed]] = defaultdict(list)
    for placed in theirs:
        by_key[placed.key].append(placed)
    differences: list[Difference] = []
    news: list[str] = []
    flying: dict[str, int] = defaultdict(int)
    matched = 0
    for order in ours:
        found = by_key.pop(order.key, [])
        wrong = _differences(order, found, is_young=order.sent_at >= settled_before)
        differences += wrong
        matched += bool(found) and not wrong
        if _is_news(order, found):
            news.append(order.key)
        if order.standing == "open" and found and _took_money(found[0]):
            flying[found[0].money.currency] += found[0].money.minor
    differences += [_theirs_only(placed) for rest in by_key.values() for placed in rest]
    return Comparison(matched, tuple(differences), tuple(news), dict(flying))


def _differences(order: Ours, found: Sequence[Placed], *, is_young: bool) -> list[Difference]:
    if not found:
        expects_them = order.standing == "delivered"
        gone = Difference(Kind.OURS_ONLY, order.key, "", order.standing, GONE, order.money)
        return [gone] if expects_them and not is_young else []
    first, *more = found
    wrong = [
        Difference(
            Kind.DUPLICATED, order.key, twin.reference, order.standing, _word(twin), twin.money
        )
        for twin in more
    ]
    if first.money.currency == order.money.currency and first.money != order.money:
        wrong.append(
            Difference(
                Kind.AMOUNT_DIFFERS, order.key, first.reference, str(order.money), str(first.money)
            )
        )
    if not is_young and not _agree(order.standing, first):
        wrong.append(
            Difference(
                Kind.STATE_DIFFERS,
                order.key,
                first.reference,
                order.standing,
                _word(first),
                first.money,
            )
        )
    return wrong


def _agree(standing: Standing, placed: Placed) -> bool:
    match placed.finding:
        case Settled():
            return standing in ("delivered", "open")
        case Refused():
            return standing in ("given_back", "open")
        case Reversed():
            return standing in ("returned", "given_back")
        case _:
            return standing in ("delivered", "open")


def _is_news(order: Ours, found: Sequence[Placed]) -> bool:
    if not found:
        return False
    if isinstance(found[0].finding, Reversed):
        return order.standing in ("delivered", "open")
    return order.standing == "open" and isinstance(found[0].finding, Settled | Refused)


def _took_money(placed: Placed) -> bool:
    return isinstance(placed.finding, Settled | Accepted)


def _theirs_only(placed: Placed) -> Difference:
    return Difference(
        Kind.THEIRS_ONLY, placed.key, placed.reference, GONE, _word(placed), placed.money
    )


def _word(placed: Placed) -> str:
    return type(placed.finding).__name__.lower()


def drift(
    before: Mapping[str, int], now: Mapping[str, int], currencies: Iterable[str]
) -> dict[str, int]:
    """Return by how much what a provider holds and what it has delivered grew, by currency.

    Both together only grow by what was paid in; less than before is money that nobody accounts for.
    """
    return {
        currency: change
        for currency in currencies
        if (change := now.get(currency, 0) - before.get(currency, 0))
    }
