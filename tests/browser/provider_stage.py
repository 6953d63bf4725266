"""What stands behind the journey of provider accounts: a tenant admin who may join."""

from __future__ import annotations

from app.http.principal import Role
from app.people import invitations
from tests.browser.backstage import tell, work
from tests.people.builders import give_person


def main() -> None:
    """Add a tenant admin and print how they join."""
    with work() as db:
        person = give_person(db, "Kei Keeper", [Role.TENANT_ADMIN], email="kei@laurel.example")
        token = invitations.invite(db, person.id)
    tell({"join": f"/join/{token}"})


if __name__ == "__main__":
    main()
