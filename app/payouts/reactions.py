"""When something below happened."""

from __future__ import annotations

from sqlalchemy.orm import Session

from app.payouts import collecting, queues
from app.programs.events import EarningsChanged
from app.rewards.events import RedemptionEnded


def on_earnings_changed(db: Session, event: EarningsChanged) -> None:
    """Put payments of a written file before finance, before it leaves, when what they pay was taken back."""
    cut = {change.person_id for change in event.changes if change.delta_minor < 0}
    if cut:
        queues.look_at_people(db, cut)


def on_redemption_ended(db: Session, event: RedemptionEnded) -> None:
    """Let no payment go on whose order people have decided on; raise NotNow where a file holds it already."""
    if event.kind == "bank_transfer" and event.state != "returned":
        collecting.let_go(db, event.redemption_id, is_paid=event.state == "captured")
