"""One command that starts everything, watches it and stops it in the right order."""

import os
import resource
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from app.runtime import databases, embedded, home, processes, sandboxes, schema, site, valkey
from app.runtime.changes import Changes
from app.runtime.children import Child, Role
from app.runtime.console import Console
from app.runtime.errors import CannotStart
from app.runtime.progress import say, step

_TICK_SECONDS = 0.5
_PAUSE_SECONDS = 0.1
_AGAIN_SECONDS = 5.0
_MAX_OPEN_FILES = 65_536


class StopRequested(BaseException):
    """Ctrl-C, a signal to end, or a closed terminal."""


@dataclass(frozen=True)
class Options:
    """What the operator chose, from the environment and the command line."""

    home: Path
    root: Path
    host: str
    port: int
    mode: str
    with_feed: bool
    with_logs: bool
    reload: bool
    sandboxes: Mapping[str, int]
    """The vendors that are played on this machine, and on which port."""
    database_url: str | None
    owner_url: str | None
    redis_url: str | None


def read_options(environment: Mapping[str, str], *, root: Path, reload: bool) -> Options:
    """Read the choices that concern starting; the application reads its own settings itself."""
    port = environment.get("PORT", "8000")
    if not port.isdigit() or not 0 < int(port) < 65536:
        raise CannotStart(f"PORT is {port!r}; it must be a number from 1 to 65535.")
    mode = environment.get("LAUREL_MODE", "demo")
    return Options(
        home=Path(environment.get("LAUREL_HOME") or root / ".laurel").expanduser().resolve(),
        root=root,
        host=environment.get("HOST", "127.0.0.1"),
        port=int(port),
        mode=mode,
        with_feed=mode == "demo" and environment.get("FEED", "1") != "0",
        with_logs=environment.get("LOG", "0") == "1",
        reload=reload,
        sandboxes=sandboxes.free_ports()
        if mode == "demo" and environment.get("SANDBOXES", "1") != "0"
        else {},
        database_url=environment.get("DATABASE_URL") or None,
        owner_url=environment.get("DATABASE_OWNER_URL") or None,
        redis_url=environment.get("REDIS_URL") or None,
    )


class Supervisor:
    """Everything that runs for one LAUREL_HOME."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._postgres: embedded.PostgresHandle | None = None
        self._valkey: embedded.ValkeyHandle | None = None
        self._children: list[Child] = []
        self._console: Console | None = None
        self._hurry = False

    def run(self) -> None:
        """Start, watch until asked to stop, stop; raises CannotStart when it cannot start."""
        options = self._options
        _open_more_files()
        with home.occupied(options.home):
            self._listen_for_signals()
            try:
                self._start()
                self._watch()
            except StopRequested:
                say("")
            finally:
                self._stop()

    def _start(self) -> None:
        options = self._options
        started = time.monotonic()
        say(f"Laurel starts; everything it keeps is in {options.home}")
        self._end_leftovers()
        home.check_space(options.home)
        _check_port(options.host, options.port)
        environment = self._start_servers()
        if not schema.is_current(environment["DATABASE_OWNER_URL"], root=options.root):
            with step("Migrations"):
                self._command("migrate", environment, "-m", "alembic", "upgrade", "head")
        if options.mode == "demo":
            with step("Demo company") as report:
                self._command("seed", environment, *site.flask("demo", "seed"), report=report)
        self._start_children(environment)
        seconds = time.monotonic() - started
        say(f"\nLaurel is ready after {seconds:.1f} s: http://localhost:{options.port}")
        say(_what_to_do(options))

    def _start_servers(self) -> dict[str, str]:
        """Start the servers nobody gave us and return the environment of our processes."""
        options = self._options
        if options.database_url is None:
            with step("PostgreSQL"):
                self._postgres = embedded.start_postgres(options.home, durable=True)
            owner, app = self._postgres.url_owner, self._postgres.url_app
        else:
            with step("PostgreSQL of DATABASE_URL"):
                addresses = databases.use_operators(
                    options.database_url, options.owner_url, secrets_folder=options.home / "keys"
                )
            owner, app = addresses.owner, addresses.app
        redis_url = options.redis_url
        if redis_url is None:
            with step("Valkey"):
                self._valkey = embedded.start_valkey(options.home)
            redis_url = self._valkey.url
        else:
            with step("Valkey of REDIS_URL"):
                valkey.check_operators(redis_url)
        own = {
            "DATABASE_URL": app,
            "REDIS_URL": redis_url,
            "LAUREL_HOME": str(options.home),
            "LAUREL_MODE": options.mode,
            "PORT": str(options.port),
            sandboxes.VARIABLE: sandboxes.told(options.sandboxes),
            **sandboxes.texts(options.sandboxes, os.environ),
        }
        home.write_environment(options.home, own)
        more = {"DATABASE_OWNER_URL": owner, "HOST": options.host, "PYTHONUNBUFFERED": "1"}
        return os.environ | own | more

    def _command(
        self,
        name: str,
        environment: Mapping[str, str],
        *arguments: str,
        report: Callable[[str], None] = lambda _: None,
    ) -> None:
        """Run one of our commands to its end, its output going to the log `name` and its last line on."""
        log = home.log_file(self._options.home, name)
        begin = log.stat().st_size if log.exists() else 0
        with log.open("ab") as output:
            process = processes.spawn(
                [sys.executable, *arguments], output=output, env=environment, cwd=self._options.root
            )
        self._remember(process)
        try:
            while (code := process.poll()) is None:
                time.sleep(_PAUSE_SECONDS)
                report(_last_line(log, begin))
        except BaseException:
            processes.stop(process, with_signal=signal.SIGTERM, seconds=5)
            raise
        if code != 0:
            reason = _last_line(log, begin) or f"exit code {code}"
            raise CannotStart(f"{name} failed: {reason.rstrip('.')} (see {log}).")

    def _start_children(self, environment: Mapping[str, str]) -> None:
        options = self._options
        without_owner = {k: v for k, v in environment.items() if k != "DATABASE_OWNER_URL"}
        if options.with_logs:
            names = [role.name for role in _roles(options)]
            self._console = Console([home.log_file(options.home, name) for name in names])
        with step("Web, intake, worker and clock"):
            for role in _roles(options):
                child = Child(role, options.home, options.root, without_owner)
                child.start()
                self._children.append(child)
                self._remember()
                if role.name == "clock":
                    site.wait_until_ready(options.port, self._children)
        if self._console is not None:
            self._console.start()

    def _watch(self) -> None:
        changes = Changes(self._options.root / "app") if self._options.reload else None
        while True:
            time.sleep(_TICK_SECONDS)
            self._tend_servers()
            restarted = [child for child in self._children if child.tend()]
            if restarted:
                self._remember()
            if changes is not None and changes.found():
                self._restart_for_changes()

    def _tend_servers(self) -> None:
        """Start a server again that died; what runs goes on, so a failure is tried again."""
        try:
            if self._postgres is not None and self._postgres.process.poll() is not None:
                say("PostgreSQL ended and starts again")
                self._postgres = embedded.start_postgres(self._options.home, durable=True)
            if self._valkey is not None and self._valkey.process.poll() is not None:
                say("Valkey ended and starts again")
                self._valkey = embedded.start_valkey(self._options.home)
        except CannotStart as problem:
            say(f"{problem} Trying again.")
            time.sleep(_AGAIN_SECONDS)

    def _restart_for_changes(self) -> None:
        for child in self._children:
            if child.role in site.own_roles(self._options.home):
                child.stop(hurry=True)
                child.start()
        self._remember()
        say("The source changed; its processes run the new one")

    def _remember(self, *more: subprocess.Popen[bytes]) -> None:
        running = [child.process for child in self._children if child.process is not None]
        record = self._options.home / "processes.json"
        processes.remember(record, [*running, *more])

    def _end_leftovers(self) -> None:
        """Stop what a killed Laurel left running for this home, and only that."""
        leftovers = [
            (identity, process)
            for identity in processes.recall(self._options.home / "processes.json")
            if (process := identity.find()) is not None
        ]
        if leftovers:
            with step("Ending what an earlier start left"):
                for identity, process in reversed(leftovers):
                    processes.end_leftover(process, with_signal=signal.SIGTERM, seconds=10)
                    processes.end_group(identity.pid)

    def _stop(self) -> None:
        """Feed, clock, worker, web, intake, then the servers they use; the reverse of starting."""
        self._listen_for_hurry()
        if self._children or self._postgres or self._valkey:
            say("Laurel stops")
        for child in site.in_stop_order(self._children):
            child.stop(hurry=self._hurry)
        if self._console is not None and self._console.is_alive():
            self._console.stop()
        if self._valkey is not None:
            self._valkey.stop()
        if self._postgres is not None:
            self._postgres.stop()

    def _listen_for_signals(self) -> None:
        def stop(_number: int, _frame: FrameType | None) -> None:
            raise StopRequested

        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, stop)

    def _listen_for_hurry(self) -> None:
        """Lose patience with our processes on a second Ctrl-C; the database still ends cleanly."""

        def hurry(_number: int, _frame: FrameType | None) -> None:
            self._hurry = True

        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, hurry)


def _roles(options: Options) -> list[Role]:
    roles = site.own_roles(options.home)
    if options.reload:
        roles.append(site.FRONT)
    if options.with_feed:
        roles.append(site.FEED)
    return [*sandboxes.roles(options.sandboxes, options.home), *roles]


def _what_to_do(options: Options) -> str:
    stop = "Ctrl-C stops everything; the data stays."
    if options.mode != "demo":
        return f"Open it in a browser. {stop}"
    return (
        "Open it and choose who to be: a rep, an agent, a manager, the director or finance.\n"
        f"Machines use the key in {options.home / 'demo-api-key'}. {stop}"
    )


def _last_line(log: Path, begin: int) -> str:
    said = log.read_bytes()[begin:].decode(errors="replace").strip().splitlines()
    return said[-1] if said else ""


def _check_port(host: str, port: int) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except PermissionError:
            raise CannotStart(f"Port {port} needs root; choose one above 1023.") from None
        except OSError:
            raise CannotStart(
                f"Port {port} is in use by another program; choose another, "
                f"such as 'make run PORT={port + 1}'."
            ) from None


def _open_more_files() -> None:
    """Every phone that looks at a board is an open file; systems start with as few as 256."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _MAX_OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, _MAX_OPEN_FILES)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
