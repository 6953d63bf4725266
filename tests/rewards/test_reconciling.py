"""Our books beside a provider's: what does not agree is found, kept, told, and closed when it agrees."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit.models import AuditRecord
from app.http.principal import Role
from app.kernel.errors import NotFound
from app.kernel.ids import new_id
from app.kernel.money import Money
from app.live import rooms
from app.live.events import OrderWaits
from app.people.models import Person
from app.providers import reconciliation
from app.providers.contract import Accepted, Finding, Placed, Refused, Reversed, Settled, Unknown
from app.providers.reconciliation import Kind, Ours
from app.providers.registry import Contact
from app.providers.wire import BadReply
from app.rewards import finance_queries, queries, reconciling, saga, verdicts
from app.rewards.core import State
from app.rewards.errors import NotStuck, SameEyes, VerdictWaits
from tests.conftest import NOON, Work
from tests.people.builders import give_person
from tests.rewards.builders import FIFTY
from tests.rewards.scripted import Outside, Scripted, open_outside

DONE = Settled("r-1", FIFTY)
LATER = NOON + timedelta(hours=2)
AT = NOON + timedelta(minutes=1)


class Books(Scripted):
    """A provider that shows its own books."""

    def __init__(
        self, *rows: Placed, balance: Mapping[str, int] | None = None, cut: bool = False
    ) -> None:
        super().__init__()
        self.rows, self.left, self.cut = rows, balance, cut

    def history(self, since: datetime) -> Iterable[Placed]:
        yield from (row for row in self.rows if row.placed_at >= since)
        if self.cut:
            raise BadReply("The list could not be had whole.")

    def balance(self) -> Mapping[str, int] | None:
        return self.left


def compare(outside: Outside, theirs: Books, *, now: datetime = LATER) -> list[str]:
    """Compare, and return the kinds of what is open then."""
    reconciling.run(
        lambda: outside.shop.work(now=now),
        outside.account_id,
        reach=lambda *_who: Contact(theirs),
    )
    with outside.shop.work(now=now) as db:
        return [str(row.kind) for row in finance_queries.findings(db, is_open=True)]


def key_of(outside: Outside, order: UUID) -> str:
    with outside.shop.work() as db:
        return queries.last_attempt(db, order).key


def delivered(outside: Outside) -> tuple[UUID, str]:
    order = outside.shop.redeem()
    outside.shop.advance(order, provider=Scripted(DONE))
    return order, key_of(outside, order)


def placed(
    key: str, finding: object = DONE, money: Money = FIFTY, reference: str = "r-1"
) -> Placed:
    return Placed(key, reference, money, AT, finding)  # type: ignore[arg-type]


@dataclass
class Listener:
    """Somebody at the desk, and which orders they were told of; opens the work of others."""

    outside: Outside
    person: Person
    told: list[UUID] = field(default_factory=list)

    @contextmanager
    def work(self) -> Iterator[Session]:
        """Open a transaction and keep what it tells the person once it has committed."""
        room = rooms.person(self.person.tenant_id, self.person.id)
        with self.outside.shop.work(now=LATER) as db:
            yield db
            letters = db.info.get("laurel.letters", [])
        self.told += [
            push.redemption_id
            for where, push in letters
            if where == room and isinstance(push, OrderWaits)
        ]


@pytest.fixture
def listener(work: Work) -> Listener:
    """Somebody of finance, who looks at the queue."""
    outside = open_outside(work)
    with work() as db:
        return Listener(outside, give_person(db, name="Fin", roles=[Role.FINANCE]))


def test_the_desk_is_told_of_an_order_that_nobody_can_tell_and_of_every_new_try(
    listener: Listener,
) -> None:
    order = listener.outside.shop.redeem()
    saga.advance(listener.work, order, hint=False, reach=said(Unknown("timeout")))
    came = len(listener.told)
    saga.advance(listener.work, order, hint=True, reach=said(Unknown("timeout")))
    tried = len(listener.told)
    saga.advance(listener.work, order, hint=True, reach=said(DONE))

    assert 0 < came < tried < len(listener.told)
    assert set(listener.told) == {order}


def test_the_desk_is_told_of_a_new_try_also_when_a_person_has_the_order(
    listener: Listener,
) -> None:
    order = listener.outside.shop.redeem()
    saga.advance(listener.work, order, hint=False, reach=said(Unknown("refund_failed")))
    listener.told.clear()

    saga.advance(listener.work, order, hint=True, reach=said(Unknown("timeout")))

    assert listener.told == [order]


def test_the_desk_is_told_what_others_say_of_a_stuck_order(listener: Listener) -> None:
    order = listener.outside.shop.redeem()
    saga.advance(listener.work, order, hint=False, reach=said(Unknown("timeout")))
    listener.told.clear()

    with listener.work() as db:
        row = verdicts.propose(db, order, by=new_id(), verdict="settled", evidence="Their mail.")
        verdict_id = row.id
    with listener.work() as db:
        verdicts.drop(db, order, verdict_id)

    assert listener.told == [order, order]


def test_an_order_that_goes_its_way_is_no_matter_of_the_desk(listener: Listener) -> None:
    order = listener.outside.shop.redeem()
    saga.advance(listener.work, order, hint=False, reach=said(DONE))

    assert listener.told == []


def test_a_verdict_that_is_dropped_is_written_down(listener: Listener) -> None:
    order = listener.outside.shop.redeem()
    saga.advance(listener.work, order, hint=False, reach=said(Unknown("timeout")))
    with listener.work() as db:
        row = verdicts.propose(db, order, by=new_id(), verdict="refused", evidence="No trace.")
        verdicts.drop(db, order, row.id)

    with listener.work() as db:
        actions = db.scalars(select(AuditRecord.action).where(AuditRecord.object_id == str(order)))
        assert "redemption.verdict_dropped" in set(actions)


def said(finding: Finding) -> saga.Reach:
    """Reach a provider that says this."""
    return lambda *_who: Contact(Scripted(finding))


def test_books_that_agree_leave_nothing_open(work: Work) -> None:
    outside = open_outside(work)
    _, key = delivered(outside)

    assert compare(outside, Books(placed(key))) == []


def test_money_that_only_the_provider_knows_of_is_found(work: Work) -> None:
    outside = open_outside(work)

    assert compare(outside, Books(placed("never-ours"))) == [Kind.THEIRS_ONLY]


def test_what_only_we_think_was_delivered_is_found_once_it_is_not_young(work: Work) -> None:
    outside = open_outside(work)
    delivered(outside)

    assert compare(outside, Books(), now=NOON + timedelta(minutes=14)) == []
    assert compare(outside, Books()) == [Kind.OURS_ONLY]


def test_another_amount_is_found(work: Work) -> None:
    outside = open_outside(work)
    _, key = delivered(outside)

    assert compare(outside, Books(placed(key, money=Money(5_100, "EUR")))) == [Kind.AMOUNT_DIFFERS]


def test_a_second_order_under_one_key_is_found(work: Work) -> None:
    outside = open_outside(work)
    _, key = delivered(outside)

    twice = Books(placed(key), placed(key, reference="r-2"))

    assert compare(outside, twice) == [Kind.DUPLICATED]


def test_what_we_gave_back_and_they_delivered_is_found(work: Work) -> None:
    outside = open_outside(work)
    order = outside.shop.redeem()
    outside.shop.advance(order, provider=Scripted(Refused("no")))

    assert compare(outside, Books(placed(key_of(outside, order)))) == [Kind.STATE_DIFFERS]


def test_what_is_explained_meanwhile_is_closed_by_itself(work: Work) -> None:
    outside = open_outside(work)
    _, key = delivered(outside)
    compare(outside, Books())

    assert compare(outside, Books(placed(key))) == []
    with work() as db:
        (closed,) = finance_queries.findings(db, is_open=False)
        assert closed.note == "agrees_again"


def test_the_same_finding_is_kept_once(work: Work) -> None:
    outside = open_outside(work)

    compare(outside, Books(placed("never-ours")))

    assert compare(outside, Books(placed("never-ours"))) == [Kind.THEIRS_ONLY]


def test_half_a_history_is_no_history(work: Work) -> None:
    outside = open_outside(work)
    delivered(outside)

    assert compare(outside, Books(cut=True)) == []
    with work() as db:
        (row,) = finance_queries.reconciliations(db, outside.account_id)
        assert row.state == "unreadable"


def test_news_in_the_books_of_a_provider_lead_to_a_lookup(work: Work, run_jobs: object) -> None:
    news = reconciliation.compare(
        [
            Ours("open", FIFTY, "open", NOON),
            Ours("back", FIFTY, "delivered", NOON),
            Ours("same", FIFTY, "delivered", NOON),
            Ours("busy", FIFTY, "open", NOON),
        ],
        [
            placed("open"),
            placed("back", Reversed("r-1", "x")),
            placed("same"),
            placed("busy", Accepted("r")),
        ],
        settled_before=LATER,
    ).news

    assert news == ("open", "back")


def test_money_missing_from_a_balance_is_found_and_stays_until_somebody_explains_it(
    work: Work,
) -> None:
    outside = open_outside(work)
    assert compare(outside, Books(balance={"EUR": 100_000})) == []
    _, key = delivered(outside)
    assert compare(outside, Books(placed(key), balance={"EUR": 95_000})) == []

    missing = Books(placed(key), balance={"EUR": 94_999})
    assert compare(outside, missing) == [Kind.BALANCE_DIFFERS]
    assert compare(outside, missing) == [Kind.BALANCE_DIFFERS]

    with work() as db:
        (row,) = finance_queries.findings(db, is_open=True)
        reconciling.explain(db, row.id, by=new_id(), note="A fee of theirs.")
    assert compare(outside, missing) == [Kind.BALANCE_DIFFERS]
    with work() as db:
        reconciling.agree(db, row.id, by=new_id())
    assert compare(outside, missing) == []


def explained(outside: Outside, by: UUID) -> UUID:
    """Have somebody explain money that only the provider knows of."""
    compare(outside, Books(placed("never-ours")))
    with outside.shop.work() as db:
        (row,) = finance_queries.findings(db, is_open=True)
        reconciling.explain(db, row.id, by=by, note="Ordered by hand.")
        return row.id


def test_nobody_agrees_with_an_explanation_of_their_own(work: Work) -> None:
    outside, who = open_outside(work), new_id()
    finding_id = explained(outside, who)

    with work() as db, pytest.raises(SameEyes):
        reconciling.agree(db, finding_id, by=who)


def test_a_finding_is_explained_once_at_a_time(work: Work) -> None:
    outside = open_outside(work)
    finding_id = explained(outside, new_id())

    with work() as db, pytest.raises(VerdictWaits):
        reconciling.explain(db, finding_id, by=new_id(), note="No: a test.")


def test_an_explanation_that_somebody_refuses_leaves_the_finding_open(work: Work) -> None:
    outside = open_outside(work)
    finding_id = explained(outside, new_id())

    with work() as db:
        reconciling.disagree(db, finding_id)

    with work() as db:
        (row,) = finance_queries.findings(db, is_open=True)
        assert (row.explained_by, row.note) == (None, None)
        with pytest.raises(NotFound):
            reconciling.agree(db, finding_id, by=new_id())


def test_what_two_people_have_explained_is_not_asked_about_again(work: Work) -> None:
    outside = open_outside(work)
    finding_id = explained(outside, new_id())
    with work() as db:
        reconciling.agree(db, finding_id, by=new_id())

    assert compare(outside, Books(placed("never-ours"))) == []


def test_what_is_paid_in_is_no_difference(work: Work) -> None:
    outside = open_outside(work)
    compare(outside, Books(balance={"EUR": 100}))

    assert compare(outside, Books(balance={"EUR": 50_100})) == []


def test_what_a_provider_has_taken_for_an_order_under_way_is_not_missing(work: Work) -> None:
    outside = open_outside(work)
    compare(outside, Books(balance={"EUR": 100_000}))
    order = outside.shop.redeem()
    outside.shop.advance(order, provider=Scripted(Unknown("timeout")))

    taken = Books(placed(key_of(outside, order)), balance={"EUR": 95_000})

    assert compare(outside, taken) == []


def stuck(work: Work) -> tuple[Outside, UUID]:
    outside = open_outside(work)
    order = outside.shop.redeem()
    outside.shop.advance(order, provider=Scripted(Unknown("refund_failed")))
    return outside, order


def test_what_no_lookup_will_change_goes_to_a_person_at_once(work: Work) -> None:
    outside, order = stuck(work)

    assert outside.shop.state(order) == State.MANUAL
    with work() as db:
        (line,) = finance_queries.stuck(db, "manual")
        assert (line.id, line.reason, line.money) == (order, "refund_failed", FIFTY)


@pytest.mark.parametrize(
    ("verdict", "state", "purse"),
    [
        ("settled", State.CAPTURED, {"available": 5_000, "paid": 5_000}),
        ("refused", State.VOIDED, {"available": 10_000}),
    ],
)
def test_two_people_decide_what_no_machine_can_tell(
    work: Work, verdict: verdicts.Verdict, state: State, purse: dict[str, int]
) -> None:
    outside, order = stuck(work)
    with work() as db:
        said = verdicts.propose(db, order, by=new_id(), verdict=verdict, evidence="Their mail.").id
    assert outside.shop.state(order) == State.MANUAL

    with work() as db:
        verdicts.approve(db, order, said, by=new_id())

    assert outside.shop.state(order) == state
    assert outside.shop.purse() == purse


def test_nobody_agrees_with_themselves(work: Work) -> None:
    _, order = stuck(work)
    me = new_id()
    with work() as db:
        said = verdicts.propose(db, order, by=me, verdict="refused", evidence="Their mail.").id

    with pytest.raises(SameEyes), work() as db:
        verdicts.approve(db, order, said, by=me)


def test_one_verdict_at_a_time_and_only_about_what_is_stuck(work: Work) -> None:
    _, order = stuck(work)
    with work() as db:
        said = verdicts.propose(db, order, by=new_id(), verdict="refused", evidence="Mail.").id
    with pytest.raises(VerdictWaits), work() as db:
        verdicts.propose(db, order, by=new_id(), verdict="settled", evidence="Mail.")
    with work() as db:
        verdicts.drop(db, order, said)
        said = verdicts.propose(db, order, by=new_id(), verdict="refused", evidence="Mail.").id
        verdicts.approve(db, order, said, by=new_id())

    with pytest.raises(NotStuck), work() as db:
        verdicts.propose(db, order, by=new_id(), verdict="settled", evidence="Mail.")
    with pytest.raises(NotStuck), work() as db:
        verdicts.look_again(db, order)


def test_a_verdict_about_what_was_decided_meanwhile_moves_nothing(work: Work) -> None:
    outside = open_outside(work)
    order = outside.shop.redeem()
    provider = Scripted(Unknown("timeout"), DONE)
    outside.shop.advance(order, provider=provider)
    with work() as db:
        said = verdicts.propose(db, order, by=new_id(), verdict="refused", evidence="Mail.").id
    outside.shop.advance(order, provider=provider, now=NOON + timedelta(seconds=5))

    with work() as db:
        assert verdicts.approve(db, order, said, by=new_id()).was_dropped

    assert outside.shop.state(order) == State.CAPTURED
