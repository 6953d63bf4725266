"""What a person sees of their own pay: lines with reasons, receipts, what a month came to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from fractions import Fraction
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.activities import queries as activities
from app.db.unit_of_work import tenant_of, work_of
from app.engine import attribution
from app.engine.attribution import Credit
from app.engine.document import Component, PeriodEndRelease
from app.engine.payout import Outcome
from app.engine.periods import at_risk_until, released_on
from app.kernel.clock import day_in_zone
from app.kernel.errors import Invalid
from app.kernel.money import Money
from app.kernel.pages import Page, decode_cursor, encode_cursor
from app.programs import core, posted, queries
from app.programs.core import StatementLine
from app.programs.queries import Published
from app.programs.tallying import COUNTED, credit_of

CANCELLATION: Final = "cancellation_asked_on"
"""The attribute of an activity that puts its pay at risk: the customer asked to cancel."""


@dataclass(frozen=True, slots=True)
class Attributed:
    """A credit with its earning, its activity and the total before it."""

    row: Any
    program: Published
    component: Component

    @property
    def id(self) -> str:
        """The name of the line outside."""
        return f"{self.row.earning_id}.{self.row.activity_id}"

    @property
    def quota(self) -> Fraction | None:
        """The quota it was paid by."""
        target = self.row.target_micros
        return None if target is None else core.from_micros(target)

    @property
    def credit(self) -> Credit:
        """The credit for the engine."""
        return credit_of(self.row)

    def today(self, now: datetime) -> date:
        """Return the day of `now` where the program's days begin and end."""
        return day_in_zone(now, self.program.document.zone)

    def outcome(self) -> Outcome:
        """Pay this credit on top of what came before it."""
        before = core.from_micros(self.row.before_micros)
        return attribution.line(self.component, self.credit, before, self.quota, self.program.terms)


# Running totals begin where each period begins; the page is cut outside.
_LINES: Final = """
    SELECT * FROM (
      SELECT c.activity_id, c.component, c.program_id, c.occurred_at, c.value_micros, c.level,
             c.share, c.part_micros, c.factor, c.distinct_text, c.period_start, c.period_end,
             e.id AS earning_id, e.version, e.target_micros, e.currency, e.revision,
             sum({counted}) OVER w - {counted} AS before_micros,
             row_number() OVER w AS nth
        FROM credits c
        JOIN earnings e ON e.tenant_id = c.tenant_id AND e.payee_id = c.payee_id
         AND e.program_id = c.program_id AND e.component = c.component
         AND e.period_start = c.period_start AND NOT e.settled
       WHERE c.tenant_id = :tenant AND c.payee_id = :person AND c.figure = 'measure'
         AND {which}
      WINDOW w AS (PARTITION BY c.program_id, c.component, c.period_start
                   ORDER BY c.occurred_at, c.activity_id ROWS UNBOUNDED PRECEDING)
    ) line
"""


def lines(
    db: Session,
    person_id: UUID,
    *,
    first: date,
    last: date,
    zone: str,
    cursor: str | None = None,
    limit: int = 50,
) -> Page[StatementLine]:
    """Return what each activity between two days brought, newest first; what brought nothing is left out."""
    since, until = _instants(first, last, zone)
    bounds: dict[str, Any] = {"since": since, "until": until}
    where = "line.occurred_at >= :since AND line.occurred_at < :until"
    if cursor is not None:
        bounds |= _after(cursor)
        where += (
            " AND (line.occurred_at, line.activity_id, line.component)"
            " < (CAST(:at AS timestamptz), CAST(:activity AS uuid), :component_after)"
        )
    which = "c.period_start <= :last AND coalesce(c.period_end, 'infinity') >= :first"
    rows = db.execute(
        text(
            _LINES.format(counted=COUNTED, which=which)
            + f" WHERE {where} ORDER BY line.occurred_at DESC, line.activity_id DESC,"
            + " line.component DESC LIMIT :limit"
        ),
        {
            "tenant": tenant_of(db),
            "person": person_id,
            "first": first,
            "last": last,
            "limit": limit + 1,
            **bounds,
        },
    ).all()
    settled = posted.lines(db, person_id, bounds, limit=limit + 1)
    found = posted.merged(list(_shown(db, rows)), settled)
    more = None
    if len(found) > limit:
        at, place, component = found[limit - 1][0]
        more = encode_cursor(at.isoformat(), str(place), component)
    return Page([line for _, line in found[:limit] if line.money.minor], more)


def _after(cursor: str) -> dict[str, Any]:
    """Return the place that `cursor` names; raise Invalid when it names none."""
    at, activity, component = decode_cursor(cursor, str, str, str)
    try:
        return {
            "at": datetime.fromisoformat(at),
            "activity": UUID(activity),
            "component_after": component,
        }
    except ValueError:
        raise Invalid("This page marker is not valid.") from None


def find_line(
    db: Session, person_id: UUID, earning_id: UUID, activity_id: UUID
) -> Attributed | None:
    """Return one credit of a person with the total before it."""
    found = _credits(db, person_id, [activity_id], which="e.id = :earning", earning=earning_id)
    return next(iter(found), None)


def credits_of(db: Session, person_id: UUID, activity_ids: Sequence[UUID]) -> list[Attributed]:
    """Return what a person is credited for some activities, each with the total before it."""
    return _credits(db, person_id, activity_ids)


def _credits(
    db: Session, person_id: UUID, activity_ids: Sequence[UUID], *, which: str = "true", **given: Any
) -> list[Attributed]:
    rows = db.execute(
        text(
            _LINES.format(counted=COUNTED, which=which)
            + " WHERE line.activity_id = ANY(CAST(:ids AS uuid[]))"
        ),
        {"tenant": tenant_of(db), "person": person_id, "ids": list(activity_ids), **given},
    ).all()
    return _attributed(db, rows)


def _attributed(db: Session, rows: Sequence[Any]) -> list[Attributed]:
    """Join `rows` with the version that each earning was paid by."""
    versions: dict[tuple[UUID, int], Published] = {}
    found = []
    for row in rows:
        if row.version is None:
            continue
        key = (row.program_id, row.version)
        if key not in versions:
            versions[key] = queries.version_of(db, *key)
        component = versions[key].find_component(row.component)
        if component is not None:
            found.append(Attributed(row, versions[key], component))
    return found


def _shown(db: Session, rows: Sequence[Any]) -> Iterable[StatementLine]:
    details = activity_details(db, [row.activity_id for row in rows])
    now = work_of(db).now
    for found in _attributed(db, rows):
        yield statement_line(found, details[found.row.activity_id], now)


def statement_line(found: Attributed, detail: Any, now: datetime) -> StatementLine:
    """Return the line of a credit as a screen shows it."""
    zone = found.program.document.zone
    today = found.today(now)
    span = core.span(found.row.period_start, found.row.period_end)
    release_on = released_on(found.component, span, day_in_zone(detail.received_at, zone))
    risk = at_risk_until(found.component, day_in_zone(found.row.occurred_at, zone))
    return StatementLine(
        id=found.id,
        earning_id=found.row.earning_id,
        activity_id=found.row.activity_id,
        program_id=found.row.program_id,
        component_id=found.row.component,
        component_name=found.component.name,
        title=detail.customer_reference or detail.product or detail.external_id,
        occurred_at=found.row.occurred_at,
        money=Money(found.outcome().amount_minor, found.row.currency),
        state=_state(found.component, span.last, today, release_on, asked=detail.asked),
        waiting=_waiting(found.component, today, release_on, asked=detail.asked),
        release_on=release_on,
        at_risk_until=risk if risk is not None and risk >= today else None,
        level=found.row.level,
    )


def _state(
    component: Component, period_end: date | None, today: date, release_on: date, *, asked: bool
) -> str:
    if asked:
        return "at_risk"
    if release_on <= today:
        return "available"
    is_open = period_end is None or period_end >= today
    return "projected" if isinstance(component.release, PeriodEndRelease) and is_open else "payable"


def _waiting(component: Component, today: date, release_on: date, *, asked: bool) -> str | None:
    if asked:
        return "clawback"
    return component.release.on if release_on > today else None


def activity_details(db: Session, activity_ids: Sequence[UUID]) -> dict[UUID, Any]:
    """Return what a line says of its activities."""
    table = activities.activities_table()
    rows = db.execute(
        select(
            table.c.id,
            table.c.external_id,
            table.c.customer_reference,
            table.c.product,
            table.c.received_at,
            table.c.attributes.has_key(CANCELLATION).label("asked"),
        ).where(table.c.tenant_id == tenant_of(db), table.c.id.in_(activity_ids))
    )
    return {row.id: row for row in rows}


def _instants(first: date, last: date, zone: str) -> tuple[datetime, datetime]:
    here = ZoneInfo(zone)
    after = last + timedelta(days=1)
    return datetime.combine(first, time(), here), datetime.combine(after, time(), here)


@dataclass(frozen=True, slots=True)
class Month:
    """A month in which a person has earned."""

    key: str
    start: date
    end: date


_MONTHS: Final = text(
    """
    SELECT DISTINCT CAST(date_trunc('month', timezone(:zone, occurred_at)) AS date) AS start
      FROM credits WHERE tenant_id = :tenant AND payee_id = :person
     ORDER BY start DESC LIMIT 36
    """
)


def months(db: Session, person_id: UUID, *, zone: str, today: date) -> list[Month]:
    """Return the months a person has lines in, newest first, and this one in any case."""
    starts = set(
        db.scalars(_MONTHS, {"tenant": tenant_of(db), "person": person_id, "zone": zone})
    ) | {today.replace(day=1)}
    return [month_of(start) for start in sorted(starts, reverse=True)]


def month_called(key: str | None, today: date) -> Month:
    """Return the month of a key such as 2026-11, or of any day of it; the current one for None."""
    return month_of(today.replace(day=1) if key is None else date.fromisoformat(f"{key[:7]}-01"))


def month_of(start: date) -> Month:
    """Return the month that begins on `start`."""
    following = (start.replace(day=28) + timedelta(days=4)).replace(day=1)
    return Month(f"{start:%Y-%m}", start, following - timedelta(days=1))
