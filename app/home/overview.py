"""The overview of the console: how the month goes, what waits, who leads; only of visible people."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select
from sqlalchemy.orm import Session

from app.activities import claims, quarantine
from app.contests import queries as contests
from app.contests import standings
from app.contests.board import shown_name
from app.contests.core import score_text
from app.contests.rules import read_rules
from app.db.unit_of_work import work_of
from app.home import queries
from app.home.core import direction, spread, weekdays
from app.http.principal import Principal, Role
from app.kernel.clock import day_in_zone
from app.kernel.money import Money, micros_to_minor
from app.ledger import queries as ledger
from app.ledger.core import AccountKind, AccountRef
from app.people import queries as people
from app.people.core import TenantCalendar
from app.programs import statement, totals
from app.rewards import queries as rewards

SHOWN: Final = 5
LEADERS: Final = 3
_DECIDERS: Final = frozenset({Role.MANAGER, Role.PROGRAM_ADMIN, Role.TENANT_ADMIN})
_REPAIRERS: Final = frozenset({Role.PROGRAM_ADMIN, Role.TENANT_ADMIN})
_STOCKERS: Final = frozenset({Role.PROGRAM_ADMIN, Role.FINANCE, Role.TENANT_ADMIN})
_ARRANGERS: Final = frozenset({Role.FINANCE, Role.TENANT_ADMIN})


@dataclass(frozen=True, slots=True)
class View:
    """Who looks, at whom, on which day of which calendar."""

    principal: Principal
    calendar: TenantCalendar
    day: date
    month: statement.Month
    visible: Select[UUID]


def overview(db: Session, principal: Principal) -> dict[str, Any]:
    """Return what the overview shows to `principal`."""
    calendar = people.calendar(db)
    day = day_in_zone(work_of(db).now, calendar.zone)
    month = statement.month_of(day.replace(day=1))
    view = View(principal, calendar, day, month, people.visible_people(db, principal, day))
    percents = queries.attainment(db, view.visible, day)
    waiting = _waiting(db, view)
    return {
        "as_of": work_of(db).now,
        "zone": calendar.zone,
        "period": {"start": month.start, "end": month.end, "until": day},
        "sentence": _sentence(view, percents, waiting),
        "kpis": _kpis(db, view),
        "attainment": {
            "people": len(percents),
            "reached": sum(1 for percent in percents.values() if percent >= 100),
            "bands": spread(percents.values()),
        },
        **_ranked(db, view, percents),
        "money": _money(db, view),
        "waiting": waiting,
        "contest": _contest(db, principal),
    }


def _sentence(
    view: View, percents: Mapping[UUID, Fraction], waiting: Mapping[str, Any]
) -> dict[str, Any]:
    params = {"period_start": view.month.start, "waiting": waiting["things"]}
    if not percents:
        return {"code": "no_targets", "params": params}
    mean = sum(percents.values(), Fraction(0)) / len(percents)
    # Today is not over: the plan expects what was due by last evening.
    past = weekdays(view.month.start, view.day - timedelta(days=1))
    share = Fraction(past * 100, weekdays(view.month.start, view.month.end))
    return {"code": "on_plan" if mean >= share else "behind_plan", "params": params}


def _kpis(db: Session, view: View) -> list[dict[str, Any]]:
    zone, day = view.calendar.zone, view.day

    def span(first: date, last: date) -> tuple[datetime, datetime]:
        return queries.midnight(first, zone), queries.midnight(last + timedelta(days=1), zone)

    before = statement.month_of((view.month.start - timedelta(days=1)).replace(day=1))
    same_day = min(before.end, before.start + (day - view.month.start))
    found = queries.sales(
        db,
        view.visible,
        {
            "today": span(day, day),
            "week_ago": span(day - timedelta(days=7), day - timedelta(days=7)),
            "month": span(view.month.start, day),
            "before": span(before.start, same_day),
        },
        view.calendar.currency,
    )
    currency = view.calendar.currency

    def volume(name: str) -> Money:
        return Money(micros_to_minor(found[name].micros, currency), currency)

    return [
        {"code": "sales_today", "value": found["today"].count, "before": found["week_ago"].count},
        {"code": "sales_month", "value": found["month"].count, "before": found["before"].count},
        {"code": "volume_month", "value": volume("month"), "before": volume("before")},
        {"code": "earned_month", "value": _earned(db, view), "before": None},
    ]


def _earned(db: Session, view: View) -> Money:
    found = totals.totals(
        db,
        group_by="component",
        visible=view.visible,
        first=view.month.start,
        last=view.month.end,
    )
    currency = view.calendar.currency
    return Money(sum(one.money.minor for one in found if one.money.currency == currency), currency)


def _ranked(
    db: Session, view: View, percents: Mapping[UUID, Fraction]
) -> dict[str, list[dict[str, Any]]]:
    """Return the people ahead and behind, and the teams with their last weeks."""
    seen = queries.seen(db, list(percents), view.day)
    team_names = {team.id: team.name for team in people.teams(db)}
    order = sorted(
        (person_id for person_id in percents if person_id in seen),
        key=lambda person_id: (-percents[person_id], seen[person_id].name, person_id),
    )

    def row(person_id: UUID) -> dict[str, Any]:
        who = seen[person_id]
        return {
            "person_id": person_id,
            "name": who.name,
            "team_name": team_names.get(who.team_id) if who.team_id else None,
            "percent": int(percents[person_id]),
        }

    behind = order[SHOWN:][-SHOWN:]
    return {
        "top": [row(person_id) for person_id in order[:SHOWN]],
        "bottom": [row(person_id) for person_id in reversed(behind)],
        "teams": _teams(db, view, percents, seen, team_names),
    }


def _teams(
    db: Session,
    view: View,
    percents: Mapping[UUID, Fraction],
    seen: Mapping[UUID, queries.Seen],
    names: Mapping[UUID, str],
) -> list[dict[str, Any]]:
    members: dict[UUID, list[UUID]] = defaultdict(list)
    for person_id, who in seen.items():
        if who.team_id is not None:
            members[who.team_id].append(person_id)
    weeks = queries.weekly_sales(db, view.visible, view.day, view.calendar.zone)
    managers = people.names(
        db, {manager for who in seen.values() if (manager := who.manager_id) is not None}
    )
    teams = [
        {
            "team_id": team_id,
            "name": names.get(team_id, ""),
            "manager_name": _manager(who, seen, managers),
            "people": len(who),
            "percent": int(sum((percents[one] for one in who), Fraction(0)) / len(who)),
            "weeks": weeks.get(team_id, [0] * queries.WEEKS),
            "direction": direction(weeks.get(team_id, ())),
        }
        for team_id, who in members.items()
    ]
    return sorted(teams, key=lambda team: (-int(str(team["percent"])), str(team["name"])))


def _manager(
    person_ids: Collection[UUID], seen: Mapping[UUID, queries.Seen], names: Mapping[UUID, str]
) -> str | None:
    """Return who most of a team report to."""
    above = [m for one in person_ids if (m := seen[one].manager_id) is not None]
    return names.get(max(sorted(set(above)), key=above.count)) if above else None


def _money(db: Session, view: View) -> dict[str, Any]:
    """Return what the company owes its visible people, by state, in the tenant's currency."""
    currency = view.calendar.currency
    kinds = {
        "earned": AccountKind.PERSON_EARNED,
        "available": AccountKind.PERSON_AVAILABLE,
        "reserved": AccountKind.PERSON_RESERVED,
        "owed": AccountKind.PERSON_OWED,
    }
    found = ledger.balances(
        db,
        [
            AccountRef(kind, person_id, currency)
            for person_id in db.scalars(view.visible)
            for kind in kinds.values()
        ],
    )
    sums: dict[AccountKind, int] = defaultdict(int)
    for account, minor in found.items():
        sums[account.kind] += minor
    money = {name: Money(abs(sums[kind]), currency) for name, kind in kinds.items()}
    owed = money["earned"] + money["available"] + money["reserved"]
    return {"currency": currency, **money, "total": owed}


def _waiting(db: Session, view: View) -> dict[str, Any]:
    """Return what waits: only what the looker may do something about."""
    may = view.principal.has
    claimed = claims.waiting_in_view(db, view.principal) if may(*_DECIDERS) else 0
    files = _files_set_aside(db) if may(*_REPAIRERS) else []
    stock = _low_stock(db) if may(*_STOCKERS) else []
    orders = _orders_to_arrange(db) if may(*_ARRANGERS) else 0
    rows = sum(file["rows"] for file in files)
    return {
        "things": sum(1 for some in (claimed, rows, len(stock), orders) if some),
        "claims": claimed,
        "quarantined_rows": rows,
        "imports": files,
        "stock": stock,
        "redemptions": orders,
    }


def _files_set_aside(db: Session) -> list[dict[str, Any]]:
    return [
        {"import_id": entry.id, "file_name": entry.file_name, "rows": count}
        for entry, count in quarantine.waiting(db)
    ]


def _orders_to_arrange(db: Session) -> int:
    page = rewards.page_of_redemptions(db, cursor=None, limit=100, state="accepted")
    return len(page.items)


def _low_stock(db: Session) -> list[dict[str, Any]]:
    return [
        {
            "reward_id": line.reward.id,
            "brand": line.reward.brand,
            "money": one.money,
            "left": one.left,
        }
        for line in rewards.catalog(db, only_active=True)
        for one in line.denominations
        if one.low
    ]


def _contest(db: Session, principal: Principal) -> dict[str, Any] | None:
    contest = contests.running_in_view(db, principal)
    if contest is None:
        return None
    rules = read_rules(contest.rules)
    unit = rules.measure.unit
    leaders = standings.top(db, contest, LEADERS)
    names = people.names(db, [one.person_id for one in leaders])
    return {
        "id": contest.id,
        "name": contest.name,
        "state": contests.state_of(contest, work_of(db).now),
        "ends_at": contest.ends_at,
        "final_at": contest.final_at,
        "unit": unit,
        "participants": standings.participants(db, contest),
        "scored": standings.scored(db, contest),
        "apart": (
            score_text(leaders[0].score_micros - leaders[-1].score_micros, unit)
            if leaders
            else None
        ),
        "leaders": [
            {
                "place": one.place,
                "tied": one.tied,
                "name": shown_name(names[one.person_id], rules.names),
                "score": score_text(one.score_micros, unit),
            }
            for one in leaders
        ],
    }
