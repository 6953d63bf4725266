"""What a certificate says, in the languages of the house. Papers are read without the app at hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_FALLBACK: Final = "en"

_WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "certificate": {
        "en": "Certificate",
        "it": "Attestato",
        "fr": "Certificat",
        "id": "Sertifikat",
    },
    "given_to": {
        "en": "awarded to",
        "it": "conferito a",
        "fr": "décerné à",
        "id": "diberikan kepada",
    },
    "first_sale": {
        "en": "First sale",
        "it": "Prima vendita",
        "fr": "Première vente",
        "id": "Penjualan pertama",
    },
    "target_reached": {
        "en": "Target reached",
        "it": "Obiettivo raggiunto",
        "fr": "Objectif atteint",
        "id": "Target tercapai",
    },
    "check": {
        "en": "Scan the code or open the address to see that this certificate stands.",
        "it": "Inquadra il codice o apri l’indirizzo per vedere se questo attestato è valido.",  # noqa: RUF001 - Italian writes it so
        "fr": "Scannez le code ou ouvrez l’adresse pour voir si ce certificat est valable.",  # noqa: RUF001 - French writes it so
        "id": "Pindai kode atau buka alamatnya untuk melihat apakah sertifikat ini berlaku.",
    },
}


def word(name: str, language: str) -> str:
    """Return what `name` is called in a language of the house, English in any other."""
    said = _WORDS[name]
    return said.get(language, said[_FALLBACK])
