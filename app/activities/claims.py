"""Log a sale: what a rep says was sold waits for the manager, and counts once whatever arrives later."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Select, and_, case, func, or_, select
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

SHOWN: Final = 20
"""Sales that are shown beside a claim, at most."""

# A claim without an amount is so many of a product.
_IS_AS_MUCH: Final = case(
    (
        Claim.currency.is_(None),
        and_(
            func.lower(func.coalesce(Activity.product, "")) == func.lower(Claim.product),
            Activity.units_micros == Claim.units_micros,
        ),
    ),
    else_=and_(
        Activity.currency.is_not_distinct_from(Claim.currency),
        Activity.amount_micros == Claim.amount_micros,
    ),
)


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
        twins = _twins(db, claim)
        if twins and not is_another_sale:
            raise ClaimMatches(
                "A sale of the same customer and amount counts already.",
                activity_ids=[str(activity_id) for activity_id in twins],
            )
        claim.told_apart = twins
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
    query = _candidates(db).where(Claim.id == claim.id, Activity.id == activity_id)
    if db.execute(query).first() is None:
        raise NotFound("There is no such sale for this claim.")
    claim.state = "matched"
    claim.activity_id = activity_id


def _twins(db: Session, claim: Claim) -> list[UUID]:
    """Return every activity of the same person, customer and amount, those of other claims too."""
    met = _candidates(db).where(Claim.id == claim.id).subquery("met")
    query = select(met.c.activity_id).where(met.c.same_amount, met.c.same_person)
    return list(db.scalars(query.order_by(met.c.activity_id)))


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
    met = _candidates(db).where(Claim.id.in_(found)).subquery("met")
    # What is another claim already is not offered, but a manager must see that this one is like it.
    worth_showing = or_(met.c.same_amount, ~met.c.is_taken)
    order = (
        met.c.same_amount.desc(),
        met.c.same_person.desc(),
        met.c.occurred_at,
        met.c.activity_id,
    )
    place = func.row_number().over(partition_by=met.c.claim_id, order_by=order).label("place")
    ranked = select(met, place).where(worth_showing).subquery("ranked")
    query = select(ranked).where(ranked.c.place <= SHOWN).order_by(ranked.c.place)
    for row in db.execute(query).mappings():
        found[row["claim_id"]].append(
            {
                **row,
                "amount": queries.amount(row["amount_micros"], row["currency"]),
                "units": queries.plain(row["units_micros"]),
            }
        )
    return found


def _candidates(db: Session) -> Select[*tuple[Any, ...]]:
    """Return the query of claims, each with every sale to its customer about its time."""
    other = aliased(Claim)
    taken = select(other.id).where(
        other.tenant_id == Activity.tenant_id, other.activity_id == Activity.id
    )
    return (
        select(
            Claim.id.label("claim_id"),
            Activity.id.label("activity_id"),
            Source.name.label("source"),
            Activity.external_id,
            Activity.occurred_at,
            Activity.amount_micros,
            Activity.currency,
            Activity.units_micros,
            Activity.customer_reference,
            Activity.product,
            Activity.person_id.is_not_distinct_from(Claim.person_id).label("same_person"),
            _IS_AS_MUCH.label("same_amount"),
            taken.exists().label("is_taken"),
        )
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
        .where(Claim.tenant_id == tenant_of(db))
    )


def waiting_twins(db: Session, claims: Sequence[Claim]) -> dict[UUID, list[Claim]]:
    """Return for each claim the others that wait and say the same of about the same time, oldest first."""
    found: dict[UUID, list[Claim]] = {claim.id: [] for claim in claims}
    other = aliased(Claim)
    query = (
        select(Claim.id, other)
        .join(
            other,
            and_(
                other.tenant_id == Claim.tenant_id,
                other.person_id == Claim.person_id,
                other.state == "waiting",
                other.id != Claim.id,
                func.lower(other.customer_reference) == func.lower(Claim.customer_reference),
                other.currency.is_not_distinct_from(Claim.currency),
                case(
                    (
                        Claim.currency.is_(None),
                        and_(
                            func.lower(other.product) == func.lower(Claim.product),
                            other.units_micros == Claim.units_micros,
                        ),
                    ),
                    else_=other.amount_micros == Claim.amount_micros,
                ),
                other.occurred_on >= Claim.occurred_on - WINDOW,
                other.occurred_on <= Claim.occurred_on + WINDOW,
            ),
        )
        .where(Claim.tenant_id == tenant_of(db), Claim.id.in_(found))
        .order_by(other.id)
    )
    for claim_id, twin in db.execute(query):
        found[claim_id].append(twin)
    return {claim_id: twins[:SHOWN] for claim_id, twins in found.items()}


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
    to_decide = [claim for claim in cut.items if claim.state == "waiting" and not mine]
    found, twins = matches(db, to_decide), waiting_twins(db, to_decide)
    return Page(
        [
            shown(
                claim, names.get(claim.person_id), found.get(claim.id, ()), twins.get(claim.id, ())
            )
            for claim in cut.items
        ],
        cut.next_cursor,
    )


def shown(
    claim: Claim,
    name: str | None = None,
    found: Sequence[dict[str, Any]] = (),
    twins: Sequence[Claim] = (),
) -> dict[str, Any]:
    """Return a claim as it is shown."""
    columns = {column.key: getattr(claim, column.key) for column in Claim.__table__.columns}
    return {
        **columns,
        "person_name": name,
        "amount": queries.amount(claim.amount_micros, claim.currency),
        "units": queries.plain(claim.units_micros),
        "matches": list(found),
        "waiting_twins": list(twins),
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
