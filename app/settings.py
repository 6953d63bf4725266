"""Settings: one frozen object read from the environment; every problem is listed at once."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

DEFAULT_HOME: Final = ".laurel"
ENVIRONMENT_FILE: Final = "environment"
"""In LAUREL_HOME, while `make run` runs: how its commands reach the servers it started."""


_LONGEST_SOCKET_PATH: Final = 100


def intake_socket_in(home: Path) -> Path | None:
    """Return where the intake desk of the installation in `home` listens, if a socket fits there."""
    path = home.resolve() / "intake.sock"
    return path if len(os.fsencode(path)) <= _LONGEST_SOCKET_PATH else None


def sandbox_hook_in(home: Path, vendor: str) -> Path:
    """Return the file that tells a vendor played on this machine where its webhooks go, and their secret."""
    return home / "sandboxes" / f"{vendor}.hook.json"


class Mode(StrEnum):
    """What kind of installation this is."""

    PRODUCTION = "production"
    DEMO = "demo"
    TEST = "test"


class BadSettings(Exception):
    """The environment cannot be used; the message lists every problem, one a line."""


@dataclass(frozen=True, slots=True)
class SmsSettings:
    """The account with the gateway that carries texts."""

    url: str
    account: str
    token: str = field(repr=False)
    sender: str
    """A number (E.164), a short code, a name of up to 11 letters, or a messaging service (MG...)."""
    countries: frozenset[str]
    """Where texts may go, as ISO 3166 codes; empty: anywhere."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything an installation decides, read once at start."""

    mode: Mode
    home: Path
    """All state that is not in the database: keys, logs, uploads."""
    database_url: str
    owner_url: str
    """The role that owns the tables: migrations and nothing else."""
    redis_url: str
    public_url: str
    """Where browsers reach us; decides cookie names, allowed origins and the passkey domain."""
    port: int
    proxies: int
    """How many proxies of our own stand in front; each adds one address to X-Forwarded-For."""
    smtp_url: str | None
    mail_from: str
    sms: SmsSettings | None
    """None: nobody is sent texts, and nobody is offered them."""
    crash_at: str | None
    """Test builds only: the named point at which the process dies."""
    conformance: bool
    """Never in production: the endpoints by which the ledger-conformance-kit judges the books."""

    @property
    def is_demo(self) -> bool:
        """Whether personas and the demo mailbox exist."""
        return self.mode in (Mode.DEMO, Mode.TEST)

    @property
    def is_https(self) -> bool:
        """Whether browsers reach us over TLS."""
        return self.public_url.startswith("https://")

    @property
    def passkey_domain(self) -> str:
        """The relying party id of passkeys: the host of the public address."""
        return urlsplit(self.public_url).hostname or "localhost"

    @property
    def origins(self) -> tuple[str, ...]:
        """The origins a browser may call from; on a laptop the loopback address as well as localhost."""
        if self.is_https:
            return (self.public_url,)
        return (self.public_url, f"http://localhost:{self.port}", f"http://127.0.0.1:{self.port}")

    @property
    def intake_socket(self) -> Path | None:
        """Where the intake desk listens; None where the path is too long for a socket."""
        return intake_socket_in(self.home)

    @property
    def keys_folder(self) -> Path:
        """Where the root key of the code vault and the signing key live."""
        return self.home / "keys"


def _with_running(environment: Mapping[str, str]) -> Mapping[str, str]:
    """Complete the environment of a command by that of the installation that runs in LAUREL_HOME."""
    if "DATABASE_URL" in environment:
        return environment
    running = Path(environment.get("LAUREL_HOME", DEFAULT_HOME)) / ENVIRONMENT_FILE
    if not running.is_file():
        return environment
    lines = running.read_text("utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line) | dict(environment)


_ACCOUNT: Final = re.compile(r"AC[0-9a-fA-F]{32}")
_SENDER: Final = re.compile(
    r"\+[1-9][0-9]{6,14}|[0-9]{3,8}|MG[0-9a-fA-F]{32}|(?=.*[A-Za-z])[A-Za-z0-9 ]{1,11}"
)


def _read_sms(env: Mapping[str, str], problems: list[str]) -> SmsSettings | None:
    if not env.get("SMS_ACCOUNT"):
        return None
    sms = SmsSettings(
        url=(env.get("SMS_URL") or "https://api.twilio.com").rstrip("/"),
        account=env["SMS_ACCOUNT"],
        token=env.get("SMS_TOKEN", ""),
        sender=env.get("SMS_FROM", ""),
        countries=frozenset(env.get("SMS_COUNTRIES", "").upper().replace(",", " ").split()),
    )
    if not _ACCOUNT.fullmatch(sms.account):
        problems.append("SMS_ACCOUNT must be the Account SID: AC and 32 hexadecimal digits.")
    if not sms.token:
        problems.append("SMS_TOKEN is not set: the Auth Token of SMS_ACCOUNT.")
    if not _SENDER.fullmatch(sms.sender):
        problems.append("SMS_FROM must be a number (+...), a short code, a name, or MG...")
    if unknown := sorted(code for code in sms.countries if not re.fullmatch("[A-Z]{2}", code)):
        problems.append(f"SMS_COUNTRIES holds {', '.join(unknown)}: two letters a country.")
    return sms


def read_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Read the settings; raise BadSettings with every problem when they cannot be used."""
    env = _with_running(os.environ) if environment is None else environment
    problems: list[str] = []

    def need(name: str, why: str) -> str:
        value = env.get(name, "")
        if not value:
            problems.append(f"{name} is not set: {why}.")
        return value

    mode_text = env.get("LAUREL_MODE", "production")
    if mode_text not in Mode.__members__.values():
        problems.append(f"LAUREL_MODE is {mode_text!r}: it must be production, demo or test.")
        mode_text = "production"
    port_text = env.get("PORT", "8000")
    if not port_text.isdigit() or not 0 < int(port_text) < 65536:
        problems.append(f"PORT is {port_text!r}: it must be a number from 1 to 65535.")
        port_text = "8000"
    database_url = need("DATABASE_URL", "the PostgreSQL database, postgresql://role@host/name")
    public_url = env.get("LAUREL_URL", f"http://localhost:{port_text}").rstrip("/")
    if urlsplit(public_url).scheme not in ("http", "https") or not urlsplit(public_url).hostname:
        problems.append(f"LAUREL_URL is {public_url!r}: it must be the address browsers use.")
    proxies_text = env.get("LAUREL_PROXIES", "0")
    if not proxies_text.isdigit():
        problems.append(f"LAUREL_PROXIES is {proxies_text!r}: it must be a number, such as 1.")
        proxies_text = "0"
    mode = Mode(mode_text)
    crash_at = env.get("CRASH_AT") or None
    if crash_at and mode is not Mode.TEST:
        problems.append("CRASH_AT works in test builds only.")
    conformance = env.get("LAUREL_CONFORMANCE", "0") == "1"
    if conformance and mode is Mode.PRODUCTION:
        problems.append("LAUREL_CONFORMANCE opens the books to anybody: never in production.")
    settings = Settings(
        mode=mode,
        home=Path(env.get("LAUREL_HOME", DEFAULT_HOME)).resolve(),
        database_url=database_url,
        owner_url=env.get("DATABASE_OWNER_URL") or database_url,
        redis_url=need("REDIS_URL", "the Valkey or Redis server, redis://host:port/0"),
        public_url=public_url,
        port=int(port_text),
        proxies=int(proxies_text),
        smtp_url=env.get("SMTP_URL") or None,
        mail_from=env.get("MAIL_FROM", "Laurel <laurel@localhost>"),
        sms=_read_sms(env, problems),
        crash_at=crash_at,
        conformance=conformance,
    )
    if problems:
        raise BadSettings("\n".join(problems))
    return settings
