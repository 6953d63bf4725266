"""The mail that warns: whoever changes where money goes cannot keep its owner from knowing."""

from __future__ import annotations

from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from app.destinations.core import Change
from app.destinations.models import BankAccount
from app.jobs.queue import enqueue, job
from app.people import mail
from app.people import queries as people

MAILED: Final[tuple[Change, ...]] = ("added", "confirmed", "primary", "removed")

_SUBJECT: Final = {
    "en": "Your payout account changed",
    "it": "Il tuo conto per i pagamenti è cambiato",
    "fr": "Votre compte de versement a changé",
    "id": "Rekening pembayaran Anda berubah",
}

_WHAT: Final[dict[str, dict[str, str]]] = {
    "en": {
        "added": "the bank account {account} was added to your Laurel wallet at {tenant}.",
        "confirmed": (
            "the bank account {account} was confirmed in your Laurel wallet at {tenant}. "
            "It can be paid from {from_when}."
        ),
        "primary": "the bank account {account} is now the first in your Laurel wallet at {tenant}.",
        "removed": "the bank account {account} was removed from your Laurel wallet at {tenant}.",
    },
    "it": {
        "added": "il conto {account} è stato aggiunto al tuo portafoglio Laurel di {tenant}.",
        "confirmed": (
            "il conto {account} è stato confermato nel tuo portafoglio Laurel di {tenant}. "
            "Può ricevere pagamenti dal {from_when}."
        ),
        "primary": "il conto {account} è ora il principale nel tuo portafoglio Laurel di {tenant}.",
        "removed": "il conto {account} è stato rimosso dal tuo portafoglio Laurel di {tenant}.",
    },
    "fr": {
        "added": "le compte {account} a été ajouté à votre portefeuille Laurel de {tenant}.",
        "confirmed": (
            "le compte {account} a été confirmé dans votre portefeuille Laurel de {tenant}. "
            "Il peut être payé à partir du {from_when}."
        ),
        "primary": "le compte {account} est désormais le principal de votre portefeuille "
        "Laurel de {tenant}.",
        "removed": "le compte {account} a été retiré de votre portefeuille Laurel de {tenant}.",
    },
    "id": {
        "added": "rekening {account} telah ditambahkan ke dompet Laurel Anda di {tenant}.",
        "confirmed": (
            "rekening {account} telah dikonfirmasi di dompet Laurel Anda di {tenant}. "
            "Rekening ini dapat dibayar mulai {from_when}."
        ),
        "primary": "rekening {account} kini menjadi yang utama di dompet Laurel Anda di {tenant}.",
        "removed": "rekening {account} telah dihapus dari dompet Laurel Anda di {tenant}.",
    },
}

_AROUND: Final = {
    "en": (
        "Hello {name},",
        (
            "If this was you, you need not do anything. If it was not, remove the account in Laurel "
            "and tell your administrator at once: nothing is paid to it before the hold is over."
        ),
    ),
    "it": (
        "Ciao {name},",
        (
            "Se sei stato tu, non devi fare nulla. Altrimenti rimuovi il conto in Laurel e avvisa "
            "subito l'amministrazione: nulla viene pagato prima della fine dell'attesa."
        ),
    ),
    "fr": (
        "Bonjour {name},",
        (
            "Si c'est vous, vous n'avez rien à faire. Sinon, retirez le compte dans Laurel et prévenez "
            "aussitôt votre administration : rien n'y est versé avant la fin du délai."
        ),
    ),
    "id": (
        "Halo {name},",
        (
            "Jika ini Anda, tidak perlu melakukan apa pun. Jika bukan, hapus rekening itu di Laurel dan "
            "segera beri tahu administrator: tidak ada pembayaran sebelum masa tunggu selesai."
        ),
    ),
}


def send(db: Session, account: BankAccount, what: Change) -> None:
    """Warn the address that is known now: one that is changed afterwards does not keep it away."""
    person = people.get_person(db, account.person_id)
    if person.email is None:
        return
    held_until = account.usable_from
    from_when = held_until.astimezone(ZoneInfo(person.zone)) if held_until else None
    enqueue(
        db,
        warn_job,
        email=person.email,
        language=person.language,
        name=person.name,
        account=account.label,
        what=what,
        from_when=f"{from_when:%d.%m.%Y %H:%M}" if from_when else "",
    )


@job(name="destinations.warn")
def warn_job(
    db: Session,
    *,
    email: str,
    language: str,
    name: str,
    account: str,
    what: str,
    from_when: str,
) -> None:
    """Mail that where money goes was changed."""
    tenant = people.get_tenant(db).name
    spoken = language if language in _WHAT else "en"
    greeting, ending = _AROUND[spoken]
    said = _WHAT[spoken][what].format(account=account, tenant=tenant, from_when=from_when)
    body = "\n\n".join([greeting.format(name=name), said, ending]) + "\n"
    mail.deliver(db, to=email, subject=_SUBJECT[spoken], body=body)
