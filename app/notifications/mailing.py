"""Mails about rewards, in the language of who reads them.

No mail holds a code: it leads to the page on which a passkey opens it.
"""

from __future__ import annotations

from typing import Final
from uuid import UUID

from babel.dates import format_date
from babel.numbers import format_currency
from sqlalchemy.orm import Session

from app.jobs.queue import job
from app.kernel.money import Money
from app.people import mail
from app.people import queries as people
from app.rewards import queries as rewards

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


@job(name="notifications.mail_expiry")
def expiry_job(db: Session, *, person_id: str, redemption_id: str) -> None:
    """Mail that a code ends soon; not when it was used or given back meanwhile."""
    person = people.get_person(db, UUID(person_id))
    order = rewards.line_of(db, rewards.get_redemption(db, UUID(redemption_id)))
    if person.email is None or order.used_at or order.state != "captured" or not order.expires_on:
        return
    language = person.language if person.language in _EXPIRES else "en"
    subject, body = _EXPIRES[language]
    said = {
        "name": person.name,
        "tenant": people.get_tenant(db).name,
        "reward": order.reward.brand,
        "money": _money(order.money, language),
        "until": format_date(order.expires_on, "long", locale=language),
        "link": mail.address_of(f"/rewards/orders/{order.id}"),
    }
    mail.deliver(db, to=person.email, subject=subject.format(**said), body=body.format(**said))


def _money(money: Money, language: str) -> str:
    shown = format_currency(money.decimal, money.currency, locale=language)
    return str(shown).replace("\u202f", "\u00a0")
