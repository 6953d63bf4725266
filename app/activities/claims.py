"""Log a sale: what a rep says was sold waits for the manager, and counts once whatever arrives later."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session, aliased

from app.activities import lookups, queries, recording, service
from app.activities.core import Ready
from app.activities.errors import ClaimMatches, OwnClaim, WrongState
from app.activities.events import ClaimDecided, ClaimLogged
from app.activities.intake import CLAIMS
from app.activities.models import Activity, Claim, Source
from app.audit import service as audit
from app.db.unit_of_work import record, tenant_of, work_of
from app.http.principal import Principal
from app.kernel.errors import NotFound
from app.kernel.ids import new_id
from app.kernel.pages import Page, decode_cursor, page_of
from app.live import bus, rooms
from app.live.events import TodayChanged
from app.people import queries as people
from app.people.core import fold

WINDOW: Final = timedelta(days=60)
"""How far apart the day of a claim and the day in a file may lie."""


def log_claim(
    db: Session,
    *,
    person_id: UUID,
    product: str,
    amount_micros: int,
    currency: str | None,
    units_micros: int,
    customer_reference: str,
    occurred_on: date,
    note: str,
) -> Claim:
    """Keep what a rep says was sold; it waits until a manager has looked."""
    known = lookups.products(db, [product])
    claim = Claim(
        tenant_id=tenant_of(db),
        id=new_id(),
        person_id=person_id,
        product=known.get(fold(product), (product, None))[0],
        amount_micros=amount_micros,
        currency=currency,
        units_micros=units_micros,
        customer_reference=customer_reference,
        occurred_on=occurred_on,
        note=note,
        state="waiting",
        created_at=work_of(db).now,
    )
    db.add(claim)
    db.flush()
    record(db, ClaimLogged(claim.id, person_id))
    _changed(db, claim)
    audit.record(
        db,
        action="claim.logged",
        object_kind="claim",
        object_id=claim.id,
        after={"customer_reference": customer_reference, "amount_micros": amount_micros},
    )
    return claim


def verify(
    db: Session,
    principal: Principal,
    claim_id: UUID,
    *,
    matched_activity_id: UUID | None = None,
    is_another_sale: bool = False,
) -> Claim:
    """Let a claim count: as a sale of its own, or as the one that a file brought already."""
    claim = _to_decide(db, principal, claim_id)
    recording.write_alone(db)
    if matched_activity_id is not None:
        _match(db, claim, matched_activity_id)
    else:
        twins = [match for match in matches(db, [claim])[claim.id] if _is_twin(match)]
        if twins and not is_another_sale:
            raise ClaimMatches(
                "A sale of the same customer and amount counts already.",
                activity_ids=[str(match["activity_id"]) for match in twins],
            )
        _count(db, claim)
    _decide(db, principal, claim, None)
    return claim


def refuse(db: Session, principal: Principal, claim_id: UUID, *, reason: str) -> Claim:
    """Say that a claim does not count, and why."""
    claim = _to_decide(db, principal, claim_id)
    claim.state = "refused"
    _decide(db, principal, claim, reason)
    return claim


def _to_decide(db: Session, principal: Principal, claim_id: UUID) -> Claim:
    claim = db.get(Claim, (tenant_of(db), claim_id), with_for_update=True)
    if claim is None or not people.may_see(db, principal, claim.person_id):
        raise NotFound("There is no such claim.")
    if claim.person_id == principal.person_id:
        raise OwnClaim("Somebody else has to look at your own claim.")
    if claim.state != "waiting":
        raise WrongState("This claim has been decided.", state=claim.state)
    return claim


def _match(db: Session, claim: Claim, activity_id: UUID) -> None:
    taken = select(Claim.id).where(
        Claim.tenant_id == claim.tenant_id, Claim.activity_id == activity_id
    )
    if db.scalar(taken) is not None:
        raise WrongState("This sale was found to be another claim already.", state="matched")
    found = [m for m in matches(db, [claim])[claim.id] if m["activity_id"] == activity_id]
    if not found:
        raise NotFound("There is no such sale for this claim.")
    claim.state = "matched"
    claim.activity_id = activity_id


def _count(db: Session, claim: Claim) -> None:
    """Record the claim as a sale of the source of claims."""
    zone = ZoneInfo(people.calendar(db).zone)
    known = lookups.products(db, [claim.product])
    ready = Ready(
        external_id=str(claim.id),
        person_id=claim.person_id,
        occurred_at=datetime.combine(claim.occurred_on, time(12), zone),
        amount_micros=claim.amount_micros,
        currency=claim.currency,
        units_micros=claim.units_micros,
        product=claim.product,
        product_group=known.get(fold(claim.product), (None, None))[1],
        customer_reference=claim.customer_reference,
        claim_id=claim.id,
    )
    service.ensure_source(db, name=CLAIMS, kind="claim")
    [written] = service.record_activities(db, source=CLAIMS, rows=[ready], cause="claim")
    claim.state = "verified"
    claim.activity_id = written.activity_id


def _decide(db: Session, principal: Principal, claim: Claim, reason: str | None) -> None:
    claim.decided_at = work_of(db).now
    claim.decided_by = principal.person_id
    claim.reason = reason
    db.flush()
    decided = ClaimDecided(
        claim_id=claim.id,
        person_id=claim.person_id,
        state=claim.state,  # type: ignore[arg-type]  # decided: one of the three
        product=claim.product,
        customer_reference=claim.customer_reference,
        reason=reason,
    )
    record(db, decided)
    _changed(db, claim)
    audit.record(
        db,
        action=f"claim.{claim.state}",
        object_kind="claim",
        object_id=claim.id,
        before={"state": "waiting"},
        after={"state": claim.state, "reason": reason},
    )


def _changed(db: Session, claim: Claim) -> None:
    bus.publish(db, rooms.person(claim.tenant_id, claim.person_id), TodayChanged(cause="claim"))


def matches(db: Session, claims: Sequence[Claim]) -> dict[UUID, list[dict[str, Any]]]:
    """Return for each claim what counts for the same customer about the same time, likeliest first."""
    found: dict[UUID, list[dict[str, Any]]] = {claim.id: [] for claim in claims}
    if not claims:
        return found
    other = aliased(Claim)
    taken = select(other.id).where(
        other.tenant_id == Activity.tenant_id, other.activity_id == Activity.id
    )
    rows = db.execute(
        select(Claim.id.label("claim_id"), Activity, Source.name)
        .join(
            Activity,
            and_(
                Activity.tenant_id == Claim.tenant_id,
                func.lower(Activity.customer_reference) == func.lower(Claim.customer_reference),
                Activity.status == "counted",
                Activity.occurred_at >= Claim.occurred_on - WINDOW,
                Activity.occurred_at <= Claim.occurred_on + WINDOW,
            ),
        )
        .join(
            Source,
            and_(Source.tenant_id == Activity.tenant_id, Source.id == Activity.source_id),
        )
        .where(
            Claim.tenant_id == tenant_of(db),
            Claim.id.in_([claim.id for claim in claims]),
            ~taken.exists(),
            or_(Activity.claim_id.is_(None), Activity.claim_id != Claim.id),
        )
        .order_by(Activity.occurred_at)
        .limit(500)
    ).all()
    by_id = {claim.id: claim for claim in claims}
    for claim_id, activity, source in rows:
        found[claim_id].append(_match_out(by_id[claim_id], activity, source))
    for candidates in found.values():
        candidates.sort(key=lambda match: (not match["same_amount"], not match["same_person"]))
    return found


def _match_out(claim: Claim, activity: Activity, source: str) -> dict[str, Any]:
    return {
        "activity_id": activity.id,
        "source": source,
        "external_id": activity.external_id,
        "occurred_at": activity.occurred_at,
        "amount": queries.amount(activity.amount_micros, activity.currency),
        "units": queries.plain(activity.units_micros),
        "customer_reference": activity.customer_reference,
        "product": activity.product,
        "same_person": activity.person_id == claim.person_id,
        "same_amount": _is_as_much(claim, activity),
    }


def _is_as_much(claim: Claim, activity: Activity) -> bool:
    """Return whether the amounts are equal; a claim without an amount is so many of a product."""
    if claim.currency is None:
        sold = fold(activity.product or ""), activity.units_micros
        return sold == (fold(claim.product), claim.units_micros)
    return (activity.amount_micros, activity.currency) == (claim.amount_micros, claim.currency)


def _is_twin(match: dict[str, Any]) -> bool:
    return bool(match["same_amount"] and match["same_person"])


def waiting(db: Session, person_id: UUID) -> int:
    """Return how many claims of a person wait for the manager."""
    found = db.scalar(
        select(func.count()).where(
            Claim.tenant_id == tenant_of(db),
            Claim.person_id == person_id,
            Claim.state == "waiting",
        )
    )
    return int(found or 0)


def page(
    db: Session,
    principal: Principal,
    *,
    cursor: str | None,
    limit: int,
    state: str | None = None,
    mine: bool = False,
) -> Page[dict[str, Any]]:
    """Return claims, newest first: my own, or those of everybody whom `principal` may see."""
    query = select(Claim).where(Claim.tenant_id == tenant_of(db))
    if mine:
        query = query.where(Claim.person_id == principal.person)
    else:
        seen = people.visible_people(db, principal, people.today(db))
        query = query.where(Claim.person_id.in_(seen))
    if state is not None:
        query = query.where(Claim.state == state)
    if cursor is not None:
        query = query.where(Claim.id < queries.as_uuid(decode_cursor(cursor, str)[0]))
    rows = list(db.scalars(query.order_by(Claim.id.desc()).limit(limit + 1)))
    cut = page_of(rows, limit, lambda claim: (str(claim.id),))
    names = people.names(db, {claim.person_id for claim in cut.items})
    found = matches(db, [claim for claim in cut.items if claim.state == "waiting" and not mine])
    return Page(
        [shown(claim, names.get(claim.person_id), found.get(claim.id, [])) for claim in cut.items],
        cut.next_cursor,
    )


def shown(
    claim: Claim, name: str | None = None, found: Sequence[dict[str, Any]] = ()
) -> dict[str, Any]:
    """Return a claim as it is shown."""
    columns = {column.key: getattr(claim, column.key) for column in Claim.__table__.columns}
    return {
        **columns,
        "person_name": name,
        "amount": queries.amount(claim.amount_micros, claim.currency),
        "units": queries.plain(claim.units_micros),
        "matches": list(found),
    }


def waiting_in_view(db: Session, principal: Principal) -> int:
    """Return how many claims wait of the people that `principal` may see."""
    seen = people.visible_people(db, principal, people.today(db))
    found = db.scalar(
        select(func.count()).where(
            Claim.tenant_id == tenant_of(db), Claim.state == "waiting", Claim.person_id.in_(seen)
        )
    )
    return int(found or 0)
