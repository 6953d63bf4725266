"""The plain company: what it pays and ranks is what every figure of a pipeline is measured with.

One published program of five percent for everybody, with its ledger and receipts, and one running
contest in which everybody takes part.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from app.contests import service as contests
from app.contests.rules import ContestRules
from app.db.unit_of_work import SYSTEM, tenant_of, unit_of_work
from app.http.principal import Principal, Role, Scope
from app.kernel.events import Reactions
from app.people import api_keys
from app.people import service as people
from app.programs import recalculation
from app.programs import service as programs

SELLERS = 60


def pay_and_rank(db: Session, *, currency: str, first: datetime, last: datetime) -> None:
    """Publish the program and launch the contest, both between two moments."""
    principal = Principal(tenant_of(db), SYSTEM, frozenset({Role.PROGRAM_ADMIN}))
    program = programs.create_program(db, stated=_document(currency, first, last))
    programs.publish_program(db, program_id=program.id)
    recalculation.recalculate(db, program.id)
    rules = ContestRules.model_validate(
        {
            "name": "Bench",
            "zone": "UTC",
            "starts_at": first,
            "ends_at": last,
            "participants": {"rule": "all"},
        }
    )
    contests.launch(db, contests.draft(db, rules=rules, principal=principal), principal=principal)


def found(engine: Engine, tenant_id: UUID, home: Path) -> None:
    """Begin a company of its own with sellers and a key for machines, kept as the demo keeps its."""
    now = datetime.now(UTC)
    with unit_of_work(
        engine, tenant_id=tenant_id, actor=SYSTEM, now=now, reactions=Reactions()
    ) as db:
        people.create_tenant(db, name="Plain", slug="plain", currency="EUR", zone="UTC")
        for nth in range(SELLERS):
            people.add_person(
                db, name=f"Seller {nth}", employee_number=f"P{nth}", roles=(Role.REP,)
            )
        begin = now.replace(hour=0, minute=0, second=0, microsecond=0)
        pay_and_rank(
            db, currency="EUR", first=begin - timedelta(days=40), last=begin + timedelta(days=40)
        )
        _, secret = api_keys.create_api_key(db, name="Bench", scopes=list(Scope))
    (home / "demo-api-key").write_text(secret + "\n")


def _document(currency: str, first: datetime, last: datetime) -> dict[str, object]:
    return {
        "schema": "laurel.program/1",
        "name": "Five percent",
        "currency": currency,
        "zone": "UTC",
        "components": [
            {
                "id": "main",
                "name": "Main",
                "effective": {"from": first.date().isoformat(), "to": last.date().isoformat()},
                "measure": {"kind": "sum", "of": "amount"},
                "period": {"kind": "month"},
                "payout": {"kind": "rate", "rate": "0.05"},
            }
        ],
    }
