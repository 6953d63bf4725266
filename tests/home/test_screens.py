"""Today and the overview over the API: complete, the same numbers as the other screens, few queries."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine

from app.activities import claims
from app.db.unit_of_work import SYSTEM
from app.home import overview, today
from app.http.principal import Principal, Role
from app.kernel import clock
from app.people.models import Person
from app.programs.models import Program
from tests.activities.builders import give_sales, sale
from tests.conftest import Work
from tests.contests.builders import launch, sell
from tests.people.builders import give_person, give_tenant, sign_in
from tests.programs.builders import component, give_program, give_quota
from tests.statements import counted

BONUS = {"kind": "bonus", "milestones": [{"at": "14", "amount": "60"}]}
NOW = clock.utc_now()
DAY = timedelta(days=1)


def _given(work: Work) -> tuple[Person, Person]:
    with work(now=NOW) as db:
        give_tenant(db)
        ada, bo = (give_person(db, name) for name in ("Ada Ferri", "Bo Neri"))
        first = NOW.date().replace(day=1).isoformat()
        wide = {"effective": {"from": first[:8] + "01", "to": "2099-12-31"}}
        give_program(db, component(BONUS, **wide))
        launch(db, tie_break="shared", starts_at=NOW - DAY, ends_at=NOW + DAY)
    return ada, bo


def _sell(work: Work, person: Person, times: int, prefix: str = "S") -> None:
    for n in range(times):
        with work(now=NOW) as db:
            sell(
                db, person.id, number=f"{prefix}-{person.id}-{n}", at=NOW - timedelta(minutes=n + 1)
            )


def _client(app: Flask, work: Work, person: Person) -> FlaskClient:
    client = app.test_client()
    with work(now=NOW) as db:
        sign_in(client, db, person)
    return client


def _get(client: FlaskClient, path: str) -> Any:
    answer = client.get(f"/api/v1{path}")
    assert answer.status_code == 200, answer.get_json()
    return answer.get_json()


def test_today_of_somebody_without_anything_is_calm(app: Flask, work: Work) -> None:
    with work(now=NOW) as db:
        give_tenant(db)
        ada = give_person(db)

    shown = _get(_client(app, work, ada), "/me/today")

    assert shown["sentence"] == {"code": "no_sales", "params": {}}
    assert (shown["target"], shown["contest"], shown["latest"]) == (None, None, [])
    assert shown["money"]["earned"] == {"amount": "0.00", "currency": "EUR"}


def test_today_opens_with_what_unlocks_the_bonus(app: Flask, work: Work) -> None:
    ada, _ = _given(work)
    _sell(work, ada, 11)

    shown = _get(_client(app, work, ada), "/me/today")

    prize = {"amount": "60.00", "currency": "EUR"}
    assert shown["sentence"] == {"code": "next_bonus", "params": {"missing": 3, "prize": prize}}
    assert (shown["target"]["done"], shown["target"]["goal"]) == (11, 14)
    assert shown["target"]["prize"] == prize
    assert shown["target"]["period_label"] == "month"


def test_today_says_the_same_as_the_board_the_inbox_and_the_earnings(
    app: Flask, work: Work
) -> None:
    ada, bo = _given(work)
    _sell(work, ada, 16)
    _sell(work, bo, 5)
    client = _client(app, work, bo)

    shown = _get(client, "/me/today")
    board = _get(client, f"/contests/{shown['contest']['id']}/board")
    inbox = _get(client, "/me/inbox")
    winner = _client(app, work, ada)
    earnings = _get(winner, "/me/earnings")

    assert (shown["contest"]["place"], shown["contest"]["tied"]) == (
        board["me"]["place"],
        board["me"]["tied"],
    )
    assert str(shown["contest"]["behind"]["need"]) == board["moves_to_next"]["need"] == "11"
    assert shown["contest"]["participants"] == board["participants"] == 2
    assert shown["unread"] == inbox["unread"] > 0
    mine = _get(winner, "/me/today")
    assert mine["money"]["available"] == earnings["states"]["available"]
    assert mine["money"]["available"]["amount"] == "60.00"
    assert mine["latest"][0]["line_id"] == earnings["lines"][0]["id"]


def test_a_target_that_is_reached_is_said_to_be(app: Flask, work: Work) -> None:
    with work(now=NOW) as db:
        give_tenant(db)
        ada = give_person(db)
        first = NOW.date().replace(day=1)
        last = (first + timedelta(days=40)).replace(day=1) - DAY
        wide = {"effective": {"from": first.isoformat(), "to": "2099-12-31"}}
        rate = {"kind": "rate", "rate": "0.05"}
        program: Program = give_program(db, component(rate, name="Commission", **wide))
        give_quota(db, program, ada.id, 100, first=first, last=last)
        sell(db, ada.id, at=NOW - timedelta(minutes=1), amount_micros=100_000_000, currency="EUR")

    shown = _get(_client(app, work, ada), "/me/today")

    assert shown["sentence"] == {"code": "target_reached", "params": {"component": "Commission"}}
    assert shown["target"]["pace"] is None


def _team(work: Work) -> tuple[Person, list[Person]]:
    with work(now=NOW) as db:
        give_tenant(db)
        boss = give_person(db, "Mia Conti", roles=[Role.MANAGER])
        admin = give_person(db, "Root", roles=[Role.TENANT_ADMIN])
        reps = [give_person(db, f"Rep {n}", manager=boss) for n in range(4)]
        other = give_person(db, "Elsewhere")
        first = NOW.date().replace(day=1)
        last = (first + timedelta(days=40)).replace(day=1) - DAY
        wide = {"effective": {"from": first.isoformat(), "to": "2099-12-31"}}
        program = give_program(db, component({"kind": "rate", "rate": "0.05"}, **wide))
        for person in (*reps, other):
            give_quota(db, program, person.id, 100, first=first, last=last)
        for n, person in enumerate((*reps, other)):
            if n:
                sell(
                    db,
                    person.id,
                    at=NOW - timedelta(minutes=n),
                    amount_micros=n * 50_000_000,
                    currency="EUR",
                )
    return boss, [admin, *reps, other]


def test_the_overview_counts_everybody_with_a_target_also_without_a_sale(
    app: Flask, work: Work
) -> None:
    _, (admin, *_) = _team(work)

    shown = _get(_client(app, work, admin), "/console/overview")

    assert (shown["attainment"]["people"], shown["attainment"]["reached"]) == (5, 3)
    assert {band["first"]: band["count"] for band in shown["attainment"]["bands"]}[0] == 1
    assert [row["percent"] for row in shown["top"]] == [200, 150, 100, 50, 0]


def test_a_manager_sees_only_the_own_people(app: Flask, work: Work) -> None:
    boss, _ = _team(work)

    shown = _get(_client(app, work, boss), "/console/overview")

    assert shown["attainment"]["people"] == 4
    assert "Elsewhere" not in {row["name"] for row in shown["top"]}
    kpis = {kpi["code"]: kpi["value"] for kpi in shown["kpis"]}
    assert kpis["sales_month"] == 3
    assert kpis["volume_month"] == {"amount": "300.00", "currency": "EUR"}
    assert kpis["earned_month"] == {"amount": "15.00", "currency": "EUR"}
    assert shown["money"]["total"] == {"amount": "15.00", "currency": "EUR"}


@pytest.mark.parametrize(
    ("at", "code"),
    [
        (datetime(2026, 11, 2, 7, 0, tzinfo=UTC), "on_plan"),
        (datetime(2026, 11, 2, 21, 0, tzinfo=UTC), "on_plan"),
        (datetime(2026, 11, 3, 7, 0, tzinfo=UTC), "behind_plan"),
    ],
)
def test_a_plan_expects_what_was_due_by_last_evening(work: Work, at: datetime, code: str) -> None:
    with work(now=at) as db:
        give_tenant(db)
        rep = give_person(db)
        program = give_program(db, component({"kind": "rate", "rate": "0.05"}))
        give_quota(db, program, rep.id, 100, first=date(2026, 11, 1), last=date(2026, 11, 30))
        admin = Principal(rep.tenant_id, SYSTEM, frozenset({Role.TENANT_ADMIN}), person_id=rep.id)

    with work(now=at) as db:
        assert overview.overview(db, admin)["sentence"]["code"] == code


@pytest.mark.parametrize(
    ("role", "claims_shown"),
    [(Role.PROGRAM_ADMIN, 1), (Role.TENANT_ADMIN, 1), (Role.FINANCE, 0), (Role.AUDITOR, 0)],
)
def test_only_what_the_looker_may_decide_waits_for_the_looker(
    app: Flask, work: Work, role: Role, claims_shown: int
) -> None:
    with work(now=NOW) as db:
        give_tenant(db)
        rep, looker = give_person(db), give_person(db, "Looker", roles=[role])
        claims.log_claim(
            db,
            person_id=rep.id,
            product="Fibre",
            amount_micros=120_000_000,
            currency="EUR",
            units_micros=1_000_000,
            customer_reference="C-20431",
            occurred_on=NOW.date(),
            note="",
        )

    waiting = _get(_client(app, work, looker), "/console/overview")["waiting"]

    assert (waiting["claims"], waiting["things"]) == (claims_shown, claims_shown)


def test_the_overview_shows_sums_of_any_size(app: Flask, work: Work) -> None:
    ada, _ = _given(work)
    with work(now=NOW) as db:
        admin = give_person(db, "Ugo Sala", roles=[Role.TENANT_ADMIN])
        at = NOW - timedelta(minutes=1)
        give_sales(
            db, *(sale(ada.id, "999999999999", at=at, external_id=f"Big {n}") for n in range(30))
        )

    shown = _get(_client(app, work, admin), "/console/overview")

    assert "29999999999970" in orjson.dumps(shown["kpis"]).decode()


def test_a_rep_has_no_overview(app: Flask, work: Work) -> None:
    _, (_, rep, *_) = _team(work)

    answer = _client(app, work, rep).get("/api/v1/console/overview")

    assert answer.status_code == 403


def test_today_asks_no_more_the_more_was_sold(work: Work, engine: Engine) -> None:
    ada, bo = _given(work)
    _sell(work, bo, 1)

    def asked(person_id: UUID) -> int:
        with work(now=NOW) as db, counted(engine) as statements:
            today.today(db, person_id)
            return len(statements)

    _sell(work, ada, 2)
    few = asked(ada.id)
    _sell(work, ada, 20, prefix="more")

    assert asked(ada.id) <= few + 1 <= 45


def test_the_overview_asks_no_more_the_more_people_there_are(work: Work, engine: Engine) -> None:
    _, (admin, *_) = _team(work)
    principal = Principal(
        admin.tenant_id, SYSTEM, frozenset({Role.TENANT_ADMIN}), person_id=admin.id
    )

    def asked() -> int:
        with work(now=NOW) as db, counted(engine) as statements:
            overview.overview(db, principal)
            return len(statements)

    few = asked()
    with work(now=NOW) as db:
        for n in range(6):
            give_person(db, f"More {n}")

    assert asked() == few
