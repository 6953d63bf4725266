"""Word of a voucher in a text of one segment: the store, what came, and the way there; never the code."""

from __future__ import annotations

from typing import Final

from sqlalchemy.orm import Session

from app.kernel.money import Money
from app.kernel.written import written
from app.people import branding, mail
from app.people import queries as people
from app.rewards.queries import RedemptionLine
from app.texting import core
from app.texting.service import Written

_HERE: Final = {
    "en": "{store}: {reward}, {money}: it is here. Open it with your passkey: {link}",
    "it": "{store}: {reward}, {money}: eccolo. Aprilo con la tua passkey: {link}",
    "fr": "{store} : {reward}, {money} : c'est là. Ouvrez avec votre clé d'accès : {link}",
    "id": "{store}: {reward}, {money}: sudah tiba. Buka dengan kunci sandi: {link}",
}


def delivered(db: Session, order: RedemptionLine, *, to: str) -> Written:
    """Return the text that says a card or voucher is there, in its owner's language."""
    spoken = people.get_person(db, order.person_id).language
    language = spoken if spoken in _HERE else "en"
    said = {
        "store": branding.brand_of(people.get_tenant(db)).name,
        "reward": order.reward.brand,
        "money": money_in_text(order.money, language),
        "link": mail.address_of(f"/rewards/orders/{order.id}"),
    }
    return Written(to, core.one_segment(_HERE[language], said, shorten=["reward", "store"]))


def money_in_text(money: Money, language: str) -> str:
    """Return an amount with its sign, or with its code where phones would need twice the room for the sign."""
    shown = core.fit(written(money, language))
    if core.is_gsm(shown):
        return shown
    return core.fit(written(money, language, "¤¤ #,##0.00"))
