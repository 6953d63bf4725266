from __future__ import annotations

import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from pypdf import PdfReader

from app.kernel import clock
from app.kernel.errors import NotFound
from app.people import logos
from app.recognition import certificates, paper, queries
from tests.conftest import NOON, Work
from tests.contests.builders import sell
from tests.people.builders import give_person, give_session, give_tenant
from tests.people.phone import Phone
from tests.people.pictures import picture


@dataclass
class Winner:
    """Somebody who won the badge of the first sale, with a phone."""

    phone: Phone
    person_id: UUID
    award_id: UUID

    @property
    def path(self) -> str:
        """Where the certificate is."""
        return f"/me/badges/{self.award_id}/certificate"


@pytest.fixture
def winner(work: Work, app: Flask) -> Winner:
    with work() as db:
        give_tenant(db)
        person = give_person(db, name="Zoë D'Àmico", language="it")
        sell(db, person.id, number="S-1", at=NOON)
    with work(now=clock.utc_now()) as db:
        token = give_session(db, person)
        (award,) = queries.awards(db, person.id)
    phone = Phone(app.test_client())
    phone.take(token)
    return Winner(phone, person.id, award.id)


def written(pdf: bytes) -> str:
    """Return the text of the only page."""
    (page,) = PdfReader(io.BytesIO(pdf)).pages
    return page.extract_text()


def code_on(pdf: bytes) -> str:
    """Return the code in the address that is printed."""
    found = re.search(r"/certificates/([0-9a-f]+)", written(pdf))
    assert found is not None
    return found[1]


def test_a_certificate_wears_the_logo_of_the_company_and_is_the_same_each_time(
    winner: Winner, work: Work
) -> None:
    bare = winner.phone.get(winner.path).data

    with work() as db:
        logos.keep(db, picture((600, 150)))

    worn = winner.phone.get(winner.path).data
    assert [image.image.size for image in drawn_on(worn)] == [(360, 90)]
    assert drawn_on(bare) == []
    assert winner.phone.get(winner.path).data == worn


def drawn_on(pdf: bytes) -> list[Any]:
    """Return the pictures of the only page."""
    (page,) = PdfReader(io.BytesIO(pdf)).pages
    return list(page.images)


def test_a_certificate_names_who_won_what_in_the_language_of_its_owner(winner: Winner) -> None:
    answer = winner.phone.get(winner.path)

    said = written(answer.data)
    assert answer.content_type == "application/pdf"
    assert "Zoë D'Àmico" in said
    assert "Prima vendita" in said
    assert "Attestato" in said


def test_the_same_certificate_is_the_same_bytes(winner: Winner) -> None:
    assert winner.phone.get(winner.path).data == winner.phone.get(winner.path).data


def test_whoever_has_the_paper_can_check_it_without_signing_in(winner: Winner, app: Flask) -> None:
    code = code_on(winner.phone.get(winner.path).data)

    checked = Phone(app.test_client()).get(f"/certificates/{code}").json

    assert checked is not None
    assert (checked["person"], checked["badge"]) == ("Zoë D'Àmico", "first_sale")
    assert (checked["won_on"], checked["revoked_at"]) == ("2026-11-19", None)


def test_a_badge_that_was_taken_back_is_said_to_be_and_prints_nothing_new(
    winner: Winner, work: Work
) -> None:
    code = code_on(winner.phone.get(winner.path).data)
    with work() as db:
        sell(db, winner.person_id, number="S-1", at=NOON, kind="training")

    assert winner.phone.get(f"/certificates/{code}").json["revoked_at"] is not None  # type: ignore[index]
    assert winner.phone.get(winner.path).status_code == 404


@pytest.mark.parametrize(
    "damage",
    [
        lambda code: code[:-1] + ("0" if code[-1] != "0" else "1"),
        lambda code: ("0" if code[0] != "0" else "1") + code[1:],
        lambda code: code[:-2],
        lambda code: code + "00",
        lambda _: "not-hex",
        lambda _: "00" * 48,
    ],
)
def test_a_code_that_was_not_printed_by_us_proves_nothing(
    winner: Winner, damage: Callable[[str], str]
) -> None:
    code = code_on(winner.phone.get(winner.path).data)

    assert winner.phone.get(f"/certificates/{damage(code)}").status_code == 404


def test_nobody_else_prints_it(winner: Winner, work: Work) -> None:
    with work() as db, pytest.raises(NotFound):
        certificates.of_award(db, give_person(db, name="Other").id, winner.award_id)


def test_a_long_name_still_fits_between_the_borders(winner: Winner, work: Work) -> None:
    with work() as db:
        found = certificates.of_award(db, winner.person_id, winner.award_id)

    pdf = paper.pdf(
        certificates.Certificate(**{**_fields(found), "person": "Maria " * 30}), "https://x.example"
    )

    assert written(pdf).count("Maria") == 30


def _fields(found: certificates.Certificate) -> dict[str, object]:
    return {name: getattr(found, name) for name in certificates.Certificate.__slots__}
