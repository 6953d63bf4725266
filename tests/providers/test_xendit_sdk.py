"""The vendor's own Python SDK against our sandbox: somebody else judges it faithful."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import xendit
from xendit.apis import BalanceApi, PayoutApi, TransactionApi
from xendit.exceptions import ApiValueError
from xendit.payout.model.create_payout_request import CreatePayoutRequest
from xendit.payout.model.digital_payout_channel_properties import DigitalPayoutChannelProperties

from app.kernel.ids import new_id
from tests.sandboxes import base
from tests.sandboxes import xendit as sandbox


@pytest.fixture
def there() -> Iterator[base.Remote]:
    with base.running(sandbox.make_sandbox()) as url:
        yield base.Remote(url)


@pytest.fixture
def client(there: base.Remote) -> Iterator[Any]:
    with xendit.ApiClient(xendit.Configuration(host=there.url)) as client:
        client.configuration.api_key = sandbox.API_KEY
        yield client


@pytest.fixture
def api(client: Any) -> Any:
    return PayoutApi(client)


def request(reference: str, amount: float = 150_000.0) -> Any:
    return CreatePayoutRequest(
        reference_id=reference,
        channel_code="ID_BCA",
        channel_properties=DigitalPayoutChannelProperties(
            account_number="5270012345", account_holder_name="Siti Rahma"
        ),
        amount=amount,
        currency="IDR",
        description="Incentive",
    )


def create(api: Any, key: str, **changes: Any) -> Any:
    return api.create_payout(idempotency_key=key, create_payout_request=request(key, **changes))


def refusal(call: Any, *args: Any, **kwargs: Any) -> Any:
    with pytest.raises(xendit.XenditSdkException) as refused:
        call(*args, **kwargs)
    return refused.value


def test_the_sdk_creates_a_payout_once_for_the_key(api: Any, there: base.Remote) -> None:
    key = new_id().hex

    first, second = create(api, key), create(api, key)

    assert first.id == second.id
    assert (first.status, first.amount, first.reference_id) == ("SUCCEEDED", 150_000, key)
    assert len(there.books()["payouts"]) == 1


def test_the_sdk_reads_the_refusal_of_a_key_used_for_another_amount(api: Any) -> None:
    key = new_id().hex
    create(api, key)

    refused = refusal(create, api, key, amount=200_000.0)

    assert (refused.status, refused.errorCode) == ("409", "DUPLICATE_ERROR")


def test_the_sdk_finds_a_payout_by_id_and_by_reference(api: Any) -> None:
    key = new_id().hex
    made = create(api, key)

    assert api.get_payout_by_id(id=made.id).reference_id == key
    (found,) = api.get_payouts(reference_id=key).data
    assert (found.id, found.created) == (made.id, made.created)
    assert api.get_payouts(reference_id="nobody").data == []


def test_the_sdk_cancels_what_no_bank_has_yet(api: Any, there: base.Remote) -> None:
    there.mode("stuck", times=1)
    waiting, paid = create(api, new_id().hex), create(api, new_id().hex)

    assert waiting.status == "ACCEPTED"
    assert api.cancel_payout(id=waiting.id).status == "CANCELLED"
    assert refusal(api.cancel_payout, id=paid.id).status == "400"


def test_the_sdk_reads_failures_and_reversals(api: Any, there: base.Remote) -> None:
    there.mode("failed", times=1)
    there.mode("reversed", times=1)
    failed, paid = create(api, new_id().hex), create(api, new_id().hex)

    there.forward(21 * 86_400)

    assert (failed.status, failed.failure_code) == ("FAILED", "INVALID_DESTINATION")
    assert api.get_payout_by_id(id=paid.id).status == "REVERSED"


def test_the_sdk_knows_fewer_states_than_the_documents(api: Any, there: base.Remote) -> None:
    there.mode("compliance", times=1)

    with pytest.raises(ApiValueError):
        create(api, new_id().hex)


def test_the_sdk_lists_the_banks(api: Any) -> None:
    banks = api.get_payout_channels(currency="IDR")

    assert {bank.channel_code for bank in banks} == set(sandbox.BANKS)
    assert {str(bank.channel_category) for bank in banks} == {"BANK"}


def test_the_sdk_reads_refusals_by_code(api: Any, there: base.Remote) -> None:
    too_little = refusal(create, api, new_id().hex, amount=1.0)
    there.mode("unauthorized", times=1)
    no_key = refusal(create, api, new_id().hex)
    there.mode("error", times=1)
    broken = refusal(create, api, new_id().hex)

    assert (too_little.status, too_little.errorCode) == ("400", "API_VALIDATION_ERROR")
    assert (no_key.status, no_key.errorCode) == ("401", "INVALID_API_KEY")
    assert (broken.status, broken.errorCode) == ("500", "SERVER_ERROR")


def test_the_sdk_reads_the_balance_and_the_bookings(client: Any, api: Any) -> None:
    key = new_id().hex
    made = create(api, key)

    assert BalanceApi(client).get_balance(account_type="CASH").balance == 999_850_000
    (booked,) = TransactionApi(client).get_all_transactions().data
    assert (booked.reference_id, booked.product_id, booked.amount) == (key, made.id, 150_000)
    assert str(booked.status) == "SUCCESS"
