from __future__ import annotations

import pytest

from tests.conftest import Work
from tests.finance.builders import Purse
from tests.people.builders import give_person, give_tenant


@pytest.fixture
def purse(work: Work) -> Purse:
    """Somebody without money yet."""
    with work() as db:
        give_tenant(db)
        person = give_person(db, name="Ada Ferri", employee_number="E-7")
        db.expunge(person)
    return Purse(work, person)
