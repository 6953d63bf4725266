"""Where the way out leads: to public machines under their names, and never into our own network."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any

import pytest

from app.providers import wire
from app.providers.wire import Address, Forbidden, Silence, Wire

PUBLIC = "93.184.215.14"


@pytest.fixture(autouse=True)
def _as_in_production() -> Iterator[None]:
    wire.connect(allows_loopback=False)
    yield
    wire.connect(allows_loopback=True)


class Names:
    """What the resolver of this machine says; connections to numbers find no network."""

    def __init__(self, **known: list[str]) -> None:
        self.known, self.asked = known, list[str]()

    def getaddrinfo(self, host: str, port: int, *_: Any, **__: Any) -> list[Any]:
        self.asked.append(host)
        numbers = self.known.get(host.split(".", maxsplit=1)[0])
        if numbers is None or not numbers:
            raise OSError("nothing is known of this")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (n, port)) for n in numbers]


def named(monkeypatch: pytest.MonkeyPatch, **known: list[str]) -> Names:
    names = Names(**known)
    monkeypatch.setattr(socket, "getaddrinfo", names.getaddrinfo)
    return names


@pytest.mark.parametrize(
    "number",
    [
        "0.0.0.0",
        "10.0.0.1",
        "100.64.0.1",
        "127.0.0.1",
        "127.255.255.254",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.1",
        "192.0.2.1",
        "192.168.1.1",
        "198.18.0.1",
        "198.51.100.1",
        "203.0.113.1",
        "224.0.0.1",
        "239.255.255.255",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::127.0.0.1",
        "::a00:1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "::ffff:169.254.169.254",
        "::ffff:0:7f00:1",
        "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::808:808",
        "100::1",
        "2001::1",
        "2001:0:4136:e378:8000:63bf:3fff:fdd2",
        "2001:db8::1",
        "2002:7f00:1::",
        "2002:a00:1::1",
        "3fff::1",
        "4000::1",
        "5f00::1",
        "fc00::1",
        "fd00:ec2::254",
        "fe80::1",
        "fe80::1%1",
        "fec0::1",
        "ff02::1",
        "",
        "localhost",
        "0x7f.1",
        "2130706433",
        "127.1",
        "1.1.1.1.1",
    ],
)
def test_these_numbers_are_not_of_the_public_internet(number: str) -> None:
    assert not wire.is_public(number)


@pytest.mark.parametrize(
    "number",
    ["1.1.1.1", PUBLIC, "2606:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101", "2002:101:101::1"],
)
def test_these_numbers_are(number: str) -> None:
    assert wire.is_public(number)


@pytest.mark.parametrize(
    "url",
    [
        "http://api.example.com",
        "ftp://api.example.com",
        "file:///etc/passwd",
        "gopher://api.example.com",
        "//api.example.com",
        "api.example.com",
        "",
        "https://",
        "https://api.example.com:8443",
        "https://api.example.com:80",
        "https://api.example.com:99999",
        "https://api.example.com:x",
        "https://user@api.example.com",
        "https://user:secret@api.example.com",
        "https://@api.example.com",
        "https://api.example.com?to=1",
        "https://api.example.com#here",
        "https://localhost",
        "https://localhost.",
        "https://api",
        "https://api.example.com.",
        "https://127.0.0.1",
        "https://2130706433",
        "https://0x7f000001",
        "https://0177.0.0.1",
        "https://127.1",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]",
        "https://[::ffff:127.0.0.1]",
        "https://[fd00:ec2::254]",
        "https://93.184.215.14",
        "https://api_x.example.com",
        "https://-api.example.com",
        "https://api..example.com",
        "https://\N{CIRCLED DIGIT ONE}.example.com",
        "https://api.example\N{FULLWIDTH FULL STOP}com",
        "https://api.example.com\\@127.0.0.1",
        "https://" + "a" * 64 + ".com",
        "https://" + "a." * 130 + "com",
        "http://127.0.0.1:5000",
        "http://localhost",
        "https://[::1",
    ],
)
def test_these_addresses_are_never_called(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    names = named(monkeypatch, api=[PUBLIC])

    said = Wire(url).call("GET", "/", timeout=5)

    assert isinstance(said, Silence)
    assert said.reason.startswith("forbidden")
    assert not said.was_sent
    assert PUBLIC not in names.asked  # nobody dialled


def test_a_public_name_is_called_at_the_number_it_has(monkeypatch: pytest.MonkeyPatch) -> None:
    named(monkeypatch, api=[PUBLIC, "1.1.1.1"])

    assert wire.resolve("https://API.example.com/v2/") == Address(
        "api.example.com", PUBLIC, 443, is_tls=True, prefix="/v2"
    )


@pytest.mark.parametrize(
    "numbers",
    [
        ["127.0.0.1"],
        ["169.254.169.254"],
        ["::ffff:10.0.0.1"],
        ["fd00:ec2::254"],
        [PUBLIC, "10.0.0.1"],
        ["10.0.0.1", PUBLIC],
        [],
    ],
)
def test_a_name_that_leads_inside_is_not_called_even_where_it_leads_outside_too(
    monkeypatch: pytest.MonkeyPatch, numbers: list[str]
) -> None:
    named(monkeypatch, api=numbers)

    with pytest.raises(Forbidden):
        wire.resolve("https://api.example.com")


def test_a_name_is_asked_for_once_so_that_a_second_answer_changes_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    names = named(monkeypatch, rebinds=[PUBLIC])

    said = Wire("https://rebinds.example.com").call("GET", "/", timeout=5)

    assert names.asked == ["rebinds.example.com", PUBLIC]
    assert said == Silence("no_connection", was_sent=False)


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_only_where_sandboxes_run_is_this_machine_called(scheme: str) -> None:
    url = f"{scheme}://localhost:5000/api"
    with pytest.raises(Forbidden):
        wire.resolve(url)

    wire.connect(allows_loopback=True)

    there = Address("localhost", "127.0.0.1", 5000, is_tls=scheme == "https", prefix="/api")
    assert wire.resolve(url) == there


@pytest.mark.parametrize("url", ["http://10.0.0.1", "http://[::1]", "http://169.254.169.254"])
def test_where_sandboxes_run_other_machines_inside_are_not_called(url: str) -> None:
    wire.connect(allows_loopback=True)

    with pytest.raises(Forbidden):
        wire.resolve(url)
