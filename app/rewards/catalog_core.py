"""Words, pictures and rules of the store, without a database."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from hashlib import blake2b
from importlib import resources
from typing import Final

from app.providers.contract import Offer
from app.rewards.audience_core import Audience, Visitor

MOST_WORDS: Final = 6
LONGEST_WORD: Final = 40
LEAST_GUESSED: Final = 4
MOST_GUESSES: Final = 3
NEARLY_AS_LIKE: Final = 0.75

ART_OF_CATEGORY: Final[Mapping[str, str]] = {
    "adventure": "peaks",
    "getaways": "sun",
    "travel": "sun",
    "wellness": "leaf",
    "health": "leaf",
    "fine dining": "rosette",
    "food and drink": "rosette",
    "hobbies and activities": "weave",
    "fashion": "weave",
    "home": "weave",
    "entertainment": "reel",
    "games": "reel",
    "music": "reel",
    "sports": "peaks",
    "electronics": "wave",
    "mobility": "wave",
}
"""The engraving of a reward by its first category that has one."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What an audience is shown; see CatalogRule."""

    effect: str
    about: str
    value: str


@dataclass(frozen=True, slots=True)
class Shown:
    """The rules that hold for one person, by what they are about."""

    only: Mapping[str, tuple[str, ...]]
    hidden: Mapping[str, tuple[str, ...]]


def rules_for(visitor: Visitor, told: Sequence[tuple[Audience, Rule]]) -> list[Rule]:
    """Return what holds for somebody, as "only" and "hide": what is open to others alone is hidden.

    Of what is open to several audiences it is enough to be in one.
    """
    mine = [rule for audience, rule in told if audience.includes(visitor)]
    opened = {(rule.about, rule.value) for rule in mine if rule.effect == "open"}
    closed = [
        replace(rule, effect="hide")
        for _, rule in told
        if rule.effect == "open" and (rule.about, rule.value) not in opened
    ]
    return [rule for rule in mine if rule.effect != "open"] + closed


def shown_by(rules: Iterable[Rule]) -> Shown:
    """Return what rules come to: within what any "only" allows, without what any "hide" names."""
    only: dict[str, list[str]] = {}
    hidden: dict[str, list[str]] = {}
    for rule in rules:
        (only if rule.effect == "only" else hidden).setdefault(rule.about, []).append(rule.value)
    return Shown(
        {about: tuple(sorted(set(values))) for about, values in only.items()},
        {about: tuple(sorted(set(values))) for about, values in hidden.items()},
    )


def plain_words(text: str) -> list[str]:
    """Return the words of a text, in lower case, without accents and signs."""
    bare = "".join(
        letter
        for letter in unicodedata.normalize("NFKD", text.casefold())
        if not unicodedata.combining(letter)
    )
    return [word[:LONGEST_WORD] for word in re.findall(r"[^\W_]+", bare)]


def search_text(*parts: str) -> str:
    """Return what is searched for a reward: each word once, a blank before each."""
    words = dict.fromkeys(word for part in parts for word in plain_words(part))
    return " " + " ".join(words)


@dataclass(frozen=True, slots=True)
class Guess:
    """A word of the store that is like one that was typed, up to 1."""

    typed: str
    word: str
    likeness: float


@dataclass(frozen=True, slots=True)
class Search:
    """What a text must hold: one of `lead`, all of `rest`; which of `ranks` it holds says who comes first.

    `lead` and `ranks` are patterns of LIKE, `rest` regular expressions.
    """

    lead: Sequence[str]
    rest: Sequence[str]
    ranks: Sequence[str]


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody typed, as it is looked for: the longest word leads, the first one ranks."""

    words: Sequence[str]

    @property
    def longest(self) -> str:
        """The word that narrows most."""
        return max(self.words, key=len)

    @property
    def can_be_guessed(self) -> bool:
        """Whether likeness says anything: nearly every reward is like a word of three letters."""
        return len(self.longest) >= LEAST_GUESSED

    def begun(self) -> Search:
        """Return the search for beginnings of words; what begins with all that was typed comes first."""
        return Search(
            lead=[f"% {self.longest}%"],
            rest=[f" {word}" for word in self.words if word != self.longest],
            ranks=[f" {' '.join(self.words)}%"],
        )

    def guessed(self, guesses: Iterable[Guess]) -> Search | None:
        """Return the search for what was probably meant, None when a word is like no other."""
        meant: dict[str, list[Guess]] = {word: [] for word in self.words}
        for guess in sorted(guesses, key=lambda one: (-one.likeness, one.word)):
            best = meant[guess.typed]
            if not best or guess.likeness >= best[0].likeness * NEARLY_AS_LIKE:
                best.append(guess)
        chosen = {typed: [one.word for one in best[:MOST_GUESSES]] for typed, best in meant.items()}
        if not all(chosen.values()):
            return None
        lead = [f"% {word}%" for word in chosen.pop(self.longest)]
        return Search(lead, [f" ({'|'.join(words)})" for words in chosen.values()], lead)


def asked(text: str) -> Asked | None:
    """Return what to look for, None when nothing was typed."""
    words = plain_words(text)[:MOST_WORDS]
    return Asked(words) if words else None


def hue_of(text: str) -> int:
    """Return a colour for a name, always the same one."""
    return int.from_bytes(blake2b(text.encode(), digest_size=4).digest()) % 360


def art_of(kind: str, categories: Iterable[str]) -> str:
    """Return the engraving for a reward."""
    for category in categories:
        if (art := ART_OF_CATEGORY.get(category.lower())) is not None:
            return art
    return "peaks" if kind == "experience" else "wave"


def digest_of(offer: Offer) -> str:
    """Return the same text for the same offer; the date of a change alone is no change."""
    told = (
        offer.name,
        offer.brand,
        offer.kind,
        offer.country,
        offer.currency,
        offer.denominations,
        offer.min_minor,
        offer.max_minor,
        offer.categories,
        offer.description,
        offer.terms,
        offer.image_url,
        offer.expiry_text,
        offer.delivery_code,
        offer.in_stock,
    )
    return blake2b(repr(told).encode(), digest_size=12).hexdigest()


@lru_cache
def _countries_by_zone() -> Mapping[str, str]:
    table = resources.files("tzdata") / "zoneinfo" / "zone.tab"
    lines = table.read_text("utf-8").splitlines()
    rows = [line.split("\t") for line in lines if line and not line.startswith("#")]
    return {row[2]: row[0] for row in rows}


def country_of(zone: str) -> str | None:
    """Return the country in which people live who keep this time; None when no one country does."""
    return _countries_by_zone().get(zone)
