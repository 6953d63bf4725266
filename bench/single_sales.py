"""Single sales over the API, each acknowledged after its commit, against the bare driver.

First as fast as connections allow, then at a fixed pace of 500 a second, where latency is counted from
the moment a sale was due, so that waiting in line is not hidden. WINDOWS windows are taken and their
median is quoted: a moment in which a virtual machine stands still decides over the p99 of one. Beside it,
in the same run on the same server: psycopg inserting one row of the same size a commit. The company is
the plain one of the import, with a program, a ledger and a contest, or the demo's with its four programs.

    python -m bench.single_sales [--seconds N] [--connections N]
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import time
from collections.abc import Sequence
from statistics import median

import psycopg
import uvloop

from bench.running import Running, analyze, running
from bench.table import percentile, show
from bench.wire import Poster, sale

PACE = 500
WINDOWS = 5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--connections", type=int, default=48)
    parser.add_argument("--company", choices=("plain", "small", "full"), default="plain")
    options = parser.parse_args()
    with running(company=options.company) as site:
        bare = bare_commits(site, options.seconds / 2)
        uvloop.run(full_speed(site, options.connections, 3))
        analyze(site.postgres.url_owner)
        uvloop.run(full_speed(site, options.connections, 2))
        fast = uvloop.run(full_speed(site, options.connections, options.seconds))
        paced = [
            uvloop.run(at_pace(site, options.connections, options.seconds)) for _ in range(WINDOWS)
        ]
    rate = len(fast) / options.seconds
    show(
        f"Single sales over the API, {options.connections} connections, 2 web processes",
        [
            ("bare psycopg, one row a commit", f"{bare:,.0f}/s", ""),
            ("posted, as fast as answered", f"{rate:,.0f}/s", "500/s"),
            ("  share of the bare driver", f"{rate / bare:.2f}", ""),
            ("  p50", f"{percentile(fast, 0.5) * 1000:.0f} ms", ""),
            ("  p99", f"{percentile(fast, 0.99) * 1000:.0f} ms", ""),
            (f"posted at {PACE}/s: p50", of_windows(paced, 0.5), ""),
            (f"posted at {PACE}/s: p99", of_windows(paced, 0.99), "100 ms"),
        ],
    )


def of_windows(paced: Sequence[Sequence[float]], share: float) -> str:
    """Return the median of a percentile of each window, with the least and the most."""
    least, *_, most = found = sorted(percentile(window, share) * 1000 for window in paced)
    return f"{median(found):.0f} ms ({least:.0f} to {most:.0f})"


def bare_commits(site: Running, seconds: float) -> float:
    """Return commits a second of one connection that inserts a row of the size of a sale."""
    with psycopg.connect(site.postgres.url_owner, autocommit=True) as db:
        db.execute("CREATE TABLE bare (id bigserial PRIMARY KEY, said text)")
        end, done, said = time.monotonic() + seconds, 0, "x" * 200
        while time.monotonic() < end:
            db.execute("INSERT INTO bare (said) VALUES (%s)", [said])
            done += 1
        db.execute("DROP TABLE bare")
    return done / seconds


async def full_speed(site: Running, connections: int, seconds: float) -> list[float]:
    """Post on every connection as soon as the last answer is there; return the latencies."""
    end, run = time.monotonic() + seconds, time.monotonic_ns()
    posters = await _open(site, connections)
    numbers, counter = list(site.sellers), itertools.count()
    latencies: list[float] = []

    async def work(poster: Poster) -> None:
        while time.monotonic() < end:
            nth = next(counter)
            latencies.append(await _post(poster, numbers[nth % len(numbers)], f"{run}-{nth}"))

    await asyncio.gather(*(work(poster) for poster in posters))
    for poster in posters:
        poster.close()
    return latencies


async def at_pace(site: Running, connections: int, seconds: float) -> list[float]:
    """Post PACE sales a second, each when it is due; return how long after that it was answered.

    A server that falls far behind is not followed to the end: the latencies have told by then.
    """
    run, begin = time.monotonic_ns(), time.monotonic() + 0.5
    end = begin + 3 * seconds
    posters = await _open(site, connections)
    numbers, counter = list(site.sellers), itertools.count()
    latencies: list[float] = []

    async def work(poster: Poster) -> None:
        while (nth := next(counter)) < seconds * PACE and time.monotonic() < end:
            due = begin + nth / PACE
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            await _post(poster, numbers[nth % len(numbers)], f"{run}-{nth}")
            latencies.append(time.monotonic() - due)

    await asyncio.gather(*(work(poster) for poster in posters))
    for poster in posters:
        poster.close()
    return latencies


async def _open(site: Running, connections: int) -> list[Poster]:
    posters = [Poster(site.port, site.api_key) for _ in range(connections)]
    for poster in posters:
        await poster.open()
    return posters


async def _post(poster: Poster, number: str, external_id: str) -> float:
    began = time.monotonic()
    status = await poster.post(sale(number, external_id))
    if status >= 300:
        raise SystemExit(f"The API answered {status}.")
    return time.monotonic() - began


if __name__ == "__main__":
    main()
