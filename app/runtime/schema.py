"""Whether a database already has the tables of this version."""

from pathlib import Path

import psycopg
from alembic.config import Config
from alembic.script import ScriptDirectory
from psycopg import errors


def is_current(owner_url: str, *, root: Path) -> bool:
    """Return whether nothing is left to migrate; cheaper to ask than to run migrations."""
    config = Config()
    config.set_main_option("script_location", str(root / "migrations").replace("%", "%%"))
    newest = ScriptDirectory.from_config(config).get_heads()
    with psycopg.connect(owner_url) as db:
        try:
            applied = db.execute("SELECT version_num FROM alembic_version").fetchall()
        except errors.UndefinedTable:
            return False
    return sorted(version for (version,) in applied) == sorted(newest)
