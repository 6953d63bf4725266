"""Servers of one connection that answer byte by byte as a test says, plain or over TLS."""

from __future__ import annotations

import datetime as dt
import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

PATIENCE: Final = 60.0

Say = Callable[[socket.socket], None]


@dataclass
class Line:
    """What came in over a connection, and where it is answered."""

    port: int
    heard: bytes = b""
    callers: int = 0
    is_over: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


def raw(*pieces: bytes) -> Say:
    """Say these bytes and hang up."""

    def say(connection: socket.socket) -> None:
        for piece in pieces:
            connection.sendall(piece)

    return say


def then_nothing(*pieces: bytes) -> Say:
    """Say these bytes, then nothing for as long as the caller holds the line."""

    def say(connection: socket.socket) -> None:
        raw(*pieces)(connection)
        connection.recv(1)

    return say


def for_ever(start: bytes, again: bytes, *, pause: float = 0.0) -> Say:
    """Say `start`, and then `again` until the caller hangs up."""

    def say(connection: socket.socket) -> None:
        connection.sendall(start)
        while True:
            connection.sendall(again)
            threading.Event().wait(pause)

    return say


def ok(body: bytes, *headers: str) -> bytes:
    """Return a good answer."""
    head = "".join(f"{header}\r\n" for header in (*headers, f"Content-Length: {len(body)}"))
    return f"HTTP/1.1 200 OK\r\n{head}\r\n".encode() + body


@contextmanager
def answering(say: Say, *, secured: ssl.SSLContext | None = None) -> Iterator[Line]:
    """Serve one caller, then another, from a thread."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(PATIENCE)
        line = Line(server.getsockname()[1])
        stopping = threading.Event()

        def serve() -> None:
            while not stopping.is_set():
                connection, _ = server.accept()
                if stopping.is_set():
                    connection.close()
                    return
                line.callers += 1
                _talk(line, connection, say, secured)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield line
        finally:
            stopping.set()
            socket.create_connection(("127.0.0.1", line.port)).close()
            thread.join(PATIENCE)


def _talk(line: Line, connection: socket.socket, say: Say, secured: ssl.SSLContext | None) -> None:
    try:
        connection.settimeout(PATIENCE)
        spoken = secured.wrap_socket(connection, server_side=True) if secured else connection
        with spoken:
            _hear(line, spoken)
            say(spoken)
    except OSError:
        pass  # the caller hung up, which is what many of these tests are about
    finally:
        connection.close()
        line.is_over.set()


def _hear(line: Line, connection: socket.socket) -> None:
    """Read a whole request."""
    while b"\r\n\r\n" not in line.heard and (piece := connection.recv(65_536)):
        line.heard += piece
    head, _, body = line.heard.partition(b"\r\n\r\n")
    for row in head.lower().split(b"\r\n"):
        if row.startswith(b"content-length:"):
            while len(body) < int(row.split(b":")[1]) and (piece := connection.recv(65_536)):
                line.heard, body = line.heard + piece, body + piece


@dataclass(frozen=True)
class Authority:
    """Whoever signs certificates; `file` is what makes it a trusted one."""

    folder: Path
    key: ec.EllipticCurvePrivateKey
    name: x509.Name

    @property
    def file(self) -> Path:
        return self.folder / "authority.pem"

    def server(self, name: str = "localhost", *, days: int = 30) -> ssl.SSLContext:
        """Return a server with a certificate for `name`, which ends in `days`."""
        key = ec.generate_private_key(ec.SECP256R1())
        mine = _certificate(self, name, key, days=days)
        path = self.folder / f"{name}.{days}.pem"
        path.write_bytes(_pem(mine) + _private(key))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        return context


def make_authority(folder: Path) -> Authority:
    """Return a new authority that keeps its things in `folder`."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Authority of the tests")])
    made = Authority(folder, ec.generate_private_key(ec.SECP256R1()), name)
    made.file.write_bytes(_pem(_certificate(made, "", made.key, days=30)))
    return made


def _certificate(
    by: Authority, name: str, key: ec.EllipticCurvePrivateKey, *, days: int
) -> x509.Certificate:
    now = dt.datetime.now(dt.UTC)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]) if name else by.name
    built = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(by.name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=60))
        .not_valid_after(now + dt.timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=not name, path_length=None), critical=True)
    )
    if name:
        built = built.add_extension(x509.SubjectAlternativeName([_alternative(name)]), False)
    return built.sign(by.key, hashes.SHA256())


def _alternative(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _private(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
