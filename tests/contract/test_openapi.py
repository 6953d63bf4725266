"""The generated document against the running application: no bug, no undocumented answer."""

from __future__ import annotations

from uuid import uuid4

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, settings
from schemathesis import Case, CheckContext, Response
from schemathesis.checks import not_a_server_error
from schemathesis.config import SchemathesisConfig
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from app import create_app
from app.http.openapi import document
from app.http.principal import Role, Scope
from app.settings import read_settings
from tests.conftest import Work
from tests.http import pydantics
from tests.people import builders


def told_in_our_words(_context: CheckContext, response: Response, _case: Case) -> bool | None:
    """Check that what is wrong with a request is not told in the words of a library."""
    if response.status_code == 422:
        foreign = pydantics.WORDS.search(response.text)
        assert foreign is None, foreign
    return None


CHECKS = [
    told_in_our_words,
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]

# The document does not depend on any server, so it is read before there is one.
DOCUMENT = document(
    create_app(
        read_settings(
            {
                "DATABASE_URL": "postgresql:///none",
                "REDIS_URL": "redis://none",
                "LAUREL_MODE": "test",
            }
        )
    )
)
every_edge = schemathesis.openapi.from_dict(DOCUMENT)
some_cases = schemathesis.openapi.from_dict(
    DOCUMENT,
    config=SchemathesisConfig.from_dict({"phases": {"coverage": {"enabled": False}}}),
)


@pytest.fixture
def session_headers(app: Flask, work: Work) -> dict[str, str]:
    """A person who holds every role."""
    with work() as db:
        builders.give_tenant(db)
        person = builders.give_person(db, roles=tuple(Role))
        token = builders.give_session(db, person)
    return {**builders.WRITE, "Cookie": f"sid={token}"}


@pytest.fixture
def key_headers(work: Work) -> dict[str, str]:
    """A machine with every scope."""
    with work() as db:
        builders.give_tenant(db)
        return {**builders.give_key(db, *Scope)}


def few(examples: int) -> settings:
    """Return how long to look at one operation."""
    return settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )


@every_edge.parametrize()
@few(6)
def test_every_answer_to_a_person_is_documented(
    case: Case, app: Flask, session_headers: dict[str, str]
) -> None:
    headers = {**session_headers, "Idempotency-Key": uuid4().hex}

    case.call_and_validate(app=app, headers=headers, checks=CHECKS)


@some_cases.parametrize()
@few(3)
def test_every_answer_to_a_machine_is_documented(
    case: Case, app: Flask, key_headers: dict[str, str]
) -> None:
    headers = {**key_headers, "Idempotency-Key": uuid4().hex}

    case.call_and_validate(app=app, headers=headers, checks=CHECKS)


@some_cases.parametrize()
@few(2)
def test_every_answer_to_a_stranger_is_documented(case: Case, app: Flask) -> None:
    case.call_and_validate(app=app, headers=builders.WRITE, checks=CHECKS)
