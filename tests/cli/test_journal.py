"""`flask journal sign`: the books are sealed and signed now, and somebody outside can check them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest
from flask import Flask

from app.db import checkpoints
from app.kernel.ids import new_id
from app.ledger import queries
from tests.conftest import Work
from tests.ledger.builders import give_available
from tests.ledger.test_receipts import verify
from tests.people.builders import give_person, give_tenant

Run = Callable[..., str]


@pytest.fixture
def run(app: Flask) -> Run:
    """Run `flask journal ...`; return what it printed."""

    def run(*args: str) -> str:
        result = app.test_cli_runner().invoke(args=["journal", *args])
        assert result.exit_code == 0, result.output
        return result.output

    return run


def pay_somebody(work: Work, tenant_id: UUID) -> None:
    with work(tenant=tenant_id) as db:
        give_available(db, new_id(), 5_000)


def signed(tenant_id: UUID) -> list[Path]:
    return sorted(checkpoints.folder_of(tenant_id, queries.JOURNAL.name).glob("*.txt"))


def test_what_was_posted_is_sealed_signed_and_holds_for_a_stranger(
    run: Run, work: Work, tenant_id: UUID, tmp_path: Path
) -> None:
    pay_somebody(work, tenant_id)

    printed = run("sign", "--tenant", str(tenant_id))

    (note,) = signed(tenant_id)
    assert printed == f"{note}\n"
    journal = tmp_path / "journal.jsonl"
    journal.write_text(run("export", "--tenant", str(tenant_id)), "utf-8")
    code, said = verify("journal", str(journal), str(note), "--key", run("key").strip())
    assert code == 0, said
    assert len(journal.read_text("utf-8").splitlines()) == int(note.stem)


def test_signing_again_without_news_writes_nothing_and_names_what_there_is(
    run: Run, work: Work, tenant_id: UUID
) -> None:
    pay_somebody(work, tenant_id)
    first = run("sign", "--tenant", str(tenant_id))
    (note,) = signed(tenant_id)
    written_at = note.stat().st_mtime_ns

    assert run("sign", "--tenant", str(tenant_id)) == first
    assert [(one, one.stat().st_mtime_ns) for one in signed(tenant_id)] == [(note, written_at)]


def test_what_came_since_gets_a_checkpoint_of_its_own(
    run: Run, work: Work, tenant_id: UUID
) -> None:
    pay_somebody(work, tenant_id)
    run("sign", "--tenant", str(tenant_id))
    pay_somebody(work, tenant_id)

    printed = run("sign", "--tenant", str(tenant_id))

    before, after = signed(tenant_id)
    assert printed == f"{after}\n"
    assert int(before.stem) < int(after.stem)


def test_books_with_nothing_in_them_are_not_signed(run: Run, tenant_id: UUID) -> None:
    assert run("sign", "--tenant", str(tenant_id)) == ""
    assert signed(tenant_id) == []


def test_without_a_tenant_the_books_of_all_are_signed(
    run: Run, work: Work, tenant_id: UUID
) -> None:
    other = new_id()
    for tenant in (tenant_id, other):
        with work(tenant=tenant) as db:
            give_tenant(db)
            give_person(db)
        pay_somebody(work, tenant)

    printed = run("sign").splitlines()

    assert {str(note) for tenant in (tenant_id, other) for note in signed(tenant)} <= set(printed)
    assert len(signed(tenant_id)) == len(signed(other)) == 1
