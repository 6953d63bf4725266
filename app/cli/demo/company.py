"""Who works at Lumera: a pure plan, the same every time."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from random import Random
from typing import Final, Literal

from app.cli.demo.names import invent
from app.http.principal import Role

Size = Literal["small", "full"]

NAME: Final = "Lumera Energia"
SLUG: Final = "lumera"
ZONE: Final = "Europe/Rome"
SEED: Final = 20261121

GIULIA, SOPHIE, PAOLA, CARLA, ADA = "L-0474", "L-0512", "L-0020", "L-0001", "L-0002"
"""Employee numbers of the people a visitor may be."""

_REGIONS: Final = {
    "Lombardia": ("it", ("Milano Nord", "Bergamo", "Milano Est", "Como")),
    "Piemonte": ("it", ("Torino Centro", "Torino Sud", "Cuneo", "Novara")),
    "Liguria": ("it", ("Genova Porto", "Savona", "La Spezia")),
    "Rhône": ("fr", ("Lyon", "Grenoble", "Annecy")),
}
_REPS_IN_AREA: Final = {"small": 4, "full": 7}
_TURNS: Final = {"it": ("it", "it", "id", "it", "en"), "fr": ("fr", "fr", "it", "fr", "en")}


@dataclass(frozen=True, slots=True)
class Post:
    """Where somebody stands from a day on."""

    from_on: date
    team: str
    manager: str | None
    title: str
    kind: str = "staff"


@dataclass(frozen=True, slots=True)
class Worker:
    """One person of the company."""

    number: str
    name: str
    language: str
    roles: frozenset[Role]
    posts: tuple[Post, ...]
    talent: float = 0.0
    """Contracts in an ordinary week; nothing for those who do not sell."""

    @property
    def email(self) -> str:
        """The address of a company that does not exist."""
        plain = unicodedata.normalize("NFKD", self.name).encode("ascii", "ignore").decode()
        return f"{plain.lower().replace(' ', '.')}@lumera.example"

    def team_on(self, day: date) -> str:
        """Return the team on `day`."""
        return [post.team for post in self.posts if post.from_on <= day][-1]


@dataclass(frozen=True, slots=True)
class Persona:
    """Somebody a visitor may be with one click."""

    key: str
    number: str
    role_title: str
    description: str


PERSONAS: Final = (
    Persona("rep", GIULIA, "Sales rep", "Sells in Milano Nord. Sees targets, earnings and ranks."),
    Persona("agent", SOPHIE, "Agent", "Sells in Bergamo and earns on what three sub-agents sell."),
    Persona(
        "manager", PAOLA, "Regional manager", "Leads Lombardia. Verifies sales, runs contests."
    ),
    Persona("admin", CARLA, "Sales director", "Designs programs, imports files, sees everybody."),
    Persona("finance", ADA, "Finance", "Stocks gift cards, confirms experiences, reads the books."),
)


def company(size: Size, start: date) -> list[Worker]:
    """Return everybody, managers before their people, as hired on `start` or later."""
    random = Random(SEED)  # noqa: S311 - the same people every time, no secret
    office = list(_office(start))
    regions = list(_REGIONS.items())[: 1 if size == "small" else None]
    people = [worker for worker in office if size == "full" or worker.number in (CARLA, PAOLA, ADA)]
    taken = {worker.name for worker in office} | {"Giulia Ferrante", "Sophie Laurent"}
    for at, (region, (language, areas)) in enumerate(regions):
        names = invent(random, _TURNS[language], taken)
        head = next(worker.number for worker in office if worker.posts[0].team == region)
        for nth, area in enumerate(areas[: 2 if size == "small" else None]):
            lead = f"L-{at + 1}{nth + 1}9"
            people += _area(random, names, lead=lead, head=head, area=area, size=size, start=start)
    return _with_moves(people) if size == "full" else people


def _office(start: date) -> Iterator[Worker]:
    def post(team: str, manager: str | None, title: str) -> tuple[Post, ...]:
        return (Post(start, team, manager, title),)

    admin = frozenset({Role.PROGRAM_ADMIN, Role.FINANCE, Role.TENANT_ADMIN})
    manager = frozenset({Role.MANAGER})
    yield Worker(CARLA, "Carla Monti", "en", admin, post("Lumera", None, "Sales director"))
    heads = {
        "Lombardia": (PAOLA, "Paola Neri", "en"),
        "Piemonte": ("L-0021", "Ivo Tedesco", "it"),
        "Liguria": ("L-0022", "Rita Salis", "it"),
        "Rhône": ("L-0023", "Claire Vasseur", "fr"),
    }
    for region, (number, name, language) in heads.items():
        yield Worker(number, name, language, manager, post(region, CARLA, "Regional manager"))
    finance, auditor = frozenset({Role.FINANCE}), frozenset({Role.AUDITOR})
    yield Worker(ADA, "Ada Furlan", "it", finance, post("Lumera", CARLA, "Finance"))
    yield Worker("L-0003", "Guido Ferrari", "it", auditor, post("Lumera", CARLA, "Auditor"))


def _area(
    random: Random,
    names: Iterator[tuple[str, str]],
    *,
    lead: str,
    head: str,
    area: str,
    size: Size,
    start: date,
) -> Iterator[Worker]:
    rep = frozenset({Role.REP})
    name, language = next(names)
    leads = (Post(start, area, head, "Area lead"),)
    yield Worker(lead, name, language, frozenset({Role.MANAGER, Role.REP}), leads, 2.0)
    for nth in range(_REPS_IN_AREA[size]):
        number, (name, language) = f"{lead[:-1]}{nth}", next(names)
        if nth == 0 and area in ("Milano Nord", "Bergamo"):
            number, name = (
                (GIULIA, "Giulia Ferrante") if area == "Milano Nord" else (SOPHIE, "Sophie Laurent")
            )
            language = "en"
        hired = start if nth < 5 else start + timedelta(days=random.randrange(40, 200))
        hired = start if size == "small" else hired
        is_agent = nth == 0 and area != "Milano Nord" and (size == "full" or area == "Bergamo")
        title = "Agent" if is_agent else "Sales rep"
        talent = 15.0 if number == GIULIA else random.uniform(5.0, 12.0)
        yield Worker(number, name, language, rep, (Post(hired, area, lead, title),), talent)
        for sub in range((3 if number == SOPHIE else 1) if is_agent else 0):
            name, language = next(names)
            under = (Post(hired, area, number, "Sub-agent", "sub_agent"),)
            yield Worker(
                f"{number}-{sub + 1}", name, language, rep, under, random.uniform(3.0, 8.0)
            )


def _with_moves(people: list[Worker]) -> list[Worker]:
    """Let some people change area in the year, so that credit follows who led them on the day."""
    leads = {
        worker.posts[0].team: worker.number
        for worker in people
        if worker.posts[0].title == "Area lead"
    }
    areas = list(leads)
    moved = []
    for nth, worker in enumerate(people):
        moves = nth % 17 == 16 and worker.posts[0].title == "Sales rep" and worker.number != GIULIA
        if moves:
            area = areas[(areas.index(worker.posts[0].team) + 1) % len(areas)]
            day = worker.posts[0].from_on + timedelta(days=91 + nth)
            post = Post(day, area, leads[area], "Sales rep")
            moved.append(replace(worker, posts=(*worker.posts, post)))
        else:
            moved.append(worker)
    return moved
