"""JSON at the edge: strict in, compact out."""

from __future__ import annotations

from typing import Any

import orjson
from pydantic import BaseModel
from werkzeug.exceptions import RequestEntityTooLarge, UnsupportedMediaType

from app.http.context import ctx
from app.kernel import strict_json
from app.kernel.errors import Invalid, Problem

JSON = "application/json"


def dumps(value: Any) -> bytes:
    """Return `value` as JSON; pydantic models in their JSON form."""
    return orjson.dumps(value, default=_encode)


def _encode(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", by_alias=True)
    return str(value)


def read_body(max_bytes: int) -> Any:
    """Return the JSON body of the request, read strictly, at most `max_bytes` long."""
    request = ctx.request
    if request.mimetype != JSON:
        raise UnsupportedMediaType("Send JSON, with Content-Type: application/json.")
    declared = request.content_length
    if declared is not None and declared > max_bytes:
        raise RequestEntityTooLarge(f"The body may have {max_bytes} bytes at most.")
    request.max_content_length = max_bytes
    return strict_json.loads(request.get_data(cache=True))


def refuse_members() -> None:
    """Refuse a body that says something, where nothing is asked for and nothing would be heeded."""
    body = strict_json.loads(raw) if (raw := ctx.request.get_data(cache=True).strip()) else None
    if body in (None, {}):
        return
    members = body if isinstance(body, dict) else [""]
    problems = [
        Problem(pointer(name), "extra_forbidden", "There is no such field here.")
        for name in members
    ]
    raise Invalid("Nothing is asked for in the body.", problems=problems, count=len(problems))


def pointer(*parts: str) -> str:
    """Return the JSON pointer to `parts`; none, or one without a name, is the whole."""
    return "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in parts if part)
