"""From the moment a sale is posted until each watching phone has the moved row.

A second process posts at a fixed pace; the phones are Socket.IO connections of signed-in people, all
watching the board. A sale counts as seen on a phone with the first push in which its seller's score
includes it. Every phone and every sale counts; a phone that never saw one fails the run.

    python -m bench.sale_to_phone [--phones N] [--pace N] [--seconds N]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import time
from decimal import Decimal

import uvloop

from bench.running import Running, running
from bench.table import percentile, show
from bench.wire import Phone, Poster, sale

WARM = 3
"""Seconds of sales before it counts."""

Posted = list[tuple[str, float, float]]
"""Employee number, when it was posted, when it was acknowledged."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--phones", type=int, default=500)
    parser.add_argument("--pace", type=int, default=50)
    parser.add_argument("--seconds", type=int, default=20)
    options = parser.parse_args()
    # The whole company: with a dozen sellers each sale would concern forty of the phones in person.
    with running(company="full") as site:
        posted, phones = uvloop.run(_run(site, options))
        seen = latencies(site, posted, phones)
    acknowledged = [answered - sent for _, sent, answered in posted]
    expected = len(posted) * len(phones)
    show(
        f"Sale to phone: {options.pace} sales/s, {len(phones)} phones, {len(posted)} sales",
        [
            ("posted -> acknowledged, p50", f"{percentile(acknowledged, 0.5) * 1000:.0f} ms", ""),
            ("posted -> acknowledged, p99", f"{percentile(acknowledged, 0.99) * 1000:.0f} ms", ""),
            ("posted -> on the phone, p50", f"{percentile(seen, 0.5) * 1000:.0f} ms", ""),
            ("posted -> on the phone, p99", f"{percentile(seen, 0.99) * 1000:.0f} ms", "400 ms"),
            ("seen, of all sales on all phones", f"{len(seen) / expected:.4f}", "1.0000"),
        ],
    )
    if len(seen) != expected:
        raise SystemExit("Some phones never saw some sales.")


async def _run(site: Running, options: argparse.Namespace) -> tuple[Posted, list[Phone]]:
    phones = [
        Phone(site.port, cookie, csrf, site.contest) for cookie, csrf in site.phones(options.phones)
    ]
    for start in range(0, len(phones), 50):
        await asyncio.gather(*(phone.open() for phone in phones[start : start + 50]))
    context = multiprocessing.get_context("spawn")
    with context.Pool(1) as pool:
        given = (site.port, site.api_key, list(site.sellers), options.pace)
        # The first statements of a process are compiled as they come; nobody's phone waits for that twice.
        for number, _, _ in await asyncio.to_thread(pool.apply, post_at_pace, (*given, WARM)):
            site.scores[str(site.sellers[number])] += 1
        posted = await asyncio.to_thread(pool.apply, post_at_pace, (*given, options.seconds))
    await asyncio.sleep(2)
    for phone in phones:
        await phone.close()
    return posted, phones


def post_at_pace(port: int, api_key: str, numbers: list[str], pace: int, seconds: int) -> Posted:
    """Post `pace` sales a second, in turn for each seller; return when each went and was answered."""
    return uvloop.run(_post_all(port, api_key, numbers, pace, seconds))


async def _post_all(port: int, api_key: str, numbers: list[str], pace: int, seconds: int) -> Posted:
    posted: Posted = []
    lines = {number: asyncio.Lock() for number in numbers}
    posters = {number: Poster(port, api_key) for number in numbers}
    for poster in posters.values():
        await poster.open()
    begin, run = time.monotonic() + 1, time.monotonic_ns()

    async def post(nth: int) -> None:
        number = numbers[nth % len(numbers)]
        await asyncio.sleep(max(0.0, begin + nth / pace - time.monotonic()))
        # One seller's sales go one after another, so that the score tells which of them it includes.
        async with lines[number]:
            sent = time.monotonic()
            status = await posters[number].post(sale(number, f"{run}-{nth}"))
            posted.append((number, sent, time.monotonic()))
        if status >= 300:
            raise SystemExit(f"The API answered {status}.")

    await asyncio.gather(*(post(nth) for nth in range(pace * seconds)))
    return posted


def latencies(site: Running, posted: Posted, phones: list[Phone]) -> list[float]:
    """Return for each sale and phone how long it took from posting to the push that includes it."""
    scores = dict(site.scores)
    due: list[tuple[str, int, float]] = []
    for number, sent, _ in sorted(posted, key=lambda each: each[1]):
        seller = str(site.sellers[number])
        scores[seller] += 1
        due.append((seller, scores[seller], sent))
    parsed: dict[str, dict[str, int]] = {}
    found: list[float] = []
    for phone in phones:
        steps: dict[str, list[tuple[int, float]]] = {}
        for arrived, text in phone.moved:
            if text not in parsed:
                rows = json.loads(text[2:])[1]["rows"]
                parsed[text] = {row["participant_id"]: int(Decimal(row["score"])) for row in rows}
            for seller, score in parsed[text].items():
                steps.setdefault(seller, []).append((score, arrived))
        for seller, score, sent in due:
            came = next((at for has, at in steps.get(seller, []) if has >= score), None)
            if came is not None:
                found.append(came - sent)
    return found


if __name__ == "__main__":
    main()
