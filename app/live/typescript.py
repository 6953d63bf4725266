"""TypeScript types of the pushes, written from their declarations."""

from __future__ import annotations

from typing import Any

from pydantic.json_schema import models_json_schema

from app.live.events import PUSHES

_PLAIN = {"string": "string", "integer": "number", "number": "number", "boolean": "boolean"}


def typescript() -> str:
    """Return a module with one interface a push, and the map from event name to interface."""
    _, schema = models_json_schema(
        [(shape, "serialization") for shape in PUSHES.values()], ref_template="{model}"
    )
    lines = ["// Written by `flask contracts` from app/live/events.py.", ""]
    for name, body in sorted(schema["$defs"].items()):
        lines += [*_interface(name, body), ""]
    lines.append("export interface Pushes {")
    lines += [f'  "{event}": {shape.__name__};' for event, shape in PUSHES.items()]
    return "\n".join([*lines, "}", ""])


def _interface(name: str, body: dict[str, Any]) -> list[str]:
    fields = [
        f"  {field}: {_type(schema)};" for field, schema in sorted(body["properties"].items())
    ]
    return [f"export interface {name} {{", *fields, "}"]


def _type(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        return str(schema["$ref"])
    if "enum" in schema:
        return " | ".join(f'"{value}"' for value in schema["enum"])
    if "const" in schema:
        return f'"{schema["const"]}"'
    if "anyOf" in schema:
        return " | ".join(dict.fromkeys(_type(option) for option in schema["anyOf"]))
    if schema.get("type") == "array":
        return f"readonly ({_type(schema['items'])})[]"
    if schema.get("type") == "object":
        return f"Record<string, {_type(schema.get('additionalProperties') or {})}>"
    if schema.get("type") == "null":
        return "null"
    return _PLAIN.get(schema.get("type", ""), "unknown")
