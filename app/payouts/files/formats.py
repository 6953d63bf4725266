"""Every file there is, by its code: what it can pay, what it asks of the paying account, who writes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final

from app.payouts.files import india, indonesia, nacha, pain001, payroll, tables
from app.payouts.files.batch import Batch, File, Payer, Payment
from app.payouts.files.checks import start
from app.payouts.files.layout import Cell, Layout, write


@dataclass(frozen=True, slots=True)
class Need:
    """Something the paying account has to say for a format: free text, or one of `choices`."""

    name: str
    required: bool = True
    choices: tuple[str, ...] = ()
    is_long: bool = False


SHARED: Final = Need("shared", required=False, choices=("no", "yes"))
"""Whether other money leaves the account too: then a booking that names nobody we know is no alarm."""


def _one_lane(_: Payment, __: Payer) -> str:
    return ""


@dataclass(frozen=True, slots=True)
class Format:
    """One kind of file. `lane` says which payments may not share a file; empty `kinds`: no account needed."""

    code: str
    build: Callable[[Batch], File]
    needs: tuple[Need, ...] = ()
    currency: str | None = None
    kinds: frozenset[str] = frozenset()
    lane: Callable[[Payment, Payer], str] = _one_lane


BANK_CSV: Final = Layout(
    name="{message_id}.csv",
    separator=";",
    titles=("reference", "name", "bank", "account", "amount", "currency", "remark"),
    line=(
        Cell("reference", 35),
        Cell("name", 70),
        Cell("bank"),
        Cell("number"),
        Cell("amount"),
        Cell("currency"),
        Cell("remark", 140),
    ),
    media_type="text/csv",
)


def build_bank_csv(batch: Batch) -> File:
    """Return a plain CSV for a bank or another program: values are whitelisted, never changed."""
    draft = start(batch, kinds={"iban", "ifsc", "id_bank", "us_ach"})
    extras = []
    for payment in batch.payments:
        fields: Mapping[str, str] = payment.destination.fields if payment.destination else {}
        banks = (fields.get(name, "") for name in ("bic", "ifsc", "bank_code", "routing"))
        number = fields.get("iban") or fields.get("account", "")
        extras.append({"bank": next(filter(None, banks), ""), "number": number})
    return write(draft, BANK_CSV, extras)


_EURO = (
    Need("iban"),
    Need("bic", required=False),
    Need("company_id", required=False),
    Need("instant", required=False, choices=("no", "yes")),
    Need("instant_limit", required=False),
    Need("booking", required=False, choices=("batch", "single")),
)
_INDIA = (Need("account"), Need("ifsc"))

FORMATS: Final[Mapping[str, Format]] = {
    one.code: one
    for one in (
        Format(
            "pain.001.001.03",
            partial(pain001.build, version="03"),
            _EURO,
            "EUR",
            frozenset({"iban"}),
        ),
        Format(
            "pain.001.001.09",
            partial(pain001.build, version="09"),
            _EURO,
            "EUR",
            frozenset({"iban"}),
        ),
        Format(
            "nacha",
            nacha.build,
            (
                Need("routing"),
                Need("company_id"),
                Need("bank_name"),
                Need("description", required=False),
            ),
            "USD",
            frozenset({"us_ach"}),
        ),
        Format(
            "icici",
            india.build_icici,
            (
                *_INDIA,
                Need("branch"),
                Need("network", required=False, choices=("neft", "imps", "rtgs")),
            ),
            "INR",
            frozenset({"ifsc"}),
        ),
        Format(
            "hdfc",
            india.build_hdfc,
            (
                Need("client_code"),
                Need("ifsc"),
                Need("network", required=False, choices=("neft", "imps", "rtgs")),
            ),
            "INR",
            frozenset({"ifsc"}),
        ),
        Format(
            "union",
            india.build_union,
            (
                *_INDIA,
                Need("corporate_id"),
                Need("network", required=False, choices=("neft", "rtgs")),
            ),
            "INR",
            frozenset({"ifsc"}),
        ),
        Format(
            "mandiri",
            indonesia.build_mandiri,
            (
                Need("account"),
                Need("service", required=False, choices=tuple(indonesia.MANDIRI_LIMITS)),
            ),
            "IDR",
            frozenset({"id_bank"}),
        ),
        Format(
            "bca",
            indonesia.build_bca,
            (Need("account"), Need("company_code")),
            "IDR",
            frozenset({"id_bank"}),
            indonesia.bca_lane,
        ),
        Format("payroll", payroll.build, (Need("template", is_long=True),)),
        Format("bank_csv", build_bank_csv, kinds=frozenset({"iban", "ifsc", "id_bank", "us_ach"})),
        Format("csv", tables.build_csv),
        Format("xlsx", tables.build_xlsx),
    )
}
