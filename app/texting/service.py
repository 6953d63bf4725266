"""Sending texts: each leaves once or not at all, and nobody guesses when it is not known which.

A worker claims a text in a transaction of its own, hands it over, and notes what was said in another. What
certainly did not leave is tried again with growing pauses. What may have left is not: the gateway knows no
key by which it would see a repetition. News of the gateway settle it when they come.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.db.unit_of_work import tenant_of, work_of
from app.jobs.queue import tenant_transaction
from app.kernel.errors import NotFound
from app.kernel.ids import new_id
from app.settings import Settings
from app.texting import core
from app.texting.contract import Accepted, Gateway, NotNow, Refused, Said, Silent, Text
from app.texting.core import State
from app.texting.models import TextMessage
from app.texting.twilio import Twilio

log = structlog.get_logger(__name__)

PAUSES: Final = tuple(timedelta(seconds=seconds) for seconds in (5, 30, 120, 600, 3600))
"""How often, and how long apart, what certainly did not leave is tried again."""
LONGEST: Final = timedelta(hours=6)
"""No gateway makes us wait longer."""
NEWS: Final = "/api/v1/texts/{tenant_id}/{text_id}/status"


@dataclass(frozen=True, slots=True)
class Written:
    """What a text says, and to which number (E.164)."""

    to: str
    body: str


Compose = Callable[[Session], Written | None]
"""Writes a text at the moment it leaves; None when there is nothing to say any more."""
Again = Callable[[Session, datetime], None]
"""Enqueues the caller's job once more, for then."""


@dataclass(slots=True)
class _Post:
    gateway: Gateway | None = None
    public_url: str = ""
    keeps_words: bool = False


_post = _Post()


def connect(settings: Settings) -> None:
    """Say once, at start, how texts leave this installation."""
    _post.gateway = Twilio(settings.sms) if settings.sms else None
    _post.public_url = settings.public_url
    _post.keeps_words = settings.is_demo


def is_offered() -> bool:
    """Whether texts can leave this installation at all."""
    return _post.gateway is not None


def put(db: Session, *, purpose: str, shown: str) -> UUID:
    """Write down that a text is to leave to somebody of whose number `shown` may be read."""
    text = TextMessage(
        tenant_id=tenant_of(db),
        id=new_id(),
        purpose=purpose,
        recipient=shown,
        state=State.QUEUED,
        queued_at=work_of(db).now,
    )
    db.add(text)
    db.flush()
    return text.id


def send(tenant_id: UUID, text_id: UUID, *, compose: Compose, again: Again) -> None:
    """Send a text that was put; call it from a job, with no transaction open."""
    gateway = _post.gateway
    with tenant_transaction(tenant_id) as db:
        text = _claim(db, text_id, compose, gateway)
    if text is None or gateway is None:
        return
    said = gateway.send(text)
    with tenant_transaction(tenant_id) as db:
        _note(db, _locked(db, text_id), said, again)


def _claim(db: Session, text_id: UUID, compose: Compose, gateway: Gateway | None) -> Text | None:
    row = _locked(db, text_id)
    if row.state == State.SENDING:
        # Whoever claimed it died before it could say what became of it.
        _settle(db, row, State.UNKNOWN, "interrupted")
        return None
    if row.state != State.QUEUED:
        return None
    written = compose(db)
    if written is None:
        _settle(db, row, State.DROPPED, None)
        return None
    if gateway is None:
        log.error("text_not_sent", reason="SMS_ACCOUNT is not set")
        _settle(db, row, State.FAILED, "no_gateway")
        return None
    row.state, row.tries = State.SENDING, row.tries + 1
    row.segments = core.measure(written.body).segments
    row.body = written.body if _post.keeps_words else None
    db.flush()
    return Text(written.to, written.body, _news_to(row, gateway))


def _news_to(row: TextMessage, gateway: Gateway) -> str | None:
    # A gateway on the internet takes no address that only this machine knows.
    if not gateway.is_near and not _post.public_url.startswith("https://"):
        return None
    return news_address(row.tenant_id, row.id)


def news_address(tenant_id: UUID, text_id: UUID) -> str:
    """Return where the gateway tells what becomes of a text: what it signs begins with it."""
    return _post.public_url + NEWS.format(tenant_id=tenant_id, text_id=text_id)


def _note(db: Session, row: TextMessage, said: Said, again: Again) -> None:
    match said:
        case Accepted(reference, state):
            row.reference = reference
            _hear(db, row, state, None)
        case Refused(code):
            _settle(db, row, State.FAILED, code)
        case Silent(reason):
            _doubt(db, row, reason)
        case NotNow(reason, wait):
            _put_off(db, row, reason, wait, again)
    db.flush()


def _doubt(db: Session, row: TextMessage, reason: str) -> None:
    if row.state == State.SENDING:
        _settle(db, row, State.UNKNOWN, reason)


def _put_off(db: Session, row: TextMessage, reason: str, wait: int | None, again: Again) -> None:
    if row.state != State.SENDING:
        return
    if row.tries > len(PAUSES):
        _settle(db, row, State.FAILED, reason)
        return
    log.warning("text_put_off", text=str(row.id), reason=reason, tries=row.tries)
    pause = max(PAUSES[row.tries - 1], min(timedelta(seconds=wait or 0), LONGEST))
    row.state, row.reason = State.QUEUED, reason
    db.flush()
    again(db, work_of(db).now + pause)


def hear(
    db: Session,
    text_id: UUID,
    headers: Mapping[str, str],
    form: Sequence[tuple[str, str]],
) -> None:
    """Take in news of a text; raise NotGenuine when they are not the gateway's, NotFound for no text of ours."""
    gateway = _post.gateway
    if gateway is None:
        raise NotFound("There is nothing here.")
    news = gateway.hear(news_address(tenant_of(db), text_id), headers, form)
    row = _locked(db, text_id)
    if news is None or row.reference not in (None, news.reference):
        return
    row.reference = news.reference
    _hear(db, row, news.state, news.code)
    db.flush()


def _hear(db: Session, row: TextMessage, said: State, code: str | None) -> None:
    known, row.state = row.state, core.after(State(row.state), said)
    if row.state == known:
        return
    row.sent_at = row.sent_at or work_of(db).now
    row.reason = code
    _settle(db, row, State(row.state), code)


def _settle(db: Session, row: TextMessage, state: State, reason: str | None) -> None:
    row.state, row.reason = state, reason
    row.ended_at = work_of(db).now if state != State.SENT else None
    db.flush()
    audit.record(
        db,
        action=f"text.{state}",
        object_kind="text",
        object_id=row.id,
        after={
            "purpose": row.purpose,
            "recipient": row.recipient,
            "segments": row.segments,
            "reason": reason,
        },
    )


def _locked(db: Session, text_id: UUID) -> TextMessage:
    found = db.execute(
        select(TextMessage)
        .where(TextMessage.tenant_id == tenant_of(db), TextMessage.id == text_id)
        .with_for_update()
    ).scalar_one_or_none()
    if found is None:
        raise NotFound("There is no such text.")
    return found
