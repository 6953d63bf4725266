"""Mail: sent through SMTP where there is a server; kept for the mailbox page in the demo."""

from __future__ import annotations

import smtplib
import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import formataddr, make_msgid, parseaddr
from typing import Final
from urllib.parse import unquote, urlsplit

import structlog
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from app.db.unit_of_work import tenant_of, work_of
from app.people import letters, logos
from app.people.branding import Brand
from app.people.models import Mail
from app.settings import Settings

log = structlog.get_logger(__name__)

_CODE: Final = {
    "en": (
        "{code} is your Laurel code",
        """Hello {name},

your code for {tenant} is {code}. It works once, for 10 minutes.

If you did not ask for it, you need not do anything. Nobody from Laurel will ever ask for it.
""",
    ),
    "it": (
        "{code} è il tuo codice Laurel",
        """Ciao {name},

il tuo codice per {tenant} è {code}. Vale una volta sola, per 10 minuti.

Se non l'hai chiesto tu, non devi fare nulla. Nessuno di Laurel te lo chiederà mai.
""",
    ),
    "fr": (
        "{code} est votre code Laurel",
        """Bonjour {name},

votre code pour {tenant} est {code}. Il sert une seule fois, pendant 10 minutes.

Si vous ne l'avez pas demandé, vous n'avez rien à faire. Personne chez Laurel ne vous le demandera.
""",
    ),
    "id": (
        "{code} adalah kode Laurel Anda",
        """Halo {name},

kode Anda untuk {tenant} adalah {code}. Berlaku sekali, selama 10 menit.

Jika Anda tidak memintanya, abaikan saja. Laurel tidak akan pernah meminta kode ini.
""",
    ),
}


class _Post:
    settings: Settings | None = None


def connect(settings: Settings) -> None:
    """Say once, at start, how mail leaves this installation."""
    _Post.settings = settings


def code_mail(language: str, *, name: str, tenant: str, code: str) -> tuple[str, str]:
    """Return subject and text of the mail that carries a sign-in code."""
    subject, body = _CODE.get(language, _CODE["en"])
    return (
        subject.format(code=code),
        body.format(name=name, tenant=tenant, code=code),
    )


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail in the company's face. `link` is the one address in `body` that can be pressed."""

    subject: str
    body: str
    brand: Brand
    language: str
    link: str


def deliver(db: Session, *, to: str, subject: str, body: str) -> None:
    """Send a plain mail now; in the demo also keep it for the mailbox page. Call it from a job."""
    _hand_over(db, _plain(_settings(), to=to, subject=subject, body=body))


def deliver_letter(db: Session, letter: Letter, *, to: str) -> None:
    """Send a mail in the company's face, as `deliver` does."""
    settings, brand = _settings(), letter.brand
    text = letters.as_text(letter.body, brand)
    message = _plain(settings, to=to, subject=letter.subject, body=text)
    _, address = parseaddr(settings.mail_from)
    message.replace_header("From", formataddr((brand.name, address)))
    if brand.reply_to:
        message["Reply-To"] = brand.reply_to
    picture = logos.find(db)
    logo = letters.Shown(picture, make_msgid(domain="laurel")[1:-1]) if picture else None
    page = letters.as_page(
        letter.body,
        brand,
        subject=letter.subject,
        language=letter.language,
        link=letter.link,
        logo=logo,
    )
    message.add_alternative(page, subtype="html")
    if logo is not None:
        _enclose(message, logo)
    _hand_over(db, message)


def _enclose(message: EmailMessage, logo: letters.Shown) -> None:
    """Send the logo along, for readers that load nothing from anywhere."""
    page = message.get_body(("html",))
    assert page is not None
    page.add_related(
        logo.picture.png,
        "image",
        "png",
        cid=f"<{logo.cid}>",
        disposition="inline",
        filename="logo.png",
    )


def _settings() -> Settings:
    if _Post.settings is None:
        raise RuntimeError("Mail was not connected.")
    return _Post.settings


def _plain(settings: Settings, *, to: str, subject: str, body: str) -> EmailMessage:
    message = EmailMessage()
    # What a provider calls its product may hold line ends; a header may not.
    message["From"], message["To"] = settings.mail_from, to
    message["Subject"] = " ".join(subject.split())
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(body)
    return message


def _hand_over(db: Session, message: EmailMessage) -> None:
    settings = _settings()
    if settings.is_demo:
        text = message.get_body(("plain",))
        db.execute(
            insert(Mail).values(
                tenant_id=tenant_of(db),
                recipient=str(message["To"]),
                subject=str(message["Subject"]),
                body=text.get_content() if text else "",
                sender=str(message["From"]),
                sent_at=work_of(db).now,
            )
        )
    if settings.smtp_url:
        _send(settings.smtp_url, message)
    elif not settings.is_demo:
        log.error("mail_not_sent", reason="SMTP_URL is not set")


def address_of(path: str) -> str:
    """Return the address at which browsers find a page of ours."""
    return f"{_settings().public_url}{path}"


def mailbox(db: Session, limit: int = 50) -> list[Mail]:
    """Return the latest mails of the demo."""
    return list(db.scalars(select(Mail).order_by(Mail.id.desc()).limit(limit)))


def _send(url: str, message: EmailMessage) -> None:
    at = urlsplit(url)
    context = ssl.create_default_context()
    host, port = at.hostname or "localhost", at.port
    server: smtplib.SMTP
    if at.scheme == "smtps":
        server = smtplib.SMTP_SSL(host, port or 465, timeout=15, context=context)
    else:
        server = smtplib.SMTP(host, port or 25, timeout=15)
    with server:
        server.ehlo()
        if at.scheme == "smtp" and server.has_extn("starttls"):
            server.starttls(context=context)
        elif at.scheme == "smtp" and at.username:
            raise smtplib.SMTPException("The mail server would take the password in the clear.")
        if at.username:
            server.login(unquote(at.username), unquote(at.password or ""))
        server.send_message(message)
