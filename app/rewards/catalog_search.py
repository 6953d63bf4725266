"""Finding things in the store: by words with typos, by shelf, by filters; within what a person is shown.

Words are looked for as beginnings of words first; only when that finds nothing, as the words of this store that
are most like them. Pages go on by their place in the order, and nobody turns more than MOST_PLACES rewards.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, Final, NamedTuple
from uuid import UUID

import orjson
from sqlalchemy import ARRAY, ColumnElement, Text, and_, func, not_, select
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.orm import Session, aliased
from sqlalchemy.sql.expression import cast, literal

from app.db import driver
from app.db.unit_of_work import tenant_of
from app.kernel.errors import NotFound
from app.kernel.money import Money
from app.kernel.pages import decode_cursor, encode_cursor
from app.people import queries as people
from app.providers import vault
from app.rewards import audiences
from app.rewards.audience_core import Audience
from app.rewards.catalog_core import Asked, Guess, Rule, Search, Shown, asked, rules_for, shown_by
from app.rewards.catalog_models import CatalogEntry, CatalogFavourite
from app.rewards.models import Reward

MOST_PLACES: Final = 2_000
RECENT: Final = 12

EVERYTHING: Final = Shown({}, {})


ANYTHING: Final = Search((), (), ())

_RULES: Final = """
    SELECT team_id, role, country, effect, about, value FROM catalog_rules
    WHERE tenant_id = %(tenant)s
"""
_SOLD_IN: Final = """
    SELECT 1 FROM catalog_entries
    WHERE tenant_id = %(tenant)s AND retired_at IS NULL AND country = %(country)s LIMIT 1
"""
_GUESSES: Final = "SELECT typed, word, likeness FROM catalog_words_like(%(words)s::text[])"
_MARKED: Final = """
    SELECT reward_id FROM catalog_favourites
    WHERE tenant_id = %(tenant)s AND person_id = %(person)s
"""
_LATELY: Final = """
    SELECT reward_id FROM redemptions
    WHERE tenant_id = %(tenant)s AND person_id = %(person)s
    GROUP BY reward_id ORDER BY max(created_at) DESC LIMIT %(most)s
"""
# What Sold and Listed are made of, in their order.
_PAGE: Final = """
    SELECT r.id, r.brand, r.provider, r.hue, r.art, r.sold_out_at,
           e.name, e.kind, e.country, e.currency, e.categories, e.low_minor, e.high_minor,
           e.is_open, e.is_hidden, e.pinned, e.popularity,
           EXISTS (SELECT FROM catalog_favourites f
                   WHERE f.tenant_id = e.tenant_id AND f.person_id = %(person)s
                     AND f.reward_id = e.reward_id)
    FROM catalog_page(
           %(lead)s::text[], %(rest)s::text[], %(ranks)s::text[], %(asked)s::jsonb,
           %(among)s::uuid[], %(skipped)s, %(most)s
         ) WITH ORDINALITY AS p (reward_id, nth)
    JOIN catalog_entries e ON e.tenant_id = %(tenant)s AND e.reward_id = p.reward_id
    JOIN rewards r ON r.tenant_id = %(tenant)s AND r.id = p.reward_id
    ORDER BY p.nth
"""


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


class Listed(NamedTuple):
    """Of a catalog entry, what a shelf shows."""

    name: str
    kind: str
    country: str
    currency: str
    categories: Sequence[str]
    low_minor: int
    high_minor: int
    is_open: bool
    is_hidden: bool
    pinned: int
    popularity: int


class Sold(NamedTuple):
    """Of a reward, what a shelf shows."""

    id: UUID
    brand: str
    provider: str
    hue: int
    art: str
    sold_out_at: datetime | None


@dataclass(frozen=True, slots=True)
class Found:
    """A reward as the store shows it. `left`: codes of ours by amount, for what we stock ourselves."""

    reward: Sold | Reward
    entry: Listed | CatalogEntry
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
class Whole(Found):
    """A reward with all that is kept of it."""

    reward: Reward
    entry: CatalogEntry


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
    """Return what rules leave to a person: those for everybody, and those for an audience they are in."""
    rows = driver.run(db, _RULES, {"tenant": tenant_of(db)})
    if not rows:
        return EVERYTHING
    told = [(Audience(*row[:3]), Rule(*row[3:])) for row in rows]
    return shown_by(rules_for(audiences.visitor(db, person_id), told))


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
    among = partial(_page, db, wish, person_id=person_id, shown=shown, limit=limit)
    if words is None:
        rows = among(ANYTHING, place=place)
    else:
        rows = among(_guess(db, words) if loosely else words.begun(), place=place)
        if words.can_be_guessed and cursor is None and not rows:
            loosely, rows = True, among(_guess(db, words), place=0)
    more = len(rows) > limit and place + limit < MOST_PLACES
    next_cursor = encode_cursor(int(loosely), place + limit) if more else None
    return Shelf(_found(db, rows[:limit]), next_cursor, loosely and bool(rows))


def _place(cursor: str | None) -> tuple[bool, int]:
    if cursor is None:
        return False, 0
    loosely, place = decode_cursor(cursor, int, int)
    return bool(loosely), max(0, min(place, MOST_PLACES))


def _guess(db: Session, words: Asked) -> Search | None:
    """Return the search for what was probably meant, None when nobody can tell."""
    return words.guessed(
        Guess(*row) for row in driver.run(db, _GUESSES, {"words": list(words.words)})
    )


def get(db: Session, reward_id: UUID, *, person_id: UUID, shown: Shown | None) -> Whole:
    """Return one reward of the store; raise NotFound when a person is not shown it."""
    wanted = _offered(db, shown).where(CatalogEntry.reward_id == reward_id)
    row = db.execute(wanted.add_columns(_is_favourite(person_id))).one_or_none()
    if row is None:
        raise NotFound("There is no such reward.")
    entry, reward, is_favourite = row
    return Whole(reward, entry, is_favourite, _left(db, [reward]).get(reward.id, {}))


def may_order(db: Session, reward_id: UUID, *, person_id: UUID) -> bool:
    """Whether a person is shown a reward."""
    return bool(shown_among(db, [reward_id], person_id=person_id))


def shown_among(db: Session, reward_ids: Sequence[UUID], *, person_id: UUID) -> set[UUID]:
    """Return those of some rewards that a person is shown; what is in no catalog is nobody's secret."""
    entries = select(CatalogEntry.reward_id).where(
        CatalogEntry.tenant_id == tenant_of(db), CatalogEntry.reward_id.in_(reward_ids)
    )
    listed = set(db.scalars(entries))
    if not listed:
        return set(reward_ids)
    offered = _offered(db, shown_to(db, person_id)).where(CatalogEntry.reward_id.in_(listed))
    return set(reward_ids) - listed | {reward.id for _, reward in db.execute(offered)}


def is_sold_in(db: Session, country: str) -> bool:
    """Whether anything is listed for a country."""
    return bool(driver.run(db, _SOLD_IN, {"tenant": tenant_of(db), "country": country}))


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


def _page(
    db: Session,
    wish: Wish,
    search: Search | None,
    *,
    person_id: UUID | None,
    shown: Shown | None,
    place: int,
    limit: int,
) -> list[driver.Row]:
    """Return the rows of a page and one more, in their order."""
    if search is None:
        return []
    among = _of_shelf(db, wish.shelf, person_id)
    return driver.run(
        db,
        _PAGE,
        {
            "tenant": tenant_of(db),
            "person": person_id,
            "lead": list(search.lead) or None,
            "rest": list(search.rest),
            "ranks": list(search.ranks),
            "asked": orjson.dumps(_narrowing(wish, shown)).decode(),
            "among": among,
            "skipped": place,
            "most": limit + 1,
        },
    )


def _narrowing(wish: Wish, shown: Shown | None) -> dict[str, Any]:
    """Return by name what a page is narrowed to, as `catalog_page` in the database takes it."""
    narrow: dict[str, Any] = {
        name: value
        for name, value in (
            ("country", wish.country),
            ("kind", wish.kind),
            ("currency", wish.currency),
            ("category", wish.category),
            ("is_open", None if wish.amount is None else wish.amount == "open"),
            ("in_stock", wish.in_stock or None),
            ("in_turn", wish.shelf == "recent" or None),
        )
        if value is not None
    }
    if shown is not None:
        narrow |= {"shown": True, "only": shown.only, "hide": shown.hidden}
    return narrow


def _of_shelf(db: Session, shelf: str, person_id: UUID | None) -> list[UUID] | None:
    """Return what lies on a shelf of a person's own, None for the shelf of all."""
    if shelf == "all":
        return None
    asked_for = {"tenant": tenant_of(db), "person": person_id, "most": RECENT}
    rows = driver.run(db, _MARKED if shelf == "favourites" else _LATELY, asked_for)
    return [reward_id for (reward_id,) in rows]


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


def _found(db: Session, rows: Sequence[driver.Row]) -> list[Found]:
    cut = len(Sold._fields)
    sold = [(Sold(*row[:cut]), row) for row in rows]
    left = _left(db, [reward for reward, _ in sold])
    return [
        Found(reward, Listed(*row[cut:-1]), row[-1], left.get(reward.id, {}))
        for reward, row in sold
    ]


def _left(db: Session, rewards: Sequence[Sold | Reward]) -> dict[UUID, dict[int, int]]:
    """Return how many codes of ours are left, by reward and amount."""
    ours = [reward.id for reward in rewards if reward.provider == vault.CodeVault.name]
    left: dict[UUID, dict[int, int]] = {}
    for level in vault.levels(db, ours, today=people.today(db)) if ours else ():
        left.setdefault(level.product_id, {})[level.money.minor] = level.left
    return left


def least(found: Found) -> Money:
    """Return the smallest amount a reward can be had for."""
    return Money(found.entry.low_minor, found.entry.currency)


def most(found: Found) -> Money:
    """Return the largest amount a reward can be had for."""
    return Money(found.entry.high_minor, found.entry.currency)
