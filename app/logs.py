"""Structured logs, with what must never be in them taken out."""

from __future__ import annotations

import io
import logging
import re
import sys
from collections.abc import MutableMapping
from contextlib import suppress
from typing import Any, Final

import structlog

from app.settings import Mode, Settings

_SECRET_NAMES: Final = re.compile(
    r"token|secret|cookie|password|code_plain|authorization|api_key|private", re.IGNORECASE
)


def configure(settings: Settings) -> None:
    """Log JSON lines to standard error; a demo prints them for people."""
    renderer: Any = (
        structlog.processors.JSONRenderer()
        if settings.mode is Mode.PRODUCTION
        else structlog.dev.ConsoleRenderer(colors=False)
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            _scrub,
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(file=_Lossy()),  # type: ignore[arg-type]  # it is only written to
        cache_logger_on_first_use=True,
    )


class _Lossy(io.TextIOBase):
    """Standard error as long as it takes what is written: a full disk loses lines and stops nothing."""

    def write(self, text: str) -> int:
        with suppress(OSError):
            sys.stderr.write(text)
        return len(text)

    def flush(self) -> None:
        with suppress(OSError):
            sys.stderr.flush()


def _scrub(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for name in event:
        if _SECRET_NAMES.search(name):
            event[name] = "[removed]"
    return event
