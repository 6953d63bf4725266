"""What the person at the keyboard sees while Laurel starts."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_WIDTH = 34
_ROOM = 40


def say(line: str) -> None:
    """Print one line at once."""
    print(line, flush=True)


@contextmanager
def step(name: str) -> Iterator[Callable[[str], None]]:
    """Show `name` while the block runs and its duration after; the block may report how far it is.

    Reports appear on a terminal only: in a file they would be noise.
    """
    started = time.monotonic()
    is_live = sys.stdout.isatty()
    start = f"\r  {name:{_WIDTH}}" if is_live else ""
    print(f"  {name:{_WIDTH}}", end="", flush=True)

    def report(text: str) -> None:
        if is_live:
            print(f"{start}{text[:_ROOM]:{_ROOM}}", end="", flush=True)

    try:
        yield report
    except BaseException:
        report("")
        say(f"{start}failed")
        raise
    report("")
    say(f"{start}{time.monotonic() - started:6.1f} s")


def complain(sentence: str) -> None:
    """Print why Laurel stops, apart from the progress."""
    print(f"\nLaurel cannot start: {sentence}", file=sys.stderr, flush=True)
