"""What can be done with contests: draft, launch, amend; and what time does to them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from app.activities.events import ActivitiesRecorded
from app.audit import service as audit
from app.contests import board, prizes, queries, results, scoring, standings
from app.contests.core import prize_of
from app.contests.errors import (
    ContestIsFinal,
    NobodyTakesPart,
    NotLaunched,
    NotYourPeople,
    RulesAreSealed,
    TakesAway,
)
from app.contests.events import ContestAmended, ContestFinal, ContestLaunched
from app.contests.models import Contest, ContestAmendment
from app.contests.rules import ContestRules, Prize, read_rules, seal
from app.db.unit_of_work import record, tenant_of, work_of
from app.http.principal import Principal, Role
from app.kernel.errors import Problem
from app.kernel.ids import new_id
from app.live import coalescer, rooms
from app.live.bus import publish
from app.live.events import ContestChanged
from app.people import queries as people
from app.people.core import fold

SETTLE: Final = timedelta(seconds=3)
"""A result is frozen a little after the grace window, so that what was on its way in then has arrived."""


def draft(db: Session, *, rules: ContestRules, principal: Principal) -> Contest:
    """Write a contest down; nobody plays it until it is launched."""
    _check_may_run(principal, rules)
    work = work_of(db)
    contest = Contest(
        tenant_id=work.tenant_id,
        id=new_id(),
        created_at=work.now,
        created_by=principal.person_id,
        created_by_label=work.actor.label,
        announced="draft",
        **_columns(rules),
    )
    db.add(contest)
    db.flush()
    _audit(db, "contest.drafted", contest, after=contest.rules)
    return contest


def change_draft(
    db: Session, contest: Contest, *, rules: ContestRules, principal: Principal
) -> Contest:
    """Replace the rules of a draft; raise RulesAreSealed after launch."""
    _lock(db, contest)
    if contest.launched_at is not None:
        raise RulesAreSealed("This contest was launched. Make an amendment instead.")
    _check_may_run(principal, rules)
    before = contest.rules
    for name, value in _columns(rules).items():
        setattr(contest, name, value)
    _audit(db, "contest.changed", contest, before=before, after=contest.rules)
    return contest


def launch(db: Session, contest: Contest, *, principal: Principal) -> Contest:
    """Seal the rules, put everybody who takes part on the board and tell them."""
    _lock(db, contest)
    if contest.launched_at is not None:
        raise RulesAreSealed("This contest was launched already.")
    rules = read_rules(contest.rules)
    _check_may_run(principal, rules)
    now = work_of(db).now
    if rules.final_at <= now:
        raise TakesAway(
            "This contest would be over before it starts.",
            problems=[
                Problem("/ends_at", "in_the_past", "Choose a later end or a longer grace window.")
            ],
        )
    if rules.participants.rule == "whoever":
        taking_part = set(scoring.everybody_who_scored(db, rules))
    else:
        taking_part = _taking_part(db, rules, principal)
        if not taking_part:
            raise NobodyTakesPart("Nobody would take part in this contest.")
    contest.launched_at = now
    contest.sha256 = seal(contest.rules)
    contest.is_open = rules.is_open and queries.runs_all(principal)
    contest.announced = queries.state_of(contest, now)
    db.flush()
    scoring.join(db, contest.id, taking_part)
    scoring.recompute(db, contest, taking_part)
    _audit(db, "contest.launched", contest, after={"sha256": contest.sha256})
    record(db, ContestLaunched(contest.id))
    _announce(db, contest)
    coalescer.mark(db, board.topic(contest), [board.EVERYBODY])
    return contest


def amend(db: Session, contest: Contest, *, reason: str, changes: dict[str, Any]) -> Contest:
    """Change sealed rules for everybody to see; nothing that people play for may get less."""
    _lock(db, contest)
    if contest.launched_at is None:
        raise NotLaunched("A draft is simply changed.")
    now = work_of(db).now
    if contest.finished_at is not None or now >= contest.final_at:
        raise ContestIsFinal("The result of this contest is final.")
    before = read_rules(contest.rules)
    after = ContestRules.model_validate({**before.document(), **changes})
    _check_takes_nothing(before, after, now)
    told = {
        name: {"before": contest.rules[name], "after": after.document()[name]} for name in changes
    }
    for name, value in _columns(after).items():
        if name != "is_open":
            setattr(contest, name, value)
    contest.sha256 = seal(contest.rules)
    number = len(queries.amendments(db, contest.id)) + 1
    db.execute(
        insert(ContestAmendment).values(
            tenant_id=tenant_of(db),
            contest_id=contest.id,
            number=number,
            made_at=now,
            made_by=work_of(db).actor.label,
            reason=reason,
            changes=told,
            sha256=contest.sha256,
        )
    )
    _audit(db, "contest.amended", contest, before=None, after={"number": number, **told})
    scoring.recompute(db, contest, list(standings.keys_of(db, contest)))
    record(db, ContestAmended(contest.id, number))
    _announce(db, contest)
    return contest


def turn(db: Session) -> None:
    """Let time pass for every contest: say what began and ended, keep day marks, make results final."""
    unfinished, now = queries.unfinished(db), work_of(db).now
    # A sale locks money first and contests then; whoever does both keeps that order.
    prizes.hold_purses(db, [one for one in unfinished if now >= one.final_at + SETTLE])
    for contest in unfinished:
        _keep_day_mark(db, contest, now)
        if now >= contest.final_at + SETTLE:
            finish(db, contest)
        elif (state := queries.state_of(contest, now)) != contest.announced:
            contest.announced = state
            _announce(db, contest)


def compare_boards(db: Session) -> None:
    """Have every board that moves compared with the database: what a push missed is healed."""
    for contest in queries.unfinished(db):
        coalescer.mark(db, board.topic(contest), [board.EVERYBODY])


def finish(db: Session, contest: Contest) -> None:
    """Make the result final: places and prizes are written down and stand, and money is paid."""
    _lock(db, contest)
    if contest.finished_at is not None:
        return
    contest.finished_at = work_of(db).now
    contest.announced = "final"
    db.flush()
    results.freeze(db, contest)
    paid = prizes.post(db, contest)
    results.note_adjustments(db, contest, list(standings.keys_of(db, contest)), batch_id=contest.id)
    told = {
        "participants": standings.participants(db, contest),
        "prizes": [str(one) for one in paid],
    }
    _audit(db, "contest.finished", contest, after=told)
    record(db, ContestFinal(contest.id))
    _announce(db, contest)


def score(
    db: Session, contest: Contest, person_ids: Sequence[UUID], event: ActivitiesRecorded
) -> None:
    """Bring one contest, held, up to what just happened to `person_ids`."""
    if contest.finished_at is not None:
        # Also what began before the end and was held up until after it: a result stands.
        results.note_adjustments(db, contest, person_ids, batch_id=event.batch_id)
        return
    if work_of(db).now >= contest.final_at:
        return
    if event.are_all_new:
        changed = scoring.add(db, contest, person_ids, event.activity_ids)
    else:
        changed = scoring.recompute(db, contest, person_ids)
    coalescer.mark(db, board.topic(contest), board.as_members(changed))


def _lock(db: Session, contest: Contest) -> None:
    db.refresh(contest, with_for_update=True)


def _columns(rules: ContestRules) -> dict[str, Any]:
    return {
        "name": rules.name,
        "rules": rules.document(),
        "starts_at": rules.starts_at,
        "ends_at": rules.ends_at,
        "final_at": rules.final_at,
        "is_open": rules.is_open,
    }


def _check_may_run(principal: Principal, rules: ContestRules) -> None:
    if rules.participants.rule == "whoever" and not queries.runs_all(principal):
        raise NotYourPeople("Only a program admin opens a contest to whoever scores.")


def _taking_part(db: Session, rules: ContestRules, principal: Principal) -> set[UUID]:
    chosen = {
        "all": _everybody,
        "team": _team,
        "list": _listed,
    }[rules.participants.rule](db, rules)
    if queries.runs_all(principal):
        return chosen
    mine = set(db.scalars(people.visible_people(db, principal, people.today(db))))
    if rules.participants.rule == "all":
        return chosen & mine
    if not chosen <= mine:
        raise NotYourPeople("Some of these people are not yours.")
    return chosen


def _everybody(db: Session, _: ContestRules) -> set[UUID]:
    """Return every active person who sells: reps, and people of the roster without any role."""
    person = people.people_table(people.today(db))
    active = set(db.scalars(select(person.c.id).where(person.c.active)))
    reps = set(people.people_with_role(db, Role.REP))
    others = {
        person_id
        for role in Role
        if role is not Role.REP
        for person_id in people.people_with_role(db, role)
    }
    return (active - others) | reps


def _team(db: Session, rules: ContestRules) -> set[UUID]:
    wanted = {rules.participants.team_id}
    teams = people.teams(db)
    for _ in teams:
        wanted |= {team.id for team in teams if team.parent_id in wanted}
    person = people.people_table(people.today(db))
    found = select(person.c.id).where(person.c.active, person.c.team_id.in_(wanted))
    return set(db.scalars(found)) & _everybody(db, rules)


def _listed(db: Session, rules: ContestRules) -> set[UUID]:
    numbers = people.person_index(db, by="employee_number")
    asked = rules.participants
    problems = [
        Problem(
            f"/participants/employee_numbers/{index}",
            "unknown_person",
            f"Nobody has the employee number {number}.",
            {"employee_number": number},
        )
        for index, number in enumerate(asked.employee_numbers)
        if fold(number) not in numbers
    ]
    person = people.people_table(people.today(db))
    known = set(db.scalars(select(person.c.id).where(person.c.id.in_(asked.person_ids))))
    problems += [
        Problem(f"/participants/person_ids/{index}", "unknown_person", "There is no such person.")
        for index, person_id in enumerate(asked.person_ids)
        if person_id not in known
    ]
    if problems:
        raise NobodyTakesPart("Some of these people are not here.", problems=problems)
    return known | {numbers[fold(number)] for number in asked.employee_numbers}


def _check_takes_nothing(before: ContestRules, after: ContestRules, now: datetime) -> None:
    problems: list[Problem] = []

    def refuse(pointer: str, detail: str) -> None:
        problems.append(Problem(pointer, "takes_away", detail))

    if after.ends_at != before.ends_at and (
        after.ends_at < before.ends_at or now >= before.ends_at
    ):
        refuse("/ends_at", "The end may only move later, and only while the contest runs.")
    if after.grace_hours < before.grace_hours:
        refuse("/grace_hours", "The grace window may only become longer.")
    if _takes_prize(before.prizes, after.prizes):
        refuse("/prizes", "No place may win less than was promised.")
    if problems:
        raise TakesAway("An amendment may not take anything away.", problems=problems)


def _takes_prize(before: Sequence[Prize], after: Sequence[Prize]) -> bool:
    def worth_less(place: int) -> bool:
        old, new = prize_of(place, 1, before), prize_of(place, 1, after)
        if old is None or old == new:
            return False
        if isinstance(old, str) or new is None or isinstance(new, str):
            return True
        return old.currency != new.currency or new < old

    # Between two edges of the ranges nothing changes, so the edges tell all.
    edges = {
        place
        for prize in (*before, *after)
        for place in (prize.place_from, prize.place_to, prize.place_to + 1)
    }
    return any(worth_less(place) for place in edges)


def _keep_day_mark(db: Session, contest: Contest, now: datetime) -> None:
    day = now.astimezone(ZoneInfo(contest.rules["zone"])).date()
    if contest.starts_at <= now and contest.marked_on != day:
        results.mark_places(db, contest)
        contest.marked_on = day


def _announce(db: Session, contest: Contest) -> None:
    push = ContestChanged(contest_id=contest.id, state=contest.announced)
    publish(db, rooms.tenant(contest.tenant_id), push)


def _audit(
    db: Session,
    action: str,
    contest: Contest,
    *,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> None:
    audit.record(
        db, action=action, object_kind="contest", object_id=contest.id, before=before, after=after
    )
