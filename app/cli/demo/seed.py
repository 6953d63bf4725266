"""A year of Lumera, told to the services as it would have happened.

Every step looks first whether it was done, so that a seed that was killed goes on where it stopped and
a later one adds the days in between.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.activities import queries as activity_queries
from app.activities import service as activities
from app.activities.core import Ready
from app.cli.demo import besides, catalog, contests, desk, payday, program, vendors, ways
from app.cli.demo.company import GIULIA, NAME, PERSONAS, SLUG, SOPHIE, ZONE, Size, Worker, company
from app.cli.demo.sales import PRODUCTS, Sale, expected_of, sales_on
from app.db.unit_of_work import SYSTEM, before_commit, tenant_of, unit_of_work, work_of
from app.finance.jobs import freeze_due
from app.http.context import Edge
from app.http.principal import Scope
from app.jobs.queue import enqueue
from app.kernel.errors import NotFound
from app.kernel.money import MICROS
from app.notifications import service as notifications
from app.people import api_keys, personas, roster
from app.people import queries as people_queries
from app.people import service as people
from app.programs import queries as program_queries
from app.programs import release
from app.programs import service as programs

TENANT_ID: Final = UUID("01920000-0000-7000-8000-00000000de10")
SOURCE: Final = "crm"
KEY_FILE: Final = "demo-api-key"

HUE: Final = 152

_WEEKS: Final = {"small": 6, "full": 52}
_DAILY: Final = 14
"""The last days are told one by one, the ones before week by week."""

_HUNDREDS: Final = 1.2
"""Hundreds of euros of power and gas that one contract more or less stands for."""

Open = Callable[[datetime], AbstractContextManager[Session]]
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Plan:
    """Who and when: from the first day of the company's history until this moment."""

    workers: Sequence[Worker]
    start: date
    now: datetime

    @property
    def today(self) -> date:
        """The day at the company's place."""
        return self.now.astimezone(ZoneInfo(ZONE)).date()


def seed(
    at: Edge,
    *,
    size: Size,
    now: datetime,
    say: Say,
    tenant_id: UUID = TENANT_ID,
    slug: str = SLUG,
) -> None:
    """Bring the demo company up to `now`; repeating it adds only what is missing."""

    @contextmanager
    def open_work(instant: datetime) -> Iterator[Session]:
        with unit_of_work(
            at.engine, tenant_id=tenant_id, actor=SYSTEM, now=instant, reactions=at.reactions
        ) as db:
            if instant < now:
                before_commit(db, _tell_nobody)
            yield db

    plan = _plan(open_work, size, slug, now)
    begin = instant(plan.start, time(6))
    with open_work(begin) as db:
        ids = _people(db, plan)
    say(f"{len(plan.workers)} people")
    with open_work(begin) as db:
        desk.name_products(db)
        program_id = _program(db, plan)
    with open_work(begin) as db:
        is_new = catalog.stock(db)
        if is_new:
            ways.give_account(db, ids[GIULIA.lower()])
    told = 0
    for day, sales in _tell(open_work, plan, program_id, ids):
        told += sales
        say(f"{day:%d %b %Y}, {told:,} sales")
    if is_new:
        _fill_desks(open_work, plan, ids)
    with open_work(now) as db:
        _personas(db, ids)
        vendors.connect(db, at.settings)
        ways.pay_from(db)
        ways.allow(db)
        enqueue(db, freeze_due)
        _key(db, at.settings.home / KEY_FILE)


def instant(day: date, at: time) -> datetime:
    """Return the moment `at` of `day` where the company is."""
    return datetime.combine(day, at, ZoneInfo(ZONE))


def _plan(open_work: Open, size: Size, slug: str, now: datetime) -> Plan:
    """Return the plan of the company that exists, else of a new one."""
    today = now.astimezone(ZoneInfo(ZONE)).date()
    start = today - timedelta(days=today.weekday(), weeks=_WEEKS[size])
    with open_work(instant(start, time(6))) as db:
        try:
            tenant = people_queries.get_tenant(db)
        except NotFound:
            tenant = people.create_tenant(
                db, name=NAME, slug=slug, currency="EUR", zone=ZONE, brand_hue=HUE
            )
        start = tenant.created_at.astimezone(ZoneInfo(ZONE)).date()
    return Plan(company(size, start), start, now)


def _people(db: Session, plan: Plan) -> dict[str, UUID]:
    known = people_queries.person_index(db, by="employee_number")
    if len(known) < len(plan.workers):
        roster.import_people(db, [_line(worker, 0) for worker in plan.workers])
        moves = [_line(worker, 1) for worker in plan.workers if len(worker.posts) > 1]
        roster.import_people(db, moves)
    return people_queries.person_index(db, by="employee_number")


def _line(worker: Worker, nth: int) -> roster.RosterEntry:
    post = worker.posts[nth]
    return roster.RosterEntry(
        employee_number=worker.number,
        name=worker.name,
        email=worker.email,
        language=worker.language,
        joined_on=worker.posts[0].from_on,
        roles=worker.roles,
        team=post.team,
        manager_employee_number=post.manager,
        title=post.title,
        kind=post.kind,
        from_on=post.from_on,
    )


def _program(db: Session, plan: Plan) -> UUID:
    for each in program_queries.programs(db):
        if each.name == program.NAME:
            return each.id
    made = programs.create_program(db, stated=program.document(plan.start, plan.today))
    programs.publish_program(db, program_id=made.id)
    # Nothing was sold yet, so there is nothing that a worker would have to pay anew.
    work_of(db).events.clear()
    return made.id


def _expect(db: Session, plan: Plan, program_id: UUID, ids: dict[str, UUID], begin: date) -> None:
    """Set the targets of the month of `begin`: a little less than people usually sell from then on."""
    first = begin.replace(day=1)
    last = (first + timedelta(days=32)).replace(day=1) - timedelta(days=1)
    targets = [
        programs.QuotaChange(
            person_id=ids[worker.number.lower()],
            program_id=program_id,
            component=program.MONTHLY,
            first=first,
            last=last,
            target_micros=max(1, round(expected * _HUNDREDS)) * 100 * MICROS,
        )
        for worker in plan.workers
        if (expected := expected_of(worker, begin, last))
    ]
    programs.set_quotas(db, changes=targets)


def _tell(
    open_work: Open, plan: Plan, program_id: UUID, ids: dict[str, UUID]
) -> Iterator[tuple[date, int]]:
    """Let the year pass: targets are set, contests begin, sales come in, money is released, contests end."""
    with open_work(plan.now) as db:
        told_on = _told_on(db) or plan.start
    for first, after in _stretches(plan):
        if after <= told_on:
            continue
        with open_work(instant(first, time(7))) as db:
            for day in _days(first, after):
                if day == plan.start or day.day == 1:
                    _expect(db, plan, program_id, ids, day)
            contests.launch(db, first, plan.today, ids)
        evening = min(instant(after - timedelta(days=1), time(21)), plan.now)
        with open_work(evening) as db:
            rows = [_row(sale, ids, plan.today) for sale in _sold(plan, first, after, evening)]
            activities.record_activities(db, source=SOURCE, rows=rows)
            release.release_due(db)
        with open_work(min(instant(after, time(6)), plan.now)) as db:
            release.release_due(db)
            contests.turn(db)
        if after.weekday() == 0:
            _end_week(open_work, instant(after, time(8)), plan, ids)
        if after == plan.today:
            _read_messages(open_work, plan, ids)
        yield first, len(rows)


def _end_week(open_work: Open, at: datetime, plan: Plan, ids: dict[str, UUID]) -> None:
    if at > plan.now:
        return
    if at.day <= 7:
        payday.treat(open_work, at, ids)
    with open_work(at) as db:
        payday.pay(db, ids.values(), at.date())


def _read_messages(open_work: Open, plan: Plan, ids: dict[str, UUID]) -> None:
    """Only what today brings is still unread."""
    with open_work(plan.now) as db:
        notifications.mark_all_read(db, ids.values())


def _told_on(db: Session) -> date | None:
    """Return the day of the newest sale that was told."""
    sales = activity_queries.activities_table()
    newest = select(func.max(sales.c.occurred_at)).where(
        sales.c.tenant_id == tenant_of(db), sales.c.source_name == SOURCE
    )
    found = db.scalar(newest)
    return found.astimezone(ZoneInfo(ZONE)).date() if found else None


def _tell_nobody(db: Session) -> None:
    """Push nothing: nobody was watching, and a year of it would take longer than the year's sales."""
    work_of(db).after_commit.clear()


def _fill_desks(open_work: Open, plan: Plan, ids: dict[str, UUID]) -> None:
    """Leave something to decide for each of those who decide."""
    desk.import_file(lambda: open_work(plan.now), plan.workers, plan.today)
    sold = list(_sold(plan, plan.today - timedelta(days=3), plan.today, plan.now))
    with open_work(plan.now) as db:
        besides.begin(db, plan.workers, ids)
    with open_work(plan.now) as db:
        desk.file_claims(db, sold, ids)
        catalog.wish(db, ids[SOPHIE.lower()])


def _stretches(plan: Plan) -> Iterator[tuple[date, date]]:
    """Return weeks, then days, as (first, day after the last)."""
    first = plan.start
    while first <= plan.today:
        is_recent = (plan.today - first).days < _DAILY
        after = first + timedelta(days=1 if is_recent else 7 - first.weekday())
        yield first, after
        first = after


def _days(first: date, after: date) -> Iterator[date]:
    return (first + timedelta(days=nth) for nth in range((after - first).days))


def _sold(plan: Plan, first: date, after: date, until: datetime) -> Iterator[Sale]:
    for day in _days(first, after):
        for worker in plan.workers:
            for sale in sales_on(day, worker):
                if sale.occurred_at < until:
                    yield sale


def _row(sale: Sale, ids: dict[str, UUID], today: date) -> Ready:
    return Ready(
        external_id=sale.external_id,
        person_id=ids[sale.number.lower()],
        occurred_at=sale.occurred_at,
        amount_micros=sale.cents * MICROS // 100,
        currency="EUR",
        product=sale.product,
        product_group=PRODUCTS[sale.product],
        customer_reference=sale.customer,
        channel=sale.channel,
        country="IT",
        attributes=sale.attributes(today),
    )


def _personas(db: Session, ids: dict[str, UUID]) -> None:
    for nth, each in enumerate(PERSONAS):
        personas.give_persona(
            db,
            key=each.key,
            person_id=ids[each.number.lower()],
            role_title=each.role_title,
            description=each.description,
            sort=nth,
        )


def _key(db: Session, file: Path) -> None:
    """Keep a key that works in the home folder, readable by its owner alone."""
    if file.exists() and api_keys.find_principal(db, file.read_text().strip()):
        return
    _, secret = api_keys.create_api_key(db, name="Demo", scopes=list(Scope))
    file.parent.mkdir(parents=True, exist_ok=True)
    file.unlink(missing_ok=True)
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as opened:
        opened.write(secret + "\n")
