"""How an operator says who carries texts: every mistake at once, and no secret in what is written down."""

from __future__ import annotations

from typing import Any

import pytest

from app.runtime import sandboxes
from app.settings import BadSettings, Settings, read_settings
from tests.sandboxes import twilio

NEEDED = {"DATABASE_URL": "postgresql://laurel@db/laurel", "REDIS_URL": "redis://bus/0"}
ACCOUNT = {"SMS_ACCOUNT": "AC" + 32 * "a", "SMS_TOKEN": "secret token", "SMS_FROM": "+15017122661"}


def read(**more: str) -> Settings:
    return read_settings(NEEDED | more)


def test_without_an_account_there_is_no_gateway() -> None:
    assert read().sms is None


def test_an_account_is_at_the_vendor_unless_said_otherwise() -> None:
    sms = read(**ACCOUNT, SMS_COUNTRIES="it, FR").sms

    assert sms is not None
    assert (sms.url, sms.sender) == ("https://api.twilio.com", "+15017122661")
    assert sms.countries == {"IT", "FR"}


@pytest.mark.parametrize("sender", ["+15017122661", "55512", "Laurel", "MG" + 32 * "f", "1 Store"])
def test_a_sender_is_a_number_a_code_a_name_or_a_service(sender: str) -> None:
    sms = read(**ACCOUNT | {"SMS_FROM": sender}).sms

    assert sms is not None
    assert sms.sender == sender


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"SMS_ACCOUNT": "SK123"}, "SMS_ACCOUNT"),
        ({"SMS_TOKEN": ""}, "SMS_TOKEN"),
        ({"SMS_FROM": ""}, "SMS_FROM"),
        ({"SMS_FROM": "a name too long"}, "SMS_FROM"),
        ({"SMS_COUNTRIES": "ITA"}, "SMS_COUNTRIES"),
    ],
)
def test_what_cannot_be_used_is_named(wrong: dict[str, str], named: str) -> None:
    with pytest.raises(BadSettings, match=named):
        read(**ACCOUNT | wrong)


def test_every_problem_is_said_at_once_and_no_secret() -> None:
    with pytest.raises(BadSettings) as refused:
        read(**ACCOUNT | {"SMS_ACCOUNT": "x", "SMS_FROM": "?", "SMS_COUNTRIES": "7"})

    assert len(str(refused.value).splitlines()) == 3
    assert "secret" not in str(refused.value)


def test_the_token_is_in_nothing_that_settings_say_of_themselves() -> None:
    assert "secret token" not in repr(read(**ACCOUNT))


def told(**operators: Any) -> dict[str, str]:
    return sandboxes.texts({"plum": 1, sandboxes.GATEWAY: 2}, operators)


def test_the_demo_sends_to_the_gateway_played_beside_it() -> None:
    sms = read(**told()).sms

    assert sms is not None
    assert (sms.url, sms.account, sms.token) == (
        "http://127.0.0.1:2",
        twilio.ACCOUNT,
        twilio.TOKEN,
    )


def test_an_operators_own_account_is_left_alone() -> None:
    assert told(**ACCOUNT) == {}
    assert sandboxes.texts({"plum": 1}, {}) == {}
