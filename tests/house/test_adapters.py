"""Nobody is in the registry of providers who does not run the whole conformance suite."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

from flask import Flask

from app.providers import registry

TESTS = Path(__file__).resolve().parents[1]
SUITE = TESTS / "providers" / "conformance.py"


def classes(path: Path) -> Iterator[ast.ClassDef]:
    yield from (n for n in ast.parse(path.read_text("utf-8")).body if isinstance(n, ast.ClassDef))


def bases(found: ast.ClassDef) -> set[str]:
    return {base.id for base in found.bases if isinstance(base, ast.Name)}


def methods(found: ast.ClassDef) -> set[str]:
    return {one.name for one in found.body if isinstance(one, ast.FunctionDef)}


def spoken(found: ast.ClassDef) -> str:
    for one in found.body:
        match one:
            case ast.Assign(targets=[ast.Name(id="speaks")], value=ast.Constant(value=str(name))):
                return name
    return ""


def suite() -> Mapping[str, ast.ClassDef]:
    return {found.name: found for found in classes(SUITE)}


def runs() -> list[ast.ClassDef]:
    """Return the classes that run a part of the suite, wherever they are."""
    return [
        found
        for path in sorted(TESTS.rglob("test_*.py"))
        if "Conformance" in path.read_text("utf-8")
        for found in classes(path)
        if bases(found) & set(suite())
    ]


def test_every_provider_in_the_registry_runs_the_suite(app: Flask) -> None:
    assert app.blueprints  # the rooms above have declared theirs

    tested = {spoken(found) for found in runs() if found.name.startswith("Test")}

    assert tested == {*registry.ADAPTERS, *registry.OWN}


def test_whoever_is_reached_over_http_runs_the_part_about_broken_lines() -> None:
    remote = {"RemoteConformance", "CheckerConformance"}

    tested = {spoken(found) for found in runs() if bases(found) & remote}

    assert tested == set(registry.ADAPTERS)


def test_no_provider_is_excused_from_a_rule() -> None:
    rules = {
        name for found in suite().values() for name in methods(found) if name.startswith("test_")
    }

    excused = {
        f"{spoken(found)}: {name}"
        for found in runs()
        for name in (methods(found) & rules) | {"decorated" for _ in found.decorator_list}
    }

    assert rules
    assert excused == set()
