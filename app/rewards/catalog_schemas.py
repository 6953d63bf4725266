"""Shapes of the store, in and out."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from app.http.shapes import MoneyShape, Shape, View
from app.rewards.limits_core import Period
from app.rewards.schemas import DenominationOut

Words = Annotated[str, StringConstraints(max_length=80)]
Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
Code = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
Category = Annotated[str, StringConstraints(min_length=1, max_length=80)]
Kind = Literal["gift_card", "experience"]
About = Literal["kind", "country", "category", "currency", "brand"]
Effect = Literal["only", "hide", "open"]
Participant = Literal["rep", "manager"]
"""The roles that order for themselves."""


class StoreQuery(Shape):
    """What is looked for, and which page of it."""

    q: Words = ""
    shelf: Literal["all", "favourites", "recent"] = "all"
    kind: Kind | None = None
    country: Country | Literal["home"] | None = None
    """"home": where the asker lives, when anything is sold there."""
    category: Category | None = None
    currency: Code | None = None
    amount: Literal["open", "fixed"] | None = None
    in_stock: bool = False
    cursor: Annotated[str | None, StringConstraints(max_length=200)] = None
    limit: Annotated[int, Field(ge=1, le=60)] = 20


class StoreItem(View):
    """A reward on a shelf."""

    id: UUID
    name: str
    brand: str
    kind: Kind
    country: str
    categories: list[str]
    is_open: bool
    least: MoneyShape
    most: MoneyShape
    hue: int
    art: str
    in_stock: bool
    affordable: bool
    favourite: bool


class StorePage(View):
    """A page of the store; `alike`: nothing is written quite so, these are similar.

    `country` is the one that "home" came to; `available` is what the asker can spend.
    """

    items: list[StoreItem]
    next_cursor: str | None
    alike: bool
    country: str | None
    available: list[MoneyShape]


class StoreFront(StorePage):
    """What the store opens with: own shelves, and the first page of the shelf at home."""

    recent: list[StoreItem]
    favourites: list[StoreItem]


class RoomOut(View):
    """What the company lets the asker order of a reward: in one order, and until a day."""

    least: MoneyShape | None
    most: MoneyShape | None
    left: MoneyShape | None
    period: Period | None
    anew_on: date | None


class StoreReward(StoreItem):
    """A reward with all there is to say about it."""

    room: RoomOut
    description: str
    terms: str
    expiry_text: str
    delivery_code: Literal["instant", "arranged"]
    by_company: bool
    denominations: list[DenominationOut]
    available: list[MoneyShape]


class ChoiceOut(View):
    """A value that can be chosen, and how many rewards it leaves."""

    value: str
    count: int


class StoreChoices(View):
    """What the store can be narrowed by; `home` is the country that the asker lives in."""

    home: str | None
    countries: list[ChoiceOut]
    categories: list[ChoiceOut]
    currencies: list[ChoiceOut]


class ChoicesQuery(Shape):
    """Of which country."""

    country: Country | None = None


class CuratedItem(StoreItem):
    """A reward as the company looks after it."""

    is_hidden: bool
    pinned: int
    popularity: int
    provider: str


class CuratedPage(View):
    """A page of everything that is listed."""

    items: list[CuratedItem]
    next_cursor: str | None
    alike: bool


class CurationIn(Shape):
    """What the company decides about one reward; what is left out stays."""

    is_hidden: bool | None = None
    pinned: Annotated[int, Field(ge=0, le=100)] | None = None


class RuleIn(Shape):
    """A rule of what an audience is shown; without a team, role or country it is for everybody.

    "open": nobody else is shown these.
    """

    team_id: UUID | None = None
    role: Participant | None = None
    country: Country | None = None
    effect: Effect
    about: About
    value: Annotated[str, StringConstraints(min_length=1, max_length=120)]


class RuleOut(View):
    """A rule of what an audience is shown."""

    id: UUID
    team_id: UUID | None
    team_name: str | None
    role: Participant | None
    country: str | None
    effect: Effect
    about: About
    value: str


class RulesOut(View):
    """Every rule, and how many rewards they leave to everybody."""

    items: list[RuleOut]


class SpoiltOut(View):
    """A product that could not be read."""

    code: str
    reason: str


class SyncOut(View):
    """One reading of a provider's catalog."""

    id: UUID
    account_id: UUID
    account: str
    provider: str
    is_full: bool
    state: Literal["running", "done", "broken"]
    started_at: datetime
    ended_at: datetime | None
    added: int
    changed: int
    unchanged: int
    retired: int
    malformed: int
    examples: list[SpoiltOut]
    problem: str | None


class SyncsOut(View):
    """The latest readings, newest first."""

    items: list[SyncOut]


class SyncIn(Shape):
    """Which catalog is to be read."""

    account_id: UUID
    is_full: bool = False


class SyncAsked(View):
    """Whether a reading was asked for, or waited already."""

    asked: bool
