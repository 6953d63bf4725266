import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis
from sqlalchemy import create_engine, text

from app.runtime import embedded
from app.runtime.errors import CannotStart

ROOT = Path(__file__).resolve().parents[2]

START_AND_DIE = """
import os, signal, sys
from pathlib import Path
import psycopg
from app.runtime import embedded
postgres = embedded.start_postgres(Path(sys.argv[1]), durable=True)
with psycopg.connect(postgres.url_owner, autocommit=True) as db:
    db.execute("CREATE TABLE kept AS SELECT 7 AS n")
embedded.start_valkey(Path(sys.argv[1]))
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def postgres(tmp_path: Path) -> Iterator[embedded.PostgresHandle]:
    handle = embedded.start_postgres(tmp_path, durable=False)
    yield handle
    handle.stop()


def ask(url: str, query: str) -> object:
    with psycopg.connect(url) as db:
        row = db.execute(query).fetchone()  # type: ignore[arg-type]
    return row[0] if row else None


def test_the_application_role_has_no_power_over_the_wall(
    postgres: embedded.PostgresHandle,
) -> None:
    query = (
        "SELECT rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb "
        "FROM pg_roles WHERE rolname = current_user"
    )

    assert ask(postgres.url_app, "SELECT current_user") == "laurel_app"
    assert ask(postgres.url_app, query) is False


def test_the_application_role_cannot_make_tables(postgres: embedded.PostgresHandle) -> None:
    with (
        psycopg.connect(postgres.url_app) as db,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        db.execute("CREATE TABLE mine ()")


def test_the_addresses_work_for_sqlalchemy(postgres: embedded.PostgresHandle) -> None:
    engine = create_engine(postgres.url_owner)

    with engine.connect() as connection:
        database = connection.execute(text("SELECT current_database()")).scalar_one()
    engine.dispose()

    assert database == "laurel"


def test_a_database_is_copied_from_a_template(postgres: embedded.PostgresHandle) -> None:
    with psycopg.connect(postgres.url_owner) as db:
        db.execute("CREATE TABLE kept AS SELECT 7 AS n")

    embedded.create_database(postgres.admin_url, "copy", template="laurel")

    assert ask(postgres.url_owner.replace("/laurel?", "/copy?"), "SELECT n FROM kept") == 7


def test_a_dropped_database_takes_its_connections_with_it(
    postgres: embedded.PostgresHandle,
) -> None:
    embedded.create_database(postgres.admin_url, "copy")
    url = postgres.url_owner.replace("/laurel?", "/copy?")

    with psycopg.connect(url) as db:
        embedded.drop_database(postgres.admin_url, "copy")

        with pytest.raises(psycopg.OperationalError):
            db.execute("SELECT 1")


def test_only_a_throwaway_server_trades_safety_for_speed(tmp_path: Path) -> None:
    durable = embedded.start_postgres(tmp_path / "durable", durable=True)
    throwaway = embedded.start_postgres(tmp_path / "throwaway", durable=False)

    settings = [
        (ask(handle.admin_url, "SHOW fsync"), ask(handle.admin_url, "SHOW full_page_writes"))
        for handle in (durable, throwaway)
    ]
    durable.stop()
    throwaway.stop()

    assert settings == [("on", "on"), ("off", "off")]


def test_data_survives_a_stop(tmp_path: Path) -> None:
    first = embedded.start_postgres(tmp_path, durable=True)
    with psycopg.connect(first.url_owner) as db:
        db.execute("CREATE TABLE kept AS SELECT 7 AS n")
    first.stop()

    second = embedded.start_postgres(tmp_path, durable=True)
    kept = ask(second.url_owner, "SELECT n FROM kept")
    second.stop()

    assert kept == 7


def test_data_survives_a_killed_server(tmp_path: Path) -> None:
    first = embedded.start_postgres(tmp_path, durable=True)
    with psycopg.connect(first.url_owner) as db:
        db.execute("CREATE TABLE kept AS SELECT 7 AS n")
    os.kill(first.pid, signal.SIGKILL)
    first.process.wait()

    second = embedded.start_postgres(tmp_path, durable=True)
    kept = ask(second.url_owner, "SELECT n FROM kept")
    second.stop()

    assert kept == 7


def test_servers_of_a_killed_parent_do_not_stand_in_the_way(tmp_path: Path) -> None:
    died = subprocess.run(
        [sys.executable, "-c", START_AND_DIE, str(tmp_path)], cwd=ROOT, check=False
    )

    postgres = embedded.start_postgres(tmp_path, durable=True)
    valkey = embedded.start_valkey(tmp_path)
    kept = ask(postgres.url_owner, "SELECT n FROM kept")
    valkey.stop()
    postgres.stop()

    assert died.returncode == -signal.SIGKILL
    assert kept == 7


def test_a_second_start_replaces_a_server_that_still_runs_on_the_same_home(
    tmp_path: Path,
) -> None:
    first = embedded.start_postgres(tmp_path, durable=True)

    second = embedded.start_postgres(tmp_path, durable=True)
    first_ended = first.process.wait(10)
    second.stop()

    assert first_ended == 0
    assert first.pid != second.pid


@pytest.mark.parametrize("name", ["with a space", "l" * 130, "it's 100% é,comma"])
def test_any_folder_name_will_do(tmp_path: Path, name: str) -> None:
    postgres = embedded.start_postgres(tmp_path / name, durable=False)
    valkey = embedded.start_valkey(tmp_path / name)

    answers = ask(postgres.url_app, "SELECT 1"), redis.Redis.from_url(valkey.url).ping()
    valkey.stop()
    postgres.stop()

    assert answers == (1, True)


def test_a_broken_database_is_one_sentence(tmp_path: Path) -> None:
    embedded.start_postgres(tmp_path, durable=False).stop()
    (tmp_path / "postgres" / "data" / "global" / "pg_control").write_bytes(b"")

    with pytest.raises(CannotStart, match=r"^The database did not start: [^\n]*pg_control[^\n]*$"):
        embedded.start_postgres(tmp_path, durable=False)


def test_a_database_of_another_version_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "postgres" / "data").mkdir(parents=True)
    (tmp_path / "postgres" / "data" / "PG_VERSION").write_text("17\n")

    with pytest.raises(CannotStart, match="was written by PostgreSQL 17"):
        embedded.start_postgres(tmp_path, durable=False)


def test_a_folder_that_is_no_database_is_left_alone(tmp_path: Path) -> None:
    cluster = tmp_path / "postgres" / "data"
    cluster.mkdir(parents=True)
    (cluster / "letter.txt").write_text("mine")

    with pytest.raises(CannotStart, match="is not a PostgreSQL database"):
        embedded.start_postgres(tmp_path, durable=False)
    assert (cluster / "letter.txt").read_text() == "mine"


def test_a_half_made_database_is_made_anew(tmp_path: Path) -> None:
    draft = tmp_path / "postgres" / "data.new"
    draft.mkdir(parents=True)
    (draft / "PG_VERSION").write_text("18\n")

    postgres = embedded.start_postgres(tmp_path, durable=False)
    postgres.stop()

    assert not draft.exists()


def test_valkey_listens_on_no_network(tmp_path: Path) -> None:
    valkey = embedded.start_valkey(tmp_path)

    with redis.Redis.from_url(valkey.url) as client:
        port = client.config_get("port")
    valkey.stop()

    assert port == {"port": "0"}
