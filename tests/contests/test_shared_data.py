"""A real contest with known places, replayed through the intake and the board."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.activities.core import Ready
from app.contests import standings
from app.contests.core import key_of, places
from app.contests.models import Contest
from app.http.principal import Scope
from app.kernel.money import MICROS
from tests.conftest import SHARED_DATA, Work
from tests.contests.builders import launch, sell_many
from tests.people.builders import give_key, give_person, give_tenant

pytestmark = pytest.mark.shared_data

FOLDER = SHARED_DATA / "contest-ctf-bsides-ahmedabad-2021"
DAY = datetime(2021, 11, 6, tzinfo=UTC)
RULES = {
    "name": "BSides Ahmedabad 2021",
    "measure": {"kind": "sum", "field": "units"},
    "kinds": ["score"],
    "zone": "Asia/Kolkata",
    "starts_at": "2021-11-06T00:00:00Z",
    "ends_at": "2021-11-08T00:00:00Z",
    "grace_hours": 24 * 3_650,
    "tie_flag_attribute": "counts_for_tiebreak",
}
SCRIPT = '<script>alert("Ping")</script>'

Row = dict[str, str]


def _read(name: str) -> list[Row]:
    with gzip.open(FOLDER / f"{name}.csv.gz", "rt", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _in_time_order() -> list[Row]:
    return sorted(_read("score_events"), key=lambda row: int(row["unix_time"]))


def _batches(rows: Sequence[Row], size: int) -> list[Sequence[Row]]:
    return [rows[start : start + size] for start in range(0, len(rows), size)]


def _at(row: Row) -> datetime:
    return datetime.fromtimestamp(int(row["unix_time"]), UTC)


def _ready(row: Row, person_id: UUID) -> Ready:
    return Ready(
        external_id=f"{row['team_id']}-{row['challenge']}",
        person_id=person_id,
        occurred_at=_at(row),
        kind="score",
        units_micros=int(row["final_points"]) * MICROS,
        product=row["challenge"],
        attributes=orjson.dumps({"counts_for_tiebreak": row["counts_for_tiebreak"]}).decode(),
    )


def _from_scratch(events: Sequence[Row], teams: dict[str, UUID]) -> dict[UUID, int]:
    scores = dict.fromkeys(teams.values(), 0)
    reached: dict[UUID, datetime] = {}
    for event in events:
        team = teams[event["team_id"]]
        scores[team] += int(event["final_points"])
        if event["counts_for_tiebreak"] == "1":
            reached[team] = _at(event)
    keys = {team: key_of(score, reached.get(team), "earliest") for team, score in scores.items()}
    ordered = sorted(keys, key=lambda team: keys[team])
    return dict(zip(ordered, places([keys[team] for team in ordered]), strict=True))


def _board(db: Session, contest: Contest) -> dict[UUID, int]:
    found: dict[UUID, int] = {}
    cursor: str | None = None
    while True:
        page = standings.standings_page(db, contest, cursor=cursor, limit=40)
        found |= {one.person_id: one.place for one in page.items}
        if (cursor := page.next_cursor) is None:
            return found


def test_every_published_place_is_reproduced_and_every_moment_on_the_way(work: Work) -> None:
    published = _read("final_standings")
    with work(now=DAY) as db:
        give_tenant(db)
        teams = {row["team_id"]: give_person(db, row["team"]).id for row in published}
        contest = launch(db, **RULES)

    events, differing = _in_time_order(), []
    for number, batch in enumerate(_batches(events, 29), 1):
        with work(now=DAY) as db:
            sell_many(db, [_ready(row, teams[row["team_id"]]) for row in batch])
            if _board(db, contest) != _from_scratch(events[: number * 29], teams):
                differing.append(number)

    with work(now=DAY) as db:
        reached = _board(db, contest)
    right = [row for row in published if reached[teams[row["team_id"]]] == int(row["pos"])]
    assert differing == []
    assert len(right) == len(published) == 314


def test_the_same_over_the_public_api_alone_and_names_stay_text(app: Flask, work: Work) -> None:
    published, events = _read("final_standings"), _in_time_order()
    with work() as db:
        give_tenant(db)
        key = give_key(
            db,
            Scope.PEOPLE_WRITE,
            Scope.CONTESTS_WRITE,
            Scope.CONTESTS_READ,
            Scope.ACTIVITIES_WRITE,
        )
    client = app.test_client()

    people = [{"employee_number": row["team_id"], "name": row["team"]} for row in published]
    put = client.put("/api/v1/people", json={"people": people}, headers=key)
    assert put.status_code == 200, put.get_json()
    made = client.post("/api/v1/contests", json=RULES, headers=key)
    assert made.status_code == 201, made.get_json()
    path = f"/api/v1/contests/{made.get_json()['id']}"
    assert client.post(f"{path}/launch", headers=key).status_code == 200
    for batch in _batches(events, 150):
        sent = client.post(
            "/api/v1/activities", json={"items": [_item(row) for row in batch]}, headers=key
        )
        assert sent.status_code == 200, sent.get_json()
        assert sent.get_json()["counts"]["accepted"] == len(batch)

    rows = _standings(client, path, key)

    by_number = {row["employee_number"]: row for row in rows}
    right = [
        one
        for one in published
        if by_number[one["team_id"]]["place"] == int(one["pos"])
        and by_number[one["team_id"]]["score"] == one["score"]
        and by_number[one["team_id"]]["name"] == one["team"].strip()
    ]
    assert len(right) == len(rows) == 314
    assert SCRIPT in {row["name"] for row in rows}


def _item(row: Row) -> dict[str, Any]:
    return {
        "external_id": f"{row['team_id']}-{row['challenge']}",
        "kind": "score",
        "person": {"employee_number": row["team_id"]},
        "occurred_at": _at(row).isoformat(),
        "units": row["final_points"],
        "product": row["challenge"],
        "attributes": {"counts_for_tiebreak": row["counts_for_tiebreak"]},
    }


def _standings(client: FlaskClient, path: str, key: dict[str, str]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    cursor: str | None = None
    while True:
        page = client.get(
            f"{path}/standings", query_string={"limit": 100, "cursor": cursor}, headers=key
        )
        assert page.status_code == 200, page.get_json()
        rows += page.get_json()["items"]
        if (cursor := page.get_json()["next_cursor"]) is None:
            return rows
