"""When something below happened: who is told what."""

from __future__ import annotations

from collections import defaultdict
from typing import Any, Final
from uuid import UUID

from sqlalchemy.orm import Session

from app.activities.events import ClaimDecided, ClaimLogged
from app.contests import queries as contests
from app.contests import standings
from app.contests.core import money_won
from app.contests.events import ContestAmended, ContestFinal, ContestLaunched
from app.db.unit_of_work import work_of
from app.destinations.events import AccountChanged
from app.http.principal import Role
from app.http.shapes import MoneyShape
from app.kernel import clock
from app.kernel.money import Money
from app.notifications import notices, service
from app.notifications.service import EarningNote, Note
from app.people import queries as people
from app.people.events import InvitedAgain
from app.programs.events import EarningChange, EarningsChanged, ProgramAmended
from app.providers import accounts
from app.providers.bank_reasons import BEFORE_ANY_BANK, meaning_of
from app.recognition.events import BadgeChange, BadgesChanged
from app.rewards.events import NeedsAttention, ProviderPaused, RedemptionEnded, StockLow


def on_earnings_changed(db: Session, event: EarningsChanged) -> None:
    """Tell everybody what the batch brought or took, in one message a day; look for nudges later."""
    sums: dict[tuple[UUID, str, bool], list[EarningChange]] = defaultdict(list)
    for change in event.changes:
        if change.delta_minor:
            sums[change.person_id, change.currency, change.delta_minor < 0].append(change)
    now = work_of(db).now
    zones = people.zones(db, {person_id for person_id, _, _ in sums}, people.today(db))
    service.tell_earnings(
        db,
        [
            EarningNote(
                person_id=person_id,
                day=clock.day_in_zone(now, zones[person_id]),
                money=Money(sum(change.delta_minor for change in changes), currency),
                count=len(changes),
                program_id=changes[-1].program_id,
                component_id=changes[-1].component_id,
            )
            for (person_id, currency, _), changes in sums.items()
        ],
    )
    service.expect_nudges(db, zones)


def on_badges_changed(db: Session, event: BadgesChanged) -> None:
    """Tell of a badge that was won or taken back; of many targets of the past, only the latest."""
    latest: dict[tuple[UUID, str, bool], BadgeChange] = {}
    for change in sorted(event.changes, key=lambda one: str(one.params.get("period_start", ""))):
        latest[change.person_id, change.code, change.what == "revoked"] = change
    service.tell(db, [_badge_note(change) for change in latest.values()])


def _badge_note(change: BadgeChange) -> Note:
    params = {"badge": change.code, **change.params}
    if change.what == "revoked":
        params |= {"reason": "correction"}
        return Note(change.person_id, "badge", "badge_revoked", params, "correction", "/badges")
    return Note(change.person_id, "badge", "badge_won", params, None, "/badges")


def on_contest_launched(db: Session, event: ContestLaunched) -> None:
    """Tell everybody who takes part."""
    contest = contests.get_contest(db, event.contest_id)
    params = {"contest": contest.name, "ends_at": contest.ends_at.isoformat()}
    _tell_players(db, event.contest_id, "contest_started", params)


def on_contest_amended(db: Session, event: ContestAmended) -> None:
    """Tell everybody who takes part that sealed rules changed, and why."""
    contest = contests.get_contest(db, event.contest_id)
    reason = contests.amendments(db, event.contest_id)[event.number - 1].reason
    _tell_players(
        db, event.contest_id, "contest_amended", {"contest": contest.name, "reason": reason}
    )


def _tell_players(db: Session, contest_id: UUID, code: str, params: dict[str, Any]) -> None:
    contest = contests.get_contest(db, contest_id)
    link = f"/ranks?contest={contest_id}"
    service.tell(
        db,
        [
            Note(person_id, "result", code, params, None, link)
            for person_id in standings.keys_of(db, contest)
        ],
    )


def on_contest_final(db: Session, event: ContestFinal) -> None:
    """Tell everybody the own place, and the prize; whoever won money, that it is in the wallet."""
    contest = contests.get_contest(db, event.contest_id)
    notes = []
    for result in standings.results(db, contest):
        params = {
            "contest": contest.name,
            "place": result.place,
            "tied": result.tied,
            "prize": _prize(result.prize),
        }
        code, link = "contest_final", f"/ranks?contest={contest.id}"
        if (money := money_won(result.prize)) is not None:
            params["money"] = MoneyShape.model_validate(money).model_dump()
            code, link = "contest_won", f"/wallet/prizes/{contest.id}"
        notes.append(Note(result.person_id, "result", code, params, None, link))
    service.tell(db, notes)


def _prize(document: dict[str, Any] | None) -> Any:
    return document.get("text", document) if document else None


_ENDINGS = {"captured": "settled", "voided": "refused", "returned": "refused"}


def on_redemption_ended(db: Session, event: RedemptionEnded) -> None:
    """Tell that a reward is there, or that the money is back."""
    if event.kind == "bank_transfer":
        _tell_of_payout(db, event)
        return
    ending = _ENDINGS[event.state]
    if ending == "settled" and event.kind == "experience":
        ending = "confirmed"
    params: dict[str, Any] = {
        "reward": event.brand,
        "money": MoneyShape.model_validate(event.money).model_dump(),
    }
    if ending == "refused":
        params["reason"] = event.reason or ""
    link = f"/rewards/orders/{event.redemption_id}"
    service.tell(
        db,
        [Note(event.person_id, "redemption", f"redemption_{ending}", params, None, link)],
    )
    if event.state == "captured":
        notices.announce(db, event.redemption_id)


_PAYOUTS = {"captured": "paid", "voided": "refused", "returned": "returned"}


def _tell_of_payout(db: Session, event: RedemptionEnded) -> None:
    """Tell that money left for the bank, or came back: before it left, with a refusal, or weeks later."""
    money = MoneyShape.model_validate(event.money).model_dump()
    meaning = meaning_of(event.reason or "", currency=event.money.currency)
    is_ours = event.state == "voided" and meaning in BEFORE_ANY_BANK
    code = "payout_stopped" if is_ours else f"payout_{_PAYOUTS[event.state]}"
    link = f"/wallet/payouts/{event.redemption_id}"
    params = {"reward": event.brand, "money": money}
    service.tell(db, [Note(event.person_id, "redemption", code, params, None, link)])


ORDERS_QUEUE: Final = "/console/payouts"
ACCOUNTS: Final = "/console/payouts/providers"
STOCK: Final = "/console/rewards"
CLAIMS: Final = "/console/claims"
LEVELS: Final = 20
"""So far up the next manager is looked for: sub-agents sell under agents, who verify nothing."""


def on_needs_attention(db: Session, _event: NeedsAttention) -> None:
    """Tell those who handle money that orders wait for a person: one message a day, with their number."""
    service.tell_counted(
        db,
        people.people_with_role(db, Role.FINANCE),
        kind="reply",
        code="orders_need_person",
        link=ORDERS_QUEUE,
        day=people.today(db),
    )


def on_provider_paused(db: Session, event: ProviderPaused) -> None:
    """Tell those who handle money that a provider turns us away, and why: its orders wait for them."""
    params = {"account": accounts.get(db, event.account_id).label, "reason": event.reason}
    service.tell(
        db,
        [
            Note(person_id, "reply", "provider_paused", params, None, ACCOUNTS)
            for person_id in people.people_with_role(db, Role.FINANCE)
        ],
    )


def on_stock_low(db: Session, event: StockLow) -> None:
    """Tell those who keep the store that codes run out: once a stock and day, with what is left."""
    keepers = {
        person_id
        for role in (Role.FINANCE, Role.PROGRAM_ADMIN)
        for person_id in people.people_with_role(db, role)
    }
    money = MoneyShape.model_validate(event.money).model_dump()
    service.tell_counted(
        db,
        keepers,
        kind="reply",
        code="stock_low",
        link=STOCK,
        day=people.today(db),
        about=f"{event.reward_id}:{event.money.minor}",
        params={"reward": event.brand, "money": money, "left": event.left},
    )


def on_claim_logged(db: Session, event: ClaimLogged) -> None:
    """Tell the nearest manager above that a sale waits: one message, until it is read, with their number."""
    above = people.managers_of(db, [event.person_id], people.today(db), LEVELS)[event.person_id]
    managers = set(people.people_with_role(db, Role.MANAGER))
    nearest = next((person_id for person_id in above if person_id in managers), None)
    if nearest is not None:
        service.tell_counted(db, [nearest], kind="reply", code="claim_waits", link=CLAIMS)


def on_claim_decided(db: Session, event: ClaimDecided) -> None:
    """Answer who logged the sale."""
    params: dict[str, Any] = {
        "product": event.product,
        "customer_reference": event.customer_reference,
    }
    if event.state == "refused":
        params["reason"] = event.reason or ""
    service.tell(db, [Note(event.person_id, "reply", f"claim_{event.state}", params, None, "/log")])


def on_account_changed(db: Session, event: AccountChanged) -> None:
    """Tell that where one's money goes changed, also when one did it oneself: it may have been another."""
    params: dict[str, Any] = {"account": event.label}
    if event.what == "confirmed" and event.usable_from is not None:
        params["usable_from"] = event.usable_from.isoformat()
    link = "/wallet/accounts"
    service.tell(
        db,
        [Note(event.person_id, "redemption", f"account_{event.what}", params, None, link)],
    )


def on_invited_again(db: Session, event: InvitedAgain) -> None:
    """Tell who has a passkey that somebody made a link to another: whoever opens it is them."""
    service.tell(db, [Note(event.person_id, "reply", "invited_again", {}, None, "/profile")])


def on_program_amended(db: Session, event: ProgramAmended) -> None:
    """Tell those whose pay another version changes: from when, why, and by how much."""
    service.tell(
        db,
        [
            Note(
                person_id,
                "earning",
                "program_amended",
                {
                    "program": event.name,
                    "from": event.from_on.isoformat(),
                    "reason": event.reason,
                    "money": MoneyShape.model_validate(Money(minor, event.currency)).model_dump(),
                },
                "amendment",
                "/earnings",
            )
            for person_id, minor in event.differences
        ],
    )
