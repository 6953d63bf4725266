from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from app.runtime import databases, embedded
from app.runtime.errors import CannotStart


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[embedded.PostgresHandle]:
    """A server as an operator would bring it: nothing of Laurel on it."""
    handle = embedded.start_postgres(tmp_path_factory.mktemp("operator"), durable=False)
    yield handle
    handle.stop()


@pytest.fixture
def admin(server: embedded.PostgresHandle) -> Iterator[psycopg.Connection]:
    with psycopg.connect(server.admin_url, autocommit=True) as connection:
        connection.execute("DROP DATABASE laurel WITH (FORCE)")
        connection.execute("DROP ROLE laurel_app")
        connection.execute("CREATE DATABASE laurel OWNER laurel_owner")
        yield connection
        connection.execute("DROP DATABASE laurel WITH (FORCE)")
        for role in ("shop", "laurel_app"):
            connection.execute(f"DROP ROLE IF EXISTS {role}")  # type: ignore[arg-type]
        connection.execute("ALTER ROLE laurel_owner NOCREATEROLE")
        databases.create_roles_and_database(server.admin_url)


def as_role(server: embedded.PostgresHandle, role: str) -> str:
    return server.url_owner.replace("laurel_owner@", f"{role}@")


def test_an_owner_that_may_make_roles_is_enough(
    server: embedded.PostgresHandle, admin: psycopg.Connection, tmp_path: Path
) -> None:
    admin.execute("ALTER ROLE laurel_owner CREATEROLE")

    addresses = databases.use_operators(server.url_owner, None, secrets_folder=tmp_path)

    assert urlsplit(addresses.owner).username == "laurel_owner"
    assert urlsplit(addresses.app).username == "laurel_app"
    assert urlsplit(addresses.app).password == (tmp_path / "laurel_app.password").read_text()


def test_a_second_start_uses_the_same_password(
    server: embedded.PostgresHandle, admin: psycopg.Connection, tmp_path: Path
) -> None:
    first = databases.use_operators(as_role(server, "postgres"), None, secrets_folder=tmp_path)

    second = databases.use_operators(as_role(server, "postgres"), None, secrets_folder=tmp_path)

    assert first == second


def test_an_owner_that_may_not_make_roles_is_told_the_sql(
    server: embedded.PostgresHandle, admin: psycopg.Connection, tmp_path: Path
) -> None:
    with pytest.raises(CannotStart, match="run CREATE ROLE laurel_app LOGIN PASSWORD"):
        databases.use_operators(server.url_owner, None, secrets_folder=tmp_path)


def test_a_login_of_the_operators_own_is_made_a_member(
    server: embedded.PostgresHandle, admin: psycopg.Connection, tmp_path: Path
) -> None:
    admin.execute("CREATE ROLE shop LOGIN")

    databases.use_operators(
        as_role(server, "shop"), as_role(server, "postgres"), secrets_folder=tmp_path
    )

    row = admin.execute("SELECT pg_has_role('shop', 'laurel_app', 'USAGE')").fetchone()
    assert row == (True,)


def test_a_login_that_passes_every_wall_is_refused(
    server: embedded.PostgresHandle, admin: psycopg.Connection, tmp_path: Path
) -> None:
    admin.execute("CREATE ROLE shop LOGIN BYPASSRLS")

    with pytest.raises(CannotStart, match="run ALTER ROLE shop NOSUPERUSER NOBYPASSRLS"):
        databases.use_operators(
            as_role(server, "shop"), as_role(server, "postgres"), secrets_folder=tmp_path
        )


def test_the_owner_is_not_what_the_application_connects_as(
    server: embedded.PostgresHandle, admin: psycopg.Connection, tmp_path: Path
) -> None:
    with pytest.raises(CannotStart, match="two different roles"):
        databases.use_operators(server.url_owner, server.url_owner, secrets_folder=tmp_path)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("mysql://root@localhost/x", "must look like postgresql://"),
        ("not an address", "is not an address like"),
        ("postgresql://me@127.0.0.1:1/x", "did not let us in: .*refused"),
    ],
)
def test_a_useless_address_is_one_sentence(url: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(CannotStart, match=said):
        databases.use_operators(url, None, secrets_folder=tmp_path)
