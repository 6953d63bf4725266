"""The demo company and the vendors that are played beside it: each knows how to reach the other."""

import json
import stat
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from app.cli.demo import vendors
from app.http.context import Edge
from app.providers import accounts
from app.providers.models import ProviderAccount
from app.runtime import sandboxes
from app.settings import Settings, sandbox_hook_in
from tests.conftest import ROOT, Work
from tests.sandboxes.base import Remote, wait_for

TOLD = sandboxes.told(dict.fromkeys(sandboxes.VENDORS, 1))


@pytest.fixture
def installed(app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """An installation of this test's own, told that every vendor runs."""
    monkeypatch.setenv(sandboxes.VARIABLE, TOLD)
    at: Edge = app.extensions["laurel"]
    return replace(at.settings, home=tmp_path, port=8123)


def of_vendor(db: Session, name: str) -> ProviderAccount:
    return next(row for row in accounts.all_of(db) if row.provider == name)


@pytest.mark.parametrize("name", sandboxes.VENDORS)
def test_a_vendor_is_told_where_its_webhooks_go_and_how_they_are_signed(
    installed: Settings, work: Work, name: str
) -> None:
    with work() as db:
        vendors.connect(db, installed)

    file = sandbox_hook_in(installed.home, name)
    told = json.loads(file.read_text())
    with work() as db:
        row = of_vendor(db, name)
        assert told["url"] == f"http://127.0.0.1:8123/api/v1/hooks/{row.hook_path}"
        assert told["secret"] == accounts.open_secrets(db, row)[accounts.HOOK_SECRET]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_another_start_finds_the_vendors_where_they_are_now_under_the_same_path(
    installed: Settings, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    with work() as db:
        vendors.connect(db, installed)
        before = of_vendor(db, "plum").hook_path
    monkeypatch.setenv(sandboxes.VARIABLE, sandboxes.told({"plum": 2}))

    with work() as db:
        vendors.connect(db, installed)

    with work() as db:
        row = of_vendor(db, "plum")
        assert (row.base_url, row.hook_path) == ("http://127.0.0.1:2/chef/v1/oauth", before)
        assert len(accounts.all_of(db)) == len(sandboxes.VENDORS)


def test_a_vendor_played_beside_the_company_reads_where_its_webhooks_go(tmp_path: Path) -> None:
    port = sandboxes.free_ports()["xendit"]
    (role,) = sandboxes.roles({"xendit": port}, tmp_path)
    there = "http://127.0.0.1:9/hooks/here"
    sandbox_hook_in(tmp_path, "xendit").write_text(json.dumps({"url": there, "secret": "s3"}))

    with subprocess.Popen(role.argv, cwd=ROOT) as running:
        try:
            wait_for(f"http://127.0.0.1:{port}")
            assert Remote(f"http://127.0.0.1:{port}").hooks()["url"] == there
        finally:
            running.kill()
