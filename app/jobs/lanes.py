"""The lanes of a worker: jobs that wait for others have threads of their own, and hold up nobody else's.

A call to a provider may take minutes in which a processor does nothing, so there is room for many; an import
keeps a processor busy, so there is room for few.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

import procrastinate

QUICK: Final = ("default",)
LONG: Final = ("imports", "slow")
WAITING: Final = ("providers",)
QUEUES: Final = frozenset((*QUICK, *LONG, *WAITING))
"""Every queue there is: a job in another one would never be done."""

_SPARE_THREADS: Final = 4


@dataclass(frozen=True, slots=True)
class Lane:
    """Queues whose jobs share room for so many at once."""

    queues: tuple[str, ...]
    room: int


def lanes(*, quick: int, waiting: int, only: Collection[str] = ()) -> list[Lane]:
    """Return the lanes of a worker, of all queues or of `only` some."""
    planned = (Lane(QUICK, quick), Lane(LONG, max(1, quick // 2)), Lane(WAITING, waiting))
    wanted = set(only) or QUEUES
    if unknown := wanted - QUEUES:
        raise ValueError(f"There is no queue {', '.join(sorted(unknown))}.")
    kept = [
        Lane(tuple(name for name in lane.queues if name in wanted), lane.room) for lane in planned
    ]
    return [lane for lane in kept if lane.queues]


def run(app: procrastinate.App, of: Sequence[Lane], **options: Any) -> None:
    """Do the jobs of every lane until the process is asked to end; what runs is finished first."""
    asyncio.run(_run(app, of, options))


async def _run(app: procrastinate.App, of: Sequence[Lane], options: dict[str, Any]) -> None:
    loop = asyncio.get_running_loop()
    threads = ThreadPoolExecutor(sum(lane.room for lane in of) + _SPARE_THREADS)
    # Jobs run on the threads of the loop, of which there are six on two processors unless one says otherwise.
    loop.set_default_executor(threads)
    async with app.open_async():
        workers = [
            asyncio.create_task(
                app.run_worker_async(
                    queues=list(lane.queues),  # a tuple would be no array to the database
                    concurrency=lane.room,
                    install_signal_handlers=False,
                    **options,
                )
            )
            for lane in of
        ]

        def end() -> None:
            for number in (signal.SIGTERM, signal.SIGINT):
                # Whoever asks a second time does not want to wait.
                loop.remove_signal_handler(number)
            _end(workers)

        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, end)
        await asyncio.wait(workers, return_when=asyncio.FIRST_COMPLETED)
        # A lane that broke takes the others along: the process is started again whole.
        _end(workers)
        for ended in await asyncio.gather(*workers, return_exceptions=True):
            if isinstance(ended, Exception):
                raise ended


def _end(workers: Sequence[asyncio.Task[None]]) -> None:
    for worker in workers:
        worker.cancel()
