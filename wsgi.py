"""What gunicorn and the flask command load."""

import sys

from app import create_app
from app.cli import evaluation
from app.settings import BadSettings

try:
    # Evaluating a plan on a file needs no installation.
    app = evaluation.bare_app() if "evaluate" in sys.argv[1:] else create_app()
except BadSettings as problems:
    sys.exit(f"Laurel cannot start:\n{problems}")
