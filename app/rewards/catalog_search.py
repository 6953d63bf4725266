"""Finding things in the store: by words with typos, by shelf, by filters; within what a person is shown.

Words are looked for as beginnings of words first; only when that finds nothing, by likeness. Pages go on by
their place in the order, which is short: nobody turns more than MOST_PLACES rewards.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Float, Text, and_, func, not_, or_, select
from sqlalchemy import column as named
from sqlalchemy.dialects.postgresql import UUID as PG_UUID
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.orm import Session, aliased, defer
from sqlalchemy.sql.expression import cast, literal

from app.db.unit_of_work import tenant_of
from app.kernel.errors import NotFound
from app.kernel.money import Money
from app.kernel.pages import decode_cursor, encode_cursor
from app.people import queries as people
from app.providers import vault
from app.providers.models import VaultCode
from app.rewards.catalog_core import Asked, Rule, Shown, asked, shown_by
from app.rewards.catalog_models import CatalogEntry, CatalogFavourite, CatalogRule
from app.rewards.models import Redemption, Reward

MOST_PLACES: Final = 2_000
RECENT: Final = 12

EVERYTHING: Final = Shown({}, {})


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody looks for. Empty: anything."""

    text: str = ""
    shelf: str = "all"
    kind: str | None = None
    country: str | None = None
    category: str | None = None
    currency: str | None = None
    amount: str | None = None
    in_stock: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """A reward as the store shows it. `left`: codes of ours by amount, for what we stock ourselves."""

    reward: Reward
    entry: CatalogEntry
    is_favourite: bool
    left: Mapping[int, int] = field(default_factory=dict)

    @property
    def is_in_stock(self) -> bool:
        """Whether any amount of it can be had now."""
        if self.reward.sold_out_at is not None:
            return False
        is_ours = self.reward.provider == vault.CodeVault.name
        return not is_ours or any(left > 0 for left in self.left.values())


@dataclass(frozen=True, slots=True)
class Shelf:
    """A page of the store; `is_alike`: nothing was written quite so, these are similar."""

    items: Sequence[Found]
    next_cursor: str | None
    is_alike: bool = False


@dataclass(frozen=True, slots=True)
class Choice:
    """A value that can be chosen, and how many rewards it leaves."""

    value: str
    count: int


@dataclass(frozen=True, slots=True)
class Choices:
    """What the store can be narrowed by."""

    countries: Sequence[Choice]
    categories: Sequence[Choice]
    currencies: Sequence[Choice]


def shown_to(db: Session, person_id: UUID) -> Shown:
    """Return the rules that hold for a person: those for everybody, and those for a team of theirs."""
    rules = db.execute(
        select(CatalogRule.team_id, CatalogRule.effect, CatalogRule.about, CatalogRule.value).where(
            CatalogRule.tenant_id == tenant_of(db)
        )
    ).all()
    if not rules:
        return EVERYTHING
    position = people.position_on(db, person_id, people.today(db))
    mine = {None, position.team_id if position is not None else None}
    return shown_by(Rule(*rest) for team_id, *rest in rules if team_id in mine)


def find(
    db: Session,
    wish: Wish,
    *,
    person_id: UUID | None,
    shown: Shown | None = None,
    cursor: str | None = None,
    limit: int = 20,
) -> Shelf:
    """Return a page of what fits a wish. With no `shown` also what is hidden is found."""
    words = asked(wish.text)
    loosely, place = _place(cursor)
    among = partial(_rows, db, wish, words, person_id=person_id, shown=shown, limit=limit)
    rows = among(loosely=loosely, place=place)
    if words is not None and words.can_be_guessed and cursor is None and not rows:
        loosely, rows = True, among(loosely=True, place=0)
    more = len(rows) > limit and place + limit < MOST_PLACES
    next_cursor = encode_cursor(int(loosely), place + limit) if more else None
    return Shelf(_found(db, rows[:limit]), next_cursor, loosely and bool(rows))


def _place(cursor: str | None) -> tuple[bool, int]:
    if cursor is None:
        return False, 0
    loosely, place = decode_cursor(cursor, int, int)
    return bool(loosely), max(0, min(place, MOST_PLACES))


def get(db: Session, reward_id: UUID, *, person_id: UUID, shown: Shown | None) -> Found:
    """Return one reward of the store; raise NotFound when a person is not shown it."""
    wanted = _offered(db, shown).where(CatalogEntry.reward_id == reward_id)
    rows = db.execute(wanted.add_columns(_is_favourite(person_id))).all()
    if not rows:
        raise NotFound("There is no such reward.")
    return _found(db, rows)[0]


def may_order(db: Session, reward_id: UUID, *, person_id: UUID) -> bool:
    """Whether a person is shown a reward; what is in no catalog is nobody's secret."""
    is_listed = db.get(CatalogEntry, (tenant_of(db), reward_id)) is not None
    if not is_listed:
        return True
    shown = _offered(db, shown_to(db, person_id)).where(CatalogEntry.reward_id == reward_id)
    return db.execute(shown.limit(1)).first() is not None


def is_sold_in(db: Session, country: str) -> bool:
    """Whether anything is listed for a country."""
    wanted = select(CatalogEntry.reward_id).where(
        CatalogEntry.tenant_id == tenant_of(db),
        CatalogEntry.retired_at.is_(None),
        CatalogEntry.country == country,
    )
    return db.execute(wanted.limit(1)).first() is not None


def choices(db: Session, *, shown: Shown, country: str | None) -> Choices:
    """Return what can be chosen; categories and currencies of the country, when one is given."""
    offered = _offered(db, shown).subquery()
    here = _offered(db, shown)
    if country is not None:
        here = here.where(CatalogEntry.country == country)
    inside = here.subquery()
    category = func.unnest(inside.c.categories).label("value")
    return Choices(
        _counted(db, select(offered.c.country, func.count()).group_by(offered.c.country)),
        _counted(db, select(category, func.count()).group_by(category)),
        _counted(db, select(inside.c.currency, func.count()).group_by(inside.c.currency)),
    )


def _counted(db: Session, wanted: Any) -> list[Choice]:
    return [
        Choice(value, count)
        for value, count in db.execute(wanted.order_by(wanted.selected_columns[0]))
    ]


def _offered(db: Session, shown: Shown | None) -> Any:
    tenant = tenant_of(db)
    wanted = (
        select(CatalogEntry, Reward)
        .join(
            Reward,
            and_(Reward.tenant_id == CatalogEntry.tenant_id, Reward.id == CatalogEntry.reward_id),
        )
        .where(CatalogEntry.tenant_id == tenant, CatalogEntry.retired_at.is_(None))
    )
    if shown is None:
        return wanted
    wanted = wanted.where(Reward.active, not_(CatalogEntry.is_hidden))
    for about, values in shown.only.items():
        wanted = wanted.where(_is_about(about, values))
    for about, values in shown.hidden.items():
        wanted = wanted.where(not_(_is_about(about, values)))
    return wanted


def _is_about(about: str, values: Sequence[str]) -> ColumnElement[bool]:
    if about == "category":
        return CatalogEntry.categories.op("&&", is_comparison=True)(_texts(values))
    if about == "brand":
        return Reward.brand.in_(values)
    columns = {
        "kind": CatalogEntry.kind,
        "country": CatalogEntry.country,
        "currency": CatalogEntry.currency,
    }
    return columns[about].in_(values)


def _texts(values: Sequence[str]) -> ColumnElement[Any]:
    return cast(array([literal(value) for value in values]), ARRAY(Text))


def _rows(
    db: Session,
    wish: Wish,
    words: Asked | None,
    *,
    person_id: UUID | None,
    shown: Shown | None,
    loosely: bool,
    place: int,
    limit: int,
) -> Sequence[Any]:
    wanted = _narrowed(_offered(db, shown), wish).add_columns(_is_favourite(person_id))
    wanted = wanted.options(defer(CatalogEntry.terms), defer(CatalogEntry.expiry_text))
    order: list[Any] = []
    if wish.shelf == "favourites":
        wanted = wanted.join(CatalogFavourite, _marked_by(person_id))
    if wish.shelf == "recent":
        lately = _lately(db, person_id)
        wanted = wanted.join(lately, lately.c.reward_id == CatalogEntry.reward_id)
        order.append(lately.c.at.desc())
    if words is not None:
        found = _matching(words, wish.country, loosely=loosely)
        wanted = wanted.join(found, found.c.reward_id == CatalogEntry.reward_id)
        order.append(found.c.score.desc())
    order += [
        CatalogEntry.pinned.desc(),
        CatalogEntry.place,
        CatalogEntry.popularity.desc(),
        CatalogEntry.name,
        CatalogEntry.reward_id,
    ]
    return db.execute(wanted.order_by(*order).offset(place).limit(limit + 1)).all()


def _narrowed(wanted: Any, wish: Wish) -> Any:
    for column, value in (
        (CatalogEntry.country, wish.country),
        (CatalogEntry.kind, wish.kind),
        (CatalogEntry.currency, wish.currency),
    ):
        if value is not None:
            wanted = wanted.where(column == value)
    if wish.category is not None:
        wanted = wanted.where(_is_about("category", [wish.category]))
    if wish.amount is not None:
        wanted = wanted.where(CatalogEntry.is_open.is_(wish.amount == "open"))
    if wish.in_stock:
        wanted = wanted.where(_may_be_had())
    return wanted


def _may_be_had() -> ColumnElement[bool]:
    stocked = (
        select(VaultCode.id)
        .where(
            VaultCode.tenant_id == Reward.tenant_id,
            VaultCode.product_id == Reward.id,
            VaultCode.order_key.is_(None),
        )
        .exists()
    )
    is_ours = Reward.provider == vault.CodeVault.name
    return and_(Reward.sold_out_at.is_(None), or_(not_(is_ours), stocked))


def _marked_by(person_id: UUID | None) -> ColumnElement[bool]:
    return and_(
        CatalogFavourite.tenant_id == CatalogEntry.tenant_id,
        CatalogFavourite.reward_id == CatalogEntry.reward_id,
        CatalogFavourite.person_id == person_id,
    )


def _is_favourite(person_id: UUID | None) -> ColumnElement[bool]:
    mark = aliased(CatalogFavourite)
    return (
        select(mark.reward_id)
        .where(
            mark.tenant_id == CatalogEntry.tenant_id,
            mark.reward_id == CatalogEntry.reward_id,
            mark.person_id == person_id,
        )
        .correlate(CatalogEntry)
        .exists()
    )


def _lately(db: Session, person_id: UUID | None) -> Any:
    at = func.max(Redemption.created_at).label("at")
    return (
        select(Redemption.reward_id, at)
        .where(Redemption.tenant_id == tenant_of(db), Redemption.person_id == person_id)
        .group_by(Redemption.reward_id)
        .order_by(at.desc())
        .limit(RECENT)
        .subquery()
    )


def _matching(words: Asked, country: str | None, *, loosely: bool) -> Any:
    return (
        func.catalog_matches(
            words.longest.strip() if loosely else words.longest,
            _texts(words.patterns),
            _texts(words.words),
            cast(literal(country), Text),
            loosely,
        )
        .table_valued(named("reward_id", PG_UUID(as_uuid=True)), named("score", Float))
        .alias("matches")
    )


def _found(db: Session, rows: Sequence[Any]) -> list[Found]:
    ours = [reward.id for _, reward, _ in rows if reward.provider == vault.CodeVault.name]
    left: dict[UUID, dict[int, int]] = {}
    for level in vault.levels(db, ours) if ours else ():
        left.setdefault(level.product_id, {})[level.money.minor] = level.left
    return [
        Found(reward, entry, is_favourite, left.get(reward.id, {}))
        for entry, reward, is_favourite in rows
    ]


def least(found: Found) -> Money:
    """Return the smallest amount a reward can be had for."""
    return Money(found.entry.low_minor, found.entry.currency)


def most(found: Found) -> Money:
    """Return the largest amount a reward can be had for."""
    return Money(found.entry.high_minor, found.entry.currency)
