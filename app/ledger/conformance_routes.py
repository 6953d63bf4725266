"""The four endpoints of the public ledger-conformance-kit. No part of the API, and in test builds only.

Whoever can reach them may post, so they are registered by `LAUREL_CONFORMANCE=1` alone, which production
refuses. What the books refuse is an answer, not an error: REJECTED with 200, as the kit asks for.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Annotated, Any, Final, TypeVar
from uuid import UUID

import flask
from flask import Blueprint, Response
from pydantic import AliasGenerator, BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from app.http.context import ctx
from app.http.json import JSON, dumps, read_body
from app.http.misfits import problems_of
from app.kernel.errors import AppError, Invalid
from app.kernel.ids import new_id
from app.ledger import conformance
from app.ledger.conformance import Direction, Movement, Order

PREFIX: Final = "/_lck"
BODY_LIMIT: Final = 100_000
AT_ONCE: Final = 16
"""How many requests of a process work on the books together; the others wait for a turn here, not for a
connection, so that hundreds at once are slow rather than refused."""

blueprint = Blueprint("ledger_conformance", __name__, url_prefix=PREFIX)
_turns = threading.BoundedSemaphore(AT_ONCE)

Name = Annotated[str, Field(min_length=1, max_length=500)]


class _Camel(BaseModel):
    """What the kit sends: names in camel case; what we do not know is passed over."""

    model_config = ConfigDict(
        alias_generator=AliasGenerator(validation_alias=to_camel), extra="ignore", strict=True
    )


class LegIn(_Camel):
    """One leg."""

    account_id: Name
    type: Annotated[Direction, Field(strict=False)]
    amount_subunits: int
    currency: str


class PostIn(_Camel):
    """One transaction, once for its key."""

    idempotency_key: Name
    transaction_id: Name | None = None
    allow_overdraft: bool = False
    legs: list[LegIn]


class BalanceQuery(_Camel):
    """Whose balance, in what."""

    account: Name
    currency: str = "USD"


S = TypeVar("S", bound=BaseModel)


@blueprint.post("/reset")
def reset() -> Response:
    """Begin new books; the old ones stay, under a tenant that nobody asks for any more."""
    _open_books()
    return _answer({"status": "EMPTY"})


@blueprint.post("/post")
def post() -> Response:
    """Post one transaction: APPLIED, DUPLICATE of one that was applied, or REJECTED."""
    body = _read(PostIn, read_body(BODY_LIMIT))
    order = Order(
        key=body.idempotency_key,
        transaction=body.transaction_id or str(new_id()),
        movements=tuple(
            Movement(leg.account_id, leg.type, leg.amount_subunits, leg.currency)
            for leg in body.legs
        ),
        may_overdraw=body.allow_overdraft,
    )
    try:
        with _turns, ctx.aside(_books()) as db:
            posted = conformance.post(db, order)
            transaction = (
                order.transaction if posted.is_new else conformance.transaction_of(db, posted.id)
            )
    except AppError as refused:
        return _result("REJECTED", order.transaction, str(refused))
    if posted.is_new:
        return _result("APPLIED", transaction, None)
    return _result("DUPLICATE", transaction, "This key was settled before.")


@blueprint.get("/balance")
def balance() -> Response:
    """Return what an account holds, as wallets are read."""
    query = _read(BalanceQuery, flask.request.args.to_dict())
    with _turns, ctx.aside(_books()) as db:
        return _answer({"subunits": conformance.balance(db, query.account, query.currency)})


@blueprint.get("/journal")
def journal() -> Response:
    """Return every entry in commit order."""
    with _turns, ctx.aside(_books()) as db:
        entries = conformance.journal(db)
    return _answer(
        [
            {
                "entryId": entry.entry,
                "transactionId": entry.transaction,
                "accountId": entry.account,
                "type": entry.direction,
                "amountSubunits": entry.minor,
                "currency": entry.currency,
                "sequence": entry.sequence,
                "accountSequence": entry.account_sequence,
                "prevHash": entry.previous,
                "entryHash": entry.hash,
            }
            for entry in entries
        ]
    )


def _place() -> Path:
    return ctx.settings.home / "conformance-books"


def _books() -> UUID:
    """Return the tenant whose books are asked for now, the same in every process."""
    try:
        return UUID(_place().read_text("ascii"))
    except FileNotFoundError:
        return _first_books()


def _open_books() -> None:
    with _drafted() as draft:
        draft.replace(_place())


def _first_books() -> UUID:
    """Open books where there are none; of several who come first at once, one does."""
    with _drafted() as draft, suppress(FileExistsError):
        _place().hardlink_to(draft)
    return UUID(_place().read_text("ascii"))


@contextmanager
def _drafted() -> Iterator[Path]:
    """Yield a file that names a new tenant, beside the place it is for."""
    tenant_id = str(new_id())
    draft = _place().with_suffix(f".{tenant_id}")
    draft.write_text(tenant_id, "ascii")
    try:
        yield draft
    finally:
        draft.unlink(missing_ok=True)


def _read(shape: type[S], raw: Any) -> S:
    try:
        return shape.model_validate(raw)
    except ValidationError as error:
        raise Invalid("This is no request of the kit.", problems=problems_of(error, raw)) from None


def _result(status: str, transaction: str, reason: str | None) -> Response:
    return _answer({"status": status, "transactionId": transaction, "reason": reason})


def _answer(body: Any) -> Response:
    response = Response(dumps(body), content_type=JSON)
    response.headers["Cache-Control"] = "no-store"
    return response
