"""A person's own mobile number: asked for, proven with a code sent there, changed, removed.

A number that was not proven is sent nothing but its code. The code is made when its text leaves and kept as
a slow hash; five tries, ten minutes, five codes an hour.
"""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.db.unit_of_work import tenant_of, work_of
from app.jobs.queue import enqueue, job
from app.kernel.errors import Conflict, Invalid, Problem, TooManyRequests
from app.people import branding, codes, mail, phone_core, phone_words, queries
from app.people.phone_models import PhoneCode, PhoneNumber
from app.settings import SmsSettings
from app.texting import core as texts
from app.texting import queries as texting_queries
from app.texting import service as texting
from app.texting.service import Written

PAUSE: Final = timedelta(seconds=30)
"""Before another code is sent: the first one may still be on its way."""
_HOUR: Final = timedelta(hours=1)
_NOTHING: Final = bytes(16)


class TextsNotSent(Conflict):
    """The operator has connected no gateway for texts."""

    code = "texts_not_sent"
    title = "No texts are sent here"


class NumberNotProven(Conflict):
    """The code is wrong, used, or too old; which of them is not said."""

    code = "code_refused"
    title = "That code did not work"


@dataclass(frozen=True, slots=True)
class Waiting:
    """A number that waits for its code. `text`: what is known of the text that carries it."""

    number: str
    text: str
    expires_at: datetime
    again_at: datetime
    tries_left: int


@dataclass(frozen=True, slots=True)
class Phone:
    """What a person is told about their own number, most of which is left out."""

    is_offered: bool
    number: str | None
    proven_at: datetime | None
    waiting: Waiting | None


def find_number(db: Session, person_id: UUID) -> PhoneNumber | None:
    """Return the number that somebody has proven, if any."""
    return db.scalar(
        select(PhoneNumber).where(
            PhoneNumber.tenant_id == tenant_of(db), PhoneNumber.person_id == person_id
        )
    )


def describe(db: Session, person_id: UUID) -> Phone:
    """Return what a person is told about their own number."""
    known, asked = find_number(db, person_id), _find_code(db, person_id)
    return Phone(
        is_offered=texting.is_offered(),
        number=phone_core.mask_number(known.number) if known else None,
        proven_at=known.proven_at if known else None,
        waiting=_waiting(db, asked) if asked else None,
    )


def _waiting(db: Session, asked: PhoneCode) -> Waiting | None:
    if asked.expires_at < work_of(db).now or asked.attempts >= codes.ATTEMPTS:
        return None
    return Waiting(
        number=phone_core.spelled(asked.number),
        text=texting_queries.texts(db, [asked.text_id])[asked.text_id].state,
        expires_at=asked.expires_at,
        again_at=_again_at(asked, work_of(db).now),
        tries_left=codes.ATTEMPTS - asked.attempts,
    )


def waiting_number(db: Session, person_id: UUID) -> str | None:
    """Return the number (E.164) that waits for its code."""
    asked = _find_code(db, person_id)
    return asked.number if asked else None


def ask(db: Session, person_id: UUID, typed: str, sms: SmsSettings | None) -> None:
    """Have a code sent to the number somebody typed, in place of any before."""
    if sms is None:
        raise TextsNotSent("No texts are sent here.")
    number = _read(typed, sms)
    now = work_of(db).now
    asked = _find_code(db, person_id, lock=True)
    if asked is not None and (wait := _again_at(asked, now) - now) > timedelta(0):
        seconds = max(1, round(wait.total_seconds()))
        raise TooManyRequests("A code was sent a moment ago.", retry_after=seconds)
    text_id = texting.put(db, purpose="code", shown=phone_core.mask_number(number))
    if asked is None:
        asked = PhoneCode(tenant_id=tenant_of(db), person_id=person_id, sent=0, sent_since=now)
        db.add(asked)
    elif asked.sent_since <= now - _HOUR:
        asked.sent, asked.sent_since = 0, now
    asked.number, asked.text_id = number, text_id
    asked.salt, asked.code_hash = _NOTHING, b""
    asked.asked_at, asked.expires_at = now, now + codes.LIFETIME
    asked.attempts, asked.sent = 0, asked.sent + 1
    db.flush()
    enqueue(db, send_code_job, text_id=str(text_id), person_id=str(person_id))


def _read(typed: str, sms: SmsSettings) -> str:
    number = phone_core.read_number(typed)
    if number is None:
        raise _wrong(Problem("/number", "not_a_mobile", "This is no mobile number."))
    if not phone_core.is_in(number, sms.countries):
        raise _wrong(Problem("/number", "country_not_texted", "No texts go to this country."))
    return number


def _wrong(problem: Problem) -> Invalid:
    return Invalid(problem.detail, problems=[problem])


def _again_at(asked: PhoneCode, now: datetime) -> datetime:
    """Return when the next code may be asked for."""
    if asked.sent >= codes.CODES_AN_HOUR and asked.sent_since > now - _HOUR:
        return max(asked.sent_since + _HOUR, asked.asked_at + PAUSE)
    return asked.asked_at + PAUSE


@job(name="people.send_phone_code", queue_name="providers", transaction=False)
def send_code_job(tenant_id: UUID, text_id: str, person_id: str) -> None:
    """Send the code that a person waits for, unless they asked for another one meanwhile."""

    def compose(db: Session) -> Written | None:
        return _write_code(db, UUID(person_id), UUID(text_id))

    def again(db: Session, at: datetime) -> None:
        enqueue(db, send_code_job, at=at, text_id=text_id, person_id=person_id)

    texting.send(tenant_id, UUID(text_id), compose=compose, again=again)


def _write_code(db: Session, person_id: UUID, text_id: UUID) -> Written | None:
    asked = _find_code(db, person_id, lock=True)
    if asked is None or asked.text_id != text_id or asked.expires_at < work_of(db).now:
        return None
    code = f"{secrets.randbelow(1_000_000):06d}"
    asked.salt = secrets.token_bytes(16)
    asked.code_hash = codes.hash_code(asked.salt, code)
    db.flush()
    words = phone_words.CODE[_language(db, person_id)] + phone_words.AUTOFILL
    host = urlsplit(mail.address_of("")).hostname or ""
    said = {"store": _store(db), "code": code, "host": host}
    return Written(asked.number, texts.one_segment(words, said, shorten=["store"]))


def try_code(db: Session, person_id: UUID, code: str, *, number: str | None) -> str | None:
    """Return `number` when this is its code, and use it up; None in every other case, after equal work.

    Only the number that was looked at counts: another one may have been asked for meanwhile. The attempt
    counts whether it succeeds or not: call it in a transaction that stands.
    """
    row = db.execute(
        update(PhoneCode)
        .where(
            PhoneCode.tenant_id == tenant_of(db),
            PhoneCode.person_id == person_id,
            PhoneCode.number == number,
            PhoneCode.attempts < codes.ATTEMPTS,
            PhoneCode.expires_at >= work_of(db).now,
        )
        .values(attempts=PhoneCode.attempts + 1)
        .returning(PhoneCode.number, PhoneCode.salt, PhoneCode.code_hash)
    ).one_or_none()
    given = codes.hash_code(row.salt if row else _NOTHING, code)
    is_right = hmac.compare_digest(given, row.code_hash if row else given[::-1])
    if row is None or not is_right:
        return None
    db.execute(
        update(PhoneCode)
        .where(PhoneCode.tenant_id == tenant_of(db), PhoneCode.person_id == person_id)
        .values(attempts=codes.ATTEMPTS, code_hash=b"")
    )
    return str(row.number)


def adopt(db: Session, person_id: UUID, number: str) -> None:
    """Make a number that was just proven the person's own; the one before is told."""
    known = find_number(db, person_id)
    before = known.number if known else None
    if known is None:
        known = PhoneNumber(tenant_id=tenant_of(db), person_id=person_id)
        db.add(known)
    known.number, known.proven_at = number, work_of(db).now
    db.flush()
    if before != number:
        _tell(db, person_id, before, number)


def remove(db: Session, person_id: UUID) -> None:
    """Forget a person's number, and one that waits for its code; the number is told."""
    known = find_number(db, person_id)
    # What waits is made worthless, not removed: it still counts how many codes were sent this hour.
    db.execute(
        update(PhoneCode)
        .where(PhoneCode.tenant_id == tenant_of(db), PhoneCode.person_id == person_id)
        .values(attempts=codes.ATTEMPTS, code_hash=b"", expires_at=work_of(db).now)
    )
    if known is None:
        return
    before = known.number
    db.execute(
        delete(PhoneNumber).where(
            PhoneNumber.tenant_id == tenant_of(db), PhoneNumber.person_id == person_id
        )
    )
    _tell(db, person_id, before, None)


def _tell(db: Session, person_id: UUID, before: str | None, now: str | None) -> None:
    """Write a change down, and tell those whom its owner would hear of it from."""
    what = "changed" if before and now else "added" if now else "removed"
    shown = {
        "before": phone_core.mask_number(before) if before else "",
        "number": phone_core.mask_number(now) if now else "",
    }
    audit.record(
        db,
        action=f"phone.{what}",
        object_kind="person",
        object_id=person_id,
        before={"number": shown["before"] or None},
        after={"number": shown["number"] or None},
    )
    enqueue(db, mail_change_job, person_id=str(person_id), what=what, shown=shown)
    if before is not None and texting.is_offered():
        text_id = texting.put(db, purpose="number_gone", shown=shown["before"])
        enqueue(db, tell_old_job, text_id=str(text_id), person_id=str(person_id), number=before)


@job(name="people.tell_old_phone", queue_name="providers", transaction=False)
def tell_old_job(tenant_id: UUID, text_id: str, person_id: str, number: str) -> None:
    """Tell a number that texts no longer go there, so that nobody takes it over unseen."""

    def compose(db: Session) -> Written | None:
        words = phone_words.GONE[_language(db, UUID(person_id))]
        return Written(number, texts.one_segment(words, {"store": _store(db)}, shorten=["store"]))

    def again(db: Session, at: datetime) -> None:
        enqueue(db, tell_old_job, at=at, text_id=text_id, person_id=person_id, number=number)

    texting.send(tenant_id, UUID(text_id), compose=compose, again=again)


@job(name="people.mail_phone_change")
def mail_change_job(db: Session, *, person_id: str, what: str, shown: dict[str, Any]) -> None:
    """Mail that a number was added, changed or removed, to whoever has an address."""
    person = queries.get_person(db, UUID(person_id))
    if person.email is None:
        return
    language = phone_words.spoken(person.language)
    subject, body = phone_words.CHANGED[language]
    said = {"store": _store(db), "name": person.name, "link": mail.address_of("/profile#phone")}
    happened = phone_words.WHAT[language][what].format(**shown)
    mail.deliver(
        db,
        to=person.email,
        subject=subject.format(**said),
        body=body.format(**said, what=happened),
    )


def _language(db: Session, person_id: UUID) -> str:
    return phone_words.spoken(queries.get_person(db, person_id).language)


def _store(db: Session) -> str:
    return branding.brand_of(queries.get_tenant(db)).name


def _find_code(db: Session, person_id: UUID, *, lock: bool = False) -> PhoneCode | None:
    wanted = select(PhoneCode).where(
        PhoneCode.tenant_id == tenant_of(db), PhoneCode.person_id == person_id
    )
    return db.scalar(wanted.with_for_update() if lock else wanted)
