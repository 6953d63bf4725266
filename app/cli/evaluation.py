"""`flask evaluate PLAN.json FACTS.json`: what a plan pays on a file of facts, with nothing configured."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final, TypeVar

import click
from flask import Blueprint, Flask

from app.engine import currencies, english, evaluate, facts_reading, reading, report
from app.engine.document import Program
from app.engine.payout import terms_of
from app.engine.settlement import Earning
from app.kernel import strict_json
from app.kernel.errors import AppError, Problem

REFUSED: Final = 2
"""The exit code when the plan or the facts cannot be used."""

T = TypeVar("T")

blueprint = Blueprint("evaluation", __name__, cli_group=None)


def bare_app() -> Flask:
    """Return an application that knows this command and nothing else, and needs no settings."""
    app = Flask(__name__, static_folder=None)
    app.register_blueprint(blueprint)
    return app


@blueprint.cli.command("evaluate")
@click.argument("plan", type=click.Path(path_type=Path))
@click.argument("facts", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def evaluate_command(*, plan: Path, facts: Path, as_json: bool) -> None:
    """Print what the plan pays on the facts, and why; exit with 2 when one of them cannot be used."""
    refused: list[dict[str, str]] = []
    program = _taken(plan, _read_plan, refused)
    stated = _taken(facts, lambda raw: facts_reading.read(raw, program), refused)
    earnings: list[Earning] = []
    if program is not None and stated is not None:
        try:
            earnings = evaluate.evaluate(program, stated)
        except AppError as error:
            refused += _problems(plan, error)
    if refused or program is None or stated is None:
        click.echo(_refusal(refused, as_json=as_json), err=not as_json)
        raise SystemExit(REFUSED)
    notes = list(currencies.left_out(program, stated.activities))
    if as_json:
        found = report.report(program, earnings, notes)
        click.echo(json.dumps(found, indent=2, ensure_ascii=False))
    else:
        click.echo("\n".join(_table(program, earnings)))
        for note in notes:
            click.echo(f"{facts.name} {note.pointer}: {note.detail}", err=True)


def _read_plan(raw: Any) -> Program:
    return reading.read(raw)


def _taken(path: Path, read: Callable[[Any], T], refused: list[dict[str, str]]) -> T | None:
    """Return what a file states; None when it cannot be used, with its problems in `refused`."""
    try:
        return read(strict_json.loads(path.read_bytes()))
    except OSError as error:
        detail = f"The file could not be read: {error.strerror}."
        refused.append(_problem(path, Problem("", "unreadable", detail)))
    except AppError as error:
        refused += _problems(path, error)
    return None


def _problems(path: Path, error: AppError) -> list[dict[str, str]]:
    found: Sequence[Problem] = error.problems or [Problem("", error.code, error.detail)]
    return [_problem(path, each) for each in found]


def _problem(path: Path, problem: Problem) -> dict[str, str]:
    return {
        "file": path.name,
        "path": problem.pointer,
        "code": problem.code,
        "detail": problem.detail,
    }


def _refusal(refused: Sequence[dict[str, str]], *, as_json: bool) -> str:
    if as_json:
        return json.dumps({"problems": list(refused)}, indent=2, ensure_ascii=False)
    return "\n".join("{file} {path}: {detail}".format_map(each) for each in refused)


def _table(program: Program, earnings: Sequence[Earning]) -> Iterator[str]:
    """Yield a line for each earning with its reasons below, then one for each payee."""
    terms = terms_of(program)
    for each in earnings:
        paid = report.major(each.outcome.amount_minor, terms)
        yield f"{each.payee:<20} {each.component:<20} {each.period:<24} {paid:>16} {terms.currency}"
        yield from english.explain(each.outcome.explanation, 1)
        for portion in each.portions:
            when = portion.release_on or f"waits for {portion.waits_for}"
            share = report.major(portion.minor, terms)
            yield f"    {portion.state}: {share} {terms.currency}, {when}"
    if not earnings:
        yield "Nobody earns anything."
    for payee, minor in report.totals(earnings).items():
        yield f"{payee:<20} {'in all':<45} {report.major(minor, terms):>16} {terms.currency}"
