"""From what the room knows to what its API says."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from app.engine import document, english, reading
from app.engine import text as program_text
from app.engine.exact import decimal_text
from app.people import queries as people
from app.programs import core, progress, queries, receipts, statement
from app.programs.models import Enrolment, Program, Quota


def summary(db: Session, program: Program) -> dict[str, Any]:
    """Return a program as a list shows it."""
    versions = queries.versions(db, program.id)
    stated = versions[0].document
    return {
        "id": program.id,
        "name": program.name,
        "currency": program.currency,
        "state": "draft" if program.published_version is None else "published",
        "version": program.published_version,
        "has_draft": any(version.state == "draft" for version in versions),
        "components": [component["name"] for component in stated["components"]],
    }


def whole(db: Session, program: Program) -> dict[str, Any]:
    """Return a program with its newest document, what it says and who takes part."""
    versions = queries.versions(db, program.id)
    parsed = reading.read(versions[0].document)
    rules = queries.enrolments(db, program.id)
    return {
        **summary(db, program),
        "document": versions[0].document,
        **text_of(parsed),
        "versions": versions,
        "enrolments": [_rule(rule) for rule in rules],
        "enrolled": len(queries.takers(db, program.id, people.today(db))),
    }


def text_of(parsed: document.Program) -> dict[str, Any]:
    """Return what a document says, as data and in English."""
    sentences = program_text.sentences(parsed)
    return {
        "text": [sentence.to_json() for sentence in sentences],
        "english": english.describe(sentences),
        "sha256": reading.fingerprint(parsed),
    }


def _rule(rule: Enrolment) -> dict[str, Any]:
    first, after = rule.valid.lower, rule.valid.upper
    last = None if after is None else after - timedelta(days=1)
    return {"kind": rule.kind, "person_id": rule.person_id, "first": first, "last": last}


def receipt(found: receipts.Receipt) -> dict[str, Any]:
    """Return a receipt as JSON data."""
    return {
        "id": found.id,
        "title": found.title,
        "money": found.money,
        "state": found.state,
        "headline": _sentence(found.headline),
        "steps": found.steps,
        "source": found.source,
        "program": found.program,
        "timeline": found.timeline,
        "next_step": None if found.next_step is None else _sentence(found.next_step),
    }


def _sentence(said: receipts.Headline) -> dict[str, Any]:
    return {
        "code": said.code,
        "params": {name: value.to_json() for name, value in said.params.items()},
    }


def month(found: statement.Month) -> dict[str, Any]:
    """Return a month as JSON data."""
    return {"key": found.key, "label": found.key, "start": found.start, "end": found.end}


def progress_of(found: progress.Progress) -> dict[str, Any]:
    """Return progress as JSON data."""
    return {
        "program_id": found.program_id,
        "component_id": found.component_id,
        "component_name": found.component_name,
        "period": found.period,
        "period_kind": found.period_kind,
        "period_start": found.period_start,
        "period_end": found.period_end,
        "unit": found.unit,
        "currency": found.currency,
        "done": decimal_text(found.done),
        "done_today": decimal_text(found.done_today),
        "quota": None if found.quota is None else decimal_text(found.quota),
        "goal": None if found.goal is None else decimal_text(found.goal),
        "earned": found.earned,
        "ahead": found.ahead,
    }


def quota(found: Quota) -> dict[str, Any]:
    """Return a quota as JSON data."""
    first, after = found.valid.lower, found.valid.upper
    assert first is not None
    assert after is not None
    return {
        "id": found.id,
        "person_id": found.person_id,
        "program_id": found.program_id,
        "component": found.component,
        "period_start": first,
        "period_end": after - timedelta(days=1),
        "target": decimal_text(core.from_micros(found.target_micros)),
    }
