"""The vendor's own client against our sandbox: what it can read and send is how the vendor speaks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import tremendous

from tests.sandboxes import base
from tests.sandboxes import tremendous as vendor
from tests.sandboxes.tremendous_products import products


@pytest.fixture
def there() -> Iterator[base.Remote]:
    sandbox = vendor.make_sandbox()
    sandbox.set_mode("unlimited")
    with base.running(sandbox) as url:
        yield base.Remote(url)


@pytest.fixture
def client(there: base.Remote) -> Iterator[Any]:
    configuration = tremendous.Configuration(
        host=f"{there.url}{vendor.PREFIX}", access_token=vendor.API_KEY
    )
    configuration.retries = False
    api = tremendous.ApiClient(configuration)
    yield tremendous.TremendousApi(api)
    api.rest_client.pool_manager.clear()


def request(external_id: str, amount: float = 25) -> tremendous.CreateOrderRequest:
    product = products()[0]
    return tremendous.CreateOrderRequest(
        tremendous.SingleRewardOrder(
            external_id=external_id,
            payment=tremendous.SingleRewardOrderPayment(funding_source_id="BALANCE"),
            reward=tremendous.SingleRewardOrderReward(
                products=[product["id"]],
                value=tremendous.ListRewards200ResponseRewardsInnerValue(
                    denomination=amount, currency_code="USD"
                ),
                recipient=tremendous.ListRewards200ResponseRewardsInnerRecipient(
                    name="Ada", email="ada@example.com"
                ),
                delivery=tremendous.SingleRewardOrderRewardDelivery(method="LINK"),
            ),
        )
    )


def test_the_client_orders_and_gets_a_link(client: Any) -> None:
    order = client.create_order(request("one")).order

    assert order.status == tremendous.OrderStatus.EXECUTED.value
    assert order.rewards[0].delivery.link.startswith("https://")
    assert order.payment.total == 25


def test_the_client_repeats_an_order_and_gets_201_without_the_link(client: Any) -> None:
    first = client.create_order(request("one")).order
    again = client.create_order_with_http_info(request("one"))

    assert again.status_code == 201
    assert again.data.order.id == first.id
    assert again.data.order.rewards[0].delivery.link is None


def test_the_client_meets_409_for_another_body(client: Any) -> None:
    client.create_order(request("one"))

    with pytest.raises(tremendous.ApiException) as refused:
        client.create_order(request("one", amount=50))

    assert refused.value.status == 409


def test_the_client_finds_orders_by_our_id_and_theirs(client: Any) -> None:
    order = client.create_order(request("one")).order
    client.create_order(request("two"))

    listed = client.list_orders(external_id="one")

    assert [found.id for found in listed.orders] == [order.id]
    assert client.get_order(order.id).order.external_id == "one"


def test_the_client_generates_a_link_and_cancels_a_reward(client: Any) -> None:
    reward = client.create_order(request("one")).order.rewards[0]

    link = client.generate_reward_link(reward.id).reward.link
    client.cancel_reward(reward.id)

    assert link.startswith("https://")
    assert client.list_orders(external_id="one").orders[0].status == "CANCELED"
    assert client.get_reward(reward.id).reward.id == reward.id


def test_the_client_reads_every_state_with_its_blanks(there: base.Remote, client: Any) -> None:
    for number, state in enumerate(tremendous.OrderStatus):
        there.mode("waits", times=1, status=state.value, seconds=9_999)
        order = client.create_order(request(f"state-{number}")).order
        assert order.status == state.value


def test_the_client_reads_the_catalog_and_the_balance(client: Any) -> None:
    assert len(client.list_products().products) == len(products())
    assert all(
        product.countries[0].abbr == "IT"
        for product in client.list_products(country="IT").products[:5]
    )
    (source,) = client.list_funding_sources().funding_sources
    assert (source.method, source.meta.available_cents) == ("balance", 10_000_000)


def test_the_client_reads_the_transactions(client: Any) -> None:
    client.create_order(request("one"))

    (transaction,) = client.list_balance_transactions().transactions

    assert (transaction.amount, transaction.order.external_id) == (-25, "one")


def test_the_client_makes_a_webhook_whose_signature_its_key_proves(client: Any) -> None:
    hook = client.create_webhook(
        tremendous.CreateWebhookRequest(url="http://127.0.0.1:9/hooks")
    ).webhook

    assert len(hook.private_key) == 48
    assert [one.id for one in client.list_webhooks().webhooks] == [hook.id]


@pytest.mark.parametrize(
    ("mode", "status"), [("out_of_money", 402), ("unauthorized", 401), ("throttled", 429)]
)
def test_the_client_meets_errors_as_it_expects_them(
    there: base.Remote,
    client: Any,
    mode: str,
    status: int,
) -> None:
    there.mode(mode, times=1)

    with pytest.raises(tremendous.ApiException) as refused:
        client.create_order(request("one"))

    assert refused.value.status == status
