"""The way out: HTTP to providers, with a deadline over all, and never into our own network.

The name is resolved once, every address it has must be a public one, and the connection goes to that
very address: what a name says later no longer matters. Redirects are not followed, certificates are
verified, answers are cut off at a limit. A call ends in a Reply or in a Silence, never in an exception.
"""

from __future__ import annotations

import http.client
import io
import ipaddress
import re
import socket
import ssl
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

from app.db.crash import crash_point
from app.kernel import strict_json

SIZE_LIMIT: Final = 5_000_000
CONNECT_LIMIT: Final = 5.0
PORTS: Final = frozenset({443})

_NAME = re.compile(
    r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]"
)
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_UNICAST = ipaddress.IPv6Network("2000::/3")
_EXAMPLES = ipaddress.IPv6Network("3fff::/20")


class BadReply(Exception):
    """The answer is not JSON as we accept it: nobody can say what it means."""


class Forbidden(Exception):
    """The address is not one that we call."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer. Header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """Return the body read strictly, fractions as Decimal; raise BadReply when it is anything else."""
        try:
            return strict_json.loads(self.body)
        except strict_json.MalformedJson as error:
            raise BadReply(error.detail) from None

    def __repr__(self) -> str:
        return f"Reply({self.status}, {len(self.body)} bytes)"


@dataclass(frozen=True, slots=True)
class Silence:
    """No answer that can be used. `was_sent`: the request may have arrived."""

    reason: str
    was_sent: bool


@dataclass(frozen=True, slots=True)
class Exchange:
    """What was said to one call, as it is kept for whoever must find out what happened."""

    method: str
    path: str
    said: Reply | Silence


@dataclass(slots=True)
class _Installation:
    allows_loopback: bool = False


_here = _Installation()


def connect(*, allows_loopback: bool) -> None:
    """Say once, at start, whether sandboxes on this machine may be called (demo and test only)."""
    _here.allows_loopback = allows_loopback


@dataclass(frozen=True, slots=True)
class Address:
    """Where a call goes: the name that the certificate must carry, and the number it was resolved to."""

    name: str
    number: str
    port: int
    is_tls: bool
    prefix: str


def resolve(url: str) -> Address:
    """Return the one address that `url` may be called at; raise Forbidden when there is none."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise Forbidden("The address cannot be read.") from None
    name = (parts.hostname or "").lower()
    if parts.username is not None or parts.password is not None:
        raise Forbidden("An address must not hold a user name.")
    if parts.query or parts.fragment:
        raise Forbidden("A base address has no query.")
    is_tls, prefix = parts.scheme == "https", parts.path.rstrip("/")
    if _here.allows_loopback and _is_here(parts.scheme, name):
        return Address(name, "127.0.0.1", port or (443 if is_tls else 80), is_tls, prefix)
    if not is_tls:
        raise Forbidden("Only https is called.")
    if not _NAME.fullmatch(name):
        raise Forbidden("The host must be a plain domain name.")
    if (port or 443) not in PORTS:
        raise Forbidden("Only port 443 is called.")
    return Address(name, _public(name), port or 443, is_tls, prefix)


def _is_here(scheme: str, name: str) -> bool:
    return scheme in ("http", "https") and name in ("127.0.0.1", "localhost")


def _public(name: str) -> str:
    try:
        found = socket.getaddrinfo(name, 443, type=socket.SOCK_STREAM)
    except OSError:
        raise Forbidden("The name is not known.") from None
    numbers = [str(entry[4][0]) for entry in found]
    if not numbers or not all(is_public(number) for number in numbers):
        # One private address among public ones is how rebinding looks.
        raise Forbidden("The name leads into a private network.")
    return numbers[0]


def is_public(number: str) -> bool:
    """Whether an IP address is one of the public internet, also when it wraps another one."""
    try:
        address = ipaddress.ip_address(number)
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address):
        return _is_public_six(address)
    return address.is_global and not address.is_multicast and not address.is_reserved


def _is_public_six(address: ipaddress.IPv6Address) -> bool:
    if address in _NAT64:
        return is_public(str(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)))
    if (inside := address.ipv4_mapped or address.sixtofour) is not None:
        return is_public(str(inside))
    # Only what is given out for the public internet: other ranges wrap IPv4 in ways of their own.
    if address not in _UNICAST or address in _EXAMPLES or address.teredo is not None:
        return False
    return address.is_global


@dataclass(slots=True)
class Wire:
    """Calls to one base address. `said` collects the answers of this wire's life.

    `longest`: no call may take more seconds than this, whatever the adapter would wait.
    """

    base_url: str
    said: list[Exchange] = field(default_factory=list)
    size_limit: int = SIZE_LIMIT
    longest: float | None = None

    def call(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        timeout: float,
    ) -> Reply | Silence:
        """Send one request to `path` below the base address; wait at most `timeout` seconds in all."""
        patience = timeout if self.longest is None else min(timeout, self.longest)
        request = _Request(method, path, headers or {}, body, time.monotonic() + patience)
        said = _call(self, request)
        self.said.append(Exchange(method, path, said))
        return said


@dataclass(frozen=True, slots=True)
class _Request:
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes | None
    end: float


def _call(wire: Wire, request: _Request) -> Reply | Silence:
    line: _Line | None = None
    try:
        to = resolve(wire.base_url)
        line = _Line(_dial(to, request.end), request.end)
        return _talk(to, line, request, wire.size_limit)
    except Forbidden as error:
        return Silence(f"forbidden: {error}", was_sent=False)
    except ssl.SSLCertVerificationError:
        return Silence("certificate", was_sent=False)
    except (OSError, http.client.HTTPException, ValueError) as error:
        was_sent = line is not None and line.was_used
        return Silence(_reason(error, was_sent=was_sent), was_sent)
    finally:
        if line is not None:
            line.sock.close()


def _talk(to: Address, line: _Line, request: _Request, limit: int) -> Reply | Silence:
    connection = http.client.HTTPConnection(to.name, to.port)
    connection.default_port = 443 if to.is_tls else 80  # not said in the Host header
    connection.sock = line  # as much of a socket as http.client uses
    headers = {"Accept-Encoding": "identity", **request.headers}
    crash_point("wire.before")
    connection.request(request.method, to.prefix + request.path, request.body, headers)
    crash_point("wire.sent")
    response = connection.getresponse()
    raw = response.read(limit + 1)
    if len(raw) > limit:
        return Silence("too_large", was_sent=True)
    if response.length:
        return Silence("cut_off", was_sent=True)
    return Reply(response.status, _lower(response.getheaders()), raw)


def _dial(to: Address, end: float) -> socket.socket:
    plain = socket.create_connection((to.number, to.port), min(CONNECT_LIMIT, _left(end)))
    if not to.is_tls:
        return plain
    try:
        plain.settimeout(min(CONNECT_LIMIT, _left(end)))
        return ssl.create_default_context().wrap_socket(plain, server_hostname=to.name)
    except BaseException:
        plain.close()
        raise


class _Line:
    """A socket whose every wait ends at one deadline, and which remembers whether anything left."""

    def __init__(self, sock: socket.socket, end: float) -> None:
        self.sock, self._end = sock, end
        self.was_used = False

    def sendall(self, raw: bytes) -> None:
        self.was_used = True
        self.wait().sendall(raw)

    def makefile(self, mode: str) -> io.BufferedReader:  # noqa: ARG002 - http.client asks for "rb"
        return io.BufferedReader(_Reader(self))

    def wait(self) -> socket.socket:
        """Return the socket, ready to wait for as long as there is time left."""
        self.sock.settimeout(_left(self._end))
        return self.sock

    def close(self) -> None:
        """Leave it open: http.client is done with the connection before the answer is read."""


class _Reader(io.RawIOBase):
    def __init__(self, line: _Line) -> None:
        self._line = line

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        return self._line.wait().recv_into(buffer)


def _left(end: float) -> float:
    left = end - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _lower(headers: Iterable[tuple[str, str]]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers}


def _reason(error: Exception, *, was_sent: bool) -> str:
    if isinstance(error, TimeoutError):
        return "timeout"
    if isinstance(error, http.client.RemoteDisconnected):
        return "connection_lost"
    if isinstance(error, http.client.IncompleteRead):
        return "cut_off"
    if isinstance(error, http.client.HTTPException | ValueError):
        return "unreadable"
    return "connection_lost" if was_sent else "no_connection"
