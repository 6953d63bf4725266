"""The company's logo: who gives it, where it is found, and that it stays in the company."""

from __future__ import annotations

import io
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from app.audit.models import AuditRecord
from app.http.principal import Role
from app.kernel import clock
from app.people.models import Logo
from tests.conftest import Work
from tests.people.builders import WRITE, give_person, give_session, give_tenant
from tests.people.phone import API, Phone
from tests.people.pictures import TEAL, logo_of, picture, seen


def give(phone: Phone, raw: bytes, name: str = "logo.png") -> TestResponse:
    """Hand a file in as the company's logo."""
    return phone.client.put(
        f"{API}/brand/logo", data={"file": (io.BytesIO(raw), name)}, headers=WRITE
    )


def said(answer: TestResponse) -> Any:
    """Return the body of an answer."""
    assert answer.json is not None
    return answer.json


def look(phone: Phone, **headers: str) -> TestResponse:
    """Fetch the logo where the company's face says that it is."""
    return phone.client.get(said(phone.get("/brand"))["logo"], headers=headers)


def test_a_logo_is_shown_to_everybody_of_the_company_from_an_address_of_its_own(
    admin: Phone,
) -> None:
    before = said(admin.get("/brand"))["logo"]

    kept = give(admin, picture((600, 150)))

    assert (before, kept.status_code) == (None, 200)
    assert said(admin.get("/me"))["tenant"]["logo"] == said(kept)["logo"]
    shown = look(admin)
    assert (shown.status_code, shown.content_type) == (200, "image/png")
    assert seen(shown.data).size == (360, 90)
    assert seen(shown.data).getpixel((0, 0)) == TEAL


def test_what_is_at_the_address_is_kept_for_ever_by_one_browser_and_taken_for_nothing_else(
    admin: Phone,
) -> None:
    give(admin, picture())

    shown = look(admin)

    tag = shown.headers["ETag"]
    assert not tag.startswith("W/")
    assert shown.headers["Cache-Control"] == "private, max-age=31536000, immutable"
    assert shown.headers["X-Content-Type-Options"] == "nosniff"
    again = look(admin, **{"If-None-Match": tag})
    assert (again.status_code, again.data) == (304, b"")


def test_another_logo_has_another_address_and_the_first_is_gone(admin: Phone, work: Work) -> None:
    first = said(give(admin, logo_of("first")))["logo"]

    second = said(give(admin, logo_of("second")))["logo"]

    assert first != second
    assert admin.client.get(first).status_code == 404
    with work() as db:
        assert db.scalar(select(func.count()).select_from(Logo)) == 1


def test_the_same_file_again_changes_nothing(admin: Phone, work: Work) -> None:
    first = said(give(admin, picture()))["logo"]

    again = said(give(admin, picture()))["logo"]

    assert again == first
    assert len(written_down(work)) == 1


def test_a_logo_can_be_taken_away(admin: Phone) -> None:
    address = said(give(admin, picture()))["logo"]

    removed = admin.send("DELETE", "/brand/logo")

    assert (removed.status_code, said(removed)["logo"]) == (200, None)
    assert admin.client.get(address).status_code == 404


def written_down(work: Work) -> list[tuple[Any, Any]]:
    """Return what the audit journal says of logos, in order."""
    with work() as db:
        rows = db.execute(
            select(AuditRecord.before, AuditRecord.after)
            .where(AuditRecord.action == "brand.logo_changed")
            .order_by(AuditRecord.position)
        )
        return [(before["logo"], after["logo"]) for before, after in rows]


def test_every_change_of_the_logo_is_written_down(admin: Phone, work: Work) -> None:
    digest = said(give(admin, picture()))["logo"].rpartition("/")[2]
    admin.send("DELETE", "/brand/logo")
    admin.send("DELETE", "/brand/logo")

    assert written_down(work) == [(None, digest), (digest, None)]


def test_a_file_that_is_refused_leaves_the_logo_as_it_was(admin: Phone) -> None:
    address = said(give(admin, picture()))["logo"]

    refused = give(admin, b"<svg xmlns='http://www.w3.org/2000/svg'/>", "logo.svg")

    assert (refused.status_code, said(refused)["code"]) == (422, "logo_refused")
    (problem,) = said(refused)["errors"]
    assert (problem["pointer"], problem["code"]) == ("/file", "logo_kind")
    assert said(admin.get("/brand"))["logo"] == address


def test_no_file_is_asked_for(admin: Phone) -> None:
    refused = admin.client.put(f"{API}/brand/logo", data={}, headers=WRITE)

    assert (refused.status_code, said(refused)["errors"][0]["code"]) == (422, "missing")


def test_a_flood_is_not_read(admin: Phone) -> None:
    flood = admin.client.put(
        f"{API}/brand/logo",
        data=bytes(2_000_001),
        content_type="multipart/form-data; boundary=x",
        headers=WRITE,
    )

    assert flood.status_code == 413


@pytest.mark.parametrize("digest", ["0" * 64, "..", "logo.png"])
def test_there_is_nothing_at_other_addresses(admin: Phone, digest: str) -> None:
    give(admin, picture())

    assert admin.get(f"/brand/logos/{digest}").status_code == 404


def test_a_logo_stays_in_the_company(app: Flask, admin: Phone, work: Work) -> None:
    address = said(give(admin, picture()))["logo"]
    other = uuid4()
    with work(now=clock.utc_now(), tenant=other) as db:
        give_tenant(db)
        token = give_session(db, give_person(db, roles=[Role.TENANT_ADMIN]))
    neighbour = Phone(app.test_client())
    neighbour.take(token)

    asked = neighbour.client.get(address)
    removed = neighbour.send("DELETE", "/brand/logo")

    assert (asked.status_code, removed.status_code) == (404, 200)
    assert look(admin).status_code == 200
