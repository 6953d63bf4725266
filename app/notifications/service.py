"""Telling people things."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, time
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Update, func, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.db import driver
from app.db.arrays import texts, words
from app.db.unit_of_work import tenant_of, work_of
from app.kernel.ids import new_id
from app.kernel.money import Money
from app.kernel.strict_json import dumps_canonical
from app.notifications import channels, queries
from app.notifications.channels import Delivery
from app.notifications.core import Kind, NudgeKind, Settings
from app.notifications.models import Message, NudgeSettings


@dataclass(frozen=True, slots=True)
class Note:
    """Something to tell one person."""

    person_id: UUID
    kind: Kind
    code: str
    params: dict[str, Any] = field(default_factory=dict)
    reason_code: str | None = None
    link: str | None = None


def tell(db: Session, notes: Sequence[Note]) -> None:
    """Put `notes` into inboxes and hand them to every channel."""
    if not notes:
        return
    ids = [new_id() for _ in notes]
    rows = [
        {
            "tenant_id": tenant_of(db),
            "id": message_id,
            "person_id": note.person_id,
            "kind": note.kind,
            "code": note.code,
            "params": note.params,
            "reason_code": note.reason_code,
            "link": note.link,
            "told_at": work_of(db).now,
            "count": 1,
        }
        for message_id, note in zip(ids, notes, strict=True)
    ]
    db.execute(insert(Message), rows)
    unread = queries.unread_of(db, {note.person_id for note in notes})
    channels.deliver(
        db,
        [
            Delivery(
                message_id=message_id,
                person_id=note.person_id,
                kind=note.kind,
                code=note.code,
                params=note.params,
                unread=unread[note.person_id],
            )
            for message_id, note in zip(ids, notes, strict=True)
        ],
    )


@dataclass(frozen=True, slots=True)
class EarningNote:
    """Money that one person earned, or that was taken back, to be told with the rest of the day."""

    person_id: UUID
    day: date
    money: Money
    count: int
    program_id: UUID
    component_id: str

    @property
    def code(self) -> str:
        """What is said when nothing else came that day."""
        if self.money.minor < 0:
            return "earning_taken_back"
        return "earning_counted" if self.count == 1 else "earning_summary"

    @property
    def merge_key(self) -> str:
        """What the messages that become one have in common."""
        return f"{'back' if self.money.minor < 0 else 'earned'}:{self.money.currency}:{self.day}"


_TELL_EARNINGS: Final = text(
    """
    INSERT INTO inbox_messages AS m (tenant_id, id, person_id, kind, code, params, link, told_at,
      merge_key, amount_minor, currency, things)
    SELECT :tenant, uuidv7(), person, 'earning', code, params, '/earnings', :now,
      merge_key, minor, currency, things
    FROM ROWS FROM (
           unnest(CAST(:people AS uuid[]), CAST(:codes AS text[]), CAST(:merge_keys AS text[]),
                  CAST(:minors AS bigint[]), CAST(:currencies AS text[]), CAST(:things AS bigint[])),
           jsonb_array_elements(CAST(:params AS jsonb)))
         AS given (person, code, merge_key, minor, currency, things, params)
    ON CONFLICT (tenant_id, person_id, merge_key) WHERE merge_key IS NOT NULL DO UPDATE SET
      code = CASE WHEN m.amount_minor > 0 THEN 'earning_summary' ELSE 'earning_taken_back' END,
      params = excluded.params, told_at = excluded.told_at, read_at = NULL,
      amount_minor = m.amount_minor + excluded.amount_minor, things = m.things + excluded.things
    """
)


def tell_earnings(db: Session, notes: Iterable[EarningNote]) -> None:
    """Tell earnings, those of a day in one message: who sells twenty times is not told twenty times.

    No toast is made of it: the live change of Today is one already. What the component is called is
    looked up when the message is read.
    """
    told = sorted(notes, key=lambda note: (note.person_id, note.money.minor))
    if not told:
        return
    params = [{"program_id": note.program_id, "component_id": note.component_id} for note in told]
    driver.run(
        db,
        _TELL_EARNINGS,
        {
            "tenant": tenant_of(db),
            "now": work_of(db).now,
            "people": words(note.person_id for note in told),
            "codes": texts(note.code for note in told),
            "merge_keys": texts(note.merge_key for note in told),
            "minors": words(note.money.minor for note in told),
            "currencies": texts(note.money.currency for note in told),
            "things": words(note.count for note in told),
            "params": dumps_canonical(params).decode(),
        },
    )


_TELL_COUNTED: Final = text(
    """
    INSERT INTO inbox_messages AS m (tenant_id, id, person_id, kind, code, params, link, told_at,
      merge_key, things)
    SELECT :tenant, uuidv7(), person, :kind, :code,
      CAST(:params AS jsonb) || '{"count": 1}', :link, :now, :merge_key, 1
    FROM unnest(CAST(:people AS uuid[])) AS person
    ON CONFLICT (tenant_id, person_id, merge_key) WHERE merge_key IS NOT NULL DO UPDATE SET
      things = CASE WHEN m.read_at IS NOT NULL AND CAST(:begins_anew AS boolean) THEN 1
                    ELSE m.things + 1 END,
      params = CAST(:params AS jsonb) || jsonb_build_object('count',
        CASE WHEN m.read_at IS NOT NULL AND CAST(:begins_anew AS boolean) THEN 1
             ELSE m.things + 1 END),
      told_at = excluded.told_at, read_at = NULL
    """
)


def tell_counted(
    db: Session,
    person_ids: Iterable[UUID],
    *,
    kind: Kind,
    code: str,
    link: str,
    day: date | None = None,
    about: str = "",
    params: Mapping[str, Any] | None = None,
) -> None:
    """Tell people that one more thing waits for them: a day's things are one message with a number.

    Without a `day` there is one message for as long as it is unread, which counts anew once it was read.
    With `about` there is one for each such thing. No toast is made of it: who does this work sees the
    number, however many there are at once.
    """
    told = sorted(set(person_ids))
    if told:
        db.execute(
            _TELL_COUNTED,
            {
                "tenant": tenant_of(db),
                "now": work_of(db).now,
                "people": told,
                "kind": kind,
                "code": code,
                "link": link,
                "params": dumps_canonical(dict(params or {})).decode(),
                "merge_key": ":".join(str(each) for each in (code, about, day) if each),
                "begins_anew": day is None,
            },
        )


def mark_all_read(db: Session, person_ids: Iterable[UUID]) -> None:
    """Mark all messages of people as read."""
    db.execute(_read(db).where(Message.person_id == func.any(list(person_ids))))


def mark_read(db: Session, person_id: UUID, message_ids: Collection[UUID] | None) -> int:
    """Mark messages of a person as read, all of them when none is named; return how many stay unread."""
    query = _read(db).where(Message.person_id == person_id)
    if message_ids is not None:
        query = query.where(Message.id.in_(message_ids))
    db.execute(query)
    return queries.unread(db, person_id)


def _read(db: Session) -> Update:
    unread = update(Message).where(Message.tenant_id == tenant_of(db), Message.read_at.is_(None))
    return unread.values(read_at=work_of(db).now).execution_options(synchronize_session=False)


def set_nudges(
    db: Session,
    person_id: UUID,
    *,
    muted: Collection[NudgeKind],
    quiet_from: time,
    quiet_to: time,
) -> Settings:
    """Keep what a person wishes about nudges; it applies at once."""
    values = {"muted": sorted(set(muted)), "quiet_from": quiet_from, "quiet_to": quiet_to}
    before = queries.settings(db, person_id)
    db.execute(
        insert(NudgeSettings)
        .values(tenant_id=tenant_of(db), person_id=person_id, **values)
        .on_conflict_do_update(index_elements=["tenant_id", "person_id"], set_=values)
    )
    after = queries.settings(db, person_id)
    audit.record(
        db,
        action="nudges.set",
        object_kind="person",
        object_id=person_id,
        before=_plain(before),
        after=_plain(after),
    )
    return after


def _plain(settings: Settings) -> dict[str, Any]:
    return {
        "muted": sorted(settings.muted),
        "quiet_from": settings.quiet_from.isoformat(),
        "quiet_to": settings.quiet_to.isoformat(),
    }


_EXPECT_NUDGES: Final = text(
    """
    INSERT INTO nudges_due (tenant_id, person_id, since)
    SELECT :tenant, given, :now FROM unnest(CAST(:people AS uuid[])) AS given
    ON CONFLICT DO NOTHING
    """
)


def expect_nudges(db: Session, person_ids: Iterable[UUID]) -> None:
    """Remember that the numbers of people changed, for the next look at who is near something."""
    given = sorted(set(person_ids))
    if given:
        driver.run(
            db, _EXPECT_NUDGES, {"tenant": tenant_of(db), "now": work_of(db).now, "people": given}
        )
