"""One posted difference in full: its tree of steps, and the same amount computed once more."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db.unit_of_work import tenant_of
from app.engine import payout
from app.engine.codes import STEPS
from app.engine.steps import Step, step_from_json
from app.kernel.errors import NotFound
from app.kernel.money import Money
from app.programs import core, queries, settling
from app.programs.core import Key
from app.programs.models import Earning, EarningLine
from app.programs.queries import Published


@dataclass(frozen=True, slots=True)
class Repeat:
    """What computing an amount once more gave, and from what."""

    source: str
    """`total`: its total and quota; `credits`: what is credited now; `steps`: the tree alone."""
    amount_minor: int
    agrees: bool


@dataclass(frozen=True, slots=True)
class Explained:
    """A posted difference with its tree and its repetition."""

    line: EarningLine
    earning: Earning
    program: Published
    tree: Step | None
    repeat: Repeat

    @property
    def money(self) -> Money:
        """The whole amount after the difference."""
        return Money(self.line.amount_minor, self.earning.currency)

    def to_json(self) -> dict[str, Any]:
        """Return everything as JSON data."""
        line, earning = self.line, self.earning
        return {
            "id": str(line.id),
            "person_id": str(earning.payee_id),
            "program": {
                "id": str(earning.program_id),
                "name": self.program.document.name,
                "version": line.version,
                "sha256": self.program.sha256,
            },
            "component": earning.component,
            "period_start": earning.period_start.isoformat(),
            "period_end": None if earning.period_end is None else earning.period_end.isoformat(),
            "posted_at": line.posted_at.isoformat(),
            "cause": {"kind": line.cause_kind, "id": str(line.cause_id)},
            "currency": earning.currency,
            "difference_minor": line.delta_minor,
            "amount_minor": line.amount_minor,
            "steps": None if self.tree is None else self.tree.to_json(),
            "repeated": {
                "from": self.repeat.source,
                "amount_minor": self.repeat.amount_minor,
                "agrees": self.repeat.agrees,
            },
        }


def explain(db: Session, line_id: UUID) -> Explained:
    """Return a posted difference explained and computed again; raise NotFound without one."""
    line = db.scalar(
        select(EarningLine).where(EarningLine.tenant_id == tenant_of(db), EarningLine.id == line_id)
    )
    if line is None:
        raise NotFound("There is no such amount.")
    earning = db.get_one(Earning, (tenant_of(db), line.earning_id))
    program = queries.version_of(db, earning.program_id, line.version)
    tree = step_from_json(line.explanation) if line.explanation else None
    return Explained(line, earning, program, tree, _repeat(db, line, earning, program, tree))


def _repeat(
    db: Session, line: EarningLine, earning: Earning, program: Published, tree: Step | None
) -> Repeat:
    component = program.find_component(earning.component)
    if component is None:
        return Repeat("steps", 0, line.amount_minor == 0)
    if not program.is_settled(component.id):
        quota = None if line.target_micros is None else core.from_micros(line.target_micros)
        total = core.from_micros(line.total_micros)
        outcome = payout.payout(component, total, quota, program.terms)
        same = tree is None or outcome.explanation.to_json() == tree.to_json()
        agrees = outcome.amount_minor == line.amount_minor and same
        return Repeat("total", outcome.amount_minor, agrees)
    if line.revision == earning.revision:
        found = settling.settled(db, program, [earning.payee_id], in_detail=True)
        settled = found.get(_key(earning))
        minor = 0 if settled is None else settling.kept_minor(settled)
        return Repeat("credits", minor, minor == line.amount_minor)
    whole = not list(unsummed(tree)) if tree else True
    return Repeat("steps", line.amount_minor, whole)


def _key(earning: Earning) -> Key:
    return Key(
        earning.payee_id,
        earning.program_id,
        earning.component,
        earning.period_start,
        earning.activity_id,
    )


def unsummed(tree: Step) -> Iterator[Step]:
    """Yield the steps whose children that add to them do not come to their result."""
    adding = [
        Fraction(child.result.text)
        for child in tree.children
        if child.code in STEPS and STEPS[child.code].adds and child.result is not None
    ]
    if adding and tree.result is not None and sum(adding) != Fraction(tree.result.text):
        yield tree
    for child in tree.children:
        yield from unsummed(child)
