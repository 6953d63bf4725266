"""Tremendous on this machine: orders, rewards, links, products, funding sources, signed webhooks.

The base address is `http://127.0.0.1:N/api/v2`, the key API_KEY, the balance 100,000 dollars. Its own modes,
beside those of the base:

    waits           {"status": "PENDING APPROVAL", "seconds": 60, "then": "EXECUTED"}: not executed at once
    careless        the same external_id with another body answers 201, too (otherwise 409)
    linkless        LINK rewards are answered without their link, and generate_link answers 422
    priced          {"fees": 1.5, "discount": 0.5}
    bare            webhooks are signed without "sha256="
    unlimited       no rate limit
    spoilt          {"products": 3}: the first so many products of the catalog cannot be read
"""

from __future__ import annotations

import hmac
import json
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Any, ClassVar, Final
from uuid import uuid4

from flask import Flask, Request, Response, request

from tests.sandboxes.base import Mode, Sandbox, answer, main
from tests.sandboxes.tremendous_products import products

API_KEY: Final = "TEST_cHJvdmlkZXIta2V5"
BALANCE: Final = "100000.00"
PER_SECOND: Final = 10
PER_DOLLAR: Final = {"USD": "1", "EUR": "0.92", "GBP": "0.78", "INR": "84", "IDR": "16000"}
PREFIX: Final = "/api/v2"
FUNDING: Final = ("BALANCE", "INVOICE", "INVOICE_THEN_BALANCE")


def failure(status: int, message: str, **payload: Any) -> Response:
    """Return an error as documented: plural, but singular when there were too many calls."""
    inside = {"message": message, "payload": payload}
    return answer({"status": status, "error" if status == 429 else "errors": inside}, status)


class Tremendous(Sandbox):
    """The vendor."""

    name: ClassVar[str] = "tremendous"

    def __init__(self, state_file: Path | None = None) -> None:
        self.products = products()
        super().__init__(state_file)

    def new_state(self) -> dict[str, Any]:
        return {
            "balance": BALANCE,
            "orders": {},
            "asked": {},
            "due": {},
            "links": {},
            "transactions": [],
            "webhooks": {},
        }

    def routes(self, app: Flask) -> None:
        for method, path, view in (
            ("POST", "/orders", self.create_order),
            ("GET", "/orders", self.list_orders),
            ("GET", "/orders/<name>", self.get_order),
            ("POST", "/order_approvals/<name>/approve", self.approve),
            ("POST", "/order_approvals/<name>/reject", self.reject),
            ("GET", "/rewards", self.list_rewards),
            ("GET", "/rewards/<reward_id>", self.get_reward),
            ("POST", "/rewards/<reward_id>/cancel", self.cancel_reward),
            ("POST", "/rewards/<reward_id>/resend", self.resend_reward),
            ("POST", "/rewards/<reward_id>/generate_link", self.generate_link),
            ("GET", "/products", self.list_products),
            ("GET", "/products/<product_id>", self.get_product),
            ("GET", "/funding_sources", self.list_funding_sources),
            ("GET", "/balance_transactions", self.list_balance_transactions),
            ("GET", "/forex", self.list_forex),
            ("POST", "/webhooks", self.create_webhook),
            ("GET", "/webhooks", self.list_webhooks),
            ("DELETE", "/webhooks/<webhook_id>", self.delete_webhook),
            ("GET", "/webhooks/<webhook_id>/events", self.list_webhook_events),
            ("POST", "/webhooks/<webhook_id>/simulate", self.simulate_webhook),
        ):
            app.add_url_rule(PREFIX + path, f"{method} {path}", view, methods=[method])
        app.before_request(self._admit)

    def _admit(self) -> Response | None:
        if not request.path.startswith(PREFIX):
            return None
        if request.headers.get("Authorization") != f"Bearer {API_KEY}":
            return failure(401, "Unauthorized")
        is_unlimited = any(mode.name == "unlimited" for mode in self.modes)
        if not is_unlimited and self.over_limit("all", PER_SECOND, seconds=1):
            return self.refusal("throttled", None)
        with self.lock:
            self._ripen()
        return None

    def operation(self, request: Request) -> str:
        rule = request.url_rule
        return f"{request.method} {rule.rule.removeprefix(PREFIX)}" if rule else request.path

    def refusal(self, kind: str, mode: Mode | None) -> Response:
        status = {"throttled": 429, "unauthorized": 401, "out_of_money": 402, "not_found": 404}
        words = {"out_of_money": "Insufficient funds", "throttled": "Rate limit exceeded"}
        if kind == "error":
            return failure(int((mode.options if mode else {}).get("status", 500)), "Server error")
        return failure(status[kind], words.get(kind, kind.replace("_", " ").capitalize()))

    def signed(self, body: bytes, secret: str) -> Mapping[str, str]:
        digest = hmac.digest(secret.encode(), body, sha256).hex()
        is_bare = any(mode.name == "bare" for mode in self.modes)
        return {"Tremendous-Webhook-Signature": digest if is_bare else f"sha256={digest}"}

    def books(self) -> Mapping[str, Any]:
        self._ripen()
        return self.state

    def time_passed(self) -> None:
        self._ripen()

    # Orders.

    def create_order(self) -> Response:
        """POST /orders: new 200, the same again 201, another body under the same external_id 409."""
        asked = request.get_json(silent=True)
        if not isinstance(asked, dict):
            return failure(400, "The body is not JSON.")
        with self.lock:
            external_id = asked.get("external_id")
            earlier = self._find(external_id) if external_id else None
            if earlier is not None:
                is_same = self.state["asked"][earlier["id"]] == asked
                if is_same or self.taken("careless"):
                    return answer({"order": earlier}, 201)
                return failure(409, "external_id was used with another body", id=earlier["id"])
            if (wrong := self._wrong(asked)) is not None:
                return wrong
            return self._create(asked)

    def _wrong(self, asked: dict[str, Any]) -> Response | None:  # noqa: PLR0911 - a line a way to be wrong
        reward, payment = asked.get("reward"), asked.get("payment")
        if not isinstance(reward, dict) or not isinstance(payment, dict):
            return failure(422, "reward and payment are needed")
        value = reward.get("value") or {}
        if payment.get("funding_source_id") not in FUNDING:
            return failure(404, "There is no such funding source")
        if value.get("currency_code") not in PER_DOLLAR:
            return failure(422, "currency_code is not supported", currency_code="unsupported")
        if not isinstance(value.get("denomination"), int | float) or value["denomination"] <= 0:
            return failure(422, "denomination must be positive", denomination="invalid")
        wanted = reward.get("products") or []
        known = {product["id"]: product for product in self.products}
        if not wanted and not reward.get("campaign_id"):
            return failure(422, "products or campaign_id is needed")
        if any(product_id not in known for product_id in wanted):
            return failure(404, "There is no such product")
        if wanted and not any(_fits(known[product_id], value) for product_id in wanted):
            return failure(422, "No product can be bought at this amount", denomination="invalid")
        return None

    def _create(self, asked: dict[str, Any]) -> Response:
        reward, now = asked["reward"], self.now()
        value = reward["value"]
        priced = self.taken("priced")
        options = priced.options if priced else {}
        face = Decimal(str(value["denomination"])) / Decimal(PER_DOLLAR[value["currency_code"]])
        subtotal = face.quantize(Decimal("0.01"))
        fees, off = (Decimal(str(options.get(name, 0))) for name in ("fees", "discount"))
        total = subtotal + fees - off
        if asked["payment"]["funding_source_id"] == "BALANCE" and total > self._balance():
            return failure(402, "Insufficient funds", available=float(self._balance()))
        order_id, reward_id = _new_id(), _new_id()
        method = (reward.get("delivery") or {}).get("method", "EMAIL")
        order: dict[str, Any] = {
            "id": order_id,
            "external_id": asked.get("external_id"),
            "campaign_id": reward.get("campaign_id"),
            "created_at": _at(now),
            "status": "EXECUTED",
            "channel": "API",
            "payment": {
                "subtotal": float(subtotal),
                "total": float(total),
                "fees": float(fees),
                "discount": float(off),
                "currency_code": "USD",
            },
            "rewards": [
                {
                    "id": reward_id,
                    "order_id": order_id,
                    "created_at": _at(now),
                    "expires_at": _at(now + timedelta(days=365)),
                    "value": value,
                    "recipient": reward.get("recipient") or {},
                    "custom_fields": [],
                    "delivery": {"method": method, "status": "SUCCEEDED"},
                }
            ],
        }
        self.state["orders"][order_id] = order
        self.state["asked"][order_id] = asked
        self._pay(order, -total, "order")
        waits = self.taken("waits")
        if waits is not None:
            order["status"] = waits.options.get("status", "PENDING APPROVAL")
            order["rewards"][0]["delivery"]["status"] = "PENDING"
            due_at = now + timedelta(seconds=waits.options.get("seconds", 60))
            self.state["due"][order_id] = [_at(due_at), waits.options.get("then", "EXECUTED")]
        self._tell("ORDERS.CREATED", "orders", order_id)
        return answer({"order": self._with_link(order)})

    def _with_link(self, order: dict[str, Any]) -> dict[str, Any]:
        copy: dict[str, Any] = json.loads(json.dumps(order))
        (reward,) = copy["rewards"]
        has_link = reward["delivery"]["method"] == "LINK" and order["status"] == "EXECUTED"
        if has_link and not self.taken("linkless"):
            reward["delivery"]["link"] = self._link(reward["id"])
        return copy

    def _link(self, reward_id: str) -> str:
        link = f"https://testflight.tremendous.com/rewards/payout/{secrets.token_urlsafe(24)}"
        self.state["links"].setdefault(reward_id, []).append(link)
        return link

    def _balance(self) -> Decimal:
        return Decimal(self.state["balance"])

    def _pay(self, order: dict[str, Any], amount: Decimal, action: str) -> None:
        self.state["balance"] = str(self._balance() + amount)
        self.state["transactions"].append(
            {
                "created_at": _at(self.now()),
                "amount": float(amount),
                "currency_code": "USD",
                "balance": float(self._balance()),
                "action": action,
                "description": f"Order {order['id']}",
                "order": {"id": order["id"], "external_id": order["external_id"]},
            }
        )

    def _find(self, name: str) -> dict[str, Any] | None:
        orders: dict[str, dict[str, Any]] = self.state["orders"]
        return next((o for o in orders.values() if name in (o["id"], o["external_id"])), None)

    def list_orders(self) -> Response:
        """GET /orders: the newest first."""
        asked = request.args
        with self.lock:
            found = [
                order
                for order in reversed(self.state["orders"].values())
                if asked.get("external_id", order["external_id"]) == order["external_id"]
                and _time(order["created_at"]) >= _time(asked.get("created_at[gte]", "2000-01-01"))
                and _time(order["created_at"]) <= _time(asked.get("created_at[lte]", "2100-01-01"))
            ]
        if self.taken("not_found_first"):
            found = []
        first, limit = int(asked.get("offset", 0)), min(int(asked.get("limit", 10)), 500)
        return answer({"orders": found[first : first + limit], "total_count": len(found)})

    def get_order(self, name: str) -> Response:
        """GET /orders/{id}: by their id or by ours."""
        order = self._find(name)
        return answer({"order": order}) if order else failure(404, "Not found")

    def approve(self, name: str) -> Response:
        """POST /order_approvals/{id}/approve."""
        return self._decide(name, "EXECUTED", "ORDERS.APPROVED")

    def reject(self, name: str) -> Response:
        """POST /order_approvals/{id}/reject."""
        return self._decide(name, "CANCELED", "ORDERS.CANCELED")

    def _decide(self, name: str, status: str, event: str) -> Response:
        with self.lock:
            order = self._find(name)
            if order is None or order["status"] != "PENDING APPROVAL":
                return failure(404, "There is no such approval")
            self._end(order, status)
        self._tell(event, "orders", order["id"])
        return answer({"order": order})

    def _ripen(self) -> None:
        for order_id, (due_at, status) in list(self.state["due"].items()):
            if _time(due_at) <= self.now():
                order = self.state["orders"][order_id]
                self._end(order, status)
                events = {"EXECUTED": "ORDERS.APPROVED", "FAILED": "ORDERS.FAILED"}
                self._tell(events.get(status, "ORDERS.CANCELED"), "orders", order_id)

    def _end(self, order: dict[str, Any], status: str) -> None:
        self.state["due"].pop(order["id"], None)
        order["status"] = status
        order["rewards"][0]["delivery"]["status"] = (
            "SUCCEEDED" if status == "EXECUTED" else "FAILED"
        )
        if status != "EXECUTED":
            self._pay(order, Decimal(str(order["payment"]["total"])), "refund")

    # Rewards.

    def _reward(self, reward_id: str) -> tuple[dict[str, Any], dict[str, Any]] | None:
        for order in self.state["orders"].values():
            for reward in order["rewards"]:
                if reward["id"] == reward_id:
                    return order, reward
        return None

    def list_rewards(self) -> Response:
        """GET /rewards."""
        rewards = [r for order in self.state["orders"].values() for r in order["rewards"]]
        first, limit = int(request.args.get("offset", 0)), int(request.args.get("limit", 10))
        return answer({"rewards": rewards[first : first + limit], "total_count": len(rewards)})

    def get_reward(self, reward_id: str) -> Response:
        """GET /rewards/{id}."""
        found = self._reward(reward_id)
        return answer({"reward": found[1]}) if found else failure(404, "Not found")

    def cancel_reward(self, reward_id: str) -> Response:
        """POST /rewards/{id}/cancel: money back."""
        with self.lock:
            found = self._reward(reward_id)
            if found is None:
                return failure(404, "Not found")
            order, reward = found
            if order["status"] in ("CANCELED", "FAILED"):
                return failure(422, "The reward cannot be canceled")
            if order["status"] == "EXECUTED":
                total, currency = order["payment"]["total"], order["payment"]["currency_code"]
                order["payment"]["refund"] = {"total": total, "currency_code": currency}
            self._end(order, "CANCELED")
        self._tell("REWARDS.CANCELED", "rewards", reward_id)
        self._tell("ORDERS.CANCELED", "orders", order["id"])
        return answer({"reward": reward})

    def resend_reward(self, reward_id: str) -> Response:
        """POST /rewards/{id}/resend."""
        return answer({}) if self._reward(reward_id) else failure(404, "Not found")

    def generate_link(self, reward_id: str) -> Response:
        """POST /rewards/{id}/generate_link: a new link for a reward that was delivered by link."""
        with self.lock:
            found = self._reward(reward_id)
            if found is None:
                return failure(404, "Not found")
            if found[0]["status"] != "EXECUTED" or self.taken("linkless"):
                return failure(422, "There is no link for this reward")
            return answer({"reward": {"id": reward_id, "link": self._link(reward_id)}})

    # The rest.

    def list_products(self) -> Response:
        """GET /products, by country and currency."""
        country, currency = request.args.get("country"), request.args.get("currency")
        spoilt = self.taken("spoilt")
        count = spoilt.options.get("products", 3) if spoilt else 0
        found = [
            product | ({"currency_codes": [], "skus": "none"} if number < count else {})
            for number, product in enumerate(self.products)
            if (currency is None or currency in product["currency_codes"])
            and (country is None or {"abbr": country} in product["countries"])
        ]
        return answer({"products": found})

    def get_product(self, product_id: str) -> Response:
        """GET /products/{id}."""
        found = next((one for one in self.products if one["id"] == product_id), None)
        return answer({"product": found}) if found else failure(404, "Not found")

    def list_funding_sources(self) -> Response:
        """GET /funding_sources: the balance."""
        meta = {"available_cents": int(self._balance() * 100), "pending_cents": 0}
        amounts = {"available_amount": float(self._balance()), "currency_code": "USD"}
        source = {
            "id": "BALANCEBALANCE",
            "method": "balance",
            "usage_permissions": ["api_orders", "dashboard_orders"],
            "status": "active",
            "meta": meta | amounts,
        }
        return answer({"funding_sources": [source]})

    def list_balance_transactions(self) -> Response:
        """GET /balance_transactions: the newest first."""
        first, limit = int(request.args.get("offset", 0)), int(request.args.get("limit", 10))
        found = self.state["transactions"][::-1][first : first + limit]
        return answer({"transactions": found, "total_count": len(self.state["transactions"])})

    def list_forex(self) -> Response:
        """GET /forex: what a dollar is worth."""
        return answer({"forex": {code: float(rate) for code, rate in PER_DOLLAR.items()}})

    def create_webhook(self) -> Response:
        """POST /webhooks: one endpoint, and the key its news are signed with."""
        url = (request.get_json(silent=True) or {}).get("url")
        if not url:
            return failure(422, "url is needed")
        with self.lock:
            hook = {"id": _new_id(), "url": url, "private_key": secrets.token_hex(24)}
            self.state["webhooks"][hook["id"]] = hook
            self.hooks.url, self.hooks.secret = url, str(hook["private_key"])
        return answer({"webhook": hook})

    def list_webhooks(self) -> Response:
        """GET /webhooks."""
        return answer({"webhooks": list(self.state["webhooks"].values())})

    def delete_webhook(self, webhook_id: str) -> Response:
        """DELETE /webhooks/{id}."""
        if self.state["webhooks"].pop(webhook_id, None) is None:
            return failure(404, "Not found")
        self.hooks.url = ""
        return Response(status=204)

    def list_webhook_events(self, webhook_id: str) -> Response:  # noqa: ARG002 - all send the same
        """GET /webhooks/{id}/events: the names of what is told."""
        return answer({"events": ["ORDERS.CREATED", "ORDERS.CANCELED", "ORDERS.FAILED"]})

    def simulate_webhook(self, webhook_id: str) -> Response:  # noqa: ARG002 - all send the same
        """POST /webhooks/{id}/simulate."""
        event = (request.get_json(silent=True) or {}).get("event", "ORDERS.CREATED")
        self._tell(event, str(event).split(".", 1)[0].lower(), _new_id())
        return answer({})

    def _tell(self, event: str, kind: str, resource_id: str) -> None:
        self.tell(
            {
                "event": event,
                "uuid": str(uuid4()),
                "created_utc": _at(self.now()),
                "payload": {"resource": {"id": resource_id, "type": kind}, "meta": {}},
            }
        )


def _fits(product: Mapping[str, Any], value: Mapping[str, Any]) -> bool:
    return any(
        sku["currency_code"] == value["currency_code"]
        and sku["min"] <= value["denomination"] <= sku["max"]
        for sku in product["skus"]
    )


def _new_id() -> str:
    alphabet = "ABCDEFGHJKLMNPQRSTUVWXYZ0123456789"
    return "".join(secrets.choice(alphabet) for _ in range(12))


def _at(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _time(text: str) -> datetime:
    read = datetime.fromisoformat(text)
    return read if read.tzinfo else read.replace(tzinfo=UTC)


make_sandbox = Tremendous


if __name__ == "__main__":
    main("tremendous")
