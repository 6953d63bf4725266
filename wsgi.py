"""What gunicorn and the flask command load."""

import sys

from app import create_app
from app.settings import BadSettings

try:
    app = create_app()
except BadSettings as problems:
    sys.exit(f"Laurel cannot start:\n{problems}")
