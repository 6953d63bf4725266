"""From what is credited to what a program settles to: whoever is touched, by the engine, differences only."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final
from uuid import UUID

import orjson
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.db.unit_of_work import tenant_of, work_of
from app.engine import evaluate, memory, settlement, timing
from app.engine.facts import Facts
from app.engine.settlement import Earning
from app.engine.standing import Book
from app.engine.steps import Step
from app.engine.timing import Portion
from app.kernel.clock import day_in_zone
from app.kernel.money import MICROS
from app.programs import core, earnings, facts, standings
from app.programs.core import Key, Plan
from app.programs.earnings import Difference
from app.programs.queries import Published
from app.programs.standings import Standing
from app.programs.tallying import StoredTallies


def differences(
    db: Session, program: Published, payees: Collection[UUID] | None
) -> list[Difference]:
    """Settle what `payees` (what everybody) gets from a program; return how their earnings change.

    Nothing is posted. The payees (the whole program where they depend on each other) stay locked
    until the transaction ends, so that whoever comes next sees what was credited here.
    """
    plan = core.plan_of(program.document)
    if plan.is_shared:
        payees = None
    _hold(db, program, payees)
    found = settled(db, program, payees)
    standing = _stand(db, program, plan, found, payees)
    today = day_in_zone(work_of(db).now, program.document.zone)
    changed = [
        difference
        for each in standing.values()
        if (difference := _difference(each, found.get(each.key), program, today))
    ]
    _keep_totals(db, standing)
    _keep_portions(db, program, standing, found)
    return changed


def settled(
    db: Session, program: Published, payees: Collection[UUID] | None, *, in_detail: bool = False
) -> dict[Key, Earning]:
    """Return what the settled components of a program come to for `payees` (for everybody)."""
    plan = core.plan_of(program.document)
    if plan.is_differential:
        found = _by_facts(db, program)
    else:
        book = book_of(db, program, payees, in_detail=in_detail)
        wanted = None if plan.is_bounded else plan.settled
        found = settlement.settle(program.document, book, components=wanted)
    names = None if payees is None else {str(payee) for payee in payees}
    return {
        key_of(program, each): each
        for each in found
        if each.component in plan.settled and (names is None or each.payee in names)
    }


def _by_facts(db: Session, program: Published) -> list[Earning]:
    return evaluate.evaluate(program.document, whole_facts(db, program))


def whole_facts(db: Session, program: Published) -> Facts:
    """Return a program's facts with every activity that was credited."""
    today = day_in_zone(work_of(db).now, program.document.zone)
    activities = facts.activities_of(db, program.document.zone)
    return facts.facts_of(db, program, activities=activities, as_of=today, places=True)


def book_of(
    db: Session, program: Published, payees: Collection[UUID] | None, *, in_detail: bool = False
) -> Book:
    """Return everything that settling asks about `payees` (about everybody), as it stands."""
    document, plan = program.document, core.plan_of(program.document)
    today = day_in_zone(work_of(db).now, document.zone)
    known = facts.facts_of(db, program, payees=payees, as_of=today)
    quotas = memory.quotas_of(document, known)
    tallies = StoredTallies(program, quotas)
    each = plan.needed if in_detail else plan.in_detail
    activities = tallies.load(db, payees=payees, components=plan.needed, in_detail=each)
    return Book(
        tallies=tallies,
        as_of=today,
        people=memory.people_of(known),
        quotas=quotas,
        members=memory.members_of(document, known),
        mandates=memory.mandates_of(known),
        attributes=facts.attributes_of(db, activities) if plan.in_detail else lambda _activity: {},
    )


def key_of(program: Published, earning: Earning) -> Key:
    """Return what an earning of the engine is known by."""
    activity = UUID(earning.activity) if earning.activity else core.NO_ACTIVITY
    payee = UUID(earning.payee)
    return Key(payee, program.program_id, earning.component, earning.span.first, activity)


def kept_minor(earning: Earning) -> int:
    """Return what of an earning is left when what was taken back is gone."""
    if earning.portions:
        return timing.kept(earning.portions)
    return earning.outcome.amount_minor


def due_minor(portions: Iterable[Portion], today: date) -> int:
    """Return what of an earning in portions may be released by `today`."""
    return sum(each.minor for each in portions if each.release_on and each.release_on <= today)


def _hold(db: Session, program: Published, payees: Collection[UUID] | None) -> None:
    """Let nobody else settle these payees, or with none given this program, until the end.

    Whoever settles some payees shares the program; whoever settles everybody has it alone.
    """
    shared = "pg_advisory_xact_lock" + ("_shared" if payees is not None else "")
    name = f"{tenant_of(db)}:{program.program_id}"
    db.execute(text(f"SELECT {shared}(hashtextextended(:name, 7))"), {"name": name})
    if payees:
        db.execute(
            text(
                "SELECT pg_advisory_xact_lock(hashtextextended(name, 8))"
                " FROM unnest(CAST(:names AS text[])) AS name"
            ),
            {"names": [f"{name}:{payee}" for payee in sorted(payees)]},
        )


_INSERT: Final = text(
    """
    INSERT INTO earnings (tenant_id, payee_id, program_id, component, period_start, period_end,
                          activity_id, settled, currency, total_micros, credits, changed_at)
    SELECT :tenant, payee, :program, component, start, stop, activity, true, :currency, 0, 0, :now
      FROM unnest(CAST(:payees AS uuid[]), CAST(:components AS text[]), CAST(:starts AS date[]),
                  CAST(:ends AS date[]), CAST(:activities AS uuid[]))
           AS given(payee, component, start, stop, activity)
    ON CONFLICT (tenant_id, payee_id, program_id, component, period_start, activity_id) DO NOTHING
    """
)


def _stand(
    db: Session,
    program: Published,
    plan: Plan,
    found: Mapping[Key, Earning],
    payees: Collection[UUID] | None,
) -> dict[Key, Standing]:
    """Return the earnings that stand, locked, with a new one for each that was found and does not."""
    standing = _standing(db, program, plan, payees)
    fresh = sorted(key for key in found if key not in standing)
    if not fresh:
        return standing
    db.execute(
        _INSERT,
        {
            "tenant": tenant_of(db),
            "program": program.program_id,
            "currency": program.document.currency,
            "now": work_of(db).now,
            "payees": [key.payee_id for key in fresh],
            "components": [key.component for key in fresh],
            "starts": [key.period_start for key in fresh],
            "ends": [found[key].span.last for key in fresh],
            "activities": [key.activity_id for key in fresh],
        },
    )
    return _standing(db, program, plan, payees)


def _standing(
    db: Session,
    program: Published,
    plan: Plan,
    payees: Collection[UUID] | None,
    *,
    is_locked: bool = True,
) -> dict[Key, Standing]:
    rows = standings.lock(
        db,
        program.program_id,
        components=sorted(plan.settled),
        payee_ids=payees,
        is_locked=is_locked,
    )
    return {each.key: each for each in rows}


def _difference(
    standing: Standing, found: Earning | None, program: Published, today: date
) -> Difference | None:
    """Return how `standing` must change, None when it stands right."""
    component = program.document.component(standing.key.component)
    amount = 0 if found is None else kept_minor(found)
    quota = None if found is None else found.quota
    target = None if quota is None else round(quota * MICROS)
    met = found is not None and quota is not None and found.total >= quota
    standing.total_micros = Decimal(0) if found is None else micros(found.total)
    standing.credits = 0 if found is None else _count(found)
    standing.period_end = standing.period_end if found is None else found.span.last
    change = earnings.change_of(
        standing,
        program,
        component,
        amount_minor=amount,
        target_micros=target,
        target_met=met,
        today=today,
    )
    if change is None or found is None:
        return change
    return _explained(change, found, today)


def _explained(change: Difference, found: Earning, today: date) -> Difference:
    """Return the change with its explanation, and taken from where its portions say."""
    standing = change.standing
    parts = change.parts
    if found.portions:
        due = due_minor(found.portions, today)
        parts = core.settle_by_portions(
            standing.amount_minor, standing.released_minor, change.delta_minor, due
        )
    return change.with_reason(found.outcome.explanation, parts, is_portioned=bool(found.portions))


def _count(found: Earning) -> int:
    return len(found.credits)


def micros(exact: Fraction) -> Decimal:
    """Return an exact number in millionths, to twelve places where it has no end."""
    scaled = exact * MICROS
    return Decimal(round(scaled * 10**6)).scaleb(-6).normalize() + Decimal(0)


_TOTALS: Final = text(
    """
    UPDATE earnings e
       SET total_micros = given.total, credits = given.credits, period_end = given.stop,
           settled = true
      FROM unnest(CAST(:ids AS uuid[]), CAST(:totals AS numeric[]), CAST(:credits AS bigint[]),
                  CAST(:ends AS date[])) AS given(id, total, credits, stop)
     WHERE e.tenant_id = :tenant AND e.id = given.id
       AND (e.total_micros, e.credits, e.settled) IS DISTINCT FROM (given.total, given.credits, true)
    """
)


def _keep_totals(db: Session, standing: Mapping[Key, Standing]) -> None:
    rows = list(standing.values())
    if rows:
        db.execute(
            _TOTALS,
            {
                "tenant": tenant_of(db),
                "ids": [each.id for each in rows],
                "totals": [each.total_micros for each in rows],
                "credits": [each.credits for each in rows],
                "ends": [each.period_end for each in rows],
            },
        )


_NO_PORTIONS: Final = text(
    "DELETE FROM earning_portions"
    " WHERE tenant_id = :tenant AND earning_id = ANY(CAST(:earnings AS uuid[]))"
)
_PORTIONS: Final = text(
    """
    INSERT INTO earning_portions (tenant_id, earning_id, nth, minor, state, release_on, waits_for,
                                  step)
    SELECT :tenant, earning, nth, minor, state, release_on, waits_for, step
      FROM ROWS FROM (
             unnest(CAST(:earnings AS uuid[]), CAST(:nths AS smallint[]), CAST(:minors AS bigint[]),
                    CAST(:states AS text[]), CAST(:days AS date[]), CAST(:waits AS text[])),
             jsonb_array_elements(CAST(:steps AS jsonb)))
           AS given(earning, nth, minor, state, release_on, waits_for, step)
    """
)


def _keep_portions(
    db: Session,
    program: Published,
    standing: Mapping[Key, Standing],
    found: Mapping[Key, Earning],
) -> None:
    """Keep when the parts of each earning can be used, as it is known now."""
    timed = {each.id for each in program.document.components if _is_timed(each)}
    rows = [each for each in standing.values() if each.key.component in timed]
    if not rows:
        return
    db.execute(_NO_PORTIONS, {"tenant": tenant_of(db), "earnings": [each.id for each in rows]})
    kept = [
        (each.id, nth, portion)
        for each in rows
        if each.key in found
        for nth, portion in enumerate(found[each.key].portions)
    ]
    if kept:
        db.execute(
            _PORTIONS,
            {
                "tenant": tenant_of(db),
                "earnings": [earning for earning, _, _ in kept],
                "nths": [nth for _, nth, _ in kept],
                "minors": [each.minor for _, _, each in kept],
                "states": [each.state for _, _, each in kept],
                "days": [each.release_on for _, _, each in kept],
                "waits": [each.waits_for for _, _, each in kept],
                "steps": orjson.dumps([_step(each.step) for _, _, each in kept]).decode(),
            },
        )


def _is_timed(component: Any) -> bool:
    return bool(component.holdback or component.holds or component.clawback)


def _step(step: Step | None) -> dict[str, Any] | None:
    return None if step is None else step.to_json()


def what_if(
    db: Session, program: Published, component: str, payee: UUID, read: Mapping[str, Fraction]
) -> tuple[int, Step] | None:
    """Return what one more activity of a payee would bring in a settled component, and the tree then.

    `read` are its numbers by field. It is taken to count in every figure that credits the seller.
    """
    plan, now = core.plan_of(program.document), work_of(db).now
    if plan.is_differential:
        return None
    book = book_of(db, program, None if plan.is_shared else [payee])
    today = day_in_zone(now, program.document.zone)
    before = _amount_on(program, book, component, payee, today)
    assert isinstance(book.tallies, StoredTallies)
    book.tallies.suppose(program.document, str(payee), now, read)
    after = _amount_on(program, book, component, payee, today)
    if after is None:
        return None
    return after[0] - (before[0] if before else 0), after[1]


def _amount_on(
    program: Published, book: Book, component: str, payee: UUID, today: date
) -> tuple[int, Step] | None:
    plan = core.plan_of(program.document)
    wanted = None if plan.is_bounded else [component]
    found = [
        each
        for each in settlement.settle(program.document, book, components=wanted)
        if each.component == component and each.payee == str(payee) and today in each.span
    ]
    if not found:
        return None
    return sum(each.outcome.amount_minor for each in found), found[-1].outcome.explanation


@dataclass(frozen=True, slots=True)
class Wrong:
    """An earning that does not stand as its program pays, in minor units."""

    key: Key
    stands_minor: int
    rebuilt_minor: int


def check(db: Session, program: Published) -> tuple[int, list[Wrong]]:
    """Settle a program anew beside what stands, and change nothing.

    It takes no lock: who needs both of one moment reads them in one snapshot, or holds the program.
    """
    plan = core.plan_of(program.document)
    if not plan.settled:
        return 0, []
    found = settled(db, program, None)
    standing = _standing(db, program, plan, None, is_locked=False)
    wrong = []
    for key in sorted({*found, *standing}):
        stands = standing[key].amount_minor if key in standing else 0
        settles = kept_minor(found[key]) if key in found else 0
        if stands != settles:
            wrong.append(Wrong(key, stands, settles))
    return len(standing), wrong


def payees_of(keys: Iterable[Key], program: Published) -> Sequence[UUID]:
    """Return whom changes of credits touch in a program."""
    return sorted({key.payee_id for key in keys if key.program_id == program.program_id})
