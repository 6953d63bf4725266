"""What one version of a program says otherwise than another: places, values, and the sentences that changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from app.engine import reading
from app.engine import text as program_text
from app.engine.text import Sentence

_PARTS: Final = {
    "effective": "days",
    "counts": "counts",
    "credit": "credit",
    "measure": "measure",
    "figures": "measure",
    "period": "period",
    "payout": "payout",
    "limits": "limits",
    "release": "timing",
    "holdback": "timing",
    "holds": "timing",
    "clawback": "timing",
    "clawback_days": "timing",
}


@dataclass(frozen=True, slots=True)
class Change:
    """One place that differs: its JSON pointer in the newer document, and both values.

    `code` says what kind of rule it is: `component_added`, `component_removed`, `payout_changed`,
    `limits_changed`, `timing_changed`, and so on; `program_changed` for what no component holds.
    """

    path: str
    before: Any
    after: Any
    code: str
    component: str | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """Everything that differs, and the sentences that are gone or new."""

    changes: tuple[Change, ...]
    gone: tuple[Sentence, ...]
    new: tuple[Sentence, ...]


def compare(before: Mapping[str, Any], after: Mapping[str, Any]) -> Comparison:
    """Return what `after` says otherwise than `before`; components are known by their ids."""
    old, new = (program_text.sentences(reading.read(dict(each))) for each in (before, after))
    return Comparison(
        changes=tuple(_changes(before, after)),
        gone=tuple(each for each in old if each not in new),
        new=tuple(each for each in new if each not in old),
    )


def _changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:
    for path, was, now in _differences("", _without_components(before), _without_components(after)):
        yield Change(path, was, now, "program_changed", None)
    old = {each["id"]: each for each in before["components"]}
    new = [each["id"] for each in after["components"]]
    for index, component in enumerate(after["components"]):
        name, path = component["id"], f"/components/{index}"
        if name not in old:
            yield Change(path, None, component, "component_added", name)
            continue
        for place, was, now in _differences(path, old[name], component):
            yield Change(place, was, now, _code(place), name)
    for index, component in enumerate(before["components"]):
        if component["id"] not in new:
            path = f"/components/{index}"
            yield Change(path, component, None, "component_removed", component["id"])


def _without_components(document: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in document.items() if name != "components"}


def _code(path: str) -> str:
    return f"{_PARTS.get(path.split('/')[3], 'component')}_changed"


def _differences(path: str, before: Any, after: Any) -> Iterator[tuple[str, Any, Any]]:
    """Yield the smallest places that differ; lists of unlike length differ as a whole."""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for name in [*before, *(each for each in after if each not in before)]:
            yield from _differences(f"{path}/{name}", before.get(name), after.get(name))
    elif _are_lists(before, after) and len(before) == len(after):
        for index, (was, now) in enumerate(zip(before, after, strict=True)):
            yield from _differences(f"{path}/{index}", was, now)
    elif before != after:
        yield path, before, after


def _are_lists(before: Any, after: Any) -> bool:
    return all(isinstance(each, Sequence) and not isinstance(each, str) for each in (before, after))
