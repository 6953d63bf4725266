"""Where the programs of the servers are that come as wheels."""

import importlib.util
import sys
from pathlib import Path

from app.runtime.errors import CannotStart


def programs_of(package: str, inside: str) -> Path:
    """Return the folder of the programs in a wheel; raise CannotStart when there is none."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise CannotStart(no_wheel_sentence(package))
    return (Path(spec.origin).parent / inside).resolve()


def no_wheel_sentence(what: str) -> str:
    """Return what to tell somebody whose processor has no wheel."""
    return (
        f"No ready-made {what} exists for {sys.platform} on this processor; "
        "set DATABASE_URL and REDIS_URL to servers of your own."
    )
