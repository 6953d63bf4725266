"""The few words that stand on paper, in the four languages of the house."""

from __future__ import annotations

from typing import Final

LANGUAGES: Final = ("en", "it", "fr", "id")

WORDS: Final[dict[str, tuple[str, str, str, str]]] = {
    "statement": ("Statement", "Estratto conto", "Relevé", "Laporan"),
    "proof": (
        "Proof of earnings",
        "Attestazione dei compensi",
        "Attestation de revenus",
        "Bukti penghasilan",
    ),
    "opening": ("At the beginning", "All'inizio", "Au début", "Di awal"),
    "closing": ("At the end", "Alla fine", "À la fin", "Di akhir"),
    "earned": ("Earned", "Maturato", "Acquis", "Diperoleh"),
    "available": ("To spend", "Disponibile", "Disponible", "Tersedia"),
    "reserved": ("Set aside", "Impegnato", "Réservé", "Disisihkan"),
    "owed": ("Owed", "Da restituire", "Dû", "Terutang"),
    "day": ("Day", "Giorno", "Jour", "Tanggal"),
    "what": ("What", "Voce", "Objet", "Keterangan"),
    "amount": ("Amount", "Importo", "Montant", "Jumlah"),
    "month": ("Month", "Mese", "Mois", "Bulan"),
    "points": ("Points", "Punti", "Points", "Poin"),
    "total": ("Total", "Totale", "Total", "Total"),
    "paid": ("Paid", "Pagato", "Payé", "Dibayar"),
    "corrections": ("Corrections", "Rettifiche", "Corrections", "Koreksi"),
    "earning": ("Earned", "Compenso", "Rémunération", "Penghasilan"),
    "prize": ("Prize", "Premio", "Prix", "Hadiah"),
    "prizes": ("Prizes", "Premi", "Prix", "Hadiah"),
    "correction": (
        "Correction of an earlier month:",
        "Rettifica di un mese precedente:",
        "Correction d'un mois antérieur :",
        "Koreksi bulan sebelumnya:",
    ),
    "captured": ("Paid", "Pagato", "Payé", "Dibayar"),
    "provider_return": ("Came back", "Restituito", "Retourné", "Dikembalikan"),
    "reversal": ("Reversed", "Stornato", "Annulé", "Dibatalkan"),
    "adjustment": ("Adjusted", "Correzione", "Ajustement", "Penyesuaian"),
    "fee": ("fee", "commissione", "frais", "biaya"),
    "withheld": ("tax withheld", "ritenuta", "impôt retenu", "pajak dipotong"),
    "seal": (
        "This document is the printed form of a signed record; hash and signature are of the record.",
        "Questo documento è la stampa di un record firmato; hash e firma sono del record.",
        "Ce document est l'impression d'un enregistrement signé ; empreinte et signature sont de celui-ci.",
        "Dokumen ini adalah cetakan catatan yang ditandatangani; hash dan tanda tangan adalah milik catatan itu.",
    ),
}


def word(code: str, language: str) -> str:
    """Return the word for `code`; English where the language is another, the code where there is none."""
    words = WORDS.get(code)
    if words is None:
        return code
    return words[LANGUAGES.index(language) if language in LANGUAGES else 0]
