"""`flask keys rotate`: keys change while codes are sold; every code opens, none is seen."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event, Thread
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select

from app.audit.models import AuditRecord
from app.db import keys
from app.kernel.ids import new_id
from app.providers import safe
from app.providers.contract import Settled
from app.providers.models import VaultCode, VaultKey
from app.providers.vault import CodeVault, NewCode
from tests.conftest import Work
from tests.people.builders import give_tenant
from tests.providers.test_vault import dump_of, fill, order
from tests.providers.vaults import open_vault

Rotate = Callable[..., str]


@pytest.fixture
def own_keys(tmp_path: Path) -> Iterator[Path]:
    before = keys.folder()
    keys.keep_in(tmp_path, may_make=True)
    yield tmp_path
    keys.keep_in(before, may_make=True)


@pytest.fixture
def rotate(app: Flask, work: Work, tenant_id: UUID, own_keys: Path) -> Rotate:
    with work() as db:
        give_tenant(db)

    def run(*options: str) -> str:
        args = ["keys", "rotate", "--tenant", str(tenant_id), *options]
        result = app.test_cli_runner().invoke(args=args)
        assert result.exit_code == 0, result.output
        return result.output

    return run


def revealed(theirs: CodeVault, keys_of_orders: list[str]) -> list[str]:
    return sorted(found.code for key in keys_of_orders if (found := theirs.reveal(key)))


def test_codes_put_in_and_sold_before_during_and_after_a_change_all_open(
    work: Work, rotate: Rotate
) -> None:
    product, theirs = new_id(), open_vault(work)
    with work() as db:
        fill(db, product, *(NewCode(f"old-{number:03}") for number in range(120)))
    orders = [order(product) for _ in range(160)]
    under_way, enough = Event(), Event()

    def sell() -> None:
        for nth, one in enumerate(orders[:40]):
            assert isinstance(theirs.place(one), Settled)
            with work() as db:
                fill(db, product, NewCode(f"new-{nth:03}"))
            under_way.set()
        enough.set()

    seller = Thread(target=sell)
    seller.start()
    assert under_way.wait(10)
    rotate("--batch", "7")
    seller.join()
    assert enough.is_set()
    for one in orders[40:]:
        assert isinstance(theirs.place(one), Settled)

    assert revealed(theirs, [one.key for one in orders]) == sorted(
        [f"old-{number:03}" for number in range(120)] + [f"new-{nth:03}" for nth in range(40)]
    )


def test_a_change_leaves_no_code_under_the_old_key(work: Work, rotate: Rotate) -> None:
    product = new_id()
    with work() as db:
        fill(db, product, *(NewCode(f"C{number}") for number in range(25)))
        [old] = set(db.scalars(select(VaultCode.key_id)))

    said = rotate("--batch", "10")

    assert "25 codes moved" in said
    with work() as db:
        [new] = set(db.scalars(select(VaultCode.key_id)))
        assert new != old
        assert safe.stale(db) == 0
        assert "vault.key_changed" in set(db.scalars(select(AuditRecord.action)))


def test_a_change_that_was_cut_short_is_finished_without_another_key(
    work: Work, rotate: Rotate
) -> None:
    product = new_id()
    with work() as db:
        fill(db, product, *(NewCode(f"C{number}") for number in range(25)))
    with work() as db:
        key_id = safe.rotate(db)
        safe.rewrap(db, most=10)

    said = rotate("--resume")

    assert "15 codes moved" in said
    with work() as db:
        assert set(db.scalars(select(VaultCode.key_id))) == {key_id}


def test_the_root_key_changes_and_the_old_file_is_needed_no_more(
    work: Work, rotate: Rotate, own_keys: Path
) -> None:
    product, theirs = new_id(), open_vault(work)
    with work() as db:
        fill(db, product, NewCode("one"))
    bought = order(product)
    theirs.place(bought)
    before = (own_keys / "root.key").read_bytes()

    rotate("--root")

    [retired] = own_keys.glob("root.*.key")
    assert retired.read_bytes() == before != (own_keys / "root.key").read_bytes()
    assert {path.stat().st_mode & 0o777 for path in own_keys.iterdir()} == {0o600}
    retired.unlink()
    assert revealed(theirs, [bought.key]) == ["one"]
    with work() as db:
        assert set(db.scalars(select(VaultKey.root_key_id))) == {keys.root_keys()[0].id}


def test_no_code_appears_in_the_database_or_on_the_screen(
    work: Work, rotate: Rotate, servers: dict[str, str]
) -> None:
    canary = "CANARY-8XQ2-ROTATED"
    with work() as db:
        fill(db, new_id(), NewCode(canary, "PIN-CANARY-77"))

    said = rotate("--root", "--batch", "1")

    dump = dump_of(servers)
    assert b"vault_codes" in dump
    for secret in (canary, "PIN-CANARY-77"):
        assert secret not in said
        assert secret.encode() not in dump
        assert secret.encode().hex().encode() not in dump
