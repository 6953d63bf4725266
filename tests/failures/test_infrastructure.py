"""64, 65, 67, 68, 70: databases that stop, fill up and lock, a bus that is lost, and people who go on ordering."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
import redis
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from app.activities.models import Import
from app.http.principal import Role
from app.rewards.core import State
from app.rewards.models import Redemption
from tests.conftest import ROOT
from tests.failures.house import PATIENCE, House, Load, built, order_once, shopping
from tests.failures.stage import Stage, build, until
from tests.live.phone import Phone
from tests.people.builders import ORIGIN, WRITE, give_person, give_session
from tests.people.phone import API
from tests.sandboxes import base

pytestmark = [pytest.mark.crash, pytest.mark.slow]

PEOPLE = 4
EACH = 500
"""How many cards one person can pay; more than anybody will have ordered when a test ends."""


@pytest.fixture(scope="module")
def house(app: Flask, servers: dict[str, str]) -> Iterator[House]:
    """A house that may be broken."""
    with built(servers, app.extensions["laurel"]) as made:
        yield made


@pytest.fixture
def stage(house: House, tenant_id: UUID, there: base.Remote) -> Stage:
    """A company of that house."""
    return build(house.work(tenant_id), house.engine, there, people=PEOPLE, orders=EACH)


def ends_well(stage: Stage, load: Load) -> None:
    """Whoever was told of an order has it, under each key there is one, and all books agree."""
    stage.settle()
    with stage.work() as db:
        orders = db.scalars(
            select(Redemption.id).where(Redemption.tenant_id == stage.tenant_id)
        ).all()
    assert set(load.answers) == {201}
    assert sorted(load.placed) == sorted(str(order) for order in orders)
    assert set(stage.states()) == {State.CAPTURED}
    stage.prove(sold=len(orders))
    assert stage.reconcile() == []


def test_64_postgresql_that_is_restarted_under_load_loses_and_doubles_nothing(
    house: House, stage: Stage
) -> None:
    with shopping(house, stage) as load:
        load.more(8)
        house.restart_postgres(signal.SIGINT, meanwhile=load.notice)
        load.more(8)
        house.restart_postgres(signal.SIGQUIT, meanwhile=load.notice)
        load.more(8)

    assert load.refused.keys() <= {"unavailable", "outcome_unknown", "idempotency_key_in_flight"}
    ends_well(stage, load)


@contextmanager
def stopped(house: House) -> Iterator[None]:
    """Valkey is stopped, and started again empty."""
    house.valkey.stop()
    try:
        yield
    finally:
        house.restart_valkey()


@contextmanager
def frozen(house: House) -> Iterator[None]:
    """Valkey says nothing, and then goes on."""
    house.valkey.process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        house.valkey.process.send_signal(signal.SIGCONT)


@contextmanager
def full(house: House) -> Iterator[None]:
    """Valkey has reached its maxmemory and throws nothing away, and then forgets everything."""
    with redis.Redis.from_url(house.valkey.url) as valkey:
        valkey.config_set("maxmemory-policy", "noeviction")
        valkey.config_set("maxmemory", "1")
        try:
            yield
        finally:
            valkey.config_set("maxmemory", "256mb")
            valkey.flushall()


@pytest.mark.parametrize("trouble", [stopped, frozen, full])
def test_65_without_valkey_orders_under_way_end_none_is_taken_and_phones_hear_again_later(
    house: House, stage: Stage, trouble: Callable[[House], AbstractContextManager[None]]
) -> None:
    cookie = stage.sign_in()
    phone = Phone(f"http://127.0.0.1:{house.port}", cookie)
    assert phone.connect(ORIGIN)
    before = hears(phone, stage)

    with trouble(house):
        status, said = order_once(house, stage, cookie, "the-one")
        assert (status, said["code"]) == (503, "unavailable")
        assert house.ask(f"{API}/me/wallet", cookie)[0] == 200
        ends_as(stage, stage.redeem(), State.CAPTURED)

    until(lambda: order_once(house, stage, cookie, "the-one")[0] == 201)
    phone.pushes.clear()
    assert hears(phone, stage) > before
    phone.close()
    stage.settle()
    stage.prove()


def hears(phone: Phone, stage: Stage) -> int:
    """Order until the phone is told by a push; return its revision."""
    for _ in range(30):
        order = stage.redeem()
        push = phone.wait_for("redemption.moved", seconds=5, redemption_id=str(order))
        if push is not None:
            return int(push["revision"])
    raise TimeoutError("The phone heard nothing any more.")


def ends_as(stage: Stage, order: UUID, state: State) -> None:
    """A worker of the house takes an order to its end."""
    until(lambda: stage.state(order) == state, seconds=PATIENCE)


def test_67_a_full_disk_refuses_and_loses_nothing(house: House, stage: Stage) -> None:
    if not house.has_own_disk:
        pytest.skip("not run: a disk that can be filled needs the right to mount one")
    with stage.work() as db:
        admin = give_person(db, "Ines", roles=[Role.PROGRAM_ADMIN])
    with stage.work(now=stage.clock.now()) as db:
        cookie = give_session(db, admin)
    assert upload(house, cookie) == (201, None)
    with shopping(house, stage) as load:
        load.more(4)
        house.fill()
        until(lambda: load.refused["unavailable"] > 0, seconds=PATIENCE)
        taken = 1 + tries_until_refused(house, cookie)
        house.make_room()
        load.more(8)

    assert load.refused.keys() <= {"unavailable", "outcome_unknown", "no_answer"}
    assert len(imports(stage)) == taken
    assert upload(house, cookie) == (201, None)
    assert len(imports(stage)) == taken + 1
    ends_well(stage, load)


def tries_until_refused(house: House, cookie: str) -> int:
    """Upload until the disk is too full for it, and that is said; return how often it was not."""
    answers: list[tuple[int, str | None]] = []

    def is_refused() -> bool:
        house.fill()  # the database may have given back what it found it did not need
        with suppress(OSError):
            answers.append(upload(house, cookie))
        return answers[-1:] == [(503, "unavailable")]

    until(is_refused, seconds=PATIENCE)
    return answers.count((201, None))


def upload(house: House, cookie: str) -> tuple[int, str | None]:
    """Upload a file of some megabytes; return the status and the code of a refusal."""
    form = b'--cut\r\nContent-Disposition: form-data; name="%s"%s\r\n\r\n%s\r\n'
    body = form % (b"source", b"", b"till")
    body += form % (b"file", b'; filename="a.csv"', b"Contract,Rep,Value\n" * 200_000)
    kind = {"Content-Type": "multipart/form-data; boundary=cut"}
    status, _, said = house.ask(f"{API}/imports", cookie, body + b"--cut--\r\n", **WRITE, **kind)
    return status, json.loads(said).get("code")


def imports(stage: Stage) -> list[str]:
    with stage.work() as db:
        return list(db.scalars(select(Import.state).where(Import.tenant_id == stage.tenant_id)))


def test_68_without_a_connection_an_order_waits_for_one(house: House, stage: Stage) -> None:
    cookie = stage.sign_in()
    house.run("ALTER ROLE laurel_app CONNECTION LIMIT 0")
    house.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'laurel_app'")
    try:
        status, said = order_once(house, stage, cookie, "the-one")
    finally:
        house.run("ALTER ROLE laurel_app CONNECTION LIMIT -1")
    assert (status, said["code"]) == (503, "unavailable")

    assert order_once(house, stage, cookie, "the-one")[0] == 201
    stage.settle()
    stage.prove(sold=1)


TROUBLES = {
    "40001": "RAISE EXCEPTION 'could not serialize' USING ERRCODE = '40001'",
    "40P01": """
        PERFORM pg_advisory_xact_lock(1);
        FOR tries IN 1..6000 LOOP
          EXIT WHEN EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted);
          PERFORM pg_sleep(0.02);
        END LOOP;
        PERFORM pg_advisory_xact_lock(2)""",
    "away": "PERFORM pg_terminate_backend(pg_backend_pid()), pg_sleep(60)",
}


@contextmanager
def trouble_at_commit(
    house: House, what: str, *, on: str, times: int, when: str = "true"
) -> Iterator[None]:
    """Let the next commits of what writes to a table end badly, as PostgreSQL itself ends them."""
    house.run("CREATE SEQUENCE trouble")
    house.run(f"""
        CREATE FUNCTION trouble() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
        SET deadlock_timeout = '10ms' AS $$ BEGIN
          IF nextval('trouble') <= {times} THEN {TROUBLES[what]}; END IF;
          RETURN NULL;
        END $$""")
    house.run(f"""
        CREATE CONSTRAINT TRIGGER trouble AFTER INSERT ON {on}
        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN ({when}) EXECUTE FUNCTION trouble()""")
    try:
        yield
    finally:
        house.run(f"DROP TRIGGER trouble ON {on}")
        house.run("DROP FUNCTION trouble")
        house.run("DROP SEQUENCE trouble")


@contextmanager
def in_the_way(house: House) -> Iterator[None]:
    """Somebody has the second lock, wants the first once it is taken, and never gives in."""
    holder = """
        SET deadlock_timeout = '1h';
        BEGIN;
        SELECT pg_advisory_xact_lock(2);
        DO $$ BEGIN
          FOR tries IN 1..6000 LOOP
            EXIT WHEN EXISTS (
              SELECT FROM pg_locks WHERE locktype = 'advisory' AND (classid, objid) = (0, 1)
            );
            PERFORM pg_sleep(0.02);
          END LOOP;
        END $$;
        SELECT pg_advisory_xact_lock(1);
        COMMIT"""
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(house.run, holder)
        yield
        running.result(PATIENCE)


@pytest.mark.parametrize(
    ("what", "told"),
    [("40001", "unavailable"), ("40P01", "unavailable"), ("away", "outcome_unknown")],
)
def test_68_an_order_whose_commit_fails_is_refused_and_placed_once_when_asked_again(
    house: House, stage: Stage, what: str, told: str
) -> None:
    cookie = stage.sign_in()
    with trouble_at_commit(house, what, on="redemptions", times=1):
        with in_the_way(house) if what == "40P01" else nullcontext():
            status, said = order_once(house, stage, cookie, "the-one")
        assert (status, said["code"]) == (503, told)
        assert stage.states() == {}

        assert order_once(house, stage, cookie, "the-one")[0] == 201
    stage.settle()
    assert stage.states() == {State.CAPTURED: 1}
    stage.prove(sold=1)


def test_68_a_worker_whose_commits_fail_ends_the_order_all_the_same(
    house: House, stage: Stage
) -> None:
    steps = "NEW.state <> 'reserved'"
    with trouble_at_commit(house, "40001", on="redemption_moves", times=6, when=steps):
        order = stage.redeem()
        for _ in range(8):
            with suppress(OperationalError):
                stage.settle()

    assert stage.states() == {State.CAPTURED: 1}
    assert stage.state(order) == State.CAPTURED
    stage.prove(sold=1)
    assert len(stage.there.calls("placeOrder")) == 1


MIGRATION = """
revision = "one_more"
down_revision = "{head}"

from alembic import op

def upgrade():
    op.execute("ALTER TABLE redemptions ADD COLUMN one_more text NOT NULL DEFAULT 'x'")
    op.execute("ALTER TABLE redemption_attempts ADD CONSTRAINT one_more CHECK (number > 0) NOT VALID")

def downgrade():
    op.execute("ALTER TABLE redemption_attempts DROP CONSTRAINT one_more")
    op.execute("ALTER TABLE redemptions DROP COLUMN one_more")
"""


def test_70_a_migration_goes_up_and_down_while_people_order_and_blocks_nobody(
    house: House,
    stage: Stage,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("DATABASE_OWNER_URL", house.postgres.url_owner)
    migrations = one_more_migration(tmp_path)
    with (
        ThreadPoolExecutor(1) as operator,
        shopping(house, stage) as load,
        psycopg.connect(house.admin_url) as reader,
    ):
        load.more(2)
        reader.execute("SELECT count(*) FROM redemptions")
        going_up = operator.submit(command.upgrade, migrations, "head")
        until(lambda: "trying again" in capsys.readouterr().err, seconds=PATIENCE)
        load.more(2)
        assert not going_up.done()
        reader.rollback()
        going_up.result(PATIENCE)
        load.more(2)
        operator.submit(command.downgrade, migrations, "-1").result(PATIENCE)
        load.more(2)

    assert load.refused.keys() <= {"unavailable", "idempotency_key_in_flight"}
    ends_well(stage, load)


def one_more_migration(folder: Path) -> Config:
    """Return our migrations, and one more that changes the busiest tables."""
    ours = Config(ROOT / "alembic.ini")
    head = ScriptDirectory.from_config(ours).get_current_head()
    (folder / "one_more.py").write_text(MIGRATION.format(head=head))
    ours.set_main_option("path_separator", "newline")
    ours.set_main_option("version_locations", f"{ROOT}/migrations/versions\n{folder}")
    return ours
