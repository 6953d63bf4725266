"""Changing an account: secrets go in and never come out, and what nobody would let us in with is not kept."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select

from app.audit.models import AuditRecord
from app.http.principal import Role
from app.kernel import clock
from app.people import step_up
from app.people.challenges import hash_binding
from app.people.models import Person, SignInSession
from app.people.service import grant_role
from app.providers import accounts, wire
from tests.conftest import Work
from tests.people.builders import give_person, give_session, give_tenant
from tests.people.phone import Phone
from tests.sandboxes import base, tremendous

HOOK = accounts.HOOK_SECRET


@dataclass
class Kept:
    """An account that is there, the vendor behind it, and somebody who looks after it."""

    work: Work
    phone: Phone
    person: Person
    there: base.Remote
    id: UUID

    @property
    def url(self) -> str:
        return self.there.url + tremendous.PREFIX

    def change(self, *, is_proven: bool = True, **changes: Any) -> Any:
        body = {"label": "Tremendous", "base_url": self.url, "settings": {}} | changes
        headers = {"X-Step-Up": self._proof(body["base_url"])} if is_proven else {}
        return self.phone.send("PUT", f"/provider-accounts/{self.id}", body, **headers)

    def renew(self, secrets: dict[str, str], *, is_proven: bool = True) -> Any:
        """Replace secrets alone, as a machine does that rotates them."""
        headers = {"X-Step-Up": self._grant("provider_account.secrets")} if is_proven else {}
        path = f"/provider-accounts/{self.id}/secrets"
        return self.phone.send("PUT", path, {"secrets": secrets}, **headers)

    def _proof(self, base_url: str) -> str:
        return self._grant("provider_account.change", base_url=base_url)

    def _grant(self, action: str, **binding: str) -> str:
        wanted = hash_binding(action, {"provider_account_id": str(self.id), **binding})
        with self.work(now=clock.utc_now()) as db:
            mine = SignInSession.person_id == self.person.id
            session = db.scalars(select(SignInSession.id).where(mine)).one()
            return step_up.grant(db, session_id=session, binding_hash=wanted).token

    def opened(self) -> accounts.Account:
        with self.work() as db:
            return accounts.opened(db, accounts.get(db, self.id))

    def standing(self) -> Any:
        (found,) = self.phone.get("/provider-setup").get_json()["accounts"]
        return found


@pytest.fixture
def kept(app: Flask, work: Work) -> Iterator[Kept]:
    """An account with Tremendous, which lets us in."""
    wire.connect(allows_loopback=True)
    with base.running(tremendous.make_sandbox()) as url:
        with work(now=clock.utc_now()) as db:
            give_tenant(db)
            person = give_person(db)
            grant_role(db, person.id, Role.TENANT_ADMIN)
            token = give_session(db, person)
            row = accounts.add(
                db,
                provider="tremendous",
                label="Tremendous",
                base_url=url + tremendous.PREFIX,
                settings={"campaign_id": "C1"},
                secrets={"api_key": tremendous.API_KEY, HOOK: "hook-1", "noted_by_adapter": "x"},
            )
            account_id = row.id
            db.expunge(person)
        phone = Phone(app.test_client())
        phone.take(token)
        yield Kept(work, phone, person, base.Remote(url), account_id)


def problems(answer: Any) -> set[tuple[str, str]]:
    assert answer.status_code == 422, answer.get_json()
    return {(one["pointer"], one["code"]) for one in answer.get_json()["errors"]}


def test_name_and_settings_change_and_secrets_that_are_left_out_stay(kept: Kept) -> None:
    kept.there.mode("down")

    answer = kept.change(label="Gift cards", settings={"campaign_id": "C2", "warn_below": "50"})

    assert answer.status_code == 200, answer.get_json()
    assert answer.get_json()["settings"] == {"campaign_id": "C2", "warn_below": "50"}
    assert kept.opened().secrets["api_key"] == tremendous.API_KEY
    assert kept.opened().secrets["noted_by_adapter"] == "x"


def test_what_is_kept_is_named_and_never_shown(kept: Kept) -> None:
    answer = kept.phone.get("/provider-setup")

    assert kept.standing()["secrets"] == ["api_key", HOOK]
    assert tremendous.API_KEY not in answer.text
    assert "hook-1" not in answer.text


def test_a_credential_that_is_turned_away_is_not_kept(kept: Kept) -> None:
    answer = kept.change(secrets={"api_key": "WRONG"})

    assert (answer.status_code, answer.get_json()["code"]) == (409, "provider_not_let_in")
    assert answer.get_json()["params"] == {"outcome": "turned_away", "said": "http_401"}
    assert kept.opened().secrets["api_key"] == tremendous.API_KEY


def test_a_credential_cannot_be_tried_while_the_provider_is_away_and_is_not_kept(
    kept: Kept,
) -> None:
    kept.there.mode("down")

    answer = kept.change(secrets={"api_key": "NEW"})

    assert answer.get_json()["params"]["outcome"] == "silent"
    assert kept.opened().secrets["api_key"] == tremendous.API_KEY


def test_with_a_new_credential_what_the_adapter_noted_of_the_old_one_is_forgotten(
    kept: Kept,
) -> None:
    with kept.work() as db:
        accounts.change_secrets(db, kept.id, {"api_key": "EXPIRED"})

    answer = kept.change(secrets={"api_key": tremendous.API_KEY})

    assert answer.status_code == 200, answer.get_json()
    assert dict(kept.opened().secrets) == {"api_key": tremendous.API_KEY, HOOK: "hook-1"}


def test_a_new_webhook_secret_needs_no_trial_and_the_old_one_is_believed_for_a_day(
    kept: Kept,
) -> None:
    kept.there.mode("down")

    answer = kept.change(secrets={HOOK: "hook-2"})

    assert answer.status_code == 200, answer.get_json()
    with kept.work(now=clock.utc_now()) as db:
        before = accounts.with_old_hook_secret(db, accounts.get(db, kept.id))
    assert before is not None
    assert (before.secrets[HOOK], kept.opened().secrets[HOOK]) == ("hook-1", "hook-2")


def test_no_secret_of_one_address_is_shown_to_another(kept: Kept) -> None:
    with base.running(tremendous.make_sandbox()) as elsewhere:
        answer = kept.change(base_url=elsewhere + tremendous.PREFIX)

    assert problems(answer) == {("/secrets/api_key", "missing")}
    assert kept.opened().base_url == kept.url


def test_an_account_moves_with_credentials_for_its_new_address(kept: Kept) -> None:
    with base.running(tremendous.make_sandbox()) as elsewhere:
        there = elsewhere + tremendous.PREFIX
        answer = kept.change(base_url=there, secrets={"api_key": tremendous.API_KEY})

    assert answer.status_code == 200, answer.get_json()
    assert kept.opened().base_url == there
    assert kept.opened().secrets[HOOK] == "hook-1"


def test_nothing_is_sent_before_the_passkey(kept: Kept) -> None:
    answer = kept.change(is_proven=False, secrets={"api_key": "WRONG"})

    assert (answer.status_code, answer.get_json()["code"]) == (403, "step_up_needed")


@pytest.mark.parametrize(
    ("changes", "pointer", "code"),
    [
        ({"label": ""}, "/label", "string_too_short"),
        ({"base_url": "https://10.0.0.1"}, "/base_url", "address_not_allowed"),
        ({"settings": {"colour": "red"}}, "/settings/colour", "unfit"),
        ({"settings": {"discounts": "perhaps"}}, "/settings/discounts", "unfit"),
        ({"secrets": {"password": "x"}}, "/secrets/password", "unfit"),
        ({"secrets": {"api_key": " "}}, "/secrets/api_key", "string_too_short"),
    ],
)
def test_what_cannot_be_right_is_named_at_its_field(
    kept: Kept, changes: dict[str, Any], pointer: str, code: str
) -> None:
    assert (pointer, code) in problems(kept.change(**changes))


def test_a_name_that_another_account_has_is_refused(kept: Kept) -> None:
    with kept.work() as db:
        accounts.add(
            db, provider="plum", label="Plum", base_url="https://x.example", settings={}, secrets={}
        )

    answer = kept.change(label="Plum")

    assert (answer.status_code, answer.get_json()["code"]) == (409, "provider_account_taken")


def test_a_change_is_written_down_with_names_and_without_values(kept: Kept) -> None:
    kept.change(
        label="Cards",
        settings={"campaign_id": "SECRET-CAMPAIGN"},
        secrets={"api_key": tremendous.API_KEY, HOOK: "hook-2"},
    )

    with kept.work() as db:
        (told,) = db.scalars(
            select(AuditRecord).where(AuditRecord.action == "provider_account.changed")
        ).all()
        words = f"{told.before} {told.after}"
    assert told.after is not None
    assert (told.after["settings"], told.after["secrets"]) == ("campaign_id", HOOK)
    assert "hook-2" not in words
    assert "SECRET-CAMPAIGN" not in words


def test_a_credential_replaced_alone_is_tried_first_too(kept: Kept) -> None:
    turned_away = kept.renew({"api_key": "WRONG"})
    kept.there.mode("down")
    silent = kept.renew({"api_key": "NEW"})

    assert (turned_away.status_code, turned_away.get_json()["code"]) == (409, "provider_not_let_in")
    assert silent.get_json()["params"]["outcome"] == "silent"
    assert kept.opened().secrets["api_key"] == tremendous.API_KEY


def test_a_credential_that_lets_us_in_is_kept_and_what_was_noted_of_the_old_one_is_not(
    kept: Kept,
) -> None:
    with kept.work() as db:
        accounts.change_secrets(db, kept.id, {"api_key": "EXPIRED"})

    answer = kept.renew({"api_key": tremendous.API_KEY})

    assert answer.status_code == 200, answer.get_json()
    assert dict(kept.opened().secrets) == {"api_key": tremendous.API_KEY, HOOK: "hook-1"}


def test_a_webhook_secret_is_replaced_while_the_provider_is_away(kept: Kept) -> None:
    kept.there.mode("down")

    answer = kept.renew({HOOK: "hook-2"})

    assert answer.status_code == 200, answer.get_json()
    with kept.work() as db:
        before = accounts.with_old_hook_secret(db, accounts.get(db, kept.id))
    assert before is not None
    assert (before.secrets[HOOK], kept.opened().secrets[HOOK]) == ("hook-1", "hook-2")


def test_a_secret_that_no_account_there_has_is_refused_alone_too(kept: Kept) -> None:
    answer = kept.renew({"password": "x"}, is_proven=False)

    assert problems(answer) == {("/secrets/password", "unfit")}
