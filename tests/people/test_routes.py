from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
import time_machine
from flask import Flask

from app.audit import queries as audit
from app.http.context import Edge
from app.http.principal import Role, Scope
from app.kernel import clock
from app.people import invitations, personas, queries, service
from app.people.models import Person
from app.settings import Mode
from tests.conftest import Work
from tests.people.builders import give_key, give_person, give_session
from tests.people.phone import Phone

Phones = Callable[[], Phone]
pytestmark = pytest.mark.usefixtures("tenant")


@pytest.fixture
def admin(work: Work, phone: Phones) -> Phone:
    """The browser of an administrator without a passkey."""
    browser = phone()
    with work(now=clock.utc_now()) as db:
        browser.take(give_session(db, give_person(db, "Admin", (Role.TENANT_ADMIN,))))
    return browser


def read(answer: Any, status: int = 200) -> Any:
    assert answer.status_code == status, answer.json
    return answer.json


def test_somebody_new_is_listed_with_team_and_manager(admin: Phone) -> None:
    team = read(admin.post("/teams", {"name": "North"}), 201)
    boss = read(admin.post("/people", {"name": "Boss", "roles": ["manager"]}), 201)
    made = read(
        admin.post(
            "/people",
            {
                "name": "Ada Ferri",
                "employee_number": "E-7",
                "roles": ["rep"],
                "team_id": team["id"],
                "manager_id": boss["id"],
                "from_on": "2026-01-01",
            },
        ),
        201,
    )

    listed = read(admin.get("/people?search=e-7"))["items"]

    assert [entry["id"] for entry in listed] == [made["id"]]
    assert (listed[0]["team_name"], listed[0]["manager_name"]) == ("North", "Boss")
    assert made["positions"][0]["from_on"] == "2026-01-01"
    assert read(admin.get("/teams"))["items"][0]["people"] == 1


def test_pages_follow_each_other_without_gap_or_repeat(admin: Phone, work: Work) -> None:
    with work(now=clock.utc_now()) as db:
        for number in range(7):
            give_person(db, f"Rep {number % 3}")
    seen: list[str] = []
    cursor = ""
    while True:
        page = read(admin.get(f"/people?limit=2{cursor}"))
        seen += [entry["id"] for entry in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"

    assert len(seen) == len(set(seen)) == 8


def test_a_search_takes_percent_signs_as_they_are(admin: Phone) -> None:
    assert read(admin.get("/people?search=%25"))["items"] == []


def test_a_staff_list_comes_by_key_in_any_order(phone: Phones, work: Work) -> None:
    with work(now=clock.utc_now()) as db:
        key = give_key(db, Scope.PEOPLE_WRITE, Scope.PEOPLE_READ)
    lines = [
        {
            "employee_number": "2",
            "name": "Rep",
            "roles": ["rep"],
            "team": "North",
            "manager_employee_number": "1",
            "from_on": "2026-03-01",
        },
        {"employee_number": "1", "name": "Boss", "roles": ["manager"]},
    ]

    first = phone().client.put("/api/v1/people", json={"people": lines}, headers=key)
    again = phone().client.put("/api/v1/people", json={"people": lines}, headers=key)

    assert {name: first.json[name] for name in ("added", "changed", "unchanged")} == {
        "added": 2,
        "changed": 0,
        "unchanged": 0,
    }
    assert again.json["unchanged"] == 2
    shown = phone().client.get(f"/api/v1/people/{first.json['person_ids'][0]}", headers=key)
    assert shown.json["manager_name"] == "Boss"


def test_every_wrong_line_is_named_by_a_pointer(admin: Phone) -> None:
    lines = [
        {"employee_number": "1", "name": "One", "zone": "Mars/Olympus"},
        {"employee_number": "2", "name": ""},
    ]

    answer = read(admin.send("PUT", "/people", {"people": lines}), 422)

    assert [error["pointer"] for error in answer["errors"]] == [
        "/people/0/zone",
        "/people/1/name",
    ]


def test_another_address_for_somebody_needs_a_passkey(
    admin: Phone, work: Work, phone: Phones
) -> None:
    with work(now=clock.utc_now()) as db:
        person = give_person(db, "Ada", email="ada@example.test")
        invitation = invitations.invite(db, give_person(db, "A", (Role.TENANT_ADMIN,)).id)
    change = {"email": "thief@example.test"}
    refused = admin.send("PATCH", f"/people/{person.id}", change)
    assert read(refused, 403)["code"] == "step_up_needed"

    with_passkey = phone()
    with_passkey.accept(invitation)
    proof = read(with_passkey.step_up("person.email", {"person_id": str(person.id), **change}))[
        "token"
    ]
    answer = with_passkey.send("PATCH", f"/people/{person.id}", change, **{"X-Step-Up": proof})

    assert read(answer)["email"] == "thief@example.test"


def test_an_address_belongs_to_one_person(admin: Phone) -> None:
    read(admin.post("/people", {"name": "One", "email": "One@example.test"}), 201)

    answer = read(admin.post("/people", {"name": "Two", "email": "one@EXAMPLE.test"}), 409)

    assert (answer["code"], answer["params"]) == ("already_taken", {"field": "email"})


def test_whoever_is_let_go_is_signed_out_and_cannot_be_invited(
    admin: Phone, work: Work, phone: Phones
) -> None:
    browser = phone()
    with work(now=clock.utc_now()) as db:
        person = give_person(db, "Ada")
        browser.take(give_session(db, person))

    changed = read(admin.send("PATCH", f"/people/{person.id}", {"active": False}))

    assert changed["left_on"] is not None
    assert browser.get("/me").status_code == 401
    assert admin.post(f"/people/{person.id}/invitation").status_code == 422


def test_the_last_administrator_can_neither_step_down_nor_leave(admin: Phone) -> None:
    me = read(admin.get("/me"))["person"]["id"]

    down = admin.send("PUT", f"/people/{me}/roles", {"roles": ["rep"]})
    gone = admin.send("PATCH", f"/people/{me}", {"active": False})

    assert (read(down, 409)["code"], read(gone, 409)["code"]) == ("last_admin", "last_admin")
    assert admin.get("/people").status_code == 200


def test_positions_overlap_is_a_sentence(admin: Phone, work: Work) -> None:
    with work(now=clock.utc_now()) as db:
        boss = give_person(db, "Boss")
        person = give_person(db, "Ada", manager=boss)

    answer = admin.post(
        f"/people/{person.id}/positions",
        {"from_on": "2026-02-01", "to_on": "2026-02-28", "manager_id": str(boss.id)},
    )

    assert read(answer, 409)["code"] == "positions_overlap"


def test_another_zone_counts_from_the_next_day(admin: Phone, work: Work) -> None:
    me = read(admin.get("/me"))["person"]
    today = clock.day_in_zone(clock.utc_now(), me["zone"])

    same = read(admin.send("PATCH", "/me", {"zone": "Asia/Jakarta"}))["person"]

    assert (me["zone"], same["zone"]) == ("Europe/Rome", "Europe/Rome")
    with work() as db:
        person = db.query(Person).one()
        assert (person.next_zone, person.next_zone_from) == (
            "Asia/Jakarta",
            today + timedelta(days=1),
        )
        zones = [
            db.execute(queries.people_table(day).select()).one().zone
            for day in (today, today + timedelta(days=1))
        ]
        assert zones == ["Europe/Rome", "Asia/Jakarta"]


def test_a_persona_signs_in_with_one_click_in_the_demo(
    work: Work, phone: Phones, tenant_id: UUID
) -> None:
    with work(now=clock.utc_now()) as db:
        rep = give_person(db, "Ada Ferri")
        personas.give_persona(
            db, key="rep", person_id=rep.id, role_title="Sales rep", description="Sells."
        )
    browser = phone()
    where = f"?tenant={tenant_id.hex}"

    listed = read(browser.get(f"/demo/personas{where}"))["items"]
    me = read(browser.post(f"/demo/personas/rep/sign-in{where}"))

    assert listed[0] == {
        "key": "rep",
        "name": "Ada Ferri",
        "role_title": "Sales rep",
        "description": "Sells.",
    }
    assert me["person"]["name"] == "Ada Ferri"
    assert me["is_demo"] is True


def test_me_says_where_i_stand(work: Work, phone: Phones) -> None:
    browser = phone()
    with work(now=clock.utc_now()) as db:
        boss = give_person(db, "Boss", (Role.MANAGER,))
        agent = give_person(db, "Ada Ferri", manager=boss)
        sub = give_person(db, "Sub")
        service.place(
            db,
            person_id=sub.id,
            manager_id=agent.id,
            kind="sub_agent",
            from_on=date(2026, 1, 1),
        )
        browser.take(give_session(db, agent))

    me = read(browser.get("/me"))

    assert (me["manager_name"], me["sub_agents"], me["person"]["initials"]) == ("Boss", 1, "AF")
    assert me["tenant"]["brand_chroma"] == 0.078


@pytest.fixture
def in_production(app: Flask) -> Iterator[None]:
    """The same application, as an installation that is no demo."""
    demo: Edge = app.extensions["laurel"]
    settings = replace(demo.settings, mode=Mode.PRODUCTION)
    app.extensions["laurel"] = Edge(settings, demo.engine, demo.reactions)
    yield
    app.extensions["laurel"] = demo


@pytest.mark.usefixtures("in_production")
def test_in_production_there_are_neither_personas_nor_a_mailbox(
    work: Work, phone: Phones, tenant_id: UUID
) -> None:
    with work(now=clock.utc_now()) as db:
        personas.give_persona(
            db, key="rep", person_id=give_person(db).id, role_title="", description=""
        )
    where = f"?tenant={tenant_id.hex}"
    browser = phone()

    answers = [
        browser.get(f"/demo/personas{where}"),
        browser.get(f"/demo/mailbox{where}"),
        browser.post(f"/demo/personas/rep/sign-in{where}"),
    ]

    assert [answer.status_code for answer in answers] == [404, 404, 404]
    assert browser.token == ""


def test_nobody_sees_a_session_that_rests_too_long_in_the_list(work: Work, phone: Phones) -> None:
    browser = phone()
    with work(now=clock.utc_now()) as db:
        person = give_person(db)
        give_session(db, person)
    with time_machine.travel(clock.utc_now() + timedelta(days=15), tick=True):
        with work(now=clock.utc_now()) as db:
            browser.take(give_session(db, person))
        assert len(read(browser.get("/me/devices"))["items"]) == 1


def test_an_invitation_is_a_link_to_the_page_that_makes_a_passkey(
    admin: Phone, work: Work, phone: Phones
) -> None:
    with work(now=clock.utc_now()) as db:
        person = give_person(db, "Ada")

    made = read(admin.send("POST", f"/people/{person.id}/invitation"), 201)

    token = made["link"].removeprefix("http://localhost/join/")
    invited = phone()
    assert read(invited.accept(token))["person"]["name"] == "Ada"
    assert read(admin.send("POST", f"/people/{person.id}/end-sessions"))["ended"] == 1
    assert invited.get("/me").status_code == 401


def test_a_key_hires_but_makes_nobody_govern(phone: Phones, work: Work) -> None:
    with work(now=clock.utc_now()) as db:
        key = give_key(db, Scope.PEOPLE_WRITE)
    client = phone().client
    line = {"employee_number": "1", "name": "Mallory", "roles": ["rep", "tenant_admin"]}

    one = client.post("/api/v1/people", json={"name": "M", "roles": ["finance"]}, headers=key)
    many = client.put("/api/v1/people", json={"people": [line]}, headers=key)

    assert read(one, 403)["code"] == "forbidden"
    assert [(e["pointer"], e["code"]) for e in read(many, 422)["errors"]] == [
        ("/people/0/roles", "beyond_a_key")
    ]


def test_a_key_neither_unmakes_an_administrator_nor_moves_their_address(
    phone: Phones, work: Work
) -> None:
    with work(now=clock.utc_now()) as db:
        admin = give_person(
            db,
            "Admin",
            (Role.TENANT_ADMIN,),
            employee_number="1",
            email="admin@example.test",
        )
        key = give_key(db, Scope.PEOPLE_WRITE)
    client = phone().client
    line = {"employee_number": "1", "name": "Admin", "roles": ["rep"]}
    thief = {**line, "email": "thief@example.test"}

    kept = client.put("/api/v1/people", json={"people": [line]}, headers=key)
    refused = client.put("/api/v1/people", json={"people": [thief]}, headers=key)

    assert read(kept)["changed"] == 1
    assert read(refused, 422)["errors"][0]["pointer"] == "/people/0/email"
    with work() as db:
        assert queries.roles_of(db, admin.id) == {Role.TENANT_ADMIN, Role.REP}


@pytest.fixture
def with_passkey(work: Work, phone: Phones) -> Phone:
    """The browser of another administrator, who has a passkey."""
    with work(now=clock.utc_now()) as db:
        keeper = give_person(db, "Keeper", (Role.TENANT_ADMIN,))
        invitation = invitations.invite(db, keeper.id)
    browser = phone()
    browser.accept(invitation)
    return browser


def confirmed(browser: Phone, method: str, path: str, body: Any = None) -> Any:
    """Ask, confirm what the refusal asks for, and ask again as the console does."""
    asked = read(browser.send(method, path, body), 403)
    assert asked["code"] == "step_up_needed"
    proof = read(browser.step_up(asked["params"]["action"], asked["params"]["binding"]))["token"]
    return browser.send(method, path, body, **{"X-Step-Up": proof})


def test_a_link_to_an_account_with_a_passkey_or_that_governs_needs_a_passkey(
    admin: Phone, with_passkey: Phone, work: Work, phone: Phones
) -> None:
    with work(now=clock.utc_now()) as db:
        governs = give_person(db, "Fin", (Role.FINANCE,))
        addressed = give_person(db, "Ada", email="ada@example.test")
        keyed = give_person(db, "Bo")
        token = invitations.invite(db, keyed.id)
        new = give_person(db, "New")
    owner = phone()
    owner.accept(token)

    refused = [admin.post(f"/people/{person.id}/invitation") for person in (governs, keyed)]
    read(confirmed(with_passkey, "POST", f"/people/{keyed.id}/invitation"), 201)

    assert [(one.status_code, one.json["code"]) for one in refused] == [(403, "step_up_needed")] * 2
    for person in (new, addressed):
        read(admin.post(f"/people/{person.id}/invitation"), 201)
    told = read(owner.get("/me/inbox"))["items"]
    assert [message["code"] for message in told] == ["invited_again"]


def test_a_role_that_governs_is_given_with_a_passkey(
    admin: Phone, with_passkey: Phone, work: Work
) -> None:
    with work(now=clock.utc_now()) as db:
        person = give_person(db, "Ada", employee_number="7")
    roles = {"roles": ["rep", "finance"]}
    line = {"employee_number": "7", "name": "Ada", "roles": ["rep", "auditor"]}
    hired = {"employee_number": "8", "name": "Bo", "roles": ["tenant_admin"]}

    refused = [
        admin.send("PUT", f"/people/{person.id}/roles", roles),
        admin.send("PUT", "/people", {"people": [line]}),
        admin.post("/people", {"name": "Mallory", "roles": ["program_admin"]}),
    ]

    assert [(one.status_code, one.json["code"]) for one in refused] == [(403, "step_up_needed")] * 3
    read(admin.send("PUT", f"/people/{person.id}/roles", {"roles": ["rep", "manager"]}))
    given = read(confirmed(with_passkey, "PUT", f"/people/{person.id}/roles", roles))
    assert sorted(given["roles"]) == ["finance", "rep"]
    read(admin.send("PUT", f"/people/{person.id}/roles", {"roles": ["finance"]}))
    read(confirmed(with_passkey, "PUT", "/people", {"people": [line, hired]}))
    read(confirmed(with_passkey, "POST", "/people", {"name": "Cy", "roles": ["auditor"]}), 201)


def test_a_first_address_of_an_account_that_governs_or_has_a_passkey_needs_a_passkey(
    admin: Phone, with_passkey: Phone, work: Work
) -> None:
    with work(now=clock.utc_now()) as db:
        governs = give_person(db, "Fin", (Role.FINANCE,), employee_number="1")
        new = give_person(db, "New", employee_number="2")
    keyed = read(with_passkey.get("/me"))["person"]["id"]
    thief = {"email": "thief@example.test"}
    line = {"employee_number": "1", "name": "Fin", **thief}

    refused = [
        admin.send("PATCH", f"/people/{governs.id}", thief),
        admin.send("PATCH", f"/people/{keyed}", thief),
        admin.send("PUT", "/people", {"people": [line]}),
    ]

    assert [(one.status_code, one.json["code"]) for one in refused] == [(403, "step_up_needed")] * 3
    read(admin.send("PATCH", f"/people/{new.id}", {"email": "new@example.test"}))
    hired = {"employee_number": "3", "name": "Bo", "email": "bo@example.test", "roles": ["rep"]}
    read(admin.send("PUT", "/people", {"people": [hired]}))
    read(confirmed(with_passkey, "PUT", "/people", {"people": [line]}))


def test_the_journal_says_who_got_which_role_wished_what_and_was_signed_out(
    admin: Phone, work: Work, phone: Phones
) -> None:
    browser = phone()
    with work(now=clock.utc_now()) as db:
        person = give_person(db, "Ada", employee_number="7")
        browser.take(give_session(db, person))
    line = {"employee_number": "7", "name": "Ada", "roles": ["manager"]}

    read(browser.send("PATCH", "/me", {"language": "it"}))
    read(admin.send("PUT", "/people", {"people": [line]}))
    read(admin.post(f"/people/{person.id}/end-sessions"))

    with work() as db:
        lines = audit.page(db, object_kind="person", object_id=str(person.id)).items
    noted = {line.action: (line.before, line.after) for line in lines}
    wishes = {"theme": "auto", "zone": "Europe/Rome"}
    assert noted["person.changed"] == ({**wishes, "language": "en"}, {**wishes, "language": "it"})
    assert noted["person.roles_changed"] == ({"roles": ["rep"]}, {"roles": ["manager"]})
    assert noted["session.ended"][1]["reason"] == "ended_by_admin"
