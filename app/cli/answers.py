"""Commands that answer in JSON when asked to: what click or the database says against a run is JSON, too."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import click

from app.kernel.errors import AppError, Problem

FLAG = "--json"
T = TypeVar("T")


class OptionRefused(click.UsageError):
    """The value of an option, or its absence, makes no sense together with the rest."""

    def __init__(self, option: str, message: str) -> None:
        super().__init__(message)
        self.option = option


class Answering(click.Command):
    """A command whose `--json` holds for every outcome: one document on stdout, with `problem` when it failed."""

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: Any,
    ) -> click.Context:
        """Read the arguments."""
        as_json = FLAG in args
        return _told(
            lambda: super(Answering, self).make_context(info_name, args, parent, **extra),
            as_json=as_json,
        )

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        return _told(lambda: super(Answering, self).invoke(ctx), as_json=ctx.params["as_json"])


def _told(run: Callable[[], T], *, as_json: bool) -> T:
    try:
        return run()
    except click.ClickException as error:
        if not as_json:
            raise
        code = "usage" if isinstance(error, click.UsageError) else "unavailable"
        detail = error.format_message().rstrip(".") + "."
        click.echo(problem(code, detail, [Problem(_place(error), code, detail)]))
        raise SystemExit(error.exit_code) from None


def refused(refusal: AppError) -> str:
    """Return the document that says why what was asked for was refused."""
    return problem(refusal.code, refusal.detail, refusal.problems, refusal.params)


def problem(
    code: str, detail: str, problems: Sequence[Problem], params: dict[str, Any] | None = None
) -> str:
    """Return the one document of a run that failed."""
    places = [{"pointer": one.pointer, "detail": one.detail} for one in problems]
    said = {"code": code, "detail": detail, "params": params or {}, "problems": places}
    return json.dumps({"problem": said})


def _place(error: click.ClickException) -> str:
    """Return the pointer to the argument or option that is meant, such as /mapping; "" for none."""
    match error:
        case OptionRefused():
            name = error.option
        case click.NoSuchOption() | click.BadOptionUsage():
            name = error.option_name
        case click.BadParameter(param=click.Parameter() as parameter):
            name = parameter.opts[0]
        case _:
            return ""
    return "/" + name.lstrip("-").lower()
