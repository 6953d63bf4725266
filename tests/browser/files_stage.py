"""What stands behind the journey of a payout file: an account to pay from, transfers, two people of finance.

Run as a process in the environment of a live site; prints what the journey has to know.
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Session

from app.http.principal import Role
from app.kernel import clock
from app.kernel.money import Money
from app.payouts import paying
from app.people import invitations
from app.providers.contract import Destination
from app.rewards import saga, service
from tests.browser.backstage import tell, work
from tests.ledger.builders import give_available
from tests.payouts.builders import iban
from tests.payouts.desk import SETTINGS
from tests.people.builders import give_person

ODD = "Zoë Müller"


def main() -> dict[str, str]:
    """Let two people wait for their transfers, and invite two people of finance."""
    with work() as db:
        account = paying.add(db, label="Main account", settings=SETTINGS)
        orders = [_order(db, account.id, name) for name in (ODD, "Jean Dupont")]
        joins = [_invite(db, name) for name in ("Pia Prep", "Alba Appro")]
    for order in orders:
        saga.advance(work, order, hint=False)
    return {"first": joins[0], "second": joins[1], "reference": orders[0].hex}


def _order(db: Session, account_id: UUID, name: str) -> UUID:
    person = give_person(
        db, name=name, email=f"{name.split(maxsplit=1)[0].lower()}@files.example.test"
    )
    give_available(db, person.id, 20_000)
    reward = service.offer(
        db,
        service.Offer(
            f"Transfer to {name}",
            "bank_transfer",
            "IT",
            "EUR",
            (),
            provider="file",
            account_id=account_id,
            min_minor=1,
            max_minor=100_000,
        ),
    )
    to = iban()
    return service.redeem(
        db,
        person_id=person.id,
        reward_id=reward,
        money=Money(10_050, "EUR"),
        today=clock.utc_now().date(),
        destination=Destination(to.kind, name, to.country, to.currency, to.fields),
    ).id


def _invite(db: Session, name: str) -> str:
    email = f"{name.split(maxsplit=1)[0].lower()}@finance.example.test"
    person = give_person(db, name=name, email=email, roles=[Role.FINANCE])
    return f"/join/{invitations.invite(db, person.id)}"


if __name__ == "__main__":
    tell(main())
