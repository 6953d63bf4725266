"""Finance over HTTP: a person's frozen months, what is owed, the journal, and tax rules."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

import flask
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sqlalchemy.orm import Session

from app.db import keys
from app.finance import accounting, jobs, liability, paper, proofs, statements, taxes
from app.finance.accounting import Named
from app.finance.core import Signed
from app.finance.errors import (
    LaterMonthFrozen,
    MonthIsOpen,
    NothingProven,
    RuleInThePast,
    RuleTaken,
    TooMuchAtOnce,
)
from app.finance.models import Statement
from app.finance.schemas import (
    AccountNamesOut,
    AccountNamesShape,
    FreezeIn,
    FrozenMonthsOut,
    JournalOut,
    LiabilitiesOut,
    NetOut,
    PeriodQuery,
    SignedOut,
    TaxQuery,
    TaxRuleIn,
    TaxRulesOut,
)
from app.finance.taxes import Stated
from app.http.blueprint import api_blueprint
from app.http.context import ctx
from app.http.endpoint import endpoint
from app.http.principal import PARTICIPANTS, Role, Scope
from app.kernel.errors import Invalid, NotFound, Problem
from app.kernel.money import Money, parse_money
from app.people import logos
from app.people import queries as people

blueprint = api_blueprint("finance", __name__)

KEEPERS: Final = frozenset({Role.FINANCE, Role.TENANT_ADMIN})
READERS: Final = KEEPERS | {Role.AUDITOR}
PDF: Final = "application/pdf"
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@blueprint.get("/me/statements")
@endpoint(allow=PARTICIPANTS, returns=FrozenMonthsOut)
def list_my_statements() -> dict[str, Any]:
    """Return the months of the signed-in person that were frozen."""
    return {"items": [_shown(found) for found in statements.of_person(ctx.db, ctx.person_id)]}


def _shown(statement: Statement) -> dict[str, Any]:
    return {
        "id": statement.id,
        "first_on": statement.first_on,
        "last_on": statement.last_on,
        "frozen_at": statement.frozen_at,
        "sha256": statement.sha256.hex(),
        "currencies": [
            {
                "earned": _amount(part["sums"]["earned"], part["currency"]),
                "corrections": _amount(part["sums"]["corrections"], part["currency"]),
                "prizes": _amount(part["sums"].get("prizes", "0"), part["currency"]),
                "closing": _amount(part["closing"]["available"], part["currency"]),
            }
            for part in json.loads(statement.body)["currencies"]
        ],
    }


def _amount(text: str, currency: str) -> Money:
    return parse_money(text, currency)


@blueprint.get("/me/statements/<uuid:statement_id>")
@endpoint(allow=PARTICIPANTS, returns=SignedOut, refuses=[NotFound])
def read_my_statement(statement_id: UUID) -> dict[str, Any]:
    """Return a frozen month as the signed document it is."""
    found = statements.get(ctx.db, ctx.person_id, statement_id)
    return _signed(Signed(found.body, found.sha256, found.signature))


@blueprint.get("/me/statements/<uuid:statement_id>/pdf")
@endpoint(allow=PARTICIPANTS, media_type=PDF, refuses=[NotFound])
def download_my_statement(statement_id: UUID) -> flask.Response:
    """Download a frozen month on paper: the same bytes every time."""
    found = statements.get(ctx.db, ctx.person_id, statement_id)
    return _file(found.pdf, PDF, f"statement-{found.first_on:%Y-%m}.pdf")


@blueprint.get("/me/proof-of-earnings")
@endpoint(allow=PARTICIPANTS, query=PeriodQuery, returns=SignedOut, refuses=[NothingProven])
def prove_my_earnings(query: PeriodQuery) -> dict[str, Any]:
    """Return what the signed-in person earned in some frozen months, signed."""
    _, signed = proofs.prove(ctx.db, ctx.person_id, first=query.first, last=query.last)
    return _signed(signed)


@blueprint.get("/me/proof-of-earnings/pdf")
@endpoint(
    allow=PARTICIPANTS, query=PeriodQuery, media_type=PDF, refuses=[NothingProven], limit="30/min"
)
def download_my_proof(query: PeriodQuery) -> flask.Response:
    """Download the proof on paper, to be shown to a landlord or a bank."""
    document, signed = proofs.prove(ctx.db, ctx.person_id, first=query.first, last=query.last)
    language = people.get_person(ctx.db, ctx.person_id).language
    shown = paper.proof(document, signed, language, logos.find(ctx.db))
    return _file(shown, PDF, "proof-of-earnings.pdf")


def _signed(signed: Signed) -> dict[str, Any]:
    public = keys.signing_key().public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return {
        "body": signed.body.decode(),
        "document": json.loads(signed.body),
        "sha256": signed.sha256.hex(),
        "signature": signed.signature.hex(),
        "public_key": public.hex(),
    }


@blueprint.post("/finance/statements")
@endpoint(allow=KEEPERS, accepts=FreezeIn, status=204, refuses=[MonthIsOpen, LaterMonthFrozen])
def freeze_month(body: FreezeIn) -> None:
    """Have a month frozen for everybody; a worker does it."""
    month = statements.month_of(ctx.db, date.fromisoformat(f"{body.month}-01"))
    statements.check_order(ctx.db, month)
    jobs.ask(ctx.db, month.first)


@blueprint.get("/finance/liability")
@endpoint(allow=READERS, scope=Scope.EARNINGS_READ, returns=LiabilitiesOut)
def read_liability() -> dict[str, Any]:
    """Return what is owed to people now, and what of it rests or was never opened."""
    found = liability.liabilities(ctx.db, people.today(ctx.db))
    return {"as_of": ctx.now, "items": [_owed(one) for one in found]}


def _owed(one: liability.Liability) -> dict[str, Any]:
    names = (
        "owed", "earned", "available", "reserved", "overpaid", "with_providers", "tax_withheld",
        "resting", "dormant",
    )  # fmt: skip
    shown: dict[str, Any] = {"currency": one.currency, "unopened": None}
    shown |= {name: getattr(one, name) for name in names}
    if (vouchers := one.unopened) is not None:
        shown["unopened"] = {
            "count": vouchers.count,
            "total": Money(vouchers.minor, one.currency),
            "ending": Money(vouchers.ending_minor, one.currency),
            "ended": Money(vouchers.ended_minor, one.currency),
        }
    return shown


@blueprint.get("/finance/journal")
@endpoint(
    allow=READERS,
    scope=Scope.EARNINGS_READ,
    query=PeriodQuery,
    returns=JournalOut,
    refuses=[TooMuchAtOnce, Invalid],
)
def read_journal(query: PeriodQuery) -> dict[str, Any]:
    """Return what some days brought to every account."""
    legs = accounting.lines(ctx.db, query.first, query.last)
    return {
        "first": query.first,
        "last": query.last,
        "lines": len(legs),
        "totals": accounting.totals(ctx.db, legs),
    }


@blueprint.get("/finance/journal.csv")
@endpoint(
    allow=READERS,
    scope=Scope.EARNINGS_READ,
    query=PeriodQuery,
    media_type="text/csv",
    refuses=[TooMuchAtOnce, Invalid],
)
def download_journal_csv(query: PeriodQuery) -> flask.Response:
    """Download the journal of some days as CSV, under the numbers of the company's chart of accounts."""
    return _journal(query, accounting.as_csv, "text/csv; charset=utf-8", "csv")


@blueprint.get("/finance/journal.xlsx")
@endpoint(
    allow=READERS,
    scope=Scope.EARNINGS_READ,
    query=PeriodQuery,
    media_type=XLSX,
    refuses=[TooMuchAtOnce, Invalid],
)
def download_journal_xlsx(query: PeriodQuery) -> flask.Response:
    """Download the journal of some days as a workbook."""
    return _journal(query, accounting.as_xlsx, XLSX, "xlsx")


def _journal(
    query: PeriodQuery, write: Callable[[Session, Any], bytes], media_type: str, ending: str
) -> flask.Response:
    legs: Any = accounting.lines(ctx.db, query.first, query.last)
    name = f"journal-{query.first}-{query.last}.{ending}"
    return _file(write(ctx.db, legs), media_type, name)


@blueprint.get("/finance/account-names")
@endpoint(allow=READERS, returns=AccountNamesOut)
def list_account_names() -> dict[str, Any]:
    """Return how accounting calls our accounts."""
    return {"items": list(accounting.names(ctx.db).values())}


@blueprint.put("/finance/account-names")
@endpoint(allow=KEEPERS, accepts=AccountNamesShape, returns=AccountNamesOut)
def rename_accounts(body: AccountNamesShape) -> dict[str, Any]:
    """Call accounts as accounting does; the next export uses it."""
    changes = [Named(one.kind.value, one.code, one.name) for one in body.items]
    accounting.rename(ctx.db, changes)
    return {"items": list(accounting.names(ctx.db).values())}


@blueprint.get("/finance/tax-rules")
@endpoint(allow=READERS, returns=TaxRulesOut)
def list_tax_rules() -> dict[str, Any]:
    """Return the tax rules of every country, with those that were replaced."""
    return {"items": taxes.listed(ctx.db)}


@blueprint.post("/finance/tax-rules")
@endpoint(
    allow=KEEPERS,
    accepts=TaxRuleIn,
    returns=TaxRulesOut,
    status=201,
    refuses=[RuleTaken, RuleInThePast],
)
def add_tax_rule(body: TaxRuleIn) -> dict[str, Any]:
    """State a rule from a day on; the rule before it stays for the days before."""
    taxes.state(
        ctx.db,
        Stated(
            country=body.country,
            income=body.income,
            from_on=body.from_on,
            threshold=body.threshold.money,
            percent=Decimal(body.percent),
            basis=body.basis,
            year_starts=body.year_starts,
            note=body.note,
        ),
    )
    return {"items": taxes.listed(ctx.db)}


@blueprint.get("/finance/tax-rules/trial")
@endpoint(allow=READERS, query=TaxQuery, returns=NetOut, refuses=[Invalid])
def try_tax_rules(query: TaxQuery) -> dict[str, Any]:
    """Return what would arrive of an amount, and why."""
    try:
        gross = parse_money(query.amount, query.currency)
    except ValueError as error:
        problem = Problem("/query/amount", "not_an_amount", str(error))
        raise Invalid(str(error), problems=[problem]) from None
    taken = taxes.try_out(
        ctx.db,
        country=query.country,
        gross=gross,
        income=query.income,
        on=query.on or people.today(ctx.db),
    )
    return {
        "gross": gross,
        "withheld": taken.money,
        "net": gross - taken.money,
        "steps": list(taken.steps),
    }


def _file(content: bytes, media_type: str, name: str) -> flask.Response:
    response = flask.Response(content, content_type=media_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Cache-Control"] = "no-store"
    return response
