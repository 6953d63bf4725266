"""The routes there are, in the spelling of the matrix."""

from __future__ import annotations

import re

from flask import Flask

_CONVERTER = re.compile(r"<(?!path:)[^:>]+:([^>]+)>")
_EXAMPLES = {
    "line_id": "00000000-0000-4000-8000-000000000000",
    "name": "x",
    "token": "x",
    "key": "x",
}
NOBODY = "00000000-0000-4000-8000-000000000000"


def spelled(rule: str) -> str:
    """Return a rule of the map without its converters, but for whole paths."""
    return _CONVERTER.sub(r"<\1>", rule)


def routes(app: Flask) -> set[tuple[str, str]]:
    """Return every method and path of the application."""
    return {
        (method, spelled(rule.rule))
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }


def address(path: str, arguments: dict[str, str] | None = None) -> str:
    """Return `path` with its places filled: by `arguments`, else by what exists nowhere."""
    given = arguments or {}

    def fill(found: re.Match[str]) -> str:
        name = found.group(1).removeprefix("path:")
        return given.get(name) or _EXAMPLES.get(name) or ("1" if name == "row" else NOBODY)

    return re.sub(r"<([^>]+)>", fill, path)


def names_an_object(path: str) -> bool:
    """Whether a path carries an id."""
    return "<" in path and not path.startswith("/<path:")
