"""Invented people. First names by language; surnames; nobody is meant."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Final

FIRST: Final = {
    "it": (
        "Luca", "Elena", "Pietro", "Chiara", "Matteo", "Francesca", "Davide", "Silvia", "Andrea",
        "Marta", "Simone", "Alessia", "Federico", "Irene", "Stefano", "Noemi", "Tommaso", "Bianca",
        "Emanuele", "Serena", "Nicola", "Arianna", "Riccardo", "Greta", "Fabio", "Ilaria",
    ),
    "fr": (
        "Camille", "Antoine", "Manon", "Hugo", "Chloé", "Julien", "Élise", "Maxime", "Inès",
        "Théo", "Lucie", "Bastien", "Margaux", "Adrien", "Zoé", "Romain",
    ),
    "id": (
        "Dewi", "Budi", "Sari", "Agus", "Putri", "Rizky", "Ayu", "Hendra", "Wulan", "Bayu",
        "Ratna", "Dimas",
    ),
    "en": ("Nadia", "Omar", "Amara", "Tomás", "Leila", "Mateus", "Aisha", "Kwame"),
}  # fmt: skip
LAST: Final = {
    "it": (
        "Moretti", "Costa", "Gallo", "Salvi", "Venturi", "Bellini", "Rossetti", "Marchetti",
        "Fontana", "Caruso", "Grassi", "Vitale", "Serra", "Longo", "Pellegrini", "Sala", "Ferri",
        "Bassi", "Riva", "Testa", "Valli", "Conti", "Orlandi", "Mancini",
    ),
    "fr": (
        "Girard", "Moreau", "Lefèvre", "Roux", "Fournier", "Mercier", "Blanc", "Garnier",
        "Chevalier", "Faure", "Renaud", "Perrin", "Aubert", "Colin",
    ),
    "id": (
        "Kusuma", "Wijaya", "Santoso", "Pratama", "Lestari", "Hidayat", "Nugroho", "Siregar",
        "Halim", "Saputra",
    ),
    "en": ("Haddad", "Oliveira", "Rahmani", "Okafor", "Mensah", "Farouk", "Silva", "Diallo"),
}  # fmt: skip


def invent(
    random: Random, languages: tuple[str, ...], taken: set[str]
) -> Iterator[tuple[str, str]]:
    """Return full names that nobody in `taken` has, each with its language, `languages` in turn."""
    while True:
        for language in languages:
            name = f"{random.choice(FIRST[language])} {random.choice(LAST[language])}"
            if name not in taken:
                taken.add(name)
                yield name, language
