from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine

from app.contests import service
from app.contests.rules import seal
from app.http.principal import Role, Scope
from app.kernel import clock
from app.kernel.ids import new_id
from app.people.models import Person
from tests.conftest import Work
from tests.contests.builders import launch, sell
from tests.people.builders import give_key, give_person, give_tenant, sign_in
from tests.statements import counted

NOW = clock.utc_now()
HOUR = timedelta(hours=1)
PRIZES = [
    {"place_from": 1, "place_to": 1, "money": {"amount": "100.01", "currency": "EUR"}},
    {"place_from": 2, "place_to": 3, "text": "Dinner for two"},
]
SPRINT: dict[str, Any] = {
    "name": "Sprint",
    "zone": "Europe/Rome",
    "starts_at": NOW - 24 * HOUR,
    "ends_at": NOW + 24 * HOUR,
}


def _team(work: Work, count: int, **values: Any) -> tuple[list[Person], str]:
    with work(now=NOW) as db:
        give_tenant(db)
        team = [give_person(db, f"Rep {n:02}", employee_number=f"E{n}") for n in range(count)]
        contest = launch(db, **{**SPRINT, **values})
        for who, person in enumerate(team):
            for n in range(who):
                sell(db, person.id, number=f"{who}-{n}", at=NOW - HOUR + timedelta(minutes=n))
    return team, f"/api/v1/contests/{contest.id}"


def _client(app: Flask, work: Work, person: Person) -> FlaskClient:
    client = app.test_client()
    with work(now=NOW) as db:
        client.environ_base |= {
            f"HTTP_{name.upper().replace('-', '_')}": value
            for name, value in sign_in(client, db, person).items()
        }
    return client


def _get(client: FlaskClient, path: str, **query: Any) -> Any:
    answer = client.get(path, query_string=query)
    assert answer.status_code == 200, answer.get_json()
    return answer.get_json()


def _from(cursor: str | None) -> dict[str, str]:
    return {"cursor": cursor} if cursor else {}


def test_a_rep_sees_the_top_and_the_own_neighbours(app: Flask, work: Work) -> None:
    team, path = _team(work, 12, tie_break="shared")

    board = _get(_client(app, work, team[4]), f"{path}/board")

    assert [row["score"] for row in board["top"]] == ["11", "10", "9"]
    assert [(row["place"], row["score"]) for row in board["around"]] == [
        (6, "6"),
        (7, "5"),
        (8, "4"),
        (9, "3"),
        (10, "2"),
    ]
    assert [row["is_me"] for row in board["around"]] == [False, False, True, False, False]
    assert board["me"]["name"] == "Rep 04"
    assert board["moves_to_next"] == {
        "place": 7,
        "places": 1,
        "need": "1",
        "unit": "count",
        "shares_place": True,
    }
    assert (board["participants"], board["state"]) == (12, "running")


def test_the_whole_board_comes_in_pages(app: Flask, work: Work) -> None:
    team, path = _team(work, 7)
    client = _client(app, work, team[0])

    seen: list[str] = []
    cursor: str | None = None
    while True:
        page = _get(client, f"{path}/board", around="top", limit=3, **_from(cursor))
        seen += [row["name"] for row in page["around"]]
        if (cursor := page["next_cursor"]) is None:
            break

    assert seen == [f"Rep {n:02}" for n in reversed(range(7))]


def test_prizes_are_told_as_if_it_ended_now(app: Flask, work: Work) -> None:
    team, path = _team(work, 5, prizes=PRIZES)

    board = _get(_client(app, work, team[3]), f"{path}/board")
    contest = _get(_client(app, work, team[3]), path)

    prizes = {row["name"]: row["prize"] for row in (*board["top"], *board["around"])}
    dinner = {"money": None, "text": "Dinner for two"}
    assert prizes["Rep 04"]["money"] == {"amount": "100.01", "currency": "EUR"}
    assert (prizes["Rep 03"], prizes["Rep 02"], prizes["Rep 01"]) == (dinner, dinner, None)
    assert contest["my"]["prize"] == dinner
    assert contest["pot"] == {"amount": "100.01", "currency": "EUR"}


def test_others_are_initials_where_the_contest_says_so(app: Flask, work: Work) -> None:
    team, path = _team(work, 3, names="initials")
    client = _client(app, work, team[0])

    board = _get(client, f"{path}/board")
    rows = _get(client, f"{path}/standings")["items"]

    assert {row["name"] for row in board["top"]} == {"R0", "Rep 00"}
    assert {row["name"] for row in rows} == {"R0", "Rep 00"}
    assert {row["employee_number"] for row in rows} == {None}


def test_the_seal_covers_the_rules_that_are_shown(app: Flask, work: Work) -> None:
    team, path = _team(work, 1)

    contest = _get(_client(app, work, team[0]), path)

    assert contest["sha256"] == seal(contest["rules"])
    assert contest["rule"]["code"].endswith("count_activities")
    assert not contest["may_edit"]


def test_a_draft_is_written_changed_launched_and_amended_over_the_api(
    app: Flask, work: Work
) -> None:
    with work(now=NOW) as db:
        give_tenant(db)
        give_person(db)
        admin = give_person(db, "Admin", roles=[Role.PROGRAM_ADMIN])
    client = _client(app, work, admin)
    rules = {**SPRINT, "starts_at": NOW.isoformat(), "ends_at": (NOW + 24 * HOUR).isoformat()}

    draft = client.post("/api/v1/contests", json=rules).get_json()
    path = f"/api/v1/contests/{draft['id']}"
    changed = client.put(path, json={**rules, "name": "Better name"}).get_json()
    launched = client.post(f"{path}/launch").get_json()
    sealed = client.put(path, json=rules)
    amended = client.post(f"{path}/amendments", json={"reason": "A holiday.", "grace_hours": 48})
    twice = client.post(f"{path}/launch")

    assert (draft["state"], draft["sha256"]) == ("draft", None)
    assert (changed["name"], launched["state"]) == ("Better name", "running")
    assert (sealed.status_code, sealed.get_json()["code"]) == (409, "contest_sealed")
    assert amended.status_code == 201
    (told,) = amended.get_json()["amendments"]
    assert told["changes"] == {"grace_hours": {"before": 24, "after": 48}}
    assert (twice.status_code, twice.get_json()["code"]) == (409, "contest_sealed")


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"zone": "Mars/Olympus"}, "/zone"),
        ({"ends_at": "2020-01-01T00:00:00Z"}, ""),
        ({"measure": {"kind": "sum"}}, "/measure"),
        ({"measure": {"kind": "sum", "field": "amount"}}, "/measure"),
        ({"participants": {"rule": "team"}}, "/participants"),
        ({"prizes": [PRIZES[0], PRIZES[0]]}, ""),
        ({"kinds": []}, "/kinds"),
        ({"surprise": 1}, "/surprise"),
    ],
)
def test_rules_that_make_no_sense_are_refused_with_the_place(
    app: Flask, work: Work, change: dict[str, Any], pointer: str
) -> None:
    with work(now=NOW) as db:
        give_tenant(db)
        key = give_key(db, Scope.CONTESTS_WRITE)
    rules = {**SPRINT, "starts_at": NOW.isoformat(), "ends_at": (NOW + HOUR).isoformat(), **change}

    answer = app.test_client().post("/api/v1/contests", json=rules, headers=key)

    assert answer.status_code == 422
    assert [problem["pointer"] for problem in answer.get_json()["errors"]] == [pointer]


def test_unknown_people_of_a_list_are_named(app: Flask, work: Work) -> None:
    with work(now=NOW) as db:
        give_tenant(db)
        give_person(db, employee_number="E1")
        key = give_key(db, Scope.CONTESTS_WRITE)
    rules = {
        **SPRINT,
        "starts_at": NOW.isoformat(),
        "ends_at": (NOW + HOUR).isoformat(),
        "participants": {"rule": "list", "employee_numbers": ["e1", "E2"]},
    }
    client = app.test_client()
    draft = client.post("/api/v1/contests", json=rules, headers=key).get_json()

    answer = client.post(f"/api/v1/contests/{draft['id']}/launch", headers=key)

    assert answer.status_code == 422
    assert [problem["pointer"] for problem in answer.get_json()["errors"]] == [
        "/participants/employee_numbers/1"
    ]


def test_a_contest_of_another_tenant_is_not_there(app: Flask, work: Work) -> None:
    _, path = _team(work, 2)
    with work(now=NOW, tenant=new_id()) as db:
        give_tenant(db)
        key = give_key(db, Scope.CONTESTS_READ, Scope.CONTESTS_WRITE)
    client = app.test_client()

    answers = [
        client.get(path, headers=key),
        client.get(f"{path}/board", headers=key),
        client.get(f"{path}/standings", headers=key),
        client.post(f"{path}/launch", headers=key),
    ]

    assert [answer.status_code for answer in answers] == [404] * 4


def test_a_manager_may_not_amend_what_somebody_else_runs(app: Flask, work: Work) -> None:
    _, path = _team(work, 2)
    with work(now=NOW) as db:
        manager = give_person(db, "Mia", roles=[Role.MANAGER])

    answer = _client(app, work, manager).post(
        f"{path}/amendments", json={"reason": "Because I can.", "grace_hours": 48}
    )

    assert answer.status_code == 403


def test_after_the_result_the_standings_show_what_came_too_late_apart(
    app: Flask, work: Work
) -> None:
    team, path = _team(work, 2)
    with work(now=NOW + 49 * HOUR) as db:
        service.turn(db)
    with work(now=NOW + 50 * HOUR) as db:
        for n in range(5):
            sell(db, team[0].id, number=f"late-{n}", at=NOW - HOUR)

    standings = _get(_client(app, work, team[0]), f"{path}/standings")

    assert standings["state"] == "final"
    assert [(row["name"], row["score"], row["adjusted_score"]) for row in standings["items"]] == [
        ("Rep 01", "1", None),
        ("Rep 00", "0", "5"),
    ]


def test_contests_come_in_pages_and_by_state(app: Flask, work: Work) -> None:
    team, _ = _team(work, 1)
    with work(now=NOW) as db:
        for n in range(3):
            launch(db, **{**SPRINT, "name": f"Later {n}", "starts_at": NOW + n * HOUR + HOUR})
    client = _client(app, work, team[0])

    names: list[str] = []
    cursor: str | None = None
    while True:
        page = _get(client, "/api/v1/contests", limit=2, **_from(cursor))
        names += [contest["name"] for contest in page["items"]]
        if (cursor := page["next_cursor"]) is None:
            break

    assert names == ["Later 2", "Later 1", "Later 0", "Sprint"]
    running = _get(client, "/api/v1/contests", state="running")["items"]
    assert [contest["name"] for contest in running] == ["Sprint"]


def test_many_contests_are_listed_with_as_many_statements_as_one(
    app: Flask, work: Work, engine: Engine
) -> None:
    team, _ = _team(work, 3)
    client = _client(app, work, team[1])

    def asked() -> int:
        with counted(engine) as statements:
            _get(client, "/api/v1/contests")
        return len(statements)

    asked()  # who asks is known from now on
    for_one = asked()
    with work(now=NOW) as db:
        for n in range(9):
            launch(db, **{**SPRINT, "name": f"Sprint {n}"})

    assert asked() == for_one
    listed = _get(client, "/api/v1/contests")["items"]
    assert len(listed) == 10
    assert {(one["participants"], one["scored"], one["my"]["score"]) for one in listed} == {
        (3, 2, "1")
    }
