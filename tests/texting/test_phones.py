"""A mobile number is a person's own once the code that was sent there came back, and not before."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from app.audit import queries as audit
from app.db.unit_of_work import tenant_of
from app.http.context import Edge
from app.kernel import clock
from app.kernel.ids import new_id
from app.people import codes, invitations, mail, phone_core, phones
from app.people import queries as people
from app.people.phone_models import PhoneCode
from app.settings import Mode
from app.texting import core
from app.texting import service as texting
from app.texting.models import TextMessage
from tests.conftest import Work
from tests.people.builders import give_person
from tests.people.phone import Phone
from tests.rewards.builders import Shop, open_shop
from tests.rewards.conftest import phone_of
from tests.texting.conftest import MOBILE, OTHER, Gateway, Run, prove, states


def ask(rep: Phone, number: Any = MOBILE) -> Any:
    return rep.post("/me/phone", {"number": number})


def answer(rep: Phone, code: Any) -> Any:
    return rep.post("/me/phone/prove", {"code": code})


def wrong(code: str) -> str:
    """Return another code of six digits."""
    return f"{(int(code) + 1) % 1_000_000:06d}"


def number_of(shop: Shop) -> str | None:
    with shop.work() as db:
        found = phones.find_number(db, shop.person.id)
        return found.number if found else None


# Which numbers


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("+39 347 123 4567", "+393471234567"),
        ("0039 347 1234567", "+393471234567"),
        ("+1 (201) 555-0123", "+12015550123"),
        ("+62 812-3456-789", "+628123456789"),
    ],
)
def test_a_mobile_number_is_read_as_people_write_it(typed: str, number: str) -> None:
    assert phone_core.read_number(typed) == number


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "347 123 4567",
        "+39 06 698 12345",
        "+39 347 12",
        "+999 347 123 4567",
        "+39 347 123 4567 ext. 9",
        "+39 899 123456",
        "tel",
        "+",
        "٣٤٧١٢٣٤٥٦٧",
    ],
)
def test_what_is_no_mobile_number_is_refused_at_its_field(
    rep: Phone, gateway: Gateway, run_jobs: Run, typed: str
) -> None:
    said = ask(rep, typed)
    run_jobs()

    assert said.status_code == 422
    assert said.json["errors"][0]["pointer"] == "/number"
    assert gateway.asked() == 0


def test_texts_go_only_to_the_countries_the_operator_named(
    app: Flask, rep: Phone, gateway: Gateway
) -> None:
    edge: Edge = app.extensions["laurel"]
    assert edge.settings.sms is not None
    only = replace(edge.settings.sms, countries=frozenset({"IT", "FR"}))
    edge.settings = replace(edge.settings, sms=only)

    refused, taken = ask(rep, OTHER), ask(rep, MOBILE)

    assert refused.json["errors"][0]["code"] == "country_not_texted"
    assert taken.status_code == 200


def test_without_a_gateway_no_number_is_asked_for(rep: Phone) -> None:
    known = rep.get("/me/phone").json

    said = ask(rep)

    assert known == {"offered": False, "number": None, "proven_at": None, "waiting": None}
    assert said.status_code == 409
    assert said.json["code"] == "texts_not_sent"


# The code


def test_a_number_counts_once_its_code_came_back(
    rep: Phone, shop: Shop, gateway: Gateway, run_jobs: Run
) -> None:
    waiting = ask(rep, "+39 347 123 4567").json["waiting"]
    assert number_of(shop) is None
    run_jobs()

    proven = answer(rep, gateway.code())

    assert (waiting["number"], waiting["tries_left"]) == ("+39 347 123 4567", 5)
    assert gateway.texts[0]["to"] == MOBILE
    assert proven.json["number"] == "+39 … 567"
    assert proven.json["waiting"] is None
    assert number_of(shop) == MOBILE
    assert {"channel": "sms", "shown": "+39 … 567"} in rep.get("/me/contacts").json["items"]


def test_a_number_that_waits_for_its_code_is_no_way_to_be_reached(
    rep: Phone, gateway: Gateway, run_jobs: Run
) -> None:
    ask(rep)
    run_jobs()

    assert rep.get("/me/contacts").json == {"items": []}


@pytest.mark.parametrize("language", ["en", "it", "fr", "id"])
def test_the_code_comes_in_one_segment_and_in_the_persons_language(
    rep: Phone, shop: Shop, gateway: Gateway, run_jobs: Run, language: str
) -> None:
    with shop.work() as db:
        people.get_person(db, shop.person.id).language = language
        people.get_tenant(db).store_name = "Sole & Mare, il negozio dei premi di tutta Italia"

    ask(rep)
    run_jobs()

    (text,) = gateway.texts
    assert text["num_segments"] == "1"
    assert core.is_gsm(text["body"])
    assert text["body"].startswith("Sole & Mare")
    assert re.search(r"\n\n@localhost #\d{6}$", text["body"])
    assert text["body"].count(gateway.code()) == 2


def test_the_code_is_kept_only_as_a_slow_hash(
    rep: Phone, shop: Shop, gateway: Gateway, run_jobs: Run
) -> None:
    ask(rep)
    with shop.work() as db:
        assert db.scalars(select(PhoneCode.code_hash)).one() == b""
    run_jobs()

    with shop.work() as db:
        row = db.scalars(select(PhoneCode)).one()
        assert row.code_hash == codes.hash_code(row.salt, gateway.code())
        assert len(row.salt) == 16


def test_five_wrong_codes_use_a_code_up(rep: Phone, gateway: Gateway, run_jobs: Run) -> None:
    ask(rep)
    run_jobs()
    code = gateway.code()

    said = [answer(rep, wrong(code)) for _ in range(codes.ATTEMPTS)]
    late = answer(rep, code)

    assert {(one.status_code, one.json["code"]) for one in said} == {(409, "code_refused")}
    assert late.status_code == 409
    assert rep.get("/me/phone").json["number"] is None


def test_wrong_codes_are_counted_down(rep: Phone, gateway: Gateway, run_jobs: Run) -> None:
    ask(rep)
    run_jobs()

    answer(rep, wrong(gateway.code()))

    assert rep.get("/me/phone").json["waiting"]["tries_left"] == 4


def test_a_code_works_once(rep: Phone, gateway: Gateway, run_jobs: Run) -> None:
    ask(rep)
    run_jobs()
    code = gateway.code()
    assert answer(rep, code).status_code == 200

    assert answer(rep, code).status_code == 409


def test_a_code_works_for_ten_minutes(
    rep: Phone, shop: Shop, gateway: Gateway, run_jobs: Run
) -> None:
    ask(rep)
    run_jobs()

    with shop.work(now=clock.utc_now() + codes.LIFETIME + timedelta(seconds=1)) as db:
        assert phones.try_code(db, shop.person.id, gateway.code(), number=MOBILE) is None


def test_a_newer_code_takes_the_place_of_the_one_before(
    rep: Phone, shop: Shop, gateway: Gateway, run_jobs: Run, hurry: Run
) -> None:
    ask(rep)
    run_jobs()
    before = gateway.code()

    with time_machine.travel(clock.utc_now() + phones.PAUSE + timedelta(seconds=1)):
        assert ask(rep, OTHER).status_code == 200
        hurry()
        answers = [answer(rep, before).status_code, answer(rep, gateway.code()).status_code]

    assert answers == [409, 200]
    assert number_of(shop) == OTHER


def test_a_code_that_was_asked_for_again_before_it_left_never_leaves(
    rep: Phone, shop: Shop, gateway: Gateway, hurry: Run
) -> None:
    ask(rep)

    with time_machine.travel(clock.utc_now() + phones.PAUSE + timedelta(seconds=1)):
        ask(rep, OTHER)
        hurry()

    assert [text["to"] for text in gateway.texts] == [OTHER]
    assert [state for state, _ in states(shop.work, "code")] == ["dropped", "sent"]


def test_another_code_waits_half_a_minute(rep: Phone, gateway: Gateway) -> None:
    ask(rep)

    said = ask(rep)

    assert said.status_code == 429
    assert 0 < int(said.headers["Retry-After"]) <= 30


def test_five_codes_an_hour_are_all_there_are(shop: Shop, gateway: Gateway) -> None:
    def once(after: timedelta) -> None:
        with shop.work(now=start + after) as db:
            phones.ask(db, shop.person.id, MOBILE, gateway.settings.sms)

    start = clock.utc_now()
    for minute in range(codes.CODES_AN_HOUR):
        once(timedelta(minutes=minute))
    with pytest.raises(phones.TooManyRequests) as refused:
        once(timedelta(minutes=10))
    once(timedelta(minutes=61))

    assert refused.value.params["retry_after"] == 50 * 60


def test_a_code_proves_only_the_number_that_was_looked_at(
    rep: Phone, shop: Shop, gateway: Gateway, run_jobs: Run
) -> None:
    ask(rep)
    run_jobs()

    with shop.work(now=clock.utc_now()) as db:
        between = phones.try_code(db, shop.person.id, gateway.code(), number=OTHER)
        looked_at = phones.try_code(db, shop.person.id, gateway.code(), number=MOBILE)

    assert (between, looked_at) == (None, MOBILE)


@pytest.mark.parametrize("code", ["", "12345", "1234567", "abcdef", "١٢٣٤٥٦", None, 123456])
def test_what_is_no_code_is_not_tried(
    rep: Phone, gateway: Gateway, run_jobs: Run, code: Any
) -> None:
    ask(rep)
    run_jobs()

    assert answer(rep, code).status_code == 422
    assert rep.get("/me/phone").json["waiting"]["tries_left"] == 5


def test_a_code_without_a_question_proves_nothing(rep: Phone, gateway: Gateway) -> None:
    assert answer(rep, "123456").status_code == 409


def test_nobody_proves_a_number_with_somebody_elses_code(
    app: Flask, rep: Phone, shop: Shop, gateway: Gateway, run_jobs: Run
) -> None:
    ask(rep)
    run_jobs()
    with shop.work() as db:
        bo = give_person(db, "Bo")
    stranger = phone_of(app, shop, bo)

    assert answer(stranger, gateway.code()).status_code == 409
    assert stranger.get("/me/phone").json["waiting"] is None


def test_the_same_number_in_two_tenants_is_proven_in_each(
    app: Flask, work: Work, rep: Phone, gateway: Gateway, run_jobs: Run
) -> None:
    prove(rep, gateway, run_jobs)
    elsewhere = new_id()

    def there(**values: Any) -> Any:
        return work(tenant=elsewhere, **values)

    neighbour = open_shop(there)
    phone = phone_of(app, neighbour, neighbour.person)

    assert phone.get("/me/phone").json["number"] is None
    assert phone.get("/me/contacts").json == {"items": []}
    prove(phone, gateway, run_jobs)
    assert phone.get("/me/phone").json["number"] == "+39 … 567"


# Changes


@pytest.fixture
def keeper(app: Flask, shop: Shop) -> Phone:
    """The rep's browser, which holds a passkey."""
    with shop.work(now=clock.utc_now()) as db:
        token = invitations.invite(db, shop.person.id)
    browser = Phone(app.test_client())
    assert browser.accept(token).status_code == 200
    return browser


def confirmed(browser: Phone, number: str | None) -> dict[str, str]:
    """Confirm a change with the passkey."""
    answered = browser.step_up("phone.change", {"number": number}).json
    assert answered is not None
    return {"X-Step-Up": answered["token"]}


def test_another_number_is_confirmed_by_passkey_and_the_old_one_is_told(
    keeper: Phone, shop: Shop, gateway: Gateway, run_jobs: Run, hurry: Run
) -> None:
    prove(keeper, gateway, run_jobs)
    with time_machine.travel(clock.utc_now() + phones.PAUSE + timedelta(seconds=1)):
        assert ask(keeper, OTHER).status_code == 200
        hurry()
        code = gateway.code()

        bare = answer(keeper, code)
        other = keeper.post("/me/phone/prove", {"code": code}, **confirmed(keeper, MOBILE))
        done = keeper.post("/me/phone/prove", {"code": code}, **confirmed(keeper, OTHER))
        hurry()

    assert [bare.status_code, other.status_code, done.status_code] == [403, 403, 200]
    assert bare.json is not None
    assert bare.json["params"]["binding"] == {"number": OTHER}
    assert number_of(shop) == OTHER
    told = gateway.texts[-1]
    assert told["to"] == MOBILE
    assert "no longer go to this number" in told["body"]
    assert told["num_segments"] == "1"


def test_a_removed_number_is_told_and_gets_nothing_more(
    keeper: Phone, shop: Shop, gateway: Gateway, run_jobs: Run
) -> None:
    prove(keeper, gateway, run_jobs)

    bare = keeper.send("DELETE", "/me/phone")
    done = keeper.send("DELETE", "/me/phone", **confirmed(keeper, None))
    run_jobs()

    assert [bare.status_code, done.status_code] == [403, 204]
    assert number_of(shop) is None
    assert gateway.texts[-1]["to"] == MOBILE
    assert [state for state, _ in states(shop.work, "number_gone")] == ["sent"]
    assert keeper.get("/me/contacts").json == {"items": []}


def test_removing_makes_a_code_that_waits_worthless(
    rep: Phone, gateway: Gateway, run_jobs: Run
) -> None:
    ask(rep)
    run_jobs()

    assert rep.send("DELETE", "/me/phone").status_code == 204

    assert answer(rep, gateway.code()).status_code == 409
    assert rep.get("/me/phone").json["waiting"] is None


@pytest.mark.parametrize("language", ["en", "it", "fr", "id"])
def test_whoever_has_an_address_is_mailed_about_a_change(
    rep: Phone, shop: Shop, gateway: Gateway, run_jobs: Run, language: str
) -> None:
    with shop.work() as db:
        person = people.get_person(db, shop.person.id)
        person.email, person.language = "ada@lumera.example", language

    prove(rep, gateway, run_jobs)
    rep.send("DELETE", "/me/phone")
    run_jobs()

    with shop.work() as db:
        removed, added = mail.mailbox(db)
    assert "+39 … 567" in added.body
    assert "+39 … 567" in removed.body
    assert "{" not in added.body + removed.body + added.subject
    assert MOBILE not in added.body + removed.body


def test_the_audit_says_what_changed_and_never_the_whole_number(
    rep: Phone, shop: Shop, gateway: Gateway, run_jobs: Run
) -> None:
    prove(rep, gateway, run_jobs)
    rep.send("DELETE", "/me/phone")
    run_jobs()

    with shop.work() as db:
        kept = audit.page(db, object_kind="person", object_id=str(shop.person.id)).items
        lines = [line for line in kept if line.action.startswith("phone.")]
        texts = audit.page(db, object_kind="text").items
    assert [line.action for line in lines] == ["phone.removed", "phone.added"]
    assert MOBILE not in str([(line.before, line.after) for line in [*lines, *texts]])


def test_the_mailbox_of_the_demo_shows_texts_beside_mails(
    app: Flask, rep: Phone, shop: Shop, gateway: Gateway, run_jobs: Run
) -> None:
    ask(rep)
    run_jobs()
    with shop.work() as db:
        slug = people.get_tenant(db).slug

    items = rep.get(f"/demo/mailbox?tenant={slug}").json["items"]

    assert [(one["channel"], one["to"]) for one in items] == [("sms", "+39 … 567")]
    assert gateway.code() in items[0]["text"]


def test_outside_the_demo_the_words_of_a_text_are_kept_nowhere(
    rep: Phone, shop: Shop, gateway: Gateway, run_jobs: Run
) -> None:
    texting.connect(replace(gateway.settings, mode=Mode.PRODUCTION))
    ask(rep)
    run_jobs()

    with shop.work() as db:
        rows = db.execute(
            select(TextMessage.body, TextMessage.segments).where(
                TextMessage.tenant_id == tenant_of(db)
            )
        ).all()
    assert [tuple(row) for row in rows] == [(None, 1)]
