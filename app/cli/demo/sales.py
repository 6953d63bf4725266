"""What the people of the demo sell: a pure function of the person and the day."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Final
from zoneinfo import ZoneInfo

from app.cli.demo.company import SEED, ZONE, Worker

DUAL, POWER, GAS, FIBRE = "Dual-fuel", "Power", "Gas", "Fibre"
PRODUCTS: Final = {DUAL: "Energy", POWER: "Energy", GAS: "Energy", FIBRE: "Connectivity"}
SKUS: Final = {DUAL: "LUM-DF", POWER: "LUM-PW", GAS: "LUM-GS", FIBRE: "LUM-FB"}
TURNS: Final = (DUAL, DUAL, POWER, DUAL, DUAL, GAS, DUAL, DUAL, POWER, DUAL, FIBRE, DUAL)
"""What one contract after the other is for: nobody goes a month without power and gas."""

_YEARLY: Final = {DUAL: (980, 1_720), POWER: (420, 860), GAS: (510, 990), FIBRE: (290, 420)}
_CHANNELS: Final = ("Door to door", "Door to door", "Shop", "Phone")
_STREETS: Final = (
    "Via Solari", "Piazza Gerani", "Via Ortles", "Corso Lodi", "Via Mecenate", "Viale Monza",
    "Via Padova", "Largo Treves", "Via Savona", "Rue Bellevue", "Quai des Tisserands",
)  # fmt: skip
_SEASON: Final = (0.9, 0.92, 1.0, 1.02, 1.0, 0.95, 0.85, 0.55, 1.0, 1.1, 1.15, 0.8)
_WEEKDAYS: Final = (0.19, 0.2, 0.2, 0.19, 0.17, 0.05, 0.0)
_DOUBTS, _DECIDED_AFTER = 0.05, timedelta(days=10)
_OPENS, _SELLING_MINUTES = time(8, 30), 11 * 60


@dataclass(frozen=True, slots=True)
class Sale:
    """One signed contract."""

    external_id: str
    number: str
    occurred_at: datetime
    product: str
    cents: int
    """What the customer will pay in a year."""
    channel: str
    customer: str
    street: str
    has_doubts: bool

    def attributes(self, today: date) -> str:
        """Return what is known by `today` besides, as JSON: also whether the customer has doubts."""
        known = {"street": self.street}
        asked_on = self.occurred_at.date() + timedelta(days=2)
        if self.has_doubts and asked_on <= today < asked_on + _DECIDED_AFTER:
            known["cancellation_asked_on"] = str(asked_on)
        return json.dumps(known, ensure_ascii=False)


def expected_of(worker: Worker, first: date, last: date) -> float:
    """Return how many contracts `worker` may be expected to sign from `first` to `last`."""
    begin = max(first, worker.posts[0].from_on)
    days = (begin + timedelta(days=nth) for nth in range((last - begin).days + 1))
    return worker.talent * sum(_WEEKDAYS[day.weekday()] * _SEASON[day.month - 1] for day in days)


def sales_on(day: date, worker: Worker) -> Iterator[Sale]:
    """Return what `worker` sells on `day`, in order of time; the same every time."""
    expected = expected_of(worker, day, day)
    if expected == 0:
        return
    random = Random(f"{SEED}:{worker.number}:{day}")  # noqa: S311 - reproducible, no secret
    count = int(expected) + (random.random() < expected % 1)
    # A day off now and then; the missing contracts come on the next ones.
    if random.random() < 0.12:
        return
    opens = datetime.combine(day, _OPENS, ZoneInfo(ZONE))
    signed = _contracts_before(day, worker)
    for nth, minute in enumerate(sorted(random.sample(range(_SELLING_MINUTES), count))):
        at = opens + timedelta(minutes=minute)
        product = TURNS[(signed + nth) % len(TURNS)]
        yield one_sale(random, worker.number, at, f"{day:%y%m%d}-{nth}", product)


def _contracts_before(day: date, worker: Worker) -> int:
    """Return about how many contracts `worker` has signed in an even life, so that products take turns."""
    weeks, weekday = divmod(day.toordinal() - 1, 7)
    return int(worker.talent * (weeks + sum(_WEEKDAYS[:weekday])))


def one_sale(random: Random, number: str, at: datetime, suffix: str, product: str) -> Sale:
    """Return one contract for `product` of the person `number`, signed at `at`."""
    low, high = _YEARLY[product]
    return Sale(
        external_id=f"{number}-{suffix}",
        number=number,
        occurred_at=at,
        product=product,
        cents=random.randrange(low * 100, high * 100, 5),
        channel=random.choice(_CHANNELS),
        customer=f"C-{random.randrange(20_000, 990_000)}",
        street=f"{random.choice(_STREETS)} {random.randrange(1, 90)}",
        has_doubts=random.random() < _DOUBTS,
    )
