"""The way out, over real sockets: what is said, what is believed, and how long anybody may take."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from app.providers import wire
from app.providers.wire import BadReply, Exchange, Reply, Silence, Wire
from tests.providers import lines
from tests.providers.lines import Authority, answering, for_ever, ok, raw, then_nothing

LONG = 60.0
SHORT = 1.5
LIMIT = 1_000


@pytest.fixture(autouse=True)
def _sandboxes_may_be_called() -> None:
    wire.connect(allows_loopback=True)


def call(url: str, path: str = "/orders", *, timeout: float = LONG) -> Reply | Silence:
    return Wire(url, size_limit=LIMIT).call("GET", path, timeout=timeout)


def test_what_is_said_arrives_whole_under_the_base_path() -> None:
    with answering(raw(ok(b"{}"))) as there:
        said = Wire(f"{there.url}/api/v2/").call(
            "POST", "/orders?a=1", headers={"X-Key": "k"}, body=b'{"n": 1}', timeout=LONG
        )

    head, _, body = there.heard.partition(b"\r\n\r\n")
    rows = head.split(b"\r\n")
    assert said == Reply(200, {"content-length": "2"}, b"{}")
    assert rows[0] == b"POST /api/v2/orders?a=1 HTTP/1.1"
    assert {f"Host: 127.0.0.1:{there.port}".encode(), b"X-Key: k"} <= set(rows)
    assert b"Accept-Encoding: identity" in rows
    assert body == b'{"n": 1}'


def test_header_names_come_in_lower_case() -> None:
    with answering(raw(ok(b"{}", "X-REQUEST-ID: A1", "Retry-after: 3"))) as there:
        said = call(there.url)

    assert isinstance(said, Reply)
    assert (said.headers["x-request-id"], said.headers["retry-after"]) == ("A1", "3")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_an_answer_and_not_followed(status: int) -> None:
    with answering(raw(ok(b"{}"))) as elsewhere:
        moved = (
            f"HTTP/1.1 {status} Moved\r\nLocation: {elsewhere.url}/\r\nContent-Length: 0\r\n\r\n"
        )
        with answering(raw(moved.encode())) as there:
            said = call(there.url)

    assert isinstance(said, Reply)
    assert said.status == status
    assert there.callers == 1
    assert elsewhere.heard == b""


def chunk(size: int) -> bytes:
    return f"{size:x}\r\n".encode() + b"x" * size + b"\r\n"


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
UNTIL_CLOSED = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"


@pytest.mark.parametrize(
    "answer",
    [
        ok(b"x" * LIMIT),
        CHUNKED + chunk(LIMIT - 1) + chunk(1) + b"0\r\n\r\n",
        UNTIL_CLOSED + b"x" * LIMIT,
    ],
)
def test_an_answer_may_have_as_many_bytes_as_the_limit(answer: bytes) -> None:
    with answering(raw(answer)) as there:
        said = call(there.url)

    assert isinstance(said, Reply)
    assert len(said.body) == LIMIT


@pytest.mark.parametrize(
    "say",
    [
        raw(ok(b"x" * (LIMIT + 1))),
        raw(CHUNKED + chunk(LIMIT) + chunk(1) + b"0\r\n\r\n"),
        raw(UNTIL_CLOSED + b"x" * (LIMIT + 1)),
        for_ever(UNTIL_CLOSED, b"x" * 4_096),
        for_ever(CHUNKED, chunk(4_096)),
    ],
)
def test_one_byte_more_is_no_answer_and_nobody_waits_for_the_end(say: lines.Say) -> None:
    with answering(say) as there:
        assert call(there.url) == Silence("too_large", was_sent=True)


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}",
        CHUNKED + b"5\r\n{}",
        CHUNKED + chunk(2),
    ],
)
def test_an_answer_that_breaks_off_is_none(answer: bytes) -> None:
    with answering(raw(answer)) as there:
        assert call(there.url) == Silence("cut_off", was_sent=True)


@pytest.mark.parametrize(
    "answer",
    [
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"\x16\x03\x01\x02\x00\x01",
        b"HTTP/1.1 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: " + b"y" * 70_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n",
        CHUNKED + b"zz\r\n{}\r\n0\r\n\r\n",
    ],
)
def test_what_is_not_http_is_unreadable(answer: bytes) -> None:
    with answering(raw(answer)) as there:
        said = call(there.url)

    assert isinstance(said, Silence)
    assert said.was_sent
    assert said.reason in ("unreadable", "cut_off")


def test_a_line_that_is_dropped_without_a_byte_is_lost_and_the_request_may_have_arrived() -> None:
    with answering(raw()) as there:
        assert call(there.url) == Silence("connection_lost", was_sent=True)


@pytest.mark.parametrize(
    "say",
    [
        then_nothing(),
        then_nothing(b"HTTP/1.1 200"),
        then_nothing(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"),
        for_ever(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n", pause=0.05),
        for_ever(b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n", b"x", pause=0.05),
        for_ever(b"", b"HTTP/1.1 100 Continue\r\n\r\n", pause=0.01),
    ],
)
def test_the_wait_is_over_when_it_is_over_however_busy_the_line_looks(say: lines.Say) -> None:
    with answering(say) as there:
        assert call(there.url, timeout=SHORT) == Silence("timeout", was_sent=True)
        assert there.is_over.wait(LONG)  # and the line is given back


def test_whoever_does_not_read_what_we_send_is_not_waited_for() -> None:
    deaf = socket.create_server(("127.0.0.1", 0))
    with deaf:
        url = f"http://127.0.0.1:{deaf.getsockname()[1]}"
        said = Wire(url).call("POST", "/", body=b"x" * 50_000_000, timeout=SHORT)

    assert said == Silence("timeout", was_sent=True)


def test_where_nobody_listens_nothing_was_sent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

    assert call(f"http://127.0.0.1:{port}") == Silence("no_connection", was_sent=False)


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/", {"X-Key": "a\r\nX-Other: b"}),
        ("/", {"X-Key\r\nX-Other": "b"}),
        ("/ HTTP/1.1\r\nX-Other: b", {}),
        ("/a b", {}),
        ("/", {"X-Key": "\N{EURO SIGN}"}),
    ],
)
def test_nobody_writes_a_second_header_into_a_request(path: str, headers: dict[str, str]) -> None:
    with answering(raw(ok(b"{}"))) as there:
        said = Wire(there.url).call("GET", path, headers=headers, timeout=LONG)

    assert said == Silence("unreadable", was_sent=False)
    assert there.heard == b""


def test_an_answer_that_was_packed_all_the_same_is_not_unpacked() -> None:
    packed = b"\x1f\x8b\x08\x00" + b"\x00" * 16
    with answering(raw(ok(packed, "Content-Encoding: gzip"))) as there:
        said = call(there.url)

    assert isinstance(said, Reply)
    with pytest.raises(BadReply):
        said.json()


@pytest.mark.parametrize(
    "body", [b"", b"{", b'{"a": NaN}', b'{"a": 1, "a": 2}', b"{}{}", b'"\xff"', b"[" * 100_000]
)
def test_what_is_not_strictly_json_says_nothing(body: bytes) -> None:
    with pytest.raises(BadReply):
        Reply(200, {}, body).json()


def test_what_was_said_is_remembered_call_by_call_and_shows_no_body() -> None:
    with answering(raw(ok(b'{"code": "7KQ4"}'))) as there:
        spoken = Wire(there.url)
        first = spoken.call("GET", "/a", timeout=LONG)
        second = spoken.call("PUT", "/b", timeout=LONG)

    assert spoken.said == [Exchange("GET", "/a", first), Exchange("PUT", "/b", second)]
    assert "7KQ4" not in repr(spoken.said)


# TLS.


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Authority:
    """Somebody whose certificates this machine trusts."""
    made = lines.make_authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(made.file))
    return made


def test_a_certificate_of_a_trusted_authority_for_the_right_name_is_accepted(
    authority: Authority,
) -> None:
    with answering(raw(ok(b"{}")), secured=authority.server()) as there:
        said = call(f"https://localhost:{there.port}")

    assert isinstance(said, Reply)
    assert there.heard.startswith(b"GET /orders HTTP/1.1")


def test_a_certificate_for_another_name_is_refused_before_a_word_is_said(
    authority: Authority,
) -> None:
    with answering(raw(ok(b"{}")), secured=authority.server("api.example.com")) as there:
        said = call(f"https://localhost:{there.port}")

    assert said == Silence("certificate", was_sent=False)
    assert there.heard == b""


def test_a_certificate_whose_time_is_over_is_refused(authority: Authority) -> None:
    with answering(raw(ok(b"{}")), secured=authority.server(days=-1)) as there:
        said = call(f"https://localhost:{there.port}")

    assert said == Silence("certificate", was_sent=False)


def test_a_certificate_that_nobody_trusts_is_refused(tmp_path: Path) -> None:
    stranger = lines.make_authority(tmp_path)

    with answering(raw(ok(b"{}")), secured=stranger.server()) as there:
        said = call(f"https://localhost:{there.port}")

    assert said == Silence("certificate", was_sent=False)
    assert there.heard == b""


@pytest.mark.usefixtures("authority")
def test_where_no_tls_is_spoken_nothing_is_said() -> None:
    with answering(raw(ok(b"{}"))) as there:
        said = call(f"https://localhost:{there.port}", timeout=SHORT)

    assert isinstance(said, Silence)
    assert not said.was_sent
    assert b"GET" not in there.heard


@pytest.mark.usefixtures("authority")
def test_a_handshake_that_is_never_answered_ends_with_the_wait() -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        said = call(f"https://localhost:{mute.getsockname()[1]}", timeout=SHORT)

    assert said == Silence("timeout", was_sent=False)
