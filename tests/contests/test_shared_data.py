"""A real contest with known places, replayed through the intake and the board."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

import orjson
import pytest
from sqlalchemy.orm import Session

from app.activities.core import Ready
from app.contests import standings
from app.contests.core import key_of, places
from app.contests.models import Contest
from app.kernel.money import MICROS
from tests.conftest import SHARED_DATA, Work
from tests.contests.builders import launch, sell_many
from tests.people.builders import give_person, give_tenant

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
