"""The life of a bank account: sealed, checked, confirmed, held, and then paid."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from app.audit import queries as audit
from app.db.unit_of_work import Actor
from app.destinations import checking, queries, service
from app.destinations.core import Kind
from app.destinations.errors import (
    AccountNotReady,
    AccountThere,
    BadAccount,
    ChecksUsedUp,
    NotToBeChecked,
    NotToBeConfirmed,
    OwnAccount,
)
from app.destinations.models import AccountCheck
from app.http.principal import Role
from app.notifications.models import Message
from app.people import mail
from app.providers import safe
from app.providers.contract import Invalid, Pending, Unknown, Verified
from tests.conftest import NOON, Work
from tests.destinations.builders import NUMBERS, Bank, Purse
from tests.people.builders import give_person

MATCH = Verified("ref-1", "match", "A** F****")


@pytest.mark.parametrize("kind", ["iban", "ifsc", "id_bank", "us_ach"])
def test_an_account_is_kept_sealed_and_shown_by_its_last_four(purse: Purse, kind: Kind) -> None:
    account = purse.look(purse.add(kind))

    number = list(NUMBERS[kind].values())[-1] if kind != "us_ach" else NUMBERS[kind]["account"]
    assert account.label.endswith(number[-4:])
    assert number not in account.label
    with purse.work() as db:
        row = db.execute(
            text("SELECT to_jsonb(bank_accounts) FROM bank_accounts WHERE id = :id"),
            {"id": account.id},
        ).scalar_one()
        opened = queries.unseal(db, queries.get_account(db, account.id))
    assert number not in json.dumps(row)
    assert number.encode().hex() not in json.dumps(row)
    assert (opened.holder, dict(opened.fields)) == ("Ada Ferri", NUMBERS[kind])


def test_a_number_that_cannot_be_right_is_refused_where_it_is_wrong(purse: Purse) -> None:
    with pytest.raises(BadAccount) as refused:
        purse.add("iban", iban="IT60X0542811101000000123457")

    assert [(one.pointer, one.code) for one in refused.value.problems] == [
        ("/fields/iban", "iban_check_digits")
    ]


def test_the_same_number_is_added_once_however_it_is_written(purse: Purse) -> None:
    purse.add("iban")

    with pytest.raises(AccountThere):
        purse.add("iban", iban="it60 x054 2811 1010 0000 0123 456")


def test_the_number_of_an_account_cannot_be_changed_not_even_by_hand(purse: Purse) -> None:
    one, other = purse.add("iban"), purse.add("ifsc")

    with pytest.raises(IntegrityError), purse.work() as db:
        db.execute(
            text(
                "UPDATE bank_accounts SET details_sealed = (SELECT details_sealed FROM"
                " bank_accounts WHERE id = :other) WHERE id = :one"
            ),
            {"one": one, "other": other},
        )


def test_a_penny_drop_that_knows_the_name_leaves_the_last_word_to_the_owner(
    purse: Purse, bank: Bank
) -> None:
    account_id = purse.add()
    bank.says = [MATCH]

    purse.verify(account_id)

    account = purse.look(account_id)
    assert (account.state, account.masked_name, account.asked_bank) == (
        "matched",
        "A** F****",
        True,
    )
    assert bank.asked[0].fields == NUMBERS["ifsc"]
    with purse.work() as db, pytest.raises(AccountNotReady):
        queries.get_ready(db, account_id, person_id=purse.person.id)


def test_a_confirmed_account_is_paid_when_the_hold_is_over(purse: Purse, bank: Bank) -> None:
    account_id = purse.add()
    bank.says = [MATCH]
    purse.verify(account_id)

    purse.confirm(account_id)

    account = purse.look(account_id)
    assert (account.state, account.is_primary) == ("active", True)
    assert account.usable_from == NOON + timedelta(hours=24)
    with purse.work(now=NOON + timedelta(hours=23, minutes=59)) as db:
        assert queries.find_destination(db, account_id) is None
        with pytest.raises(AccountNotReady):
            queries.get_ready(db, account_id, person_id=purse.person.id)
    with purse.work(now=NOON + timedelta(hours=24)) as db:
        destination = queries.find_destination(db, account_id)
        assert destination is not None
        assert destination.fields == NUMBERS["ifsc"]


def test_the_hold_is_as_long_as_the_company_says(purse: Purse, bank: Bank) -> None:
    with purse.work() as db:
        service.set_hold(db, 72)
    account_id = purse.add()
    bank.says = [MATCH]
    purse.verify(account_id)

    purse.confirm(account_id)

    assert purse.look(account_id).usable_from == NOON + timedelta(hours=72)


@pytest.mark.parametrize("hours", [23, 73])
def test_no_company_holds_shorter_than_a_day_or_longer_than_three(purse: Purse, hours: int) -> None:
    with pytest.raises(IntegrityError), purse.work() as db:
        service.set_hold(db, hours)


def test_an_account_that_was_not_checked_cannot_be_confirmed(purse: Purse) -> None:
    account_id = purse.add()

    with pytest.raises(NotToBeConfirmed):
        purse.confirm(account_id)


def test_what_the_bank_refuses_is_refused_and_may_be_tried_again(purse: Purse, bank: Bank) -> None:
    account_id = purse.add()
    bank.says = [Invalid("account_blocked"), MATCH]

    purse.verify(account_id)
    refused = purse.look(account_id)
    purse.verify(account_id)

    assert (refused.state, refused.reason) == ("refused", "account_blocked")
    assert purse.state(account_id) == "matched"


def test_three_checks_a_day_and_the_fourth_waits_for_the_first_to_be_a_day_old(
    purse: Purse, bank: Bank
) -> None:
    account_id = purse.add()
    bank.says = [*[Invalid("account_blocked")] * 3, MATCH]
    for hour in range(3):
        purse.verify(account_id, now=NOON + timedelta(hours=hour))

    with pytest.raises(ChecksUsedUp) as refused:
        purse.verify(account_id, now=NOON + timedelta(hours=23))
    purse.verify(account_id, now=NOON + timedelta(hours=24))

    assert refused.value.params["retry_after"] == 3601
    assert purse.state(account_id) == "matched"


def test_the_limit_is_the_persons_not_the_accounts(purse: Purse, bank: Bank) -> None:
    bank.says = [Invalid("account_blocked")] * 3
    for account in ("026291800001190", "026291800001191", "026291800001192"):
        purse.verify(purse.add("ifsc", account=account))
    another = purse.add("ifsc", account="026291800001193")

    with pytest.raises(ChecksUsedUp):
        purse.verify(another)


def test_a_holder_who_is_somebody_else_in_the_house_goes_to_a_person_although_the_bank_agrees(
    purse: Purse, bank: Bank
) -> None:
    account_id = purse.add(holder="Bo Lind")
    bank.says = [MATCH]

    purse.verify(account_id)

    assert purse.state(account_id) == "review"


def test_a_name_that_comes_close_is_decided_by_a_person_and_never_ones_own(
    purse: Purse, bank: Bank
) -> None:
    account_id = purse.add()
    bank.says = [Verified("ref-1", "close", "A** F***")]
    purse.verify(account_id)
    own = Actor("person", purse.person.id, "Ada")
    with purse.work() as db:
        finance = give_person(db, name="Fi Nance", roles=[Role.FINANCE])

    with pytest.raises(OwnAccount), purse.work(actor=own) as db:
        service.decide(db, account_id, approve=True, reason="It is me.")
    with purse.work(actor=Actor("person", finance.id, "Fi")) as db:
        service.decide(db, account_id, approve=True, reason="Married name, seen on the passport.")

    assert purse.state(account_id) == "matched"
    with purse.work() as db:
        (line,) = audit.page(db, action="account.approved").items
    assert line.after == {"reason": "Married name, seen on the passport."}


def test_a_name_the_bank_does_not_know_is_refused(purse: Purse, bank: Bank) -> None:
    account_id = purse.add()
    bank.says = [Verified("ref-1", "no_match", "J*** D**")]

    purse.verify(account_id)

    account = purse.look(account_id)
    assert (account.state, account.reason) == ("refused", "name_no_match")


def test_where_no_bank_can_be_asked_the_name_in_the_house_decides_and_that_is_said(
    purse: Purse,
) -> None:
    mine, close = purse.add("iban"), purse.add("us_ach", holder="A. Ferri")

    purse.verify(mine)
    purse.verify(close)

    assert (purse.state(mine), purse.look(mine).asked_bank) == ("matched", False)
    assert purse.look(mine).masked_name == "A** F****"
    assert purse.state(close) == "review"


def test_a_bank_that_is_not_ready_is_asked_again_later(purse: Purse, bank: Bank) -> None:
    account_id = purse.add()
    bank.says = [Pending("ref-1"), Unknown("timeout"), MATCH]

    check_id = purse.verify(account_id)
    purse.check(check_id, now=NOON + timedelta(seconds=1))
    purse.check(check_id, now=NOON + timedelta(minutes=5))
    between = purse.state(account_id)
    purse.check(check_id, now=NOON + timedelta(minutes=10))

    assert between == "checking"
    assert len(bank.asked) == 3
    assert purse.state(account_id) == "matched"


def test_a_bank_that_is_silent_for_a_day_leaves_it_to_a_person(purse: Purse, bank: Bank) -> None:
    account_id = purse.add()
    bank.says = [Pending("ref-1"), Pending("ref-1")]

    check_id = purse.verify(account_id)
    purse.check(check_id, now=NOON + timedelta(hours=24))

    account = purse.look(account_id)
    assert (account.state, account.reason) == ("review", "bank_silent")


def test_a_worker_that_died_while_asking_is_followed_by_another(purse: Purse, bank: Bank) -> None:
    account_id = purse.add()
    with purse.work() as db:
        service.verify(db, person_id=purse.person.id, account_id=account_id)
        check_id = db.scalars(select(AccountCheck.id)).one()
    with purse.work() as db:
        errand = checking.claim(db, check_id)
    bank.says = [MATCH]

    with purse.work(now=NOON + timedelta(minutes=1)) as db:
        too_early = queries.due_checks(db)
    with purse.work(now=NOON + timedelta(minutes=3)) as db:
        due = queries.due_checks(db)
    purse.check(check_id, now=NOON + timedelta(minutes=3))

    assert errand is not None
    assert (too_early, due) == ([], [check_id])
    assert purse.state(account_id) == "matched"


def test_an_answer_that_comes_after_another_changes_nothing(purse: Purse, bank: Bank) -> None:
    account_id = purse.add()
    with purse.work() as db:
        service.verify(db, person_id=purse.person.id, account_id=account_id)
        check_id = db.scalars(select(AccountCheck.id)).one()
    with purse.work() as db:
        slow = checking.claim(db, check_id)
    bank.says = [MATCH]
    purse.check(check_id, now=NOON + timedelta(minutes=3))

    assert slow is not None
    with purse.work() as db:
        checking.note(db, slow, Invalid("account_blocked"))

    assert purse.state(account_id) == "matched"


def test_one_check_runs_at_a_time(purse: Purse, bank: Bank) -> None:
    account_id = purse.add()
    bank.says = [Pending("ref-1")]
    purse.verify(account_id)

    with pytest.raises(NotToBeChecked):
        purse.verify(account_id)


def test_a_removed_account_keeps_no_number_and_is_paid_no_more(purse: Purse) -> None:
    account_id = purse.ready()
    with purse.work() as db:
        assert queries.find_destination(db, account_id) is not None

    with purse.work() as db:
        service.remove(db, person_id=purse.person.id, account_id=account_id)

    with purse.work() as db:
        assert queries.find_destination(db, account_id) is None
        assert queries.accounts_of(db, purse.person.id) == []
        assert queries.labels(db, {account_id})[account_id].endswith("3456")
        kept = db.execute(
            text("SELECT details_sealed, data_key FROM bank_accounts WHERE id = :id"),
            {"id": account_id},
        ).one()
    assert tuple(kept) == (None, None)
    purse.add("iban")


def test_one_account_is_the_first(purse: Purse) -> None:
    first, second = purse.ready("iban"), purse.ready("us_ach")

    with purse.work() as db:
        service.prefer(db, person_id=purse.person.id, account_id=second)

    assert (purse.look(first).is_primary, purse.look(second).is_primary) == (False, True)


def test_every_change_is_told_in_the_inbox_and_to_the_address_known_then(
    purse: Purse, run_jobs: Callable[[], None]
) -> None:
    account_id = purse.add("iban")
    with purse.work() as db:
        db.execute(
            text("UPDATE people SET email = 'thief@example.test' WHERE id = :id"),
            {"id": purse.person.id},
        )

    run_jobs()

    with purse.work() as db:
        (sent,) = mail.mailbox(db)
        codes = db.scalars(select(Message.code).where(Message.person_id == purse.person.id)).all()
        (line,) = audit.page(db, action="account.added").items
    assert sent.recipient == purse.person.email
    assert "IT •••• 3456" in sent.body
    assert NUMBERS["iban"]["iban"] not in sent.body
    assert codes == ["account_added"]
    assert line.object_id == str(account_id)
    assert line.after == {"account": "IT •••• 3456", "kind": "iban"}


def test_a_change_of_keys_reseals_accounts_too(purse: Purse) -> None:
    account_id = purse.add("iban")
    with purse.work() as db:
        safe.rotate(db)

    with purse.work() as db:
        moved = safe.rewrap(db)

    with purse.work() as db:
        assert moved >= 1
        assert safe.stale(db) == 0
        assert queries.unseal(db, queries.get_account(db, account_id)).fields == NUMBERS["iban"]


def test_a_number_that_several_people_gave_is_shown_to_whoever_decides(
    purse: Purse, work: Work
) -> None:
    with work() as db:
        other = give_person(db, name="Bo Lind")
    theirs = Purse(work, other)
    theirs.add("iban", holder="Ada Ferri")
    mine = purse.add("iban", holder="Ferri A.")

    purse.verify(mine)

    with work() as db:
        (line,) = queries.in_review(db)
    assert (line.account.id, line.shared_with) == (mine, 1)


def test_the_wall_keeps_accounts_from_other_tenants(purse: Purse, work: Work) -> None:
    account_id = purse.add("iban")

    with work(tenant=UUID(int=7)) as db:
        found = db.execute(
            text("SELECT count(*) FROM bank_accounts WHERE id = :id"), {"id": account_id}
        ).scalar_one()

    assert found == 0
