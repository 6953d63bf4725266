from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any, ClassVar

import pytest

from app.kernel.ids import new_id
from app.kernel.money import Money
from app.providers import wire
from app.providers.accounts import Account, Memory
from app.providers.cashfree import Cashfree
from app.providers.contract import (
    Destination,
    Forged,
    Hint,
    Invalid,
    Order,
    Pending,
    Unknown,
    Unsupported,
    Validation,
    Verified,
)
from app.providers.wire import Wire
from tests.conftest import NOON, Work
from tests.providers.conformance import CheckerConformance
from tests.sandboxes import base
from tests.sandboxes import cashfree as sandbox

JOHN = ("026291800001191", "YESB0000262")
PENDS = ("00224412311300", "YESB0000001")


def destination(account: str, ifsc: str, holder: str = "John Doe", **fields: str) -> Destination:
    return Destination("ifsc", holder, "IN", "INR", {"account": account, "ifsc": ifsc, **fields})


@pytest.fixture
def there(work: Work) -> Iterator[base.Remote]:
    wire.connect(allows_loopback=True)
    with base.running(sandbox.make_sandbox()) as url:
        yield base.Remote(url)


@pytest.fixture
def account(there: base.Remote) -> Account:
    secrets = {"client_id": sandbox.CLIENT_ID, "client_secret": sandbox.CLIENT_SECRET}
    return Account(new_id(), new_id(), "cashfree", there.url, {}, secrets)


@pytest.fixture
def theirs(account: Account, work: Work) -> Cashfree:
    return Cashfree(account, Wire(account.base_url), Memory(work, account.id))


def with_settings(theirs: Cashfree, **settings: str) -> Cashfree:
    changed = replace(theirs._account, settings=settings)
    return Cashfree(changed, theirs._wire, theirs._memory)


@pytest.mark.parametrize(
    ("number", "ifsc", "verdict"),
    [
        ("2640101002729", "CNRR0002640", Invalid("invalid_ifsc")),
        ("7766667287515", "ICIC0000001", Invalid("invalid_ifsc")),
        ("026291800001190", "YESB0000262", Invalid("invalid_bank_account")),
        ("7766666585146", "HDFC0000001", Invalid("invalid_bank_account")),
        ("7766667989884", "RATN0000070", Invalid("account_blocked")),
        ("7766667755761", "HDFC0000001", Invalid("nre_account")),
        ("007711000031", "HDFC0000077", Pending("1000")),
        ("00224412311300", "YESB0000001", Pending("1000")),
        ("7766666351000", "HDFC0000001", Pending("1000")),
        ("02014457596969", "CITI0000001", Verified("1000", "match", "J*** D**")),
    ],
)
def test_every_test_account_of_the_vendor_is_read_as_documented(
    theirs: Cashfree, number: str, ifsc: str, verdict: Validation
) -> None:
    assert theirs.validate_account(destination(number, ifsc)) == verdict


@pytest.mark.parametrize(
    ("entered", "match"),
    [
        ("john doe", "match"),
        ("JOHN  DOE", "match"),
        ("john d", "match"),
        ("j doe", "close"),
        ("jane d", "no_match"),
        ("Someone Else", "no_match"),
        ("", "not_checked"),
    ],
)
def test_how_well_names_agree_decides(theirs: Cashfree, entered: str, match: str) -> None:
    verdict = theirs.validate_account(destination(*JOHN, holder=entered))

    assert verdict == Verified("1000", match, "J*** D**")  # type: ignore[arg-type]


def test_the_name_at_the_bank_is_never_told_in_full(theirs: Cashfree) -> None:
    verdict = theirs.validate_account(destination("1233943142", "ICIC0000009", holder="Tom Wells"))

    assert verdict == Verified("1000", "match", "T** W****")


def test_what_pends_is_asked_again_by_its_reference_and_sends_no_second_penny(
    there: base.Remote, theirs: Cashfree
) -> None:
    pending = theirs.validate_account(destination(*PENDS))
    assert isinstance(pending, Pending)

    verdict = theirs.validate_account(destination(*PENDS, verification=pending.reference))

    assert verdict == Verified("1000", "match", "J*** D**")
    assert len(there.calls("verify.sync")) == 1


def test_a_pending_account_may_end_in_failure_or_never(theirs: Cashfree) -> None:
    failing = destination("7766666351000", "HDFC0000001")
    for_ever = destination("007711000031", "HDFC0000077")
    first, second = theirs.validate_account(failing), theirs.validate_account(for_ever)
    assert isinstance(first, Pending)
    assert isinstance(second, Pending)

    def again(to: Destination, reference: str) -> Validation:
        return theirs.validate_account(replace(to, fields={**to.fields, "verification": reference}))

    assert again(failing, first.reference) == Invalid("failed_at_bank")
    assert again(for_ever, second.reference) == second


def test_a_verified_account_may_fail_a_day_later(there: base.Remote, theirs: Cashfree) -> None:
    to = destination("02014457596969", "CITI0000001")
    verdict = theirs.validate_account(to)
    assert isinstance(verdict, Verified)

    there.forward(90_000)

    again = replace(to, fields={**to.fields, "verification": verdict.reference})
    assert theirs.validate_account(again) == Invalid("failed_at_bank")


def test_asked_to_answer_later_every_account_pends_first(
    there: base.Remote, theirs: Cashfree
) -> None:
    patient = with_settings(theirs, way="async")

    pending = patient.validate_account(destination(*JOHN))

    assert isinstance(pending, Pending)
    again = destination(*JOHN, verification=pending.reference)
    assert patient.validate_account(again) == Verified("1000", "match", "J*** D**")
    assert len(there.calls("verify.async")) == 1


@pytest.mark.parametrize(
    ("mode", "reason"),
    [
        ({"mode": "error"}, "http_500"),
        ({"mode": "timeout"}, "http_504"),
        ({"mode": "down"}, "connection_lost"),
        ({"mode": "html"}, "unreadable"),
        ({"mode": "empty"}, "unreadable"),
        ({"mode": "nan"}, "unreadable"),
        ({"mode": "unauthorized"}, "http_401"),
        ({"mode": "out_of_money"}, "http_422"),
        ({"mode": "not_found"}, "http_404"),
    ],
)
def test_what_is_not_understood_says_nothing_about_the_account(
    there: base.Remote, theirs: Cashfree, mode: dict[str, Any], reason: str
) -> None:
    there.mode(**mode)

    verdict = theirs.validate_account(destination(*JOHN))

    assert isinstance(verdict, Unknown)
    assert verdict.reason.startswith(reason)


def test_an_ifsc_that_is_none_is_invalid(theirs: Cashfree) -> None:
    assert theirs.validate_account(destination("1233943142", "X")) == Invalid("invalid_ifsc")


def test_only_indian_accounts_are_checked_and_nothing_is_ordered(theirs: Cashfree) -> None:
    iban = Destination("iban", "A", "IT", "EUR", {"iban": "IT60X0542811101000000123456"})
    with pytest.raises(Unsupported):
        theirs.validate_account(iban)
    with pytest.raises(Unsupported):
        theirs.place(Order("k", new_id(), Money(1, "INR")))
    with pytest.raises(Unsupported):
        theirs.lookup("k")
    with pytest.raises(Unsupported):
        theirs.cancel("k")
    with pytest.raises(Unsupported):
        theirs.quote(new_id(), Money(1, "INR"))
    assert list(theirs.history(NOON)) == []


BODY = json.dumps(
    {"event_type": "BANK_ACCOUNT_VERIFICATION_SUCCESS", "data": {"reference_id": 1000}}
).encode()


def signed(
    body: bytes = BODY,
    *,
    late: timedelta = timedelta(0),
    join: str = "",
    secret: str = sandbox.CLIENT_SECRET,
    unit: int = 1000,
) -> dict[str, str]:
    stamp = str(int((NOON - late).timestamp()) * unit)
    digest = hmac.digest(secret.encode(), stamp.encode() + join.encode() + body, "sha256")
    return {
        "x-webhook-timestamp": stamp,
        "x-webhook-signature": base64.b64encode(digest).decode(),
    }


@pytest.mark.parametrize("unit", [1, 1000])
def test_a_webhook_names_the_verification(theirs: Cashfree, unit: int) -> None:
    hint = theirs.parse_webhook(signed(unit=unit), BODY)

    assert hint == Hint(reference="1000", sent_at=NOON)


@pytest.mark.parametrize("minutes", [-6, 6, 24 * 60])
def test_a_webhook_is_believed_for_five_minutes(theirs: Cashfree, minutes: int) -> None:
    assert theirs.parse_webhook(signed(late=timedelta(minutes=minutes)), BODY) == Forged("too_old")
    assert isinstance(theirs.parse_webhook(signed(late=timedelta(minutes=4)), BODY), Hint)


def test_a_webhook_that_was_changed_is_forged(theirs: Cashfree) -> None:
    newer = signed() | {"x-webhook-timestamp": str(int(NOON.timestamp()) * 1000 + 1)}
    rewritten = json.dumps(json.loads(BODY), indent=1).encode()

    assert theirs.parse_webhook(newer, BODY) == Forged("signature")
    assert theirs.parse_webhook(signed(), rewritten) == Forged("signature")
    assert theirs.parse_webhook(signed(secret="other"), BODY) == Forged("signature")
    assert theirs.parse_webhook({}, BODY) == Forged("signature")
    not_base64 = signed() | {"x-webhook-signature": "***"}
    assert theirs.parse_webhook(not_base64, BODY) == Forged("signature")


def test_what_stands_between_time_and_body_can_be_set(theirs: Cashfree) -> None:
    dotted = with_settings(theirs, webhook_join=".")

    assert isinstance(dotted.parse_webhook(signed(join="."), BODY), Hint)
    assert dotted.parse_webhook(signed(), BODY) == Forged("signature")


def test_a_webhook_may_have_a_secret_of_its_own(theirs: Cashfree) -> None:
    theirs._account = replace(
        theirs._account, secrets={**theirs._account.secrets, "webhook_secret": "own"}
    )

    assert isinstance(theirs.parse_webhook(signed(secret="own"), BODY), Hint)
    assert theirs.parse_webhook(signed(), BODY) == Forged("signature")


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"data": {}}'])
def test_a_signed_webhook_that_says_nothing_is_not_followed(theirs: Cashfree, body: bytes) -> None:
    assert theirs.parse_webhook(signed(body), body) == Forged("unreadable")


class TestConformance(CheckerConformance):
    """What everybody must do who is asked about bank accounts."""

    speaks = "cashfree"
    asking = "verify.sync"
    secrets: ClassVar = {"client_id": sandbox.CLIENT_ID, "client_secret": sandbox.CLIENT_SECRET}

    def make_sandbox(self) -> sandbox.Cashfree:
        return sandbox.make_sandbox()
