"""A rep's own claim waits for the manager and counts once, whatever a file brings before or after."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import timedelta
from threading import Barrier
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.activities import queries
from app.activities.claims import SHOWN
from app.activities.core import Ready
from app.activities.invariants import INVARIANTS
from app.http.principal import Role
from app.kernel.prove import prove
from tests.activities.builders import give_sales, sale
from tests.activities.test_recording import counted_micros
from tests.conftest import NOON, Work
from tests.people.builders import give_person, give_tenant, sign_in

CLAIM = {
    "product": "Fibre 1000",
    "amount": {"amount": "120.00", "currency": "EUR"},
    "customer_reference": "C-20431",
    "occurred_on": "2026-11-19",
}


@dataclass
class Team:
    rep: UUID
    rep_client: FlaskClient
    boss_client: FlaskClient
    headers: dict[str, str]

    def log(self, key: str = "k-1", **more: Any) -> Any:
        headers = {**self.headers, "Idempotency-Key": key}
        return self.rep_client.post("/api/v1/me/claims", json={**CLAIM, **more}, headers=headers)

    def verify(self, claim_id: str, **body: Any) -> Any:
        return self.boss_client.post(
            f"/api/v1/claims/{claim_id}/verify", json=body, headers=self.headers
        )

    def waiting(self) -> list[Any]:
        listed: list[Any] = self.boss_client.get("/api/v1/claims?state=waiting").json["items"]
        return listed


@pytest.fixture
def team(app: Flask, work: Work) -> Team:
    rep_client, boss_client = app.test_client(), app.test_client()
    with work() as db:
        give_tenant(db)
        boss = give_person(db, "Paola Neri", [Role.MANAGER])
        rep = give_person(db, "Giulia Ferrante", manager=boss)
        sign_in(boss_client, db, boss)
        headers = sign_in(rep_client, db, rep)
    return Team(rep.id, rep_client, boss_client, headers)


def twin(team: Team, **more: Any) -> Ready:
    """Return the sale that the claim is about, as a file brings it."""
    return sale(team.rep, "120.00", customer_reference="C-20431", **more)


def counted_sales(db: Session) -> int:
    table = queries.activities_table()
    found = db.scalar(select(func.count()).select_from(table).where(table.c.status == "counted"))
    return int(found or 0)


def test_a_claim_waits_and_counts_when_it_is_verified(team: Team, work: Work) -> None:
    logged = team.log()
    with work() as db:
        before = counted_micros(db)

    verified = team.verify(logged.json["id"])

    assert (logged.status_code, logged.json["state"], before) == (201, "waiting", 0)
    assert verified.json["state"] == "verified"
    with work() as db:
        assert counted_micros(db) == 120_000_000
        origin = queries.source_row(db, UUID(verified.json["activity_id"]))
    assert origin is not None
    assert origin.source == "claims"


def test_the_same_claim_sent_twice_is_one_claim(team: Team) -> None:
    first, second = team.log("k-9"), team.log("k-9")

    assert first.json["id"] == second.json["id"]
    assert len(team.waiting()) == 1


def test_a_claim_whose_sale_is_in_a_file_is_matched_and_counts_once(team: Team, work: Work) -> None:
    with work() as db:
        [activity_id] = give_sales(
            db, sale(team.rep, "120.00", customer_reference="c-20431"), source="orders"
        )
    claim_id = team.log().json["id"]
    [shown] = team.waiting()

    blunt = team.verify(claim_id)
    matched = team.verify(claim_id, matched_activity_id=str(activity_id))

    assert shown["matches"][0]["activity_id"] == str(activity_id)
    assert shown["matches"][0]["same_amount"] is True
    assert (blunt.status_code, blunt.json["code"]) == (409, "claim_matches")
    assert matched.json["state"] == "matched"
    with work() as db:
        assert counted_micros(db) == 120_000_000


def test_the_likeliest_sale_is_shown_however_many_the_customer_has(team: Team, work: Work) -> None:
    with work() as db:
        before = NOON - timedelta(days=1)
        give_sales(
            db, *(twin(team)._replace(amount_micros=n, occurred_at=before) for n in range(500))
        )
        [activity_id] = give_sales(db, twin(team), source="orders")
    claim_id = team.log().json["id"]

    [shown] = team.waiting()
    blunt = team.verify(claim_id)

    assert shown["matches"][0]["activity_id"] == str(activity_id)
    assert len(shown["matches"]) == SHOWN
    assert (blunt.status_code, blunt.json["code"]) == (409, "claim_matches")


@pytest.mark.parametrize("is_in_a_file", [True, False])
def test_a_sale_that_is_logged_twice_counts_twice_only_when_the_manager_says_so(
    team: Team, work: Work, is_in_a_file: bool
) -> None:
    first, second = (team.log(key).json["id"] for key in ("k-1", "k-2"))
    team.verify(first)
    if is_in_a_file:
        with work() as db:
            give_sales(db, twin(team), source="orders")

    [shown] = team.waiting()
    [match] = shown["matches"]
    blunt = team.verify(second)
    same = team.verify(second, matched_activity_id=match["activity_id"])
    another = team.verify(second, is_another_sale=True)

    assert (match["is_taken"], match["same_amount"], match["same_person"]) == (True, True, True)
    assert (blunt.status_code, blunt.json["code"]) == (409, "claim_matches")
    assert (same.status_code, same.json["code"]) == (409, "wrong_state")
    assert another.json["state"] == "verified"
    with work() as db:
        assert counted_micros(db) == 240_000_000


def test_two_claims_that_wait_and_look_like_one_sale_are_shown_to_each_other(team: Team) -> None:
    first = team.log("k-1").json["id"]
    again = team.log("k-2", customer_reference="c-20431", occurred_on="2026-11-18").json["id"]
    team.log("k-3", amount={"amount": "120.01", "currency": "EUR"})
    team.log("k-4", amount={"amount": "120.00", "currency": "USD"})
    team.log("k-5", customer_reference="C-9")
    team.log("k-6", occurred_on="2026-08-01")

    twins = {one["id"]: one["waiting_twins"] for one in team.waiting()}
    team.verify(first)
    [left] = [one for one in team.waiting() if one["id"] == again]
    mine = team.rep_client.get("/api/v1/me/claims").json["items"]

    assert [(one["id"], one["occurred_on"]) for one in twins.pop(first)] == [(again, "2026-11-18")]
    assert [one["id"] for one in twins.pop(again)] == [first]
    assert list(twins.values()) == [[]] * 4
    assert (left["waiting_twins"], len(left["matches"])) == ([], 1)
    assert [one["waiting_twins"] for one in mine] == [[]] * 6


def test_claims_of_units_are_alike_when_they_are_as_many_of_one_product(team: Team) -> None:
    first, again = (team.log(key, amount=None, units="3").json["id"] for key in ("k-1", "k-2"))
    team.log("k-3", amount=None, units="3", product="Fibre 2500")
    team.log("k-4", amount=None, units="2")

    twins = {one["id"]: [twin["id"] for twin in one["waiting_twins"]] for one in team.waiting()}

    assert (twins.pop(first), twins.pop(again)) == ([again], [first])
    assert list(twins.values()) == [[], []]


def test_two_managers_do_not_match_one_sale_with_two_claims(team: Team, work: Work) -> None:
    with work() as db:
        [activity_id] = give_sales(
            db, sale(team.rep, "120.00", customer_reference="C-20431"), source="orders"
        )
    claims = [team.log(key).json["id"] for key in ("k-1", "k-2")]
    together = Barrier(2)

    def match(claim_id: str) -> Any:
        together.wait()
        return team.verify(claim_id, matched_activity_id=str(activity_id))

    with ThreadPoolExecutor(2) as managers:
        answers = list(managers.map(match, claims))

    assert sorted(answer.status_code for answer in answers) == [200, 409]
    [refused] = [answer.json["code"] for answer in answers if answer.status_code == 409]
    assert refused == "wrong_state"


def test_a_manager_may_say_that_it_is_another_sale(team: Team, work: Work) -> None:
    with work() as db:
        give_sales(db, twin(team), source="orders")
    claim_id = team.log().json["id"]

    answer = team.verify(claim_id, is_another_sale=True)

    assert answer.json["state"] == "verified"
    with work() as db:
        assert counted_micros(db) == 240_000_000


def test_another_sale_stays_another_however_often_the_first_is_corrected(
    team: Team, work: Work
) -> None:
    with work() as db:
        give_sales(db, twin(team, external_id="F1"), source="orders")
    team.verify(team.log().json["id"], is_another_sale=True)

    with work() as db:
        give_sales(db, twin(team, external_id="F1", channel="phone"), source="orders")
        give_sales(db, twin(team, external_id="F2", replaces="F1"), source="orders")
        give_sales(db, twin(team, external_id="F2", channel="shop"), source="orders")
    with work() as db:
        assert counted_micros(db) == 240_000_000

    with work() as db:
        give_sales(db, twin(team, external_id="F3"), source="orders")
    with work() as db:
        assert counted_micros(db) == 240_000_000


def test_a_file_that_comes_later_replaces_the_verified_claim(team: Team, work: Work) -> None:
    claim_id = team.log().json["id"]
    team.verify(claim_id)

    with work() as db:
        [activity_id] = give_sales(
            db, sale(team.rep, "120.00", customer_reference="C-20431"), source="orders"
        )

    with work() as db:
        assert counted_micros(db) == 120_000_000
    [claim] = team.rep_client.get("/api/v1/me/claims").json["items"]
    assert (claim["state"], claim["activity_id"]) == ("matched", str(activity_id))


def test_a_claim_that_is_verified_while_its_sale_comes_in_waits_and_meets_it(
    team: Team, work: Work
) -> None:
    claim_id = team.log().json["id"]

    with ThreadPoolExecutor(1) as boss:
        with work() as db:
            give_sales(db, twin(team), source="orders")
            verified = boss.submit(team.verify, claim_id)
            wait([verified], timeout=1)
        answer = verified.result()

    assert (answer.status_code, answer.json["code"]) == (409, "claim_matches")
    with work() as db:
        assert counted_micros(db) == 120_000_000


def test_two_sources_at_once_do_not_both_replace_the_verified_claim(team: Team, work: Work) -> None:
    team.verify(team.log().json["id"])

    def bring(source: str) -> None:
        with work() as db:
            give_sales(db, twin(team), source=source)

    with ThreadPoolExecutor(1) as other:
        with work() as db:
            give_sales(db, twin(team), source="orders")
            brought = other.submit(bring, "crm")
            wait([brought], timeout=1)
        brought.result()

    with work() as db:
        assert [verdict.finding.violations for verdict in prove(db, INVARIANTS)] == [0, 0, 0]


OTHERS = pytest.mark.parametrize(
    ("product", "units", "is_same"),
    [("fibre 1000", "3", True), ("SIM card", "3", False), ("Fibre 1000", "1", False)],
)


@OTHERS
def test_a_claim_of_units_is_replaced_by_as_many_of_its_product(
    team: Team, work: Work, product: str, units: str, is_same: bool
) -> None:
    team.verify(team.log(amount=None, units="3").json["id"])

    with work() as db:
        give_sales(db, twin(team, product=product, units=units), source="orders")

    with work() as db:
        assert counted_micros(db) == 120_000_000
        assert counted_sales(db) == (1 if is_same else 2)


@OTHERS
def test_a_claim_of_units_is_as_many_of_its_product(
    team: Team, work: Work, product: str, units: str, is_same: bool
) -> None:
    with work() as db:
        give_sales(db, twin(team, product=product, units=units), source="orders")
    claim_id = team.log(amount=None, units="3").json["id"]

    [shown] = team.waiting()

    assert [match["same_amount"] for match in shown["matches"]] == [is_same]
    assert team.verify(claim_id).status_code == (409 if is_same else 200)


def test_two_verified_claims_are_replaced_by_two_rows_not_by_one(team: Team, work: Work) -> None:
    for key in ("k-1", "k-2"):
        team.verify(team.log(key).json["id"], is_another_sale=True)

    with work() as db:
        give_sales(db, twin(team), source="orders")

    with work() as db:
        assert counted_micros(db) == 240_000_000


def test_a_corrected_sale_keeps_its_claim_and_takes_no_other(team: Team, work: Work) -> None:
    with work() as db:
        [activity_id] = give_sales(db, twin(team, external_id="F1"), source="orders")
    first, second = (team.log(key).json["id"] for key in ("k-1", "k-2"))
    team.verify(first, matched_activity_id=str(activity_id))
    team.verify(second, is_another_sale=True)

    with work() as db:
        [corrected] = give_sales(db, twin(team, external_id="F1", channel="phone"), source="orders")

    claims = team.rep_client.get("/api/v1/me/claims").json["items"]
    found = {claim["id"]: (claim["state"], claim["activity_id"]) for claim in claims}
    assert found[first] == ("matched", str(corrected))
    assert found[second][0] == "verified"
    with work() as db:
        assert counted_micros(db) == 240_000_000


def test_a_refused_claim_never_counts_and_says_why(team: Team, work: Work) -> None:
    claim_id = team.log().json["id"]

    refused = team.boss_client.post(
        f"/api/v1/claims/{claim_id}/refuse", json={"reason": "Not signed."}, headers=team.headers
    )

    assert (refused.json["state"], refused.json["reason"]) == ("refused", "Not signed.")
    assert team.verify(claim_id).status_code == 409
    with work() as db:
        assert counted_micros(db) == 0


def test_nobody_verifies_a_claim_of_their_own(team: Team) -> None:
    claim_id = team.boss_client.post(
        "/api/v1/me/claims", json=CLAIM, headers={**team.headers, "Idempotency-Key": "own"}
    ).json["id"]

    answer = team.verify(claim_id)

    assert (answer.status_code, answer.json["code"]) == (403, "own_claim")


def test_a_claim_of_somebody_elses_team_is_not_there(team: Team, app: Flask, work: Work) -> None:
    claim_id = team.log().json["id"]
    stranger = app.test_client()
    with work() as db:
        headers = sign_in(stranger, db, give_person(db, "Other Boss", [Role.MANAGER]))

    answer = stranger.post(f"/api/v1/claims/{claim_id}/verify", json={}, headers=headers)

    assert answer.status_code == 404
