"""When something below happened."""

from __future__ import annotations

from sqlalchemy.orm import Session

from app.payouts import queues
from app.programs.events import EarningsChanged


def on_earnings_changed(db: Session, event: EarningsChanged) -> None:
    """Put payments of a written file before finance, before it leaves, when what they pay was taken back."""
    cut = {change.person_id for change in event.changes if change.delta_minor < 0}
    if cut:
        queues.look_at_people(db, cut)
