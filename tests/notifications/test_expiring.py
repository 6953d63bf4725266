"""Before a code expires its owner is warned: 30, 7 and 1 days before, once each, as the owner wishes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, time, timedelta
from uuid import UUID

import pytest

from app.notifications import expiring, queries, service
from app.notifications.core import NudgeKind
from app.people import mail
from app.people import queries as people
from app.people.models import Mail
from app.providers.vault import NewCode
from app.rewards import queries as bought
from app.rewards import service as rewards
from app.rewards.expiring import STEPS
from tests.conftest import NOON, Work
from tests.ledger.builders import give_available
from tests.people.builders import give_person, give_tenant
from tests.rewards.builders import FIFTY, Shop, offer_card

DAY = timedelta(days=1)
LAST_DAY = NOON.date() + 100 * DAY
NEVER = time(0)
CODE = "AAAA-BBBB"


@pytest.fixture
def shop(work: Work) -> Shop:
    """One person with 50 euros who is never quiet, and a card that ends in 100 days."""
    with work() as db:
        give_tenant(db)
        ada = give_person(db, "Ada", email="ada@lumera.example")
        give_available(db, ada.id, FIFTY.minor)
        db.expunge(ada)
        service.set_nudges(db, ada.id, muted=(), quiet_from=NEVER, quiet_to=NEVER)
        return Shop(work, ada, offer_card(db))


def deliver(shop: Shop, expires_on: date | None = LAST_DAY) -> None:
    """Have the person own a code that ends on a day."""
    with shop.work() as db:
        codes = [NewCode(CODE, pin="0000", expires_on=expires_on)]
        rewards.add_stock(db, shop.reward_id, money=FIFTY, codes=codes)
    order = shop.redeem()
    shop.advance(order)
    assert shop.state(order) == "captured"


def look(shop: Shop, days_left: int, *, at: timedelta = timedelta(0)) -> None:
    """Let the clock look so many days before the last one."""
    with shop.work(now=NOON + (100 - days_left) * DAY + at) as db:
        expiring.warn_due(db)


def told(shop: Shop) -> list[str]:
    with shop.work() as db:
        page = queries.inbox(db, shop.person.id, cursor=None, limit=100)
        return [message.code for message in page.items if message.code == "code_expires"]


def orders(shop: Shop) -> list[UUID]:
    with shop.work() as db:
        page = bought.page_of_redemptions(db, cursor=None, limit=9, person_id=shop.person.id)
        return [order.id for order in page.items]


def mails(shop: Shop) -> list[Mail]:
    with shop.work() as db:
        found = mail.mailbox(db)
        for one in found:
            db.expunge(one)
        return found


def wish(shop: Shop, *muted: NudgeKind, quiet_from: time = NEVER, quiet_to: time = NEVER) -> None:
    with shop.work() as db:
        service.set_nudges(
            db, shop.person.id, muted=muted, quiet_from=quiet_from, quiet_to=quiet_to
        )


@pytest.mark.parametrize(
    ("days_left", "count"), [(31, 0), (30, 1), (8, 1), (7, 1), (2, 1), (1, 1), (0, 1), (-1, 0)]
)
def test_a_warning_is_due_from_its_day_on(shop: Shop, days_left: int, count: int) -> None:
    deliver(shop)

    look(shop, days_left)

    assert len(told(shop)) == count


def test_each_warning_is_said_once_however_often_the_clock_looks(shop: Shop) -> None:
    deliver(shop)

    for days_left in (30, 29, 7, 7, 6, 1, 1, 0):
        look(shop, days_left)

    assert len(told(shop)) == len(STEPS)


def test_what_is_warned_of_names_the_reward_the_money_and_the_last_day(shop: Shop) -> None:
    deliver(shop)

    look(shop, 7)

    with shop.work() as db:
        message = queries.inbox(db, shop.person.id, cursor=None, limit=1).items[0]
    assert message.params == {
        "reward": "Bottega Nord",
        "money": {"amount": "50.00", "currency": "EUR"},
        "until": LAST_DAY.isoformat(),
    }
    assert message.link is not None
    assert message.link.startswith("/rewards/orders/")


def test_a_code_that_came_with_twenty_days_is_first_warned_of_at_seven(shop: Shop) -> None:
    deliver(shop, NOON.date() + 20 * DAY)

    look(shop, 100)
    early = told(shop)
    look(shop, 87)

    assert (len(early), len(told(shop))) == (0, 1)


def test_nobody_is_warned_of_a_code_that_does_not_end(shop: Shop) -> None:
    deliver(shop, None)

    look(shop, 1)

    assert told(shop) == []


def test_nobody_is_warned_of_what_they_have_used(shop: Shop) -> None:
    deliver(shop)
    (order,) = orders(shop)
    with shop.work() as db:
        rewards.mark_used(db, order, person_id=shop.person.id, is_used=True)

    look(shop, 7)
    used = told(shop)
    with shop.work() as db:
        rewards.mark_used(db, order, person_id=shop.person.id, is_used=False)
    look(shop, 7)

    assert (len(used), len(told(shop))) == (0, 1)


def test_a_warning_waits_for_the_end_of_quiet_hours(shop: Shop) -> None:
    deliver(shop)
    wish(shop, quiet_from=time(8), quiet_to=time(14))

    look(shop, 7)
    by_noon = told(shop)
    look(shop, 7, at=timedelta(hours=6))

    assert (len(by_noon), len(told(shop))) == (0, 1)


def test_who_silenced_the_warnings_gets_none_now_or_later(
    shop: Shop, run_jobs: Callable[[], None]
) -> None:
    deliver(shop)
    wish(shop, "code_expires", "code_expires_mail")

    look(shop, 7)
    wish(shop)
    look(shop, 6)
    run_jobs()

    assert told(shop) == []
    assert mails(shop) == []


def test_the_mail_names_the_last_day_and_leads_to_the_passkey_and_holds_no_code(
    shop: Shop, run_jobs: Callable[[], None]
) -> None:
    deliver(shop)
    (order,) = orders(shop)

    look(shop, 7)
    run_jobs()

    (sent,) = mails(shop)
    assert sent.recipient == "ada@lumera.example"
    assert "Bottega Nord" in sent.subject
    assert f"/rewards/orders/{order}" in sent.body
    assert CODE not in sent.subject + sent.body


def test_who_wants_no_mail_is_told_in_the_inbox_only(
    shop: Shop, run_jobs: Callable[[], None]
) -> None:
    deliver(shop)
    wish(shop, "code_expires_mail")

    look(shop, 7)
    run_jobs()

    assert len(told(shop)) == 1
    assert mails(shop) == []


@pytest.mark.parametrize("language", ["en", "it", "fr", "id"])
def test_every_language_has_its_mail(
    shop: Shop, run_jobs: Callable[[], None], language: str
) -> None:
    deliver(shop)
    with shop.work() as db:
        people.get_person(db, shop.person.id).language = language

    look(shop, 7)
    run_jobs()

    (sent,) = mails(shop)
    assert {word in sent.body for word in ("Ada", "50", "Bottega Nord")} == {True}
    assert "{" not in sent.subject + sent.body


@pytest.mark.parametrize(
    ("zone", "hours", "is_told"),
    [
        ("Asia/Jakarta", 12, True),
        ("America/Los_Angeles", 16, False),
        ("America/Los_Angeles", 22, True),
    ],
)
def test_days_before_the_last_one_are_those_of_the_company(
    shop: Shop, zone: str, hours: int, is_told: bool
) -> None:
    with shop.work() as db:
        people.get_tenant(db).zone = zone
    deliver(shop)

    look(shop, 31, at=timedelta(hours=hours))

    assert bool(told(shop)) == is_told
