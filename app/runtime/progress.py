"""What the person at the keyboard sees while Laurel starts."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

_WIDTH = 34


def say(line: str) -> None:
    """Print one line at once."""
    print(line, flush=True)


@contextmanager
def step(name: str) -> Iterator[None]:
    """Show `name` while the block runs and its duration after."""
    started = time.monotonic()
    print(f"  {name:{_WIDTH}}", end="", flush=True)
    try:
        yield
    except BaseException:
        say("failed")
        raise
    say(f"{time.monotonic() - started:6.1f} s")


def complain(sentence: str) -> None:
    """Print why Laurel stops, apart from the progress."""
    print(f"\nLaurel cannot start: {sentence}", file=sys.stderr, flush=True)
