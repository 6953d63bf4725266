"""One rendering of explanations and program texts: plain English for the command line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from app.engine.codes import STEPS, TEXTS, Code
from app.engine.steps import Step, Value
from app.engine.text import Sentence
from app.kernel.money import exponent_of


def explain(step: Step, indent: int = 0) -> Iterator[str]:
    """Yield one line of English for each step of the tree, children indented."""
    yield "  " * indent + _say(STEPS[step.code], step.params, step.result)
    for child in step.children:
        yield from explain(child, indent + 1)


def describe(sentences: Sequence[Sentence]) -> str:
    """Return the sentences of a program as one English paragraph."""
    return " ".join(_say(TEXTS[each.code], each.params, None) for each in sentences)


def _say(code: Code, params: Mapping[str, Value], result: Value | None) -> str:
    words = {name: show(value) for name, value in params.items()}
    if result is not None:
        words["result"] = show(result)
    return code.english.format_map(words)


def show(value: Value) -> str:
    """Return `value` as English text: money with its currency, percentages with their sign."""
    if value.kind == "money":
        decimals = exponent_of(value.currency or "")
        return f"{_grouped(value.text, at_least=decimals)} {value.currency}"
    if value.kind == "percent":
        return f"{value.text}%"
    return _grouped(value.text) if value.kind == "number" else value.text


def _grouped(text: str, at_least: int = 0) -> str:
    whole, _, decimals = text.partition(".")
    shown = f"{int(whole):,}"
    if whole == "-0":
        shown = "-0"
    decimals = decimals.ljust(at_least, "0")
    return f"{shown}.{decimals}" if decimals else shown
