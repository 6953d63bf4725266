"""`python -m app.runtime`: start everything; what `make run` ends in."""

import os
import sys
from pathlib import Path

from app.runtime.errors import CannotStart
from app.runtime.progress import complain
from app.runtime.supervisor import Supervisor, read_options

ROOT = Path(__file__).resolve().parents[2]


def main() -> int:
    """Run until asked to stop; return 1 with one clear sentence when Laurel cannot start."""
    try:
        options = read_options(os.environ, root=ROOT, reload="--reload" in sys.argv[1:])
        Supervisor(options).run()
    except CannotStart as problem:
        complain(str(problem))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
