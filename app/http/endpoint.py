"""The one way to declare an endpoint: who may call it, what goes in, what comes out, what it refuses."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, TypeVar

import flask
from flask import Response
from flask.typing import ResponseReturnValue
from pydantic import BaseModel, TypeAdapter, ValidationError

from app.http import idempotency, limits, origin
from app.http.context import ctx
from app.http.json import JSON, dumps, read_body
from app.http.misfits import problems_of
from app.http.principal import Role, Scope
from app.kernel.errors import AppError, Forbidden, Invalid, Problem, SignInNeeded

F = TypeVar("F", bound=Callable[..., Any])
BODY_LIMIT = 1_000_000


@dataclass(frozen=True, slots=True)
class EndpointSpec:
    """Everything there is to know about an endpoint without reading its body."""

    allow: frozenset[Role]
    scope: Scope | None
    public: bool
    proven: bool
    accepts: Any
    query: type[BaseModel] | None
    returns: Any
    status: int
    idempotent: bool
    refuses: tuple[type[AppError], ...]
    limit: str | None
    fail_closed: bool
    body_limit: int
    upload: bool
    form: tuple[str, ...]
    media_type: str
    rechecks: bool
    view: Callable[..., Any] = field(repr=False)


SPECS: dict[str, EndpointSpec] = {}
"""Every endpoint, by module and name of its view; the OpenAPI document and the rights matrix read it."""


def endpoint(
    *,
    allow: Iterable[Role] = (),
    scope: Scope | None = None,
    public: bool = False,
    proven: bool = False,
    accepts: Any = None,
    query: type[BaseModel] | None = None,
    returns: Any = None,
    status: int = 200,
    idempotent: bool = False,
    refuses: Iterable[type[AppError]] = (),
    limit: str | None = None,
    fail_closed: bool = False,
    body_limit: int = BODY_LIMIT,
    upload: bool = False,
    form: Iterable[str] = (),
    media_type: str = JSON,
    rechecks: bool = False,
) -> Callable[[F], Callable[..., ResponseReturnValue]]:
    """Make a view an endpoint.

    `allow`: roles that may call it with a session; `scope`: what an API key needs (None: no key may);
    `public`: nobody needs to be signed in; `proven`: other machines call it, and what they send carries
    its own proof, so that it need not come from our pages. `accepts`: the shape of the JSON body, passed as `body`;
    `query`: the shape of the query string, passed as `query`. `returns`: the shape of the answer.
    `idempotent`: demands an Idempotency-Key and replays the answer (400, 409, 422 otherwise).
    `limit`: such as "10/min", per principal (or address when public); `fail_closed`: refuse when the
    limiter is away. `upload`: multipart instead of JSON; `form`: the texts that come beside its file.
    `refuses`: the expected refusals, for the docs.
    `rechecks`: the transaction that writes asks again whether the API key holds, so that its holder may
    be known from a moment ago.
    The transaction commits when the view has returned and its answer has been checked.
    """

    def declare(view: F) -> Callable[..., ResponseReturnValue]:
        spec = EndpointSpec(
            allow=frozenset(allow),
            scope=scope,
            public=public,
            proven=proven,
            accepts=accepts,
            query=query,
            returns=returns,
            status=status,
            idempotent=idempotent,
            refuses=tuple(refuses),
            limit=limit,
            fail_closed=fail_closed,
            body_limit=body_limit,
            upload=upload,
            form=tuple(form),
            media_type=media_type,
            rechecks=rechecks,
            view=view,
        )
        adapter: TypeAdapter[Any] | None = TypeAdapter(returns) if returns is not None else None
        incoming: TypeAdapter[Any] | None = TypeAdapter(accepts) if accepts is not None else None

        @wraps(view)
        def answer(**path: Any) -> ResponseReturnValue:
            _guard(spec)
            arguments: dict[str, Any] = dict(path)
            if query is not None:
                arguments["query"] = _read_query(query, flask.request.args.to_dict())
            if incoming is not None:
                arguments["body"] = _read(incoming, read_body(spec.body_limit))
            with ExitStack() as stack:
                flask.g.stack = stack
                try:
                    return _call(spec, view, adapter, arguments)
                finally:
                    # Whatever is raised rolls the transaction back as the stack unwinds.
                    flask.g.pop("stack", None)

        SPECS[f"{view.__module__}.{view.__name__}"] = spec
        answer.spec = spec  # type: ignore[attr-defined]  # read by OpenAPI and the matrix
        return answer

    return declare


def _call(
    spec: EndpointSpec,
    view: Callable[..., Any],
    adapter: TypeAdapter[Any] | None,
    arguments: Mapping[str, Any],
) -> ResponseReturnValue:
    key = idempotency.read_key() if spec.idempotent else None
    if key is not None and (replay := idempotency.claim(ctx.db, ctx.principal, key, now=ctx.now)):
        return replay
    result = view(**arguments)
    if isinstance(result, Response):
        return result
    if adapter is None:
        return Response(status=204)
    shaped = adapter.dump_python(
        adapter.validate_python(result, from_attributes=True), mode="json", by_alias=True
    )
    raw = dumps(shaped)
    if key is not None:
        idempotency.settle(ctx.db, ctx.principal, key, status=spec.status, body=raw)
    response = Response(raw, status=spec.status, content_type=JSON)
    response.headers["Cache-Control"] = "no-store"
    return response


def _guard(spec: EndpointSpec) -> None:
    principal = ctx.find_principal()
    limits.check(spec.limit, principal, fail_closed=spec.fail_closed)
    if spec.public:
        if not spec.proven:
            origin.check_public_write()
        return
    if principal is None:
        raise SignInNeeded("Sign in to go on.")
    if principal.session_id is None:
        if spec.scope is None or spec.scope not in principal.scopes:
            raise Forbidden("This API key may not do that.", scope=spec.scope or "")
        return
    origin.check_session_write(principal)
    if principal.roles.isdisjoint(spec.allow):
        raise Forbidden("Your role does not include this.")


def _read(adapter: TypeAdapter[Any], raw: Any) -> Any:
    try:
        return adapter.validate_python(raw)
    except ValidationError as error:
        raise _invalid(problems_of(error, raw)) from None


def _read_query(shape: type[BaseModel], raw: Mapping[str, str]) -> BaseModel:
    if any("\x00" in value for value in raw.values()):
        raise _invalid(
            [Problem("/query", "control_character", "Control characters are not allowed.")]
        )
    try:
        return shape.model_validate(raw)
    except ValidationError as error:
        raise _invalid(problems_of(error, raw, "/query")) from None


def _invalid(problems: list[Problem]) -> Invalid:
    count = len(problems)
    return Invalid(
        "One thing needs a correction." if count == 1 else f"{count} things need a correction.",
        problems=problems,
        count=count,
    )
