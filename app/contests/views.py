"""Contests and boards as screens show them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.contests import board, queries, standings
from app.contests.core import (
    Move,
    Standing,
    initials,
    pool_of,
    prize_document,
    prize_of,
    score_text,
)
from app.contests.models import Contest, ContestAmendment
from app.contests.prizes import Won
from app.contests.rules import ContestRules, read_rules, sentence
from app.db.unit_of_work import work_of
from app.http.principal import CONSOLE, Principal, Role
from app.kernel.money import Money
from app.kernel.pages import Page
from app.live import bus, rooms
from app.people import queries as people

SHOWN_TOP = 3
REACH = 2


@dataclass(frozen=True, slots=True)
class Named:
    """What a board says of a person."""

    name: str
    employee_number: str | None
    team_name: str | None


def contest_view(db: Session, contest: Contest, principal: Principal) -> dict[str, Any]:
    """Return one contest as everybody sees it."""
    [shown] = contest_views(db, [contest], principal)
    return shown


def contest_views(
    db: Session, contests: Sequence[Contest], principal: Principal
) -> list[dict[str, Any]]:
    """Return contests as everybody sees them, with as many statements as for one."""
    ids = [contest.id for contest in contests]
    turnouts = standings.turnouts(db, ids)
    amendments = queries.amendments_of(db, ids)
    mine: dict[UUID, standings.Spot] = {}
    if principal.person_id is not None:
        launched = {
            contest: turnouts[contest.id].participants
            for contest in contests
            if contest.launched_at is not None
        }
        mine = standings.spots(db, launched, principal.person_id)
    now = work_of(db).now
    return [
        _contest_view(
            contest,
            turnouts[contest.id],
            amendments[contest.id],
            mine.get(contest.id),
            may_edit=may_edit(contest, principal),
            now=now,
        )
        for contest in contests
    ]


def _contest_view(
    contest: Contest,
    turnout: standings.Turnout,
    amendments: Sequence[ContestAmendment],
    me: standings.Spot | None,
    *,
    may_edit: bool,
    now: datetime,
) -> dict[str, Any]:
    rules = read_rules(contest.rules)
    return {
        "id": contest.id,
        "name": contest.name,
        "state": queries.state_of(contest, now),
        "zone": rules.zone,
        "starts_at": rules.starts_at,
        "ends_at": rules.ends_at,
        "final_at": rules.final_at,
        "unit": rules.measure.unit,
        "rule": sentence(rules),
        "prizes": rules.prizes,
        "pot": pot_of(rules),
        "participants": turnout.participants,
        "scored": turnout.scored,
        "sha256": contest.sha256,
        "launched_at": contest.launched_at,
        "created_by": contest.created_by_label,
        "amendments": amendments,
        "my": _my(rules, me) if me else None,
        "may_edit": may_edit,
        "rules": contest.rules,
    }


def may_edit(contest: Contest, principal: Principal) -> bool:
    """Whether `principal` may change, launch or amend the contest."""
    if queries.runs_all(principal):
        return True
    return principal.has(Role.MANAGER) and contest.created_by == principal.person_id


def pot_of(rules: ContestRules) -> Money | None:
    """Return the sum of all prizes of money, None when there are none."""
    worth = [
        (prize.money.money, prize.place_to - prize.place_from + 1)
        for prize in rules.prizes
        if prize.money
    ]
    if not worth:
        return None
    return Money(sum(money.minor * count for money, count in worth), worth[0][0].currency)


def _my(rules: ContestRules, me: standings.Spot) -> dict[str, Any]:
    standing = me.standing
    wins = standing.score_micros > 0 and prize_of(standing.place, me.tied_with, rules.prizes)
    return {
        "place": standing.place,
        "tied": standing.tied,
        "score": score_text(standing.score_micros, rules.measure.unit),
        "prize": _prize(wins or None),
    }


def prize_if_ended(
    db: Session, contest: Contest, rules: ContestRules, standing: Standing
) -> dict[str, Any] | None:
    """Return what somebody would win if it ended now."""
    if standing.score_micros <= 0 or not rules.prizes:
        return None
    size = standings.size_of_tie(db, contest, standing)
    return _prize(prize_of(standing.place, size, rules.prizes))


def _prize(prize: Money | str | None) -> dict[str, Any] | None:
    if prize is None:
        return None
    document = prize_document(prize)
    return document if "text" in document else {"money": document}


def prize_view(db: Session, won: Won) -> dict[str, Any]:
    """Return the receipt of a prize; who shared the place is named as the board names them."""
    contest, result = won.contest, won.result
    rules = read_rules(contest.rules)
    sharing = len(won.tied_with) + 1
    split = Money(won.money.minor * sharing, won.money.currency)
    pool = pool_of(result.place, sharing, rules.prizes) or split
    named = names_on_board(db, won.tied_with)
    return {
        "contest_id": contest.id,
        "contest": contest.name,
        "finished_at": contest.finished_at,
        "place": result.place,
        "last_place": result.place + sharing - 1,
        "participants": standings.participants(db, contest),
        "score": score_text(result.score_micros, rules.measure.unit),
        "unit": rules.measure.unit,
        "tied_with": sorted(
            board.shown_name(named[one].name, rules.names) for one in won.tied_with
        ),
        "pool": pool,
        "rest": pool - split,
        "money": won.money,
        "spendable": won.paid.spendable if won.paid else None,
        "settled": won.paid.settled if won.paid else None,
        "transaction_id": won.paid.transaction_id if won.paid else None,
        "posted_at": won.paid.posted_at if won.paid else None,
    }


def board_view(
    db: Session,
    contest: Contest,
    principal: Principal,
    *,
    around_me: bool,
    cursor: str | None,
    limit: int,
) -> dict[str, Any]:
    """Return what a phone shows of a board: the top, the rows around the asker, or a page of it."""
    rules = read_rules(contest.rules)
    near = standings.neighbourhood(db, contest, principal.person_id, first=SHOWN_TOP, reach=REACH)
    following: str | None = None
    around: Sequence[Standing] = near.around
    if cursor is not None or not (around_me and near.me):
        page = standings.standings_page(db, contest, cursor=cursor, limit=limit)
        around, following = page.items, page.next_cursor
    me = [near.me] if near.me else []
    shown = {one.person_id: one for one in (*near.top, *around, *me)}
    named = names_on_board(db, shown)
    prizes = _prizes(db, contest, rules, shown.values())

    def row(standing: Standing) -> dict[str, Any]:
        is_me = standing.person_id == principal.person_id
        who = named[standing.person_id]
        return {
            "participant_id": standing.person_id,
            "name": who.name if is_me else board.shown_name(who.name, rules.names),
            "initials": initials(who.name),
            "team_name": who.team_name,
            "place": standing.place,
            "tied": standing.tied,
            "score": score_text(standing.score_micros, rules.measure.unit),
            "reached_at": standing.reached_at,
            "moved": standing.moved,
            "is_me": is_me,
            "prize": prizes.get(standing.place) if standing.score_micros > 0 else None,
        }

    return {
        "revision": bus.bus().revision(rooms.contest(contest.tenant_id, contest.id), "board.moved"),
        "as_of": work_of(db).now,
        "state": queries.state_of(contest, work_of(db).now),
        "zone": rules.zone,
        "unit": rules.measure.unit,
        "participants": near.participants,
        "top": [row(one) for one in near.top],
        "around": [row(one) for one in around],
        "next_cursor": following,
        "me": row(near.me) if near.me else None,
        "moves_to_next": move_view(near.move) if near.move else None,
    }


def move_view(move: Move) -> dict[str, Any]:
    """Return the way to the nearest better place."""
    return {
        "place": move.place,
        "places": move.places,
        "need": score_text(move.need_micros, move.unit),
        "unit": move.unit,
        "shares_place": move.is_shared,
    }


def names_on_board(db: Session, person_ids: Iterable[UUID]) -> Mapping[UUID, Named]:
    """Return what a board says of people."""
    person = people.people_table(people.today(db))
    teams = {team.id: team.name for team in people.teams(db)}
    rows = db.execute(
        select(person.c.id, person.c.name, person.c.employee_number, person.c.team_id).where(
            person.c.id.in_(list(person_ids))
        )
    )
    return {row.id: Named(row.name, row.employee_number, teams.get(row.team_id)) for row in rows}


def _prizes(
    db: Session, contest: Contest, rules: ContestRules, rows: Iterable[Standing]
) -> dict[int, dict[str, Any] | None]:
    last = max((prize.place_to for prize in rules.prizes), default=0)
    leaders = {one.place: one for one in rows if one.place <= last}
    return {place: prize_if_ended(db, contest, rules, one) for place, one in leaders.items()}


def standings_view(
    db: Session, contest: Contest, principal: Principal, *, cursor: str | None, limit: int
) -> dict[str, Any]:
    """Return one page of the standings, as machines read them."""
    sees_names = principal.person_id is None or principal.has(*CONSOLE)
    rules = read_rules(contest.rules)
    page: Page[Standing] = standings.standings_page(db, contest, cursor=cursor, limit=limit)
    named = names_on_board(db, [one.person_id for one in page.items])
    late = queries.adjustments(db, contest.id)
    prizes = _prizes(db, contest, rules, page.items)
    unit = rules.measure.unit
    now: datetime = work_of(db).now
    return {
        "items": [
            {
                "place": one.place,
                "tied": one.tied,
                "person_id": one.person_id,
                "name": (
                    named[one.person_id].name
                    if sees_names or one.person_id == principal.person_id
                    else board.shown_name(named[one.person_id].name, rules.names)
                ),
                "employee_number": named[one.person_id].employee_number if sees_names else None,
                "score": score_text(one.score_micros, unit),
                "activities": one.activities,
                "reached_at": one.reached_at,
                "prize": prizes.get(one.place) if one.score_micros > 0 else None,
                "adjusted_score": (
                    score_text(late[one.person_id], unit) if one.person_id in late else None
                ),
            }
            for one in page.items
        ],
        "next_cursor": page.next_cursor,
        "state": queries.state_of(contest, now),
        "participants": standings.participants(db, contest),
        "as_of": now,
    }
