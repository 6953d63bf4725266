"""Batches to write files of, right in everything but what a test changes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from app.kernel.money import Money
from app.payouts.files.batch import Batch, Payer, Payment
from app.providers.contract import Destination

NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
FRIDAY = date(2026, 11, 20)
MONDAY = date(2026, 11, 23)

EURO_PAYER = Payer(
    "Lumera Energia S.p.A.",
    "Europe/Rome",
    {"iban": "IT60X0542811101000000123456", "bic": "BPMOIT22XXX", "company_id": "ABC12345"},
)
DOLLAR_PAYER = Payer(
    "Lumera Energy Inc",
    "America/New_York",
    {"routing": "021000021", "company_id": "1234567890", "bank_name": "JPMorgan Chase"},
)
RUPEE_PAYER = Payer(
    "Lumera India Pvt Ltd",
    "Asia/Kolkata",
    {
        "account": "000405001257",
        "ifsc": "ICIC0000004",
        "branch": "0011",
        "client_code": "LUME",
        "corporate_id": "LUMERA",
    },
)
RUPIAH_PAYER = Payer(
    "PT Lumera", "Asia/Jakarta", {"account": "1220001234567", "company_code": "LUMERA01"}
)


def iban(value: str = "DE89370400440532013000", **fields: str) -> Destination:
    return Destination("iban", "Anna Muster", value[:2], "EUR", {"iban": value, **fields})


def us(account: str = "0012345678", kind: str = "checking") -> Destination:
    return Destination(
        "us_ach",
        "Jane Doe",
        "US",
        "USD",
        {"routing": "011401533", "account": account, "type": kind},
    )


def ifsc(code: str = "HDFC0000123", account: str = "00501234567890") -> Destination:
    return Destination("ifsc", "Asha Rao", "IN", "INR", {"ifsc": code, "account": account})


def id_bank(code: str = "008", account: str = "1220009876543") -> Destination:
    return Destination(
        "id_bank", "Budi Santoso", "ID", "IDR", {"bank_code": code, "account": account}
    )


def payment(number: int = 1, **values: Any) -> Payment:
    given: dict[str, Any] = {
        "reference": f"0193f2a4c5d67e8f90a1b2c3d4e5{number:04x}",
        "name": "Anna Muster",
        "money": Money(10_050, "EUR"),
        "destination": iban(),
        "remark": "Lumera reward",
    }
    return Payment(**given | values)


def batch(*payments: Payment, **values: Any) -> Batch:
    lines = payments or (payment(),)
    currency = lines[0].money.currency
    given: dict[str, Any] = {
        "message_id": "LRL-20261120-1",
        "made_at": NOW,
        "pay_on": FRIDAY,
        "serial": 1,
        "total": Money(sum(one.money.minor for one in lines), currency),
        "payer": EURO_PAYER,
        "payments": lines,
    }
    return Batch(**given | values)


def payer(base: Payer, **fields: str) -> Payer:
    return replace(base, fields={**base.fields, **fields})
