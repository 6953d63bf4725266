"""How published cases are written down: plans and facts as JSON, and answers read from earnings."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import count
from typing import Any, Final

from app.engine import evaluate, facts, reading
from app.engine.attribution import Line
from app.engine.document import Program
from app.engine.evaluate import Earning
from app.engine.payout import terms_of
from app.engine.steps import Step
from tests.engine.documents import Json
from tests.engine.strategies import codes_in

Answers = dict[str, Any]

CASES: Final[dict[str, Case]] = {}
"""Every case by its id; the modules beside this one fill it."""

YEAR: Final = {"from": "2026-01-01", "to": "2026-12-31"}
AMOUNT: Final = {"kind": "sum", "of": "amount"}
UNITS: Final = {"kind": "sum", "of": "units"}
MEASURE: Final = {"measure": True}


@dataclass(frozen=True)
class Case:
    """A published case: what its document says in a few words, and how it is answered."""

    says: str
    answer: Callable[[Any], Answers]


def case(name: str, says: str) -> Callable[[Callable[[Any], Answers]], Callable[[Any], Answers]]:
    """Keep a function that answers the case `name` from its published inputs."""

    def keep(answer: Callable[[Any], Answers]) -> Callable[[Any], Answers]:
        CASES[name] = Case(says, answer)
        return answer

    return keep


def rule(payout: Json, name: str = "main", **changes: Any) -> Json:
    """Return a component that sums amounts in a year, unless `changes` say otherwise."""
    return {
        "id": name,
        "name": name.capitalize(),
        "effective": YEAR,
        "measure": AMOUNT,
        "period": {"kind": "year"},
        "payout": payout,
    } | changes


def formula(value: Any, unit: str = "number") -> Json:
    """Return a figure that is computed from others."""
    return {"kind": "formula", "value": value, "unit": unit}


def fixed(amount: Any) -> Json:
    return {"kind": "fixed", "amount": amount}


def has(field: str, value: str) -> Json:
    return {"field": field, "op": "eq", "value": value}


_NUMBERS = count()


def sale(amount: Any = None, person: str = "ann", on: str = "2026-03-10", **known: Any) -> Json:
    """Return an activity; `shares`, `attributes` and every other field as they are given."""
    stated = {} if amount is None else {"amount": str(amount)}
    return (
        {
            "id": f"A-{next(_NUMBERS):05}",
            "occurred_at": f"{on}T10:00:00Z",
            "person": person,
        }
        | stated
        | known
    )


def reports(person: str, manager: str | None) -> Json:
    return {"person": person, "manager": manager, "from": "2026-01-01"}


def quota(target: Any, person: str = "ann", **days: Any) -> Json:
    return {"person": person, "target": str(target)} | (days or YEAR)


@dataclass(frozen=True)
class Found:
    """The earnings of a plan on some facts."""

    earnings: list[Earning]
    minor: int
    program: Program

    def of(
        self, component: str | None = None, payee: str | None = None, period: str | None = None
    ) -> Iterator[Earning]:
        """Yield earnings of a component, payee and period in order; of all when left out."""
        for each in self.earnings:
            stated = (component, each.component), (payee, each.payee), (period, each.period)
            if all(wanted in {None, found} for wanted, found in stated):
                yield each

    def paid(
        self, component: str | None = None, payee: str | None = None, period: str | None = None
    ) -> Fraction:
        """Return what is paid in all, in major units."""
        minor = sum(each.outcome.amount_minor for each in self.of(component, payee, period))
        return Fraction(minor, self.minor)

    def each(self, component: str | None = None, payee: str | None = None) -> list[Fraction]:
        """Return what each period pays."""
        return [
            Fraction(each.outcome.amount_minor, self.minor) for each in self.of(component, payee)
        ]

    def measured(self, component: str, payee: str | None = None) -> Fraction:
        """Return the measure of the last period."""
        return list(self.of(component, payee))[-1].total

    def steps(
        self, code: str | Sequence[str], component: str | None = None, payee: str | None = None
    ) -> list[Step]:
        """Return the steps of one code, or of several, in all explanations, in order."""
        wanted = {code} if isinstance(code, str) else set(code)
        return [
            step
            for each in self.of(component, payee)
            for step in codes_in(each.outcome.explanation)
            if step.code in wanted
        ]

    def results(
        self, code: str | Sequence[str], component: str | None = None, payee: str | None = None
    ) -> list[Fraction]:
        """Return the results of the steps of one code, or of several."""
        found = self.steps(code, component, payee)
        return [Fraction(step.result.text) for step in found if step.result]

    def lines(self, component: str | None = None, payee: str | None = None) -> list[Line]:
        """Return what each activity brought, in order."""
        return [
            line
            for each in self.of(component, payee)
            for line in evaluate.attribute(self.program, each)
        ]

    def figure(self, name: str) -> Fraction:
        """Return a figure as the explanations state it."""
        return next(
            Fraction(step.result.text)
            for step in self.steps("figure")
            if step.params["figure"].text == name and step.result
        )

    def portions(self, state: str) -> list[Fraction]:
        """Return the portions in one state, of all earnings."""
        return [
            Fraction(part.minor, self.minor)
            for each in self.earnings
            for part in each.portions
            if part.state == state
        ]


def run(
    *components: Json, currency: str = "USD", program: Json | None = None, **known: Any
) -> Found:
    """Evaluate a program of `components` on the facts `known`."""
    plan = reading.read(
        {
            "schema": "laurel.program/1",
            "name": "Case",
            "currency": currency,
            "components": list(components),
        }
        | (program or {})
    )
    found = evaluate.evaluate(plan, facts.read_facts(known))
    return Found(found, int(1 / terms_of(plan).major(1)), plan)
