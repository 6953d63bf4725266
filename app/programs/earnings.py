"""From totals to money: shift totals, pay the new ones, post only the differences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final
from uuid import UUID

import orjson
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.db import driver
from app.db.arrays import words
from app.db.unit_of_work import record, tenant_of, work_of
from app.engine import payout as engine
from app.engine.document import Component, ImmediateRelease
from app.engine.periods import released_on
from app.engine.steps import Step
from app.http.shapes import MoneyShape
from app.kernel.clock import day_in_zone
from app.kernel.ids import new_id
from app.kernel.money import Money
from app.ledger import core as books
from app.ledger import service as ledger
from app.live import rooms
from app.live.bus import publish
from app.live.events import TodayChanged
from app.programs import core, queries, release
from app.programs.core import Key, Shift
from app.programs.events import EarningChange, EarningsChanged, TargetLost, TargetReached
from app.programs.queries import Published
from app.programs.standings import Standing


@dataclass(frozen=True, slots=True)
class Cause:
    """What made earnings change: a batch of activities, a quota, a version, a recalculation."""

    kind: str
    id: UUID


@dataclass(frozen=True, slots=True)
class Difference:
    """What one earning changes by, and everything that is written down about it."""

    standing: Standing
    program: Published
    target_micros: int | None
    target_met: bool
    delta_minor: int
    at_once: bool
    parts: core.Settled
    release_on: date
    explanation: Step | None
    is_settled: bool = False
    is_portioned: bool = False

    def with_reason(
        self, explanation: Step, parts: core.Settled, *, is_portioned: bool
    ) -> Difference:
        """Return the same difference of a settled earning, explained; portions are released later."""
        return replace(
            self,
            explanation=explanation if self.delta_minor else None,
            parts=parts,
            at_once=self.at_once and not is_portioned,
            is_settled=True,
            is_portioned=is_portioned,
        )

    @property
    def amount_minor(self) -> int:
        """The new amount."""
        return self.standing.amount_minor + self.delta_minor

    @property
    def revision(self) -> int:
        """The revision after the change; a change without money keeps it."""
        return self.standing.revision + (1 if self.delta_minor else 0)


def differences(
    db: Session, standings: Sequence[Standing], programs: Mapping[UUID, Published]
) -> list[Difference]:
    """Pay the totals of `standings` by the governing versions; return what differs."""
    payees = [standing.key.payee_id for standing in standings]
    targets = queries.targets(db, programs, payees) if standings else {}
    now = work_of(db).now
    today = {
        program.program_id: day_in_zone(now, program.document.zone) for program in programs.values()
    }
    return [
        difference
        for standing in standings
        if (
            difference := _difference(
                standing,
                programs[standing.key.program_id],
                _target(standing.key, standing.period_end, targets),
                today[standing.key.program_id],
            )
        )
    ]


def post(db: Session, changed: Sequence[Difference], cause: Cause) -> list[Difference]:
    """Write what changed to the earnings and the books, and say so; return it."""
    _write(db, changed, cause)
    _release_portions(db, changed)
    _announce(db, changed, cause)
    return list(changed)


def _release_portions(db: Session, changed: Sequence[Difference]) -> None:
    """Release at once what is due of earnings that stand in portions."""
    portioned: dict[UUID, list[UUID]] = {}
    programs = {each.program.program_id: each.program for each in changed}
    for each in changed:
        if each.is_portioned and each.delta_minor > 0:
            portioned.setdefault(each.program.program_id, []).append(each.standing.id)
    for program_id, ids in portioned.items():
        release.release_of(db, programs[program_id], ids)


def amount_of(
    program: Published, key: Key, shift: Shift | None, targets: Mapping[queries.QuotaKey, int]
) -> int:
    """Return what a total pays, from nothing, in minor units."""
    component = program.find_component(key.component)
    if component is None or shift is None:
        return 0
    target = _target(key, shift.period_end, targets)
    quota = None if target is None else core.from_micros(target)
    return engine.amount(component, core.from_micros(shift.total_micros), quota, program.terms)


def _target(
    key: Key, period_end: date | None, targets: Mapping[queries.QuotaKey, int]
) -> int | None:
    if period_end is None:
        return None
    return targets.get((key.program_id, key.component, key.payee_id, key.period_start, period_end))


def _difference(
    standing: Standing, program: Published, target: int | None, today: date
) -> Difference | None:
    """Return how `standing` must change, None when it stands right."""
    total = core.from_micros(standing.total_micros)
    quota = None if target is None else core.from_micros(target)
    met = quota is not None and total >= quota
    component = program.find_component(standing.key.component)
    amount = 0 if component is None else engine.amount(component, total, quota, program.terms)
    change = change_of(
        standing,
        program,
        component,
        amount_minor=amount,
        target_micros=target,
        target_met=met,
        today=today,
    )
    if change is None or component is None or not change.delta_minor:
        return change
    outcome = engine.payout(component, total, quota, program.terms)
    return replace(change, explanation=outcome.explanation)


def change_of(
    standing: Standing,
    program: Published,
    component: Component | None,
    *,
    amount_minor: int,
    target_micros: int | None,
    target_met: bool,
    today: date,
) -> Difference | None:
    """Return what leads from `standing` to an amount and a quota, None when it is there already."""
    delta = amount_minor - standing.amount_minor
    before = (standing.version, standing.target_micros, standing.target_met)
    if delta == 0 and before == (program.version, target_micros, target_met):
        return None
    at_once = component is not None and isinstance(component.release, ImmediateRelease)
    span = core.span(standing.key.period_start, standing.period_end)
    return Difference(
        standing=standing,
        program=program,
        target_micros=target_micros,
        target_met=target_met,
        delta_minor=delta,
        at_once=at_once,
        parts=core.settle(standing.amount_minor, standing.released_minor, delta, at_once=at_once),
        release_on=today if component is None else released_on(component, span, today),
        explanation=None,
    )


_UPDATE: Final = text(
    """
    UPDATE earnings
       SET amount_minor = given.amount, released_minor = given.released, revision = given.revision,
           version = given.version, target_micros = given.target, target_met = given.met,
           settled = given.settled, changed_at = :now
      FROM unnest(CAST(:ids AS uuid[]), CAST(:amounts AS bigint[]), CAST(:released AS bigint[]),
                  CAST(:revisions AS bigint[]), CAST(:versions AS bigint[]),
                  CAST(:targets AS bigint[]), CAST(:met AS boolean[]),
                  CAST(:settled AS boolean[]))
           AS given(id, amount, released, revision, version, target, met, settled)
     WHERE earnings.tenant_id = :tenant AND earnings.id = given.id
    """
)

_LINES: Final = text(
    """
    INSERT INTO earning_lines (tenant_id, id, earning_id, revision, delta_minor, amount_minor,
                               total_micros, target_micros, version, cause_kind, cause_id,
                               release_on, ledger_id, explanation, posted_at)
    SELECT :tenant, id, earning, revision, delta, amount, total, target, version, :cause_kind,
           :cause_id, release_on, ledger, explanation, :now
      FROM ROWS FROM (
             unnest(CAST(:ids AS uuid[]), CAST(:earnings AS uuid[]), CAST(:revisions AS bigint[]),
                    CAST(:deltas AS bigint[]), CAST(:amounts AS bigint[]),
                    CAST(:totals AS numeric[]), CAST(:targets AS bigint[]),
                    CAST(:versions AS bigint[]), CAST(:releases AS date[]),
                    CAST(:ledgers AS uuid[])),
             jsonb_array_elements(CAST(:explanations AS jsonb)))
           AS given(id, earning, revision, delta, amount, total, target, version, release_on,
                    ledger, explanation)
    """
)


def _write(db: Session, changed: Sequence[Difference], cause: Cause) -> None:
    if not changed:
        return
    driver.run(
        db,
        _UPDATE,
        {
            "tenant": tenant_of(db),
            "now": work_of(db).now,
            "ids": words(each.standing.id for each in changed),
            "amounts": words(each.amount_minor for each in changed),
            "released": words(each.parts.released_minor for each in changed),
            "revisions": words(each.revision for each in changed),
            "versions": words(each.program.version for each in changed),
            "targets": words(each.target_micros for each in changed),
            "met": words(each.target_met for each in changed),
            "settled": words(each.is_settled for each in changed),
        },
    )
    posted = [each for each in changed if each.delta_minor]
    if posted:
        _post(db, posted, cause)


def _post(db: Session, posted: Sequence[Difference], cause: Cause) -> None:
    """Write the differences to the ledger and keep a line of each."""
    ledger_ids = ledger.post_earning_differences(
        db,
        [
            books.Difference(
                key=f"earning:{each.standing.id}:{each.revision}",
                program_id=each.standing.key.program_id,
                person_id=each.standing.key.payee_id,
                currency=each.program.document.currency,
                delta_minor=each.delta_minor,
                releasable=each.at_once,
                unreleased_minor=each.parts.unreleased_minor,
                cause_kind="earning",
                cause_id=each.standing.id,
            )
            for each in posted
        ],
    )
    driver.run(
        db,
        _LINES,
        {
            "tenant": tenant_of(db),
            "now": work_of(db).now,
            "cause_kind": cause.kind,
            "cause_id": cause.id,
            "ids": words(new_id() for _ in posted),
            "earnings": words(each.standing.id for each in posted),
            "revisions": words(each.revision for each in posted),
            "deltas": words(each.delta_minor for each in posted),
            "amounts": words(each.amount_minor for each in posted),
            "totals": words(each.standing.total_micros for each in posted),
            "targets": words(each.target_micros for each in posted),
            "versions": words(each.program.version for each in posted),
            "releases": words(each.release_on for each in posted),
            "ledgers": words(ledger_ids),
            # One document instead of an array of them: nothing has to be quoted.
            "explanations": orjson.dumps([_explanation(each) for each in posted]).decode(),
        },
    )


def _explanation(difference: Difference) -> dict[str, Any]:
    tree = difference.explanation
    return {} if tree is None else tree.to_json()


def _announce(db: Session, changed: Sequence[Difference], cause: Cause) -> None:
    """Say what changed: to the rooms above, and to the phones of those it concerns."""
    moved = [each for each in changed if each.delta_minor]
    if moved:
        changes = tuple(_change(each, cause) for each in moved)
        record(db, EarningsChanged(batch_id=cause.id, changes=changes))
    for each in changed:
        if each.target_met != each.standing.target_met:
            happened = TargetReached if each.target_met else TargetLost
            key = each.standing.key
            record(
                db,
                happened(
                    person_id=key.payee_id,
                    program_id=key.program_id,
                    component_id=key.component,
                    period_start=key.period_start,
                    cause_kind=cause.kind,
                    cause_id=cause.id,
                ),
            )
    _push(db, changed)


def _change(difference: Difference, cause: Cause) -> EarningChange:
    key = difference.standing.key
    return EarningChange(
        person_id=key.payee_id,
        program_id=key.program_id,
        component_id=key.component,
        period_start=key.period_start,
        currency=difference.program.document.currency,
        delta_minor=difference.delta_minor,
        cause_kind=cause.kind,
        cause_id=cause.id,
    )


def _push(db: Session, changed: Sequence[Difference]) -> None:
    """Send each payee one push, with the sum when it is of one currency."""
    sums: dict[UUID, dict[str, int]] = {}
    for each in changed:
        currencies = sums.setdefault(each.standing.key.payee_id, {})
        currency = each.program.document.currency
        currencies[currency] = currencies.get(currency, 0) + each.delta_minor
    for person_id, currencies in sums.items():
        room = rooms.person(tenant_of(db), person_id)
        publish(db, room, TodayChanged(cause="earning", amount=_one_amount(currencies)))


def _one_amount(currencies: Mapping[str, int]) -> MoneyShape | None:
    if len(currencies) != 1:
        return None
    ((currency, minor),) = currencies.items()
    return MoneyShape.model_validate(Money(minor, currency)) if minor else None
