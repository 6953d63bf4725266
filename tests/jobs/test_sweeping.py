"""What is needed no more is let go, some at a time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from app.db import sweeping
from app.http.idempotency import IdempotencyClaim
from app.jobs.models import JobSlot
from app.jobs.queue import enqueue
from app.kernel import clock
from app.people import jobs
from tests.conftest import Work
from tests.people.builders import give_tenant

OLD, YOUNG = timedelta(days=31), timedelta(hours=1)


@pytest.fixture
def kept(work: Work, tenant_id: UUID) -> None:
    """Five slots and five claims of long ago, and two of each of just now."""
    now = clock.utc_now()
    with work() as db:
        give_tenant(db)
        for number, age in enumerate([OLD] * 5 + [YOUNG] * 2):
            db.add(JobSlot(tenant_id=tenant_id, task="t", slot=number, claimed_at=now - age))
            db.add(
                IdempotencyClaim(
                    tenant_id=tenant_id,
                    subject=tenant_id,
                    key=str(number),
                    request_hash=bytes(32),
                    status=200,
                    body=b"{}",
                    claimed_at=now - age,
                )
            )


@pytest.mark.usefixtures("kept")
def test_old_slots_and_keys_are_swept_batch_by_batch(
    work: Work, run_jobs: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweeping, "BATCH", 2)
    with work() as db:
        enqueue(db, jobs.sweep)

    run_jobs()

    with work() as db:
        assert db.scalars(text("SELECT slot FROM job_slots ORDER BY slot")).all() == [5, 6]
        keys = db.scalars(text("SELECT key FROM idempotency_claims ORDER BY key"))
        assert keys.all() == ["5", "6"]


@pytest.mark.parametrize("at", [JobSlot.claimed_at, IdempotencyClaim.claimed_at])
def test_old_rows_are_found_by_an_index(work: Work, tenant_id: UUID, at: Any) -> None:
    values = {"tenant": tenant_id, "before": clock.utc_now(), "most": 9}
    with work() as db:
        db.execute(text("SET LOCAL enable_seqscan = off"))
        statement = text(f"EXPLAIN {sweeping.sweeping(at).text}")
        plan = "\n".join(db.scalars(statement, values))

    table = at.class_.__tablename__
    assert f"Index Scan using ix_{table}_tenant_id_claimed_at" in plan
    assert "Sort" not in plan
