"""A step of a bank account: taken only where it may follow, written down, and told to its owner."""

from __future__ import annotations

from sqlalchemy.orm import Session

from app.audit import service as audit
from app.db.unit_of_work import record, work_of
from app.destinations import notices
from app.destinations.core import Change, State, may_follow
from app.destinations.events import AccountChanged
from app.destinations.models import BankAccount
from app.live import bus, rooms
from app.live.events import AccountMoved


def move(db: Session, account: BankAccount, state: State) -> None:
    """Take an account to `state` and let its owner's phone know; a step that may not follow is a bug."""
    before = State(account.state)
    if not may_follow(before, state):
        raise RuntimeError(f"An account does not go from {before} to {state}.")
    account.state, account.moved_at = state, work_of(db).now
    account.is_primary = account.is_primary and state == State.ACTIVE
    room = rooms.person(account.tenant_id, account.person_id)
    bus.publish(db, room, AccountMoved(account_id=account.id, state=state.value))


def tell(db: Session, account: BankAccount, what: Change) -> None:
    """Write a change down, masked, and tell its owner; what a thief would do is told by mail, too."""
    audit.record(
        db,
        action=f"account.{what}",
        object_kind="account",
        object_id=account.id,
        after={"account": account.label, "kind": account.kind},
    )
    record(
        db,
        AccountChanged(account.person_id, account.id, what, account.label, account.usable_from),
    )
    if what in notices.MAILED:
        notices.send(db, account, what)
