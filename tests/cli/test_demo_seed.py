import stat
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.activities.models import Claim, Import
from app.activities.queries import activities_table
from app.cli.demo import seed as seeding
from app.contests import queries as contests
from app.db.unit_of_work import tenant_of
from app.http.context import Edge
from app.http.principal import Scope
from app.people import api_keys, personas
from tests.conftest import Work

NOW = datetime(2026, 11, 19, 11, 0, tzinfo=UTC)
Seed = Callable[[datetime], None]


@pytest.fixture
def seed(app: Flask, tmp_path: Path, tenant_id: UUID) -> Seed:
    """Seed a company of this test's own, with its key in a home of its own."""
    at: Edge = app.extensions["laurel"]
    own = Edge(replace(at.settings, home=tmp_path), at.engine, at.reactions)

    def run(now: datetime) -> None:
        seeding.seed(
            own,
            size="small",
            now=now,
            say=lambda _: None,
            tenant_id=tenant_id,
            slug=f"lumera-{tenant_id.hex[-12:]}",
        )

    return run


def sales(db: Session) -> int:
    activities = activities_table()
    query = select(func.count()).where(activities.c.tenant_id == tenant_of(db))
    return db.scalar(query) or 0


def test_a_second_seed_changes_nothing(seed: Seed, work: Work) -> None:
    seed(NOW)
    with work(now=NOW) as db:
        before = sales(db), len(personas.personas(db)), len(api_keys.api_keys(db))

    seed(NOW)

    with work(now=NOW) as db:
        assert (sales(db), len(personas.personas(db)), len(api_keys.api_keys(db))) == before
    assert before[0] > 300


def test_a_later_seed_adds_the_days_between(seed: Seed, work: Work) -> None:
    seed(NOW - timedelta(days=9))
    with work(now=NOW) as db:
        before = sales(db)

    seed(NOW)

    with work(now=NOW) as db:
        assert sales(db) > before


def test_a_contest_runs_now(seed: Seed, work: Work) -> None:
    seed(NOW)

    with work(now=NOW) as db:
        running = [each for each in contests.unfinished(db) if each.starts_at <= NOW]
        assert [each.name for each in running if each.ends_at > NOW] == ["Week 47 sprint"]


def test_the_key_works_and_is_for_its_owner_alone(seed: Seed, work: Work, tmp_path: Path) -> None:
    seed(NOW)
    file = tmp_path / "demo-api-key"

    with work(now=NOW) as db:
        principal = api_keys.find_principal(db, file.read_text().strip())

    assert principal is not None
    assert principal.scopes == frozenset(Scope)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_lost_key_is_replaced(seed: Seed, work: Work, tmp_path: Path) -> None:
    seed(NOW)
    (tmp_path / "demo-api-key").write_text("lost")

    seed(NOW)

    with work(now=NOW) as db:
        assert api_keys.find_principal(db, (tmp_path / "demo-api-key").read_text().strip())


def test_something_waits_on_every_desk(seed: Seed, work: Work) -> None:
    seed(NOW)

    with work(now=NOW) as db:
        (entry,) = db.scalars(select(Import).where(Import.tenant_id == tenant_of(db)))
        waiting = db.scalars(select(Claim.state).where(Claim.tenant_id == tenant_of(db))).all()

    assert entry.accepted + entry.fixed + entry.quarantined + entry.refused == entry.rows_total
    assert entry.quarantined > 10
    assert waiting == ["waiting"] * 3
