"""What is said about a mobile number: in texts of one segment, and by mail when it changes."""

from __future__ import annotations

from typing import Final

CODE: Final = {
    "en": "{store}: {code} confirms this number. It works for 10 minutes. Give it to nobody.",
    "it": "{store}: {code} conferma questo numero. Vale 10 minuti. Non darlo a nessuno.",
    "fr": "{store} : {code} confirme ce numéro. Valable 10 minutes. Ne le donnez à personne.",
    "id": "{store}: {code} memastikan nomor ini. Berlaku 10 menit. Jangan beri tahu siapa pun.",
}
AUTOFILL: Final = "\n\n@{host} #{code}"
"""By the last line phones know which site a code is for, and fill it in nowhere else (WICG, origin-bound codes)."""

GONE: Final = {
    "en": "{store}: texts for your account no longer go to this number. Was it not you? "
    "Tell your administrator.",
    "it": "{store}: gli SMS del tuo account non arrivano più a questo numero. Non sei stato tu? "
    "Avvisa l'amministrazione.",
    "fr": "{store} : les SMS de votre compte ne vont plus à ce numéro. Ce n'était pas vous ? "
    "Alertez l'administration.",
    "id": "{store}: SMS akun Anda tidak lagi dikirim ke nomor ini. Bukan Anda? "
    "Beri tahu administrator.",
}

CHANGED: Final = {
    "en": (
        "Your mobile number at {store}",
        """Hello {name},

{what}

Was it not you? Remove the number in your profile and tell your administrator: {link}
""",
    ),
    "it": (
        "Il tuo numero di cellulare da {store}",
        """Ciao {name},

{what}

Non sei stato tu? Togli il numero nel profilo e avvisa l'amministrazione: {link}
""",
    ),
    "fr": (
        "Votre numéro de mobile chez {store}",
        """Bonjour {name},

{what}

Ce n'était pas vous ? Retirez le numéro dans votre profil et alertez l'administration : {link}
""",
    ),
    "id": (
        "Nomor ponsel Anda di {store}",
        """Halo {name},

{what}

Bukan Anda? Hapus nomor itu di profil Anda dan beri tahu administrator: {link}
""",
    ),
}
WHAT: Final = {
    "en": {
        "added": "texts about your vouchers can now go to {number}.",
        "changed": "texts about your vouchers now go to {number}, no longer to {before}.",
        "removed": "texts about your vouchers no longer go to {before}.",
    },
    "it": {
        "added": "gli SMS sui tuoi buoni possono ora arrivare a {number}.",
        "changed": "gli SMS sui tuoi buoni arrivano ora a {number}, non più a {before}.",
        "removed": "gli SMS sui tuoi buoni non arrivano più a {before}.",
    },
    "fr": {
        "added": "les SMS sur vos bons peuvent désormais arriver au {number}.",
        "changed": "les SMS sur vos bons vont désormais au {number}, et plus au {before}.",
        "removed": "les SMS sur vos bons ne vont plus au {before}.",
    },
    "id": {
        "added": "SMS tentang voucher Anda kini dapat dikirim ke {number}.",
        "changed": "SMS tentang voucher Anda kini dikirim ke {number}, tidak lagi ke {before}.",
        "removed": "SMS tentang voucher Anda tidak lagi dikirim ke {before}.",
    },
}


def spoken(language: str) -> str:
    """Return the language in which we have words for somebody who speaks `language`."""
    return language if language in CODE else "en"
