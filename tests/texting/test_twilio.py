"""Twilio, played on this machine: what it says is read as it documents it, and it judges what we sign and send."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from twilio.base.exceptions import TwilioRestException
from twilio.request_validator import RequestValidator
from twilio.rest import Client

from app.providers import wire
from app.providers.hooks import NotGenuine
from app.texting import twilio
from app.texting.contract import Accepted, NotNow, Refused, Said, Silent, Text
from app.texting.core import State
from tests.sandboxes import base
from tests.sandboxes import twilio as vendor
from tests.texting.conftest import MOBILE, account_at

URL = "https://laurel.example/api/v1/texts/a/b/status"


@dataclass(frozen=True)
class There:
    """The sandbox, and our adapter to it."""

    sandbox: vendor.Twilio
    url: str
    ours: twilio.Twilio

    def send(self, to: str = MOBILE, body: str = "Hello", news_to: str | None = None) -> Said:
        return self.ours.send(Text(to, body, news_to))

    @property
    def messages(self) -> list[dict[str, Any]]:
        with self.sandbox.lock:
            return list(self.sandbox.state["messages"].values())


@pytest.fixture
def there() -> Iterator[There]:
    wire.connect(allows_loopback=True)
    sandbox = vendor.make_sandbox()
    with base.running(sandbox) as url:
        yield There(sandbox, url, twilio.Twilio(account_at(url)))


class _AtSandbox(Client):  # type: ignore[misc]  # the vendor's client has no types
    """The vendor's own client, whose addresses lead to the sandbox."""

    def __init__(self, url: str, token: str = vendor.TOKEN) -> None:
        super().__init__(vendor.ACCOUNT, token)
        self._at = url

    def request(self, method: str, uri: str, *args: Any, **kwargs: Any) -> Any:
        return super().request(
            method, uri.replace("https://api.twilio.com", self._at), *args, **kwargs
        )


@pytest.fixture
def client(there: There) -> Iterator[_AtSandbox]:
    made = _AtSandbox(there.url)
    yield made
    made.http_client.session.close()


# What we send


def test_a_text_is_handed_over_with_its_number_and_its_words(there: There) -> None:
    said = there.send(body="50 € & più")

    (message,) = there.messages
    assert (message["to"], message["from"], message["body"]) == (MOBILE, "Laurel", "50 € & più")
    assert said == Accepted(message["sid"], State.SENT)


def test_a_messaging_service_is_named_as_one(there: There) -> None:
    service = "MG" + "a" * 32

    twilio.Twilio(account_at(there.url, sender=service)).send(Text(MOBILE, "Hello", None))

    assert there.messages[0]["messaging_service_sid"] == service
    assert there.messages[0]["from"] is None


@pytest.mark.parametrize(
    ("to", "code"),
    [
        ("+15005550001", "21211"),
        ("+15005550004", "21610"),
        ("+15005550009", "21614"),
        ("12", "21211"),
    ],
)
def test_what_the_gateway_will_never_send_is_refused_with_its_code(
    there: There, to: str, code: str
) -> None:
    assert there.send(to=to) == Refused(code)
    assert there.messages == []


def test_too_many_requests_are_documented_as_not_processed(there: There) -> None:
    there.sandbox.set_mode("throttled", times=1)
    there.sandbox.set_mode("throttled", times=1, wait=17)

    assert there.send() == NotNow("20429")
    assert there.send() == NotNow("20429", wait=17)
    assert there.messages == []


@pytest.mark.parametrize(
    ("mode", "code"), [("unauthorized", "20003"), ("out_of_money", "30002"), ("not_found", "20404")]
)
def test_what_the_operator_can_put_right_is_tried_again(there: There, mode: str, code: str) -> None:
    there.sandbox.set_mode(mode, times=1)

    assert there.send() == NotNow(code)


def test_a_wrong_token_sends_nothing(there: There) -> None:
    stranger = twilio.Twilio(account_at(there.url, token="wrong"))

    assert stranger.send(Text(MOBILE, "Hello", None)) == NotNow("20003")
    assert there.messages == []


@pytest.mark.parametrize("mode", ["timeout", "error", "down", "dropped", "reset", "html", "empty"])
def test_nobody_knows_what_became_of_a_text_without_a_clear_answer(there: There, mode: str) -> None:
    there.sandbox.set_mode(mode, times=1)

    assert isinstance(there.send(), Silent)


def test_an_answer_that_takes_too_long_is_none(there: There) -> None:
    there.sandbox.set_mode("slow", times=1, seconds=5)
    hasty = twilio.Twilio(account_at(there.url), patience=0.5)

    assert hasty.send(Text(MOBILE, "Hello", None)) == Silent("timeout")
    assert len(there.messages) == 1  # it left all the same


def test_what_could_not_be_dialled_did_not_leave() -> None:
    wire.connect(allows_loopback=True)
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    nobody = twilio.Twilio(account_at(f"http://127.0.0.1:{port}"))

    assert nobody.send(Text(MOBILE, "Hello", None)) == NotNow("no_connection")


def test_no_gateway_is_called_in_our_own_network() -> None:
    inside = twilio.Twilio(account_at("https://127.0.0.2"))

    said = inside.send(Text(MOBILE, "Hello", None))

    assert isinstance(said, NotNow)
    assert said.reason.startswith("forbidden")


def test_neither_the_token_nor_the_number_is_in_what_is_logged() -> None:
    assert vendor.TOKEN not in repr(account_at("http://127.0.0.1"))
    assert MOBILE not in repr(Text(MOBILE, "123456", None))


# What the vendor's own code says of us and of the sandbox


def test_the_signature_is_the_one_of_the_vendors_own_code() -> None:
    form = [("CallSid", "CA1234567890ABCDE"), ("Digits", "1234"), ("To", "+18005551212")]

    expected = RequestValidator("12345").compute_signature(URL, dict(form))

    assert twilio.sign(URL, form, "12345") == expected
    assert vendor.signature(URL, dict(form), "12345") == expected


def test_the_signature_agrees_with_the_example_of_the_documentation() -> None:
    form = [
        ("CallSid", "CA1234567890ABCDE"),
        ("Caller", "+12349013030"),
        ("Digits", "1234"),
        ("From", "+12349013030"),
        ("To", "+18005551212"),
    ]

    said = twilio.sign("https://mycompany.com/myapp.php?foo=1&bar=2", form, "12345")

    assert said == "0/KCTR6DLpKmkAf8muzZqo1nDgQ="


def test_the_vendors_client_reads_what_the_sandbox_answers(
    there: There, client: _AtSandbox
) -> None:
    made = client.messages.create(to=MOBILE, from_="Laurel", body="Hello")

    assert (made.status, made.direction, made.num_segments) == ("queued", "outbound-api", "1")
    assert client.messages(made.sid).fetch().status == "delivered"
    assert [one.sid for one in client.messages.list(to=MOBILE)] == [made.sid]


def test_the_vendors_client_reads_the_refusals_of_the_sandbox(
    there: There, client: _AtSandbox
) -> None:
    with pytest.raises(TwilioRestException) as refused:
        client.messages.create(to="+15005550001", from_="Laurel", body="Hello")

    assert (refused.value.status, refused.value.code) == (400, 21211)


# What the gateway tells


def told(status: str, **values: str) -> list[tuple[str, str]]:
    form = {
        "AccountSid": vendor.ACCOUNT,
        "MessageSid": "SM" + "0" * 32,
        "MessageStatus": status,
        "To": MOBILE,
    }
    return list((form | values).items())


def hear(form: list[tuple[str, str]], token: str = vendor.TOKEN, url: str = URL) -> Any:
    ours = twilio.Twilio(account_at("http://127.0.0.1"))
    return ours.hear(URL, {"x-twilio-signature": vendor.signature(url, dict(form), token)}, form)


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("queued", State.SENT),
        ("sent", State.SENT),
        ("delivered", State.DELIVERED),
        ("undelivered", State.FAILED),
        ("failed", State.FAILED),
    ],
)
def test_news_are_read_in_the_vendors_words(status: str, state: State) -> None:
    assert hear(told(status)).state == state


def test_why_a_text_did_not_arrive_is_kept() -> None:
    assert hear(told("undelivered", ErrorCode="30005")).code == "30005"


@pytest.mark.parametrize("values", [{"MessageStatus": "dancing"}, {"MessageSid": "SM1"}])
def test_news_in_words_we_do_not_know_change_nothing(values: dict[str, str]) -> None:
    assert hear(told("sent", **values)) is None


def test_news_signed_with_another_token_are_not_the_vendors() -> None:
    with pytest.raises(NotGenuine):
        hear(told("delivered"), token="another")


def test_news_of_one_text_cannot_be_told_of_another() -> None:
    with pytest.raises(NotGenuine):
        hear(told("delivered"), url=URL.replace("/b/", "/c/"))


def test_news_of_another_account_are_not_ours() -> None:
    with pytest.raises(NotGenuine):
        hear(told("delivered", AccountSid="AC" + "1" * 32))


@pytest.mark.parametrize("given", ["", "é", "AAAA"])
def test_news_without_a_signature_are_not_the_vendors(given: str) -> None:
    ours = twilio.Twilio(account_at("http://127.0.0.1"))

    with pytest.raises(NotGenuine):
        ours.hear(URL, {"x-twilio-signature": given}, told("delivered"))
