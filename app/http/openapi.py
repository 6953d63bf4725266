"""OpenAPI 3.1, written from the declared endpoints, so that it cannot drift from them."""

from __future__ import annotations

import inspect
import re
from functools import cache
from typing import Any

import flask
from flask import Flask, Response
from pydantic import TypeAdapter
from pydantic.json_schema import JsonSchemaMode, models_json_schema
from werkzeug.routing import Rule

from app.http.endpoint import EndpointSpec
from app.http.json import JSON, dumps
from app.http.problems import MEDIA_TYPE, ProblemDetails

REF = "#/components/schemas/{model}"


def install(app: Flask) -> None:
    """Serve the document at /api/openapi.json and a page to read it at /api/docs.

    They are written when they are first asked for: that takes seconds, and they never change after it.
    """

    @cache
    def raw() -> bytes:
        return dumps(document(app))

    @cache
    def page() -> str:
        return flask.render_template("openapi.html", document=document(app))

    @app.get("/api/openapi.json")
    def openapi_json() -> Response:
        return Response(raw(), content_type=JSON)

    @app.get("/api/docs")
    def openapi_page() -> str:
        return page()

    @app.get("/api/docs.css")
    def openapi_style() -> Response:
        return Response(flask.render_template("docs.css"), content_type="text/css")


def document(app: Flask) -> dict[str, Any]:
    """Return the OpenAPI document of `app`."""
    rules = [
        (rule, spec)
        for rule in app.url_map.iter_rules()
        if (spec := getattr(app.view_functions[rule.endpoint], "spec", None))
    ]
    schemas, definitions = _schemas([spec for _, spec in rules])
    paths: dict[str, dict[str, Any]] = {}
    for rule, spec in sorted(rules, key=lambda pair: pair[0].rule):
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            path = re.sub(r"<(?:[^:>]+:)?([^>]+)>", r"{\1}", rule.rule)
            paths.setdefault(path, {})[method.lower()] = _operation(rule, spec, schemas, method)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Laurel",
            "version": "1",
            "description": (
                "Incentives for field teams. Times are RFC 3339, money is a decimal string with its "
                "currency, errors are problem+json with a JSON pointer for every place that is wrong."
            ),
        },
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "schemas": definitions,
            "securitySchemes": {
                "apiKey": {"type": "http", "scheme": "bearer"},
                "session": {"type": "apiKey", "in": "cookie", "name": "sid"},
            },
        },
    }


def _schemas(
    specs: list[EndpointSpec],
) -> tuple[dict[tuple[int, JsonSchemaMode], dict[str, Any]], dict[str, Any]]:
    wanted: list[tuple[Any, JsonSchemaMode, TypeAdapter[Any]]] = []
    modes: tuple[tuple[str, JsonSchemaMode], ...] = (
        ("accepts", "validation"),
        ("returns", "serialization"),
    )
    for spec in specs:
        for attribute, mode in modes:
            shape = getattr(spec, attribute)
            if shape is not None:
                wanted.append((id(shape), mode, TypeAdapter(shape)))
    by_key, definitions = TypeAdapter.json_schemas(wanted, ref_template=REF)
    _, problem = models_json_schema([(ProblemDetails, "serialization")], ref_template=REF)
    return by_key, {**definitions.get("$defs", {}), **problem.get("$defs", {})}


def _operation(
    rule: Rule,
    spec: EndpointSpec,
    schemas: dict[tuple[int, JsonSchemaMode], dict[str, Any]],
    method: str,
) -> dict[str, Any]:
    doc = inspect.getdoc(spec.view) or ""
    operation: dict[str, Any] = {
        "operationId": rule.endpoint.replace(".", "_"),
        "tags": [rule.endpoint.split(".")[0]],
        "summary": doc.splitlines()[0] if doc else "",
        "description": _rights(spec),
        "parameters": [*_path_parameters(rule), *_query_parameters(spec)],
        "responses": _responses(spec, schemas, method),
        "security": _security(spec),
    }
    if spec.idempotent:
        operation["parameters"].append(
            {
                "name": "Idempotency-Key",
                "in": "header",
                "required": True,
                "schema": {"type": "string", "minLength": 1, "maxLength": 200},
            }
        )
    if spec.accepts is not None:
        operation["requestBody"] = {
            "required": True,
            "content": {JSON: {"schema": schemas[id(spec.accepts), "validation"]}},
        }
    elif spec.upload:
        operation["requestBody"] = {
            "required": True,
            "content": {
                "multipart/form-data": {
                    "schema": {
                        "type": "object",
                        "properties": {
                            "file": {"type": "string", "format": "binary"},
                            **{name: {"type": "string"} for name in spec.form},
                        },
                        "required": ["file", *spec.form],
                    }
                }
            },
        }
    return operation


def _rights(spec: EndpointSpec) -> str:
    if spec.public:
        return "Open to everybody."
    roles = ", ".join(sorted(spec.allow)) or "no person"
    return f"Roles: {roles}. API key scope: {spec.scope or 'none'}."


def _security(spec: EndpointSpec) -> list[dict[str, list[str]]]:
    if spec.public:
        return []
    session: list[dict[str, list[str]]] = [{"session": []}] if spec.allow else []
    return session + ([{"apiKey": []}] if spec.scope else [])


def _path_parameters(rule: Rule) -> list[dict[str, Any]]:
    kinds: dict[str, dict[str, Any]] = {
        "UUIDConverter": {"type": "string", "format": "uuid"},
        "IntegerConverter": {"type": "integer", "minimum": 0},
    }
    converters = rule._converters  # noqa: SLF001 - Werkzeug has no public way to read them
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": kinds.get(type(converters[name]).__name__, {"type": "string"}),
        }
        for name in sorted(rule.arguments)
    ]


def _query_parameters(spec: EndpointSpec) -> list[dict[str, Any]]:
    if spec.query is None:
        return []
    schema = spec.query.model_json_schema(ref_template=REF)
    inlined = {name: _inline(body, schema) for name, body in schema["properties"].items()}
    return [
        {
            "name": name,
            "in": "query",
            "required": name in schema.get("required", []),
            "schema": body,
        }
        for name, body in inlined.items()
    ]


def _inline(body: Any, schema: dict[str, Any]) -> Any:
    if isinstance(body, dict):
        if "$ref" in body:
            return schema["$defs"][body["$ref"].rsplit("/", 1)[1]]
        # A query string has no null: an absent parameter is how nothing is said.
        kept = {name: _inline(part, schema) for name, part in body.items()}
        if "anyOf" in kept:
            options = [option for option in kept.pop("anyOf") if option != {"type": "null"}]
            kept |= options[0] if len(options) == 1 else {"anyOf": options}
            kept.pop("default", None)
        return kept
    if isinstance(body, list):
        return [_inline(part, schema) for part in body]
    return body


def _responses(
    spec: EndpointSpec, schemas: dict[tuple[int, JsonSchemaMode], dict[str, Any]], method: str
) -> dict[str, Any]:
    answers: dict[str, Any] = {}
    if spec.media_type != JSON:
        answers[str(spec.status)] = {"description": "Done.", "content": {spec.media_type: {}}}
    elif spec.returns is None:
        answers["204"] = {"description": "Done."}
    else:
        answers[str(spec.status)] = {
            "description": "Done.",
            "content": {JSON: {"schema": schemas[id(spec.returns), "serialization"]}},
        }
    for status, codes in sorted(_refusals(spec, method).items()):
        answers[str(status)] = {
            "description": ", ".join(sorted(codes)),
            "content": {MEDIA_TYPE: {"schema": {"$ref": REF.format(model="ProblemDetails")}}},
        }
    return answers


def _refusals(spec: EndpointSpec, method: str) -> dict[int, set[str]]:
    found: dict[int, set[str]] = {404: {"not_found"}, 503: {"unavailable"}}

    def add(status: int, code: str) -> None:
        found.setdefault(status, set()).add(code)

    if not spec.public:
        add(401, "sign_in_needed")
        add(403, "forbidden")
    if method not in ("GET", "HEAD"):
        add(403, "foreign_origin")
    if spec.accepts is not None or spec.upload:
        for status, code in (
            (400, "malformed_json"),
            (413, "too_large"),
            (415, "unsupported_media_type"),
        ):
            add(status, code)
    add(422, "invalid")
    if spec.idempotent:
        add(400, "idempotency_key_missing")
        add(409, "idempotency_key_in_flight")
        add(422, "idempotency_key_reused")
    if spec.limit:
        add(429, "too_many_requests")
    for refusal in spec.refuses:
        add(refusal.status, refusal.code)
    return found
