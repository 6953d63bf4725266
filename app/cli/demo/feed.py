"""Sales that keep coming, through the public API and with its key, as any other system would send them."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Any, Final

from app.cli.demo.company import GIULIA, SOPHIE, Worker
from app.cli.demo.sales import TURNS, Sale, one_sale
from app.kernel import clock

SOURCE: Final = "feed"
_FAVOURITES: Final = {GIULIA: 6.0, SOPHIE: 3.0}
"""Whom visitors look at sells a little more often while they look."""
_FIRST_PAUSE, _LONGEST_PAUSE, _SLOWER = 3.0, 45.0, 0.02
_CANCELLED: Final = 0.02


@dataclass(frozen=True, slots=True)
class Feed:
    """Posts one sale after another to `port` of this machine."""

    port: int
    key: str
    workers: Sequence[Worker]
    say: Callable[[str], None]

    def run(self) -> None:
        """Sell until stopped: every few seconds at first, then ever more slowly."""
        random = Random()  # noqa: S311 - no secret
        sent: list[str] = []
        for nth, pause in enumerate(_pauses()):
            at = clock.utc_now()
            if sent and random.random() < _CANCELLED:
                self._post({"external_id": random.choice(sent), "void": True}, at)
            else:
                sale = self._sell(random, at, nth)
                if self._post(_item(sale), at):
                    sent = [*sent[-50:], sale.external_id]
            time.sleep(pause * random.uniform(0.5, 1.5))

    def _sell(self, random: Random, at: datetime, nth: int) -> Sale:
        selling = [worker for worker in self.workers if worker.talent]
        weights = [worker.talent * _FAVOURITES.get(worker.number, 1.0) for worker in selling]
        (worker,) = random.choices(selling, weights)
        product = random.choice(TURNS)
        return one_sale(random, worker.number, at, f"f{at:%y%m%d%H%M%S}-{nth}", product)

    def _post(self, item: dict[str, Any], at: datetime) -> bool:
        """Send one item; a server that is away or busy is tried again with the next sale."""
        stated = {"source": SOURCE, "occurred_at": at.isoformat(), **item}
        body = json.dumps({"items": [stated]}, ensure_ascii=False).encode()
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request("POST", "/api/v1/activities", body, headers)
            answer = connection.getresponse()
            said = answer.read()
        except OSError as error:
            self.say(f"not sent: {error}")
            return False
        finally:
            connection.close()
        if answer.status >= 300:
            self.say(f"refused with {answer.status}: {said[:500].decode(errors='replace')}")
        return answer.status < 300


def _pauses() -> Iterator[float]:
    """Begin lively and slow down, so that a demo left running over a weekend stays believable."""
    pause = _FIRST_PAUSE
    while True:
        yield pause
        pause = min(pause * (1 + _SLOWER), _LONGEST_PAUSE)


def _item(sale: Sale) -> dict[str, Any]:
    return {
        "external_id": sale.external_id,
        "kind": "sale",
        "person": {"employee_number": sale.number},
        "amount": {"amount": f"{sale.cents / 100:.2f}", "currency": "EUR"},
        "product": sale.product,
        "customer_reference": sale.customer,
        "channel": sale.channel,
        "country": "IT",
        "attributes": {"street": sale.street},
    }
