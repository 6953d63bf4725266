"""Mails about rewards, in the language of who reads them.

No mail holds a code: it leads to the page on which a passkey opens it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from uuid import UUID

from babel.dates import format_date
from sqlalchemy.orm import Session

from app.jobs.queue import job
from app.kernel.written import written
from app.people import branding, mail
from app.people import queries as people
from app.rewards import queries as rewards
from app.rewards.queries import RedemptionLine

_EXPIRES: Final = {
    "en": (
        "{reward}: your {money} ends on {until}",
        """Hello {name},

your {money} for {reward} from {tenant} can be used until {until}.

Open it with your passkey: {link}

Have you used it? Say so on that page, and we stop reminding you. Which reminders you get is in your profile.
""",
    ),
    "it": (
        "{reward}: i tuoi {money} scadono il {until}",
        """Ciao {name},

i tuoi {money} per {reward} da {tenant} valgono fino al {until}.

Aprili con la tua passkey: {link}

Li hai già usati? Dillo in quella pagina e non te lo ricorderemo più. I promemoria si scelgono nel profilo.
""",
    ),
    "fr": (
        "{reward} : vos {money} expirent le {until}",
        """Bonjour {name},

vos {money} pour {reward}, offerts par {tenant}, sont valables jusqu'au {until}.

Ouvrez-les avec votre clé d'accès : {link}

Déjà utilisés ? Dites-le sur cette page et nous ne le rappellerons plus. Les rappels se règlent dans votre profil.
""",
    ),
    "id": (
        "{reward}: {money} Anda berlaku sampai {until}",
        """Halo {name},

{money} Anda untuk {reward} dari {tenant} dapat dipakai sampai {until}.

Buka dengan kunci sandi Anda: {link}

Sudah dipakai? Beri tahu di halaman itu dan kami berhenti mengingatkan. Pengingat diatur di profil Anda.
""",
    ),
}


_DELIVERED: Final = {
    "en": (
        "{reward}: your {money} is here",
        """Hello {name},

what you chose at {tenant} is here: {reward}, {money}.{last_day}

Open it with your passkey: {link}

The code is not in this mail. Only your passkey shows it, and nobody will ever ask you for it.
""",
    ),
    "it": (
        "{reward}: i tuoi {money} sono arrivati",
        """Ciao {name},

quello che hai scelto da {tenant} è arrivato: {reward}, {money}.{last_day}

Aprilo con la tua passkey: {link}

Il codice non è in questa mail. Lo mostra solo la tua passkey, e nessuno te lo chiederà mai.
""",
    ),
    "fr": (
        "{reward} : vos {money} sont arrivés",
        """Bonjour {name},

ce que vous avez choisi chez {tenant} est arrivé : {reward}, {money}.{last_day}

Ouvrez-le avec votre clé d'accès : {link}

Le code n'est pas dans ce message. Seule votre clé d'accès le montre, et personne ne vous le demandera.
""",
    ),
    "id": (
        "{reward}: {money} Anda sudah tiba",
        """Halo {name},

pilihan Anda di {tenant} sudah tiba: {reward}, {money}.{last_day}

Buka dengan kunci sandi Anda: {link}

Kode tidak ada di surel ini. Hanya kunci sandi Anda yang menampilkannya, dan tak seorang pun akan memintanya.
""",
    ),
}

_UNTIL: Final = {
    "en": " It can be used until {until}.",
    "it": " Vale fino al {until}.",
    "fr": " Valable jusqu'au {until}.",
    "id": " Berlaku sampai {until}.",
}


@job(name="notifications.mail_expiry")
def expiry_job(db: Session, *, person_id: str, redemption_id: str) -> None:
    """Mail that a code ends soon; not when it was used or given back meanwhile."""
    person = people.get_person(db, UUID(person_id))
    order = rewards.line_of(db, rewards.get_redemption(db, UUID(redemption_id)))
    if person.email is None or order.used_at or order.state != "captured" or not order.expires_on:
        return
    language = person.language if person.language in _EXPIRES else "en"
    _send(db, person.email, _EXPIRES[language], said_of(db, order, language), language)


def mail_delivered(db: Session, order: RedemptionLine, *, to: str) -> None:
    """Mail that a card or voucher is there, to its owner."""
    spoken = people.get_person(db, order.person_id).language
    language = spoken if spoken in _DELIVERED else "en"
    said = said_of(db, order, language)
    last_day = _UNTIL[language].format(**said) if order.expires_on else ""
    _send(db, to, _DELIVERED[language], said | {"last_day": last_day}, language)


def _send(
    db: Session, to: str, words: tuple[str, str], said: Mapping[str, str], language: str
) -> None:
    subject, body = (one.format(**said) for one in words)
    brand = branding.brand_of(people.get_tenant(db))
    letter = mail.Letter(subject, body, brand, language, link=said["link"])
    mail.deliver_letter(db, letter, to=to)


def said_of(db: Session, order: RedemptionLine, language: str) -> dict[str, str]:
    """Return what may be said about an order outside the app: never what was delivered."""
    last = order.expires_on
    return {
        "name": order.person_name,
        "tenant": people.get_tenant(db).name,
        "reward": order.reward.brand,
        "money": written(order.money, language),
        "until": format_date(last, "long", locale=language) if last else "",
        "link": mail.address_of(f"/rewards/orders/{order.id}"),
    }
