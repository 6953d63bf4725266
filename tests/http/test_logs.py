from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path

import pytest
import structlog

from app import logs
from app.settings import Settings

FULL = Path("/dev/full")


@pytest.mark.skipif(not FULL.exists(), reason="not run: this system has no /dev/full")
def test_a_log_that_nobody_can_write_ends_nothing(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = FULL.open("w", encoding="utf-8")
    with monkeypatch.context() as patched:
        patched.setattr(sys, "stderr", full)
        logs.configure(settings)
        structlog.get_logger("test").error("a_line", text="x" * 100_000)
    with suppress(OSError):
        full.close()

    assert full.closed


def test_a_log_is_written_to_standard_error(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.configure(settings)

    structlog.get_logger("test").error("a_line", token="t0ken")

    said = capsys.readouterr().err
    assert "a_line" in said
    assert "t0ken" not in said
