"""The receipt of an amount: rule, inputs, version and source record, down to file and row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.activities import queries as activities
from app.db.unit_of_work import tenant_of, work_of
from app.engine import guidance
from app.engine.payout import measured
from app.engine.steps import Step, Value, number, text
from app.kernel.clock import day_in_zone
from app.kernel.errors import NotFound
from app.kernel.money import Money
from app.ledger import queries as ledger
from app.ledger.core import EARNING, AccountKind
from app.programs import core, queries, statement
from app.programs.core import StatementLine
from app.programs.models import Earning, EarningLine, EarningPortion
from app.programs.queries import Published
from app.programs.statement import Attributed


@dataclass(frozen=True, slots=True)
class Headline:
    """One sentence as a code with parameters."""

    code: str
    params: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Source:
    """The record that an amount comes from."""

    activity_id: UUID
    kind: str
    title: str
    source: str
    file: str | None
    row: int | None
    external_id: str
    occurred_at: datetime
    received_at: datetime


@dataclass(frozen=True, slots=True)
class RuleBook:
    """The sealed version that an amount was paid by."""

    program_id: UUID
    name: str
    component_id: str
    component_name: str
    version: int
    sha256: str
    sealed: bool
    published_at: datetime | None


@dataclass(frozen=True, slots=True)
class Moment:
    """One stage of an amount, with its instant or its day, and whether it is done."""

    code: str
    at: datetime | None
    on: date | None
    state: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """Everything behind one amount."""

    id: str
    title: str
    money: Money
    state: str
    headline: Headline
    steps: dict[str, Any]
    source: Source | None
    program: RuleBook
    timeline: tuple[Moment, ...]
    next_step: Headline | None


def receipt(db: Session, person_id: UUID, line_id: str) -> Receipt:
    """Return the receipt of a line of `person_id`; raise NotFound when there is no such line.

    A line is what an activity brought ("earning.activity"), a posted difference, or a movement of the wallet
    by which an earning changed or became available.
    """
    earning, _, activity = line_id.partition(".")
    try:
        ids = UUID(earning), UUID(activity) if activity else None
    except ValueError:
        raise NotFound("There is no such amount.") from None
    if ids[1] is None:
        return _of_difference(db, person_id, ids[0])
    return _of_activity(db, person_id, ids[0], ids[1])


def _of_activity(db: Session, person_id: UUID, earning_id: UUID, activity_id: UUID) -> Receipt:
    found = statement.find_line(db, person_id, earning_id, activity_id)
    if found is None:
        raise NotFound("There is no such amount.")
    detail = statement.activity_details(db, [activity_id])[activity_id]
    line = statement.statement_line(found, detail, work_of(db).now)
    outcome = found.outcome()
    return Receipt(
        id=line.id,
        title=line.title,
        money=line.money,
        state=line.state,
        headline=_headline(found, outcome.explanation),
        steps=outcome.explanation.to_json(),
        source=_source(db, activity_id, line),
        program=_rule_book(db, found.program, found.row.component),
        timeline=_timeline(line, detail.received_at, found.today(work_of(db).now)),
        next_step=_next_step(db, found),
    )


def _headline(found: Attributed, explanation: Step) -> Headline:
    """Say what this activity counts and where it takes the total."""
    names = ("component", "counted", "before", "after")
    params = {name: explanation.params[name] for name in names}
    return Headline("line", params | {"nth": number(found.row.nth)})


def _source(db: Session, activity_id: UUID, line: StatementLine) -> Source | None:
    origin = activities.source_row(db, activity_id)
    activity = activities.find_activity(db, activity_id)
    if origin is None or activity is None:
        return None
    return Source(
        activity_id=activity_id,
        kind=activity.kind,
        title=line.title,
        source=origin.source,
        file=origin.file,
        row=origin.row,
        external_id=origin.external_id,
        occurred_at=activity.occurred_at,
        received_at=origin.received_at,
    )


def _rule_book(db: Session, program: Published, component: str) -> RuleBook:
    sealed = queries.get_version(db, program.program_id, program.version)
    return RuleBook(
        program_id=program.program_id,
        name=program.document.name,
        component_id=component,
        component_name=_component_name(program, component),
        version=program.version,
        sha256=program.sha256,
        sealed=sealed.state == "published",
        published_at=sealed.published_at,
    )


def _timeline(line: StatementLine, received_at: datetime, today: date) -> tuple[Moment, ...]:
    released = "done" if line.release_on <= today else "now"
    moments = [
        Moment("earned", received_at, None, "done"),
        Moment("payable", None, line.release_on, released),
    ]
    if line.at_risk_until is not None:
        moments.append(Moment("at_risk", None, line.at_risk_until, "todo"))
    return tuple(moments)


def _next_step(db: Session, found: Attributed) -> Headline | None:
    """Return what lies above the total as it stands now, while its period is open."""
    if found.row.period_end is not None and found.row.period_end < found.today(work_of(db).now):
        return None
    earning = db.get(Earning, (tenant_of(db), found.row.earning_id))
    assert earning is not None
    total = core.from_micros(earning.total_micros)
    step = guidance.next_step(found.component, total, found.quota, found.program.terms)
    return None if step is None else _said(found, step)


def _said(found: Attributed, step: guidance.NextStep) -> Headline:
    terms = found.program.terms
    params = {
        "missing": measured(found.component, step.distance, terms),
        "at": measured(found.component, step.at, terms),
        "worth": terms.money(terms.major(step.worth_minor)),
    }
    return Headline(f"next_{step.kind}", params)


def _of_difference(db: Session, person_id: UUID, line_id: UUID) -> Receipt:
    """Return the receipt of a posted difference: the whole earning as it was then."""
    row = db.execute(
        select(EarningLine, Earning)
        .join(
            Earning,
            (Earning.tenant_id == EarningLine.tenant_id) & (Earning.id == EarningLine.earning_id),
        )
        .where(
            EarningLine.tenant_id == tenant_of(db),
            EarningLine.id == line_id,
            Earning.payee_id == person_id,
        )
    ).one_or_none()
    return _of_movement(db, person_id, line_id) if row is None else _of_line(db, *row)


def _of_movement(db: Session, person_id: UUID, transaction_id: UUID) -> Receipt:
    """Return the receipt of a movement of the wallet: the difference it posted, or what of them it released."""
    posted = ledger.find_transaction(db, transaction_id)
    if posted is None or posted.kind not in (EARNING, "release"):
        raise NotFound("There is no such amount.")
    lines = db.execute(
        select(EarningLine, Earning)
        .join(
            Earning,
            (Earning.tenant_id == EarningLine.tenant_id) & (Earning.id == EarningLine.earning_id),
        )
        .where(
            EarningLine.tenant_id == tenant_of(db),
            EarningLine.earning_id == posted.cause_id,
            EarningLine.posted_at <= posted.posted_at,
            Earning.payee_id == person_id,
        )
        .order_by(EarningLine.revision.desc())
    ).all()
    if posted.kind == EARNING:
        lines = [row for row in lines if row[0].ledger_id == transaction_id]
    if not lines:
        raise NotFound("There is no such amount.")
    line, earning = lines[0]
    if posted.kind == EARNING:
        return _changed(db, line, earning)
    return _released(db, line, earning, posted)


def _changed(db: Session, line: EarningLine, earning: Earning) -> Receipt:
    """Return the receipt of a difference, which says from what to what it took the whole."""
    found = _of_line(db, line, earning)
    terms = queries.version_of(db, earning.program_id, line.version).terms
    before = line.amount_minor - line.delta_minor
    params = {
        "component": text(found.title),
        "before": terms.money(terms.major(before)),
        "after": terms.money(terms.major(line.amount_minor)),
    }
    return found if before == 0 else replace(found, headline=Headline("changed", params))


def _released(
    db: Session, line: EarningLine, earning: Earning, posted: ledger.Transaction
) -> Receipt:
    """Return the receipt of what became available: of which earning, and how that came about."""
    found = _of_line(db, line, earning)
    minor = -sum(leg.minor for leg in posted.legs if leg.account.kind == AccountKind.PERSON_EARNED)
    return replace(
        found,
        id=str(posted.id),
        money=Money(minor, earning.currency),
        state="available",
        headline=Headline("released", {"component": text(found.title)}),
        timeline=(
            Moment("earned", line.posted_at, None, "done"),
            Moment("payable", posted.posted_at, None, "done"),
        ),
    )


def _of_line(db: Session, line: EarningLine, earning: Earning) -> Receipt:
    program = queries.version_of(db, earning.program_id, line.version)
    today = day_in_zone(work_of(db).now, program.document.zone)
    return Receipt(
        id=str(line.id),
        title=_component_name(program, earning.component),
        money=Money(line.delta_minor, earning.currency),
        state="available" if line.release_on <= today else "payable",
        headline=_headline_of_difference(program, line, earning),
        steps=line.explanation,
        source=None,
        program=_rule_book(db, program, earning.component),
        timeline=(
            Moment("earned", line.posted_at, None, "done"),
            *_releases(db, line, today),
        ),
        next_step=None,
    )


def _releases(db: Session, line: EarningLine, today: date) -> list[Moment]:
    """Return when the amount can be used: on one day, or in the portions that are known now."""
    portions = db.scalars(
        select(EarningPortion)
        .where(
            EarningPortion.tenant_id == tenant_of(db), EarningPortion.earning_id == line.earning_id
        )
        .order_by(EarningPortion.nth)
    ).all()
    days = [each.release_on for each in portions] or [line.release_on]
    return [
        Moment("payable", None, on, "todo" if on is None else "done" if on <= today else "now")
        for on in days
    ]


def _headline_of_difference(program: Published, line: EarningLine, earning: Earning) -> Headline:
    name = text(_component_name(program, earning.component))
    component = program.find_component(earning.component)
    if component is None or line.delta_minor < 0:
        return Headline("correction", {"component": name, "cause": text(line.cause_kind)})
    total = measured(component, core.from_micros(line.total_micros), program.terms)
    return Headline("payout", {"component": name, "measured": total})


def _component_name(program: Published, component: str) -> str:
    found = program.find_component(component)
    return component if found is None else found.name
