"""Sale to phone through real processes: gunicorn with gevent, a worker, the clock, Valkey."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen
from uuid import UUID

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from app.db.engine import make_engine
from app.db.unit_of_work import SYSTEM, unit_of_work
from app.http.principal import Scope
from app.kernel import clock
from app.kernel.events import Reactions
from app.kernel.ids import new_id
from app.runtime import embedded
from app.runtime.site import Site, start_site, wait_until_ready
from tests.conftest import ROOT
from tests.live.phone import Phone
from tests.people.builders import give_key, give_person, give_session, give_tenant

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Company:
    """A tenant of the running site, with two reps and a key for machines."""

    tenant_id: UUID
    people: dict[str, str]
    tokens: dict[str, list[str]]
    key: dict[str, str]


@dataclass(frozen=True)
class Running:
    """The site, and the database behind it."""

    site: Site
    engine: Engine

    def work(self, tenant_id: UUID) -> AbstractContextManager[Session]:
        """Open a transaction beside the site."""
        return unit_of_work(
            self.engine,
            tenant_id=tenant_id,
            actor=SYSTEM,
            now=clock.utc_now(),
            reactions=Reactions(),
        )

    def company(self) -> Company:
        """Make a tenant with Ada and Bo, each signed in on some devices."""
        tenant_id = new_id()
        with self.work(tenant_id) as db:
            give_tenant(db)
            people = {name: give_person(db, name) for name in ("Ada", "Bo")}
            key = give_key(db, Scope.CONTESTS_WRITE, Scope.CONTESTS_READ, Scope.ACTIVITIES_WRITE)
            tokens = {
                name: [give_session(db, person) for _ in range(6)]
                for name, person in people.items()
            }
        return Company(tenant_id, {n: str(p.id) for n, p in people.items()}, tokens, key)

    def post(self, path: str, company: Company, body: Any = None) -> Any:
        """Write as the machine of a company."""
        headers = {**company.key, "Content-Type": "application/json"}
        data = json.dumps(body).encode() if body is not None else b""
        request = Request(f"{self.site.url}/api/v1{path}", data, headers, method="POST")
        with urlopen(request, timeout=20) as answer:
            return json.load(answer)

    def contest(self, company: Company, starts_at: datetime | None = None) -> str:
        """Launch a contest over this hour."""
        now = clock.utc_now()
        rules = {
            "name": "This hour",
            "zone": "Europe/Rome",
            "starts_at": (starts_at or now - timedelta(hours=1)).isoformat(),
            "ends_at": (now + timedelta(hours=1)).isoformat(),
        }
        made: str = self.post("/contests", company, rules)["id"]
        self.post(f"/contests/{made}/launch", company)
        return made

    def sell(self, company: Company, name: str) -> None:
        """Post one sale, as a till would."""
        self.post(
            "/activities",
            company,
            {
                "external_id": str(new_id()),
                "person": {"id": company.people[name]},
                "occurred_at": clock.utc_now().isoformat(),
            },
        )

    def phone(self, company: Company, name: str, device: int = 0) -> Phone:
        """Return a phone of somebody, its socket still closed."""
        return Phone(self.site.url, company.tokens[name][device])


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A site of its own: two web processes, a worker and the clock on own servers."""
    home = tmp_path_factory.mktemp("site")
    home.chmod(0o755)
    postgres = embedded.start_postgres(home, durable=False)
    valkey = embedded.start_valkey(home)
    urls = {"DATABASE_URL": postgres.url_app, "DATABASE_OWNER_URL": postgres.url_owner}
    before = {name: os.environ.get(name) for name in urls}
    os.environ.update(urls)
    try:
        command.upgrade(Config(ROOT / "alembic.ini"), "head")
        os.environ.update({name: value for name, value in before.items() if value is not None})
        environment = {**urls, "REDIS_URL": valkey.url, "LAUREL_MODE": "test"}
        site = start_site(home, environment, workers=2)
        engine = make_engine(postgres.url_app)
        try:
            yield Running(site, engine)
        finally:
            engine.dispose()
            site.stop()
    finally:
        valkey.stop()
        postgres.stop()


@pytest.fixture
def company(running: Running) -> Company:
    return running.company()


@pytest.fixture
def ada(running: Running, company: Company) -> Iterator[Phone]:
    phone = running.phone(company, "Ada")
    assert phone.connect()
    yield phone
    phone.close()


def test_a_sale_posted_to_the_api_moves_the_board_on_every_phone_that_watches(
    running: Running, company: Company
) -> None:
    contest = running.contest(company)
    phones = [running.phone(company, "Bo", device) for device in range(6)]
    assert all(phone.connect() and phone.watch(contest) for phone in phones)
    running.sell(company, "Ada")
    for phone in phones:
        assert phone.wait_for("board.moved") is not None
    for phone in phones:
        phone.wait_for("board.moved", 0.5)

    started = time.monotonic()
    running.sell(company, "Ada")
    seen = [phone.wait_for("board.moved", contest_id=contest) for phone in phones]
    took = time.monotonic() - started

    rows = [push["rows"] for push in seen if push]
    assert len(rows) == len(phones)
    assert all(
        [(row["participant_id"], row["place"], row["score"]) for row in one]
        == [(company.people["Ada"], 1, "2")]
        for one in rows
    )
    assert took < 5
    for phone in phones:
        phone.close()


def test_the_seller_hears_of_the_own_sale_and_nobody_else_does(
    running: Running, company: Company, ada: Phone
) -> None:
    bo = running.phone(company, "Bo")
    assert bo.connect()

    running.sell(company, "Ada")

    badge = ada.wait_for("inbox.arrived", code="badge_won")
    assert badge is not None
    assert badge["params"]["badge"] == "first_sale"
    assert bo.wait_for("inbox.arrived", 1) is None
    bo.close()


def test_who_does_not_watch_a_board_is_not_told_of_it(
    running: Running, company: Company, ada: Phone
) -> None:
    contest = running.contest(company)
    watcher = running.phone(company, "Bo")
    assert watcher.connect()
    assert watcher.watch(contest)

    running.sell(company, "Ada")

    assert watcher.wait_for("board.moved") is not None
    assert ada.wait_for("board.moved", 1) is None
    watcher.close()


def test_the_board_of_another_tenant_cannot_be_watched(
    running: Running, company: Company, ada: Phone
) -> None:
    foreign = running.contest(running.company())

    assert not ada.watch(foreign)
    assert not ada.watch("no id at all")
    assert ada.watch(running.contest(company))


def test_a_machine_reads_a_foreign_contest_as_not_there(running: Running, company: Company) -> None:
    foreign = running.contest(running.company())
    request = Request(f"{running.site.url}/api/v1/contests/{foreign}/board", headers=company.key)

    with pytest.raises(HTTPError) as refused:
        urlopen(request, timeout=10)

    assert refused.value.code == 404
    refused.value.close()


@pytest.mark.parametrize("origin", [None, "null", "https://evil.example"])
def test_a_socket_from_elsewhere_is_refused(
    running: Running, company: Company, origin: str | None
) -> None:
    phone = running.phone(company, "Ada")

    assert not phone.connect(origin)
    phone.close()


def test_signing_out_ends_every_socket_of_the_session_in_whatever_process_it_is(
    running: Running, company: Company
) -> None:
    phones = [running.phone(company, "Ada", 0) for _ in range(5)]
    other = running.phone(company, "Ada", 1)
    assert all(phone.connect() for phone in (*phones, other))

    phones[0].sign_out()

    assert [phone.is_ended() for phone in phones] == [True] * len(phones)
    assert not other.is_ended(1)
    assert not phones[0].connect()
    for phone in (*phones, other):
        phone.close()


def test_what_the_worker_finds_out_reaches_the_phone(
    running: Running, company: Company, ada: Phone
) -> None:
    contest = running.contest(company, starts_at=clock.utc_now() + timedelta(seconds=2))
    assert ada.wait_for("contest.changed", state="scheduled") is not None

    changed = ada.wait_for("contest.changed", 40, contest_id=contest, state="running")

    assert changed is not None


def test_boards_move_again_after_the_leading_process_was_killed(
    running: Running, company: Company
) -> None:
    contest = running.contest(company)
    for pid in _web_workers(running.site):
        os.kill(pid, signal.SIGKILL)
    wait_until_ready(urlsplit(running.site.url).port or 80, running.site.children)
    phone = running.phone(company, "Bo")
    assert phone.connect()
    assert phone.watch(contest)

    running.sell(company, "Ada")

    assert phone.wait_for("board.moved", 20) is not None
    phone.close()


def _web_workers(site: Site) -> list[int]:
    """Return the processes that the arbiter of the web role runs."""
    (web,) = (child for child in site.children if child.role.name == "web")
    assert web.process is not None
    listed = subprocess.run(
        ["/usr/bin/env", "pgrep", "-P", str(web.process.pid)],
        capture_output=True,
        check=True,
        text=True,
    )
    return [int(pid) for pid in listed.stdout.split()]
