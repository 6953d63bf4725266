"""Xoxoday Plum on this machine: OAuth, one envelope for seven operations, a catalog, delayed deliveries.

The base address is `http://127.0.0.1:N/chef/v1/oauth`. The account begins with CLIENT_ID, CLIENT_SECRET,
FIRST_ACCESS and FIRST_REFRESH, and WALLET to spend. Its own modes, beside those of the base:

    grace           a spent refresh token goes on working for six hours (otherwise it is dead at once)
    unlimited       no rate limits
    replays         the same poNumber answers with the order that exists (otherwise PLE10004)
    doubles         the same poNumber orders once more
    fails           {"id": "PLE10018"}: refuse with that error; with "commit": true order all the same
    refund_failed   take the money, cancel the order, say PLE10026
    partial         {"quantity": 5, "delivered": 3}
    delayed         deliver later, after `seconds` (20) of the clock here
    cancels         deliver later, but then cancel and refund
    not_found_first the order exists, but getOrderDetails does not find it yet
    other_price     {"percent": 105}: charge that share of the price
    same_code       give the voucher code that was given last
    shouting        "Delivered" and "Complete" for "delivered" and "complete"
    words           amounts as text: "12.50"
    malformed       {"products": [15001]}: spoil these products in the catalog
    withdrawn       {"products": [15001]}: these are no longer sold
    sold_out        {"products": [15001]}: PLE10024 for these
    renamed         {"product": 15001, "name": "..."}: change it, with a new lastUpdateDate
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, ClassVar, Final

from flask import Flask, Request, Response, g, request

from tests.sandboxes import plum_catalog
from tests.sandboxes.base import Mode, Sandbox, answer, main

CLIENT_ID: Final = "plum-client"
CLIENT_SECRET: Final = "plum-secret"
FIRST_ACCESS: Final = "access-0"
FIRST_REFRESH: Final = "refresh-0"
WALLET: Final = {"value": "100000.00", "currency": "EUR"}

ACCESS_LIVES: Final = timedelta(days=15)
REFRESH_LIVES: Final = timedelta(days=30)
GRACE: Final = timedelta(hours=6)

LIMITS: Final = {
    "getOrderDetails": 200,
    "getVouchers": 50,
    "getBalance": 10,
    "placeOrder": 100,
    "getOrderHistory": 200,
    "getFilters": 50,
}
"""Calls a minute."""

ERRORS: Final = {
    "PLE10001": (400, "Validation error in place order"),
    "PLE10002": (400, "Validation error in get order details"),
    "PLE10003": (400, "Validation error in get filters"),
    "PLE10004": (422, "Failed to validate client's externalOrderId"),
    "PLE10005": (502, "Failed to get currency value"),
    "PLE10006": (502, "Invalid response from currency API"),
    "PLE10007": (422, "Failed to add order"),
    "PLE10009": (502, "Failed to get company points"),
    "PLE10010": (422, "Failed to redeem points"),
    "PLE10011": (422, "Failed to confirm order"),
    "PLE10012": (502, "Failed to process order"),
    "PLE10014": (400, "Invalid client"),
    "PLE10015": (400, "Amazon KYC is not approved"),
    "PLE10016": (404, "Failed to get Order details"),
    "PLE10017": (404, "Failed to get product details"),
    "PLE10018": (400, "Invalid denomination for the product"),
    "PLE10019": (401, "Clients are not allowed to place international orders"),
    "PLE10024": (502, "Vouchers are out of stock"),
    "PLE10025": (502, "Failed to place order for the client"),
    "PLE10026": (404, "Order cancelled but refund failed"),
    "PLE10029": (404, "Failed to find filters for filterGroupCode"),
    "PLE10030": (404, "Failed to find vouchers"),
    "PLE10032": (400, "Failed to validate OrderHistory Request"),
    "PLE10033": (400, "Failed to validate getVouchers request"),
    "PLE10035": (502, "Failed to get order details to check status of order"),
    "PLE10036": (404, "Failed to get order details as delivery is canceled"),
    "PLE10041": (400, "Quantity is more than allowed"),
    "PLE10042": (400, "Product is not activated for the client"),
    "PIPE10015": (401, "Plum Pro APIs: User is disabled"),
    "PIPE10016": (401, "Plum Pro APIs: Company is disabled"),
    "PIPE10017": (401, "Plum Pro APIs: IP is not whitelisted"),
}


def failure(error_id: str) -> Response:
    """Return an error of the application, as documented."""
    status, words = ERRORS[error_id]
    return answer({"code": status, "errorId": error_id, "errorInfo": words, "error": words}, status)


def oauth_failure(error: str, words: str) -> Response:
    """Return an error of the authorization."""
    return answer({"error": error, "error_description": words}, 401)


class Plum(Sandbox):
    """The vendor."""

    name: ClassVar[str] = "plum"
    hook_tries: ClassVar[int] = 4  # once, and three retries
    catalog: ClassVar[list[dict[str, Any]]] = []

    def __init__(self, state_file: Path | None = None) -> None:
        if not Plum.catalog:
            Plum.catalog = plum_catalog.products()
        self.products = {entry["productId"]: dict(entry) for entry in Plum.catalog}
        super().__init__(state_file)

    def new_state(self) -> dict[str, Any]:
        start = datetime.now(UTC)
        return {
            "wallet": dict(WALLET),
            "orders": {},
            "next_order": 26_663_001,
            "next_event": 1,
            "access": {FIRST_ACCESS: _ms(start + ACCESS_LIVES)},
            "refresh": {FIRST_REFRESH: {"until": _ms(start + REFRESH_LIVES), "spent_at": None}},
            "refreshes": 0,
            "reused_refresh_tokens": 0,
            "hook_is_off": False,
        }

    def routes(self, app: Flask) -> None:
        app.add_url_rule("/chef/v1/oauth/token", view_func=self.check_token)
        app.add_url_rule(
            "/chef/v1/oauth/token/user", view_func=self.refresh_token, methods=["POST"]
        )
        app.add_url_rule("/chef/v1/oauth/api", view_func=self.api, methods=["POST"])

    def operation(self, request: Request) -> str:
        if not request.path.endswith("/api"):
            return "refreshToken" if request.method == "POST" else "validateToken"
        body = request.get_json(silent=True)
        query = body.get("query") if isinstance(body, dict) else None
        return str(query).rsplit(".", 1)[-1]

    def refusal(self, kind: str, mode: Mode | None) -> Response:
        options: Mapping[str, Any] = mode.options if mode else {}
        if kind == "throttled":
            seconds = options.get("seconds", 60)
            body = {
                "errors": [{"message": "auth.request_limit_exceeded", "penaltySeconds": seconds}]
            }
            return answer(body, 429)
        if kind == "unauthorized":
            with self.lock:
                self.state["access"].pop(self._bearer(), None)
            return oauth_failure("invalid_token", "The access token is expired.")
        if kind == "out_of_money":
            return failure("PLE10010")
        if kind == "not_found":
            return failure("PLE10016")
        return answer({"error": "Internal Server Error"}, int(options.get("status", 500)))

    def signed(self, body: bytes, secret: str) -> Mapping[str, str]:  # noqa: ARG002 - the key is the same for all
        return {"x-api-key": secret}

    def books(self) -> Mapping[str, Any]:
        self._ripen()
        return {**self.state, "access": len(self.state["access"])}

    def time_passed(self) -> None:
        self._ripen()

    def gave_up(self) -> None:
        self.hooks.is_off = True
        self.state["hook_is_off"] = True

    # Tokens.

    def _bearer(self) -> str:
        return request.headers.get("Authorization", "").removeprefix("Bearer ")

    def check_token(self) -> Response:
        """GET /token: is this access token alive?"""
        until = self.state["access"].get(self._bearer())
        if until is None or int(until) <= int(_ms(self.now())):
            return oauth_failure("invalid_token", "The access token is invalid.")
        left = (int(until) - int(_ms(self.now()))) // 1000
        return answer({"access_token": self._bearer(), "token_type": "bearer", "expires_in": left})

    def refresh_token(self) -> Response:
        """POST /token/user: a new pair for a refresh token."""
        sent = request.get_json(silent=True) or {}
        known = (sent.get("client_id"), sent.get("client_secret")) == (CLIENT_ID, CLIENT_SECRET)
        if sent.get("grant_type") != "refresh_token" or not known:
            return oauth_failure("invalid_client", "Client authentication failed.")
        with self.lock:
            return self._new_pair(str(sent.get("refresh_token")))

    def _new_pair(self, spent: str) -> Response:
        now, held = self.now(), self.state["refresh"].get(spent)
        if held is None or int(held["until"]) <= int(_ms(now)):
            return oauth_failure("invalid_grant", "The refresh token is invalid.")
        in_grace = any(mode.name == "grace" for mode in self.modes)
        if held["spent_at"] is not None:
            self.state["reused_refresh_tokens"] += 1
            if not in_grace or int(_ms(now)) - int(held["spent_at"]) > GRACE.total_seconds() * 1000:
                return oauth_failure("invalid_grant", "The refresh token was used before.")
        held["spent_at"] = held["spent_at"] or _ms(now)
        if not in_grace:
            self.state["access"].clear()
        access, refresh = secrets.token_urlsafe(24), secrets.token_urlsafe(24)
        self.state["access"][access] = _ms(now + ACCESS_LIVES)
        self.state["refresh"][refresh] = {"until": _ms(now + REFRESH_LIVES), "spent_at": None}
        self.state["refreshes"] += 1
        return answer(
            {
                "access_token": access,
                "token_type": "bearer",
                "expires_in": int(ACCESS_LIVES.total_seconds()),
                "refresh_token": refresh,
                "access_token_expiry": _ms(now + ACCESS_LIVES),
                "refresh_token_expiry": _ms(now + REFRESH_LIVES),
            }
        )

    # The envelope.

    def api(self) -> Response:  # noqa: PLR0911 - one line a way in which an envelope is wrong
        """POST /api: whatever `query` names."""
        until = self.state["access"].get(self._bearer())
        if until is None or int(until) <= int(_ms(self.now())):
            return oauth_failure("invalid_token", "The access token is invalid.")
        body, operation = request.get_json(silent=True), g.operation
        views: Mapping[str, Callable[[dict[str, Any]], Response]] = {
            "getFilters": self.get_filters,
            "getVouchers": self.get_vouchers,
            "placeOrder": self.place_order,
            "getOrderDetails": self.get_order_details,
            "getOrderHistory": self.get_order_history,
            "getBalance": self.get_balance,
            "paymentHistory": self.payment_history,
        }
        kind = "query" if operation == "getBalance" else "mutation"
        if not isinstance(body, dict) or body.get("query") != f"plumProAPI.{kind}.{operation}":
            return oauth_failure("invalid_request", "missing/invalid parameters query")
        if body.get("tag") != "plumProAPI" or operation not in views:
            return oauth_failure("invalid_request", "missing/invalid parameters tag")
        given = body.get("data" if operation == "paymentHistory" else "variables") or {}
        if not isinstance(given.get("data"), dict):
            return oauth_failure("invalid_request", "missing/invalid parameters data")
        limit = LIMITS.get(operation)
        is_limited = limit is not None and not any(m.name == "unlimited" for m in self.modes)
        if is_limited and limit is not None and self.over_limit(operation, limit):
            return self.refusal("throttled", None)
        with self.lock:
            self._ripen()
            if mode := self.taken("fails"):
                if mode.options.get("commit"):
                    views[operation](given["data"])
                return failure(mode.options["id"])
            return views[operation](given["data"])

    def _said(self, operation: str, value: object, *, paid: bool = False) -> Response:
        said = {"data": {operation: {"status": 1, "data": value}}}
        if paid and self.taken("words"):
            said = _in_words(said)
        if self.taken("shouting"):
            said = _shouting(said)
        return answer(said)

    # The catalog.

    def get_filters(self, asked: dict[str, Any]) -> Response:
        """List what the catalog can be narrowed by."""
        group = str(asked.get("filterGroupCode") or "").lower()
        if group not in ("", "country"):
            return failure("PLE10029")
        values = [
            {
                "filterValue": country.name,
                "isoCode": country.code,
                "filterValueCode": country.name.lower().replace(" ", "_"),
            }
            for country in plum_catalog.countries()
        ]
        groups = [
            {
                "filterGroupName": "Country",
                "filterGroupDescription": "Filter by country",
                "filterGroupCode": "country",
                "filters": values,
            }
        ]
        return self._said("getFilters", groups)

    def get_vouchers(self, asked: dict[str, Any]) -> Response:
        """Return one page of the catalog."""
        limit, page = asked.get("limit", 100), asked.get("page", 1)
        if not all(isinstance(number, int) and number > 0 for number in (limit, page)):
            return failure("PLE10033")
        found = self._chosen(asked)[(page - 1) * limit : page * limit]
        if not found and page == 1:
            return failure("PLE10030")
        spoiled = self._named("malformed")
        return self._said(
            "getVouchers", [_spoil(p) if p["productId"] in spoiled else p for p in found]
        )

    def _chosen(self, asked: dict[str, Any]) -> list[dict[str, Any]]:
        self._rename()
        without = self._named("withdrawn") | _numbers(asked.get("excludeProducts"))
        wanted = _numbers(asked.get("includeProducts"))
        rules = {rule["key"]: str(rule["value"]) for rule in asked.get("filters") or []}
        found = [
            product
            for number, product in self.products.items()
            if number not in without
            and (not wanted or number in wanted)
            and rules.get("country", product["countryName"]).lower()
            in (product["countryName"].lower(), product["countryCode"].lower())
            and rules.get("currencyCode", product["currencyCode"]) == product["currencyCode"]
            and rules.get("deliveryType", product["deliveryType"]) == product["deliveryType"]
            and rules.get("productName", "").lower() in product["name"].lower()
        ]
        sort = asked.get("sort") or {}
        field = sort.get("field")
        if field in ("name", "lastUpdateDate", "productId"):
            found.sort(key=lambda entry: entry[field], reverse=sort.get("order") == "DESC")
        return found

    def _named(self, mode: str) -> set[int]:
        return {
            number
            for active in self.modes
            if active.name == mode
            for number in active.options.get("products", ())
        }

    def _rename(self) -> None:
        while mode := self.taken("renamed", "*"):
            product = self.products[mode.options["product"]]
            product["name"] = mode.options["name"]
            product["lastUpdateDate"] = _stamp(self.now())
            self.modes = [kept for kept in self.modes if kept is not mode]

    # Orders.

    def place_order(self, asked: dict[str, Any]) -> Response:
        """Order vouchers."""
        if (error := self._refuses(asked)) is not None:
            return failure(error)
        earlier = self.state["orders"].get(asked["poNumber"])
        if earlier is not None and not self.taken("doubles"):
            replays = self.taken("replays") is not None
            return self._said("placeOrder", earlier["said"]) if replays else failure("PLE10004")
        order = self._make(asked)
        if order is None:
            return failure("PLE10010")
        if self.taken("refund_failed"):
            order["state"] = "refund_failed"
            return failure("PLE10026")
        return self._said("placeOrder", order["said"], paid=True)

    def _refuses(self, asked: dict[str, Any]) -> str | None:
        po_number, quantity = asked.get("poNumber"), asked.get("quantity")
        amount = asked.get("denomination")
        if not isinstance(po_number, str) or not 0 < len(po_number) <= 100:
            return "PLE10001"
        if not isinstance(quantity, int) or not isinstance(amount, int | float | str):
            return "PLE10001"
        product = self.products.get(_whole(asked.get("productId")))
        if product is None or product["productId"] in self._named("withdrawn"):
            return "PLE10017"
        if not 0 < quantity <= product["orderQuantityLimit"]:
            return "PLE10041"
        if not _offers(product, Decimal(str(amount))):
            return "PLE10018"
        return "PLE10024" if product["productId"] in self._named("sold_out") else None

    def _make(self, asked: dict[str, Any]) -> dict[str, Any] | None:
        product = self.products[_whole(asked["productId"])]
        quantity, face = asked["quantity"], Decimal(str(asked["denomination"]))
        partly = self.taken("partial")
        if partly is not None:
            quantity = partly.options.get("quantity", 5)
        charged = self._price(product, face * asked["quantity"])
        wallet = self.state["wallet"]
        if Decimal(wallet["value"]) < charged:
            return None
        wallet["value"] = str(Decimal(wallet["value"]) - charged)
        number = self.state["next_order"]
        self.state["next_order"] += 1
        later = self.taken("cancels") or self.taken("delayed")
        if later is None and product["deliveryType"] == "delayed":
            later = Mode("delayed", "*", None, {})
        delivered = partly.options.get("delivered", 3) if partly is not None else quantity
        placed_at = self.now()
        order: dict[str, Any] = {
            "poNumber": asked["poNumber"],
            "state": "pending" if later else "delivered",
            "charged": str(charged),
            "will": later.name if later else None,
            "due_at": (placed_at + timedelta(seconds=later.options.get("seconds", 20))).isoformat()
            if later
            else None,
            "placed_at": placed_at.isoformat(),
            "delivers": delivered,
            "email": asked.get("email"),
            "said": _order(
                number=number,
                product=product,
                face=face,
                quantity=quantity,
                charged=charged,
                currency=wallet["currency"],
                asked=asked,
            ),
        }
        order["said"]["orderDate"] = _stamp(placed_at)
        key = asked["poNumber"]
        if key in self.state["orders"]:
            key = f"{key}#{number}"
        self.state["orders"][key] = order
        if later is None:
            self._deliver_order(order)
        else:
            seconds = later.options.get("seconds", 20)
            waker = threading.Timer(seconds + 0.1, self._wake)
            waker.daemon = True
            waker.start()
        return order

    def _price(self, product: dict[str, Any], face: Decimal) -> Decimal:
        wallet = self.state["wallet"]["currency"]
        if product["currencyCode"] != wallet:
            here = next(c for c in plum_catalog.countries() if c.currency == wallet)
            face = face * Decimal(str(here.per_dollar)) / Decimal(product["exchangeRate"])
        if mode := self.taken("other_price"):
            face = face * Decimal(mode.options.get("percent", 105)) / 100
        return face.quantize(Decimal("0.01"))

    def _deliver_order(self, order: dict[str, Any]) -> None:
        said = order["said"]
        product = self.products[said["voucherDetails"][0]["productId"]]
        order["state"] = "delivered"
        said["deliveryStatus"], said["deliveryDate"] = "delivered", _stamp(self.now())
        said["voucherDetails"][0]["productStatus"] = "delivered"
        for _ in range(order["delivers"]):
            said["vouchers"].append(self._voucher(said, product))

    def _voucher(self, said: dict[str, Any], product: dict[str, Any]) -> dict[str, Any]:
        code = "-".join(secrets.token_hex(2).upper() for _ in range(4))
        if self.taken("same_code", "placeOrder"):
            code = self.state.get("last_code", code)
        self.state["last_code"] = code
        is_url = product["usageType"] == "online" and product["productId"] % 3 == 0
        expires = (self.now() + timedelta(days=365)).date().isoformat()
        return {
            "productId": product["productId"],
            "orderId": said["orderId"],
            "voucherCode": f"https://redeem.example.com/{code}" if is_url else code,
            "pin": "" if is_url else str(secrets.randbelow(9000) + 1000),
            "validity": expires,
            "amount": said["voucherDetails"][0]["denomination"],
            "currency": product["currencyCode"],
            "country": product["countryCode"],
            "type": "url" if is_url else "codePin",
            "currencyValue": said["currencyValue"],
        }

    def _wake(self) -> None:
        with self.lock:
            self._ripen()

    def _ripen(self) -> None:
        """Deliver, or cancel, what is due; tell about it."""
        for order in self.state["orders"].values():
            is_due = order["state"] == "pending" and order["due_at"] is not None
            if not is_due or datetime.fromisoformat(order["due_at"]) > self.now():
                continue
            if order["will"] == "cancels":
                self._cancel_order(order)
            else:
                self._deliver_order(order)
            self._tell_of(order)

    def _cancel_order(self, order: dict[str, Any]) -> None:
        wallet = self.state["wallet"]
        wallet["value"] = str(Decimal(wallet["value"]) + Decimal(order["charged"]))
        order["state"], order["said"]["orderStatus"] = "canceled", "canceled"
        order["said"]["deliveryStatus"] = "canceled"
        order["said"]["voucherDetails"][0]["productStatus"] = "canceled"
        order["said"]["voucherDetails"][0]["cancelledQuantity"] = order["said"]["quantity"]

    def _tell_of(self, order: dict[str, Any]) -> None:
        said, number = order["said"], self.state["next_event"]
        self.state["next_event"] += 1
        status = said["deliveryStatus"]
        self.tell(
            {
                "id": number,
                "data": {
                    "orderId": said["orderId"],
                    "poNumber": order["poNumber"],
                    "orderDate": said["orderDate"],
                    "deliveryStatus": status.title() if number % 2 else status,
                },
                "createdAt": _stamp(self.now()),
            }
        )

    def get_order_details(self, asked: dict[str, Any]) -> Response:
        """Return one order, by our number or theirs."""
        if self.taken("not_found_first"):
            return failure("PLE10016")
        po_number, order_id = asked.get("poNumber"), asked.get("orderId")
        if not po_number and order_id in (None, 0, "0", ""):
            return failure("PLE10002")
        if po_number and order_id not in (None, 0, "0", ""):
            return failure("PLE10002")
        for order in self.state["orders"].values():
            said = order["said"]
            if order["poNumber"] == po_number or str(said["orderId"]) == str(order_id):
                if order["state"] == "refund_failed":
                    return failure("PLE10026")
                return self._said("getOrderDetails", said, paid=True)
        return failure("PLE10016")

    def get_order_history(self, asked: dict[str, Any]) -> Response:
        """List orders of some days, the newest first."""
        first, last = str(asked.get("startDate") or ""), str(asked.get("endDate") or "9999-12-31")
        limit, page = asked.get("limit", 10), asked.get("page", 1)
        if not all(isinstance(number, int) and number > 0 for number in (limit, page)):
            return failure("PLE10032")
        found = [
            _history_line(order)
            for order in reversed(self.state["orders"].values())
            if first <= order["placed_at"][:10] <= last
        ]
        return self._said("getOrderHistory", found[(page - 1) * limit : page * limit])

    def get_balance(self, asked: dict[str, Any]) -> Response:  # noqa: ARG002 - asks for nothing
        """Return what is left in the wallet."""
        wallet = self.state["wallet"]
        return self._said(
            "getBalance", {"value": float(wallet["value"]), "currency": wallet["currency"]}
        )

    def payment_history(self, asked: dict[str, Any]) -> Response:  # noqa: ARG002 - there is one payment
        """List what was paid into the wallet."""
        line = {"amount": float(WALLET["value"]), "currency": WALLET["currency"], "type": "credit"}
        return self._said("getPaymentReport", [line])


def _order(
    *,
    number: int,
    product: dict[str, Any],
    face: Decimal,
    quantity: int,
    charged: Decimal,
    currency: str,
    asked: dict[str, Any],
) -> dict[str, Any]:
    return {
        "orderId": number,
        "orderTotal": float(charged),
        "rawOrderTotal": float(charged),
        "orderDiscount": "",
        "discountPercent": "0",
        "currencyCode": currency,
        "currencyValue": 1 if currency == product["currencyCode"] else float(charged / face),
        "amountCharged": float(charged),
        "orderStatus": "complete",
        "deliveryStatus": "pending",
        "tag": asked.get("tag") or "",
        "quantity": quantity,
        "orderDate": "",
        "deliveryDate": "",
        "shippingDetails": {},
        "vouchers": [],
        "voucherDetails": [
            {
                "orderId": number,
                "productId": product["productId"],
                "productName": product["name"],
                "currencyCode": product["currencyCode"],
                "productStatus": "pending",
                "denomination": float(face),
                "cancelledQuantity": 0,
                "trackingId": None,
            }
        ],
    }


def _history_line(order: dict[str, Any]) -> dict[str, Any]:
    said = order["said"]
    details = said["voucherDetails"][0]
    return {
        **{key: said[key] for key in ("orderId", "orderDate", "deliveryStatus", "tag")},
        **{key: said[key] for key in ("orderTotal", "rawOrderTotal", "discountPercent")},
        **{key: said[key] for key in ("amountCharged", "currencyValue", "currencyCode")},
        "poNumber": order["poNumber"],
        "email": order["email"],
        "orderDiscount": 0,
        "products": [
            {
                "productId": details["productId"],
                "productName": details["productName"],
                "receiverMobileNumber": "",
                "receiverEmail": order["email"] or "",
                "price": details["denomination"],
                "quantity": said["quantity"],
                "orderProductStatus": said["deliveryStatus"],
                "currency": details["currencyCode"],
            }
        ],
        "voucherDetails": said["voucherDetails"],
    }


def _spoil(product: dict[str, Any]) -> dict[str, Any]:
    """Return a product as bad as catalogs have them, a different way each."""
    ways: tuple[Mapping[str, Any], ...] = (
        {"currencyCode": "XXYZ"},
        {"valueDenominations": "ten,20", "valueType": "fixed_denomination"},
        {"name": None},
        {"countryCode": ""},
        {"valueType": "open_value", "minValue": "NaN", "maxValue": -5},
        {"productId": None},
    )
    return {**product, **ways[product["productId"] % len(ways)]}


def _offers(product: dict[str, Any], amount: Decimal) -> bool:
    if product["valueType"] == "open_value":
        return bool(product["minValue"] <= amount <= product["maxValue"])
    return amount in {Decimal(one) for one in product["valueDenominations"].split(",")}


def _numbers(listed: object) -> set[int]:
    return {int(number) for number in str(listed or "").split(",") if number.strip().isdigit()}


def _whole(value: object) -> int:
    return int(str(value)) if str(value).isdigit() else -1


def _ms(at: datetime) -> str:
    return str(int(at.timestamp() * 1000))


def _stamp(at: datetime) -> str:
    return at.strftime("%Y-%m-%d %H:%M:%S")


def _in_words(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _in_words(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_in_words(inner) for inner in value]
    return f"{value:.2f}" if isinstance(value, float) else value


def _shouting(value: Any, key: str = "") -> Any:
    if isinstance(value, dict):
        return {name: _shouting(inner, name) for name, inner in value.items()}
    if isinstance(value, list):
        return [_shouting(inner) for inner in value]
    return value.title() if key in ("orderStatus", "deliveryStatus", "productStatus") else value


make_sandbox = Plum


if __name__ == "__main__":
    main("plum")
