"""Nobody is paid twice: by a file that was given up and got out after all, or for a payment that people decided on."""

from __future__ import annotations

from typing import Literal

import pytest

from app.payouts import queues
from app.payouts.errors import NotNow
from app.payouts.files.answers import Answer, Named, Outcome, Verdict, Whole
from app.payouts.models import PayoutDiscrepancy, PayoutLine
from app.rewards import moves, verdicts
from app.rewards import queries as rewards
from tests.payouts.desk import Desk


def of(line: PayoutLine, outcome: Outcome) -> Answer:
    return Answer("pain.002", named=(Named(line.reference, Verdict(outcome)),))


@pytest.mark.parametrize("outcome", ["accepted", "settled"])
def test_a_bank_that_got_a_file_which_was_given_up_is_noticed_before_it_pays_twice(
    desk: Desk, outcome: Outcome
) -> None:
    desk.order()
    given_up = desk.prepare()
    desk.approve(given_up)
    desk.download(given_up)
    (old,) = desk.lines(given_up)
    successor = desk.void(given_up)
    (line,) = desk.lines(successor)

    heard = desk.say(of(old, outcome))

    assert (heard.matched, heard.unmatched) == (0, 1)
    assert [(one.line_id, one.kind) for one in wrong_in(desk)] == [(line.id, "bank_has_it")]
    assert desk.states() == ["accepted"]


def test_so_is_one_that_speaks_of_the_given_up_file_as_a_whole(desk: Desk) -> None:
    desk.order()
    given_up = desk.prepare()
    desk.approve(given_up)
    desk.download(given_up)
    message_id = desk.batch().message_id
    assert message_id is not None
    successor = desk.void(given_up)
    (line,) = desk.lines(successor)

    desk.say(Answer("pain.002", wholes=(Whole(message_id, Verdict("settled")),)))

    assert [(one.line_id, one.kind) for one in wrong_in(desk)] == [(line.id, "bank_has_it")]


def test_a_bank_that_refuses_a_file_which_was_given_up_says_nothing_new(desk: Desk) -> None:
    desk.order()
    given_up = desk.prepare()
    desk.approve(given_up)
    desk.download(given_up)
    (old,) = desk.lines(given_up)
    desk.void(given_up)

    desk.say(of(old, "refused"))

    assert wrong_in(desk) == []
    assert desk.states() == ["accepted"]


def wrong_in(desk: Desk) -> list[PayoutDiscrepancy]:
    with desk.work() as db:
        found = queues.open_ones(db)
        db.expunge_all()
        return found


def verdict(desk: Desk, said: Literal["settled", "refused"]) -> None:
    """Have two people decide on an order of which no worker has come back."""
    with desk.work() as db:
        redemption = rewards.get_redemption(db, desk.orders[0], lock=True)
        moves.needs_attention(db, redemption, rewards.live_attempt(db, redemption.id), "unheard")
        row = verdicts.propose(
            db, redemption.id, by=desk.preparer.id, verdict=said, evidence="Their mail."
        )
        verdict_id = row.id
    with desk.work() as db:
        verdicts.approve(db, desk.orders[0], verdict_id, by=desk.approver.id)


def test_a_payment_that_two_people_call_unpaid_leaves_the_batch_that_still_collects(
    desk: Desk,
) -> None:
    desk.order(minor=10_000)

    verdict(desk, "refused")

    assert [line.state for line in desk.lines(desk.batch().id)] == ["withdrawn"]
    assert desk.states() == ["voided"]


@pytest.mark.parametrize("said", ["settled", "refused"])
def test_nobody_can_call_a_payment_paid_or_unpaid_that_stands_in_a_file(
    desk: Desk, said: Literal["settled", "refused"]
) -> None:
    desk.order()
    desk.prepare()

    with pytest.raises(NotNow):
        verdict(desk, said)

    assert desk.states() == ["manual"]
