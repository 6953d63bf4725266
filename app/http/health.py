"""Alive, and ready: what a supervisor and an outside check ask."""

from __future__ import annotations

from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Final

import redis
from alembic.config import Config
from alembic.script import ScriptDirectory
from flask import Blueprint, Response
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from app.http import limits
from app.http.context import ctx, edge
from app.http.json import JSON, dumps

WORKER_SILENCE: Final = timedelta(seconds=60)
ROOT: Final = Path(__file__).resolve().parents[2]

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def healthz() -> Response:
    """Say that this process answers."""
    return Response(dumps({"status": "alive"}), content_type=JSON)


@blueprint.get("/readyz")
def readyz() -> Response:
    """Say whether everything a person needs is there: 200 when so, 503 with what is missing."""
    checks = {**_database(), "bus": _bus()}
    ready = all(checks.values())
    body = {"status": "ready" if ready else "not ready", "checks": checks}
    return Response(dumps(body), status=200 if ready else 503, content_type=JSON)


def _database() -> dict[str, bool]:
    try:
        with edge().engine.connect() as connection:
            revision = connection.scalar(text("SELECT version_num FROM alembic_version"))
            seen = connection.scalar(text("SELECT max(last_heartbeat) FROM procrastinate_workers"))
    except SQLAlchemyError:
        return {"database": False, "migrations": False, "worker": False}
    return {
        "database": True,
        "migrations": revision == _newest_revision(),
        "worker": seen is not None and ctx.now - seen < WORKER_SILENCE,
    }


def _bus() -> bool:
    try:
        return bool(limits.bus().ping())
    except redis.RedisError:
        return False


@cache
def _newest_revision() -> str | None:
    config = Config()
    config.set_main_option("script_location", str(ROOT / "migrations"))
    return ScriptDirectory.from_config(config).get_current_head()
