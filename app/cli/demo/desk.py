"""What waits on somebody's desk: claims to verify, and a file with rows set aside."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import date, timedelta
from random import Random
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from app.activities import claims, importing, mapping, service
from app.cli.demo.company import GIULIA, SEED, Worker
from app.cli.demo.sales import DUAL, FIBRE, PRODUCTS, SKUS, Sale
from app.kernel.money import MICROS

CARE: Final = "Boiler care"
FILE_SOURCE: Final = "back-office"
_ROWS: Final = 260
_COLUMNS: Final = ("Contratto", "Agente", "Firmato il", "Cliente", "Prodotto", "Importo annuo")
_MAPPING: Final = {
    "file": {"encoding": "cp1252", "delimiter": ";"},
    "formats": {"number": "1.234.567,89", "date": "dd/mm/yyyy"},
    "fields": {
        "external_id": {"column": "Contratto", "repeats": "quarantine"},
        "person": {"column": "Agente", "by": "employee_number"},
        "occurred_at": {"column": "Firmato il"},
        "customer_reference": {"column": "Cliente"},
        "product": {"column": "Prodotto"},
        "amount": {"column": "Importo annuo"},
        "currency": {"value": "EUR"},
    },
    "rules": [
        {
            "rule": "map_values",
            "field": "product",
            "values": {"Boilercare": CARE, "Assistenza caldaia": CARE},
        },
        {"rule": "known_person", "otherwise": "quarantine"},
        {"rule": "known_product", "otherwise": "quarantine"},
        {"rule": "range", "field": "amount", "min": "0", "max": "5000"},
    ],
}


def name_products(db: Session) -> None:
    """Keep the list of what Lumera sells."""
    named = [
        {"sku": sku, "name": name, "product_group": PRODUCTS[name], "active": True}
        for name, sku in SKUS.items()
    ]
    care = {"sku": "LUM-BC", "name": CARE, "product_group": "Service", "active": True}
    service.keep_products(db, [*named, care])


def file_claims(db: Session, sales: Sequence[Sale], ids: dict[str, UUID]) -> None:
    """Let three reps log a sale; one is a sale that the company knows already."""
    known = next((sale for sale in reversed(sales) if sale.number == GIULIA), None)
    others = [sale for sale in reversed(sales) if sale.number != GIULIA][:2]
    if known is not None:
        _claim(db, known, ids, product=known.product, reference=known.customer)
    for nth, sale in enumerate(others):
        product = DUAL if nth else FIBRE
        _claim(db, sale, ids, product=product, reference=f"C-99{nth}27{len(sales) % 10}")


def _claim(db: Session, sale: Sale, ids: dict[str, UUID], *, product: str, reference: str) -> None:
    claims.log_claim(
        db,
        person_id=ids[sale.number.lower()],
        product=product,
        amount_micros=sale.cents * MICROS // 100,
        currency="EUR",
        units_micros=MICROS,
        customer_reference=reference,
        occurred_on=sale.occurred_at.date(),
        note="Signed on paper, the tablet was empty.",
    )


def import_file(
    open_work: Callable[[], AbstractContextManager[Session]],
    workers: Sequence[Worker],
    today: date,
) -> None:
    """Read a file as the back office sends them: Italian formats, a few rows that make no sense."""
    sellers = [worker.number for worker in workers if worker.talent]
    with open_work() as db:
        entry = importing.take_file(
            db,
            source=FILE_SOURCE,
            file_name=f"boiler-care-{today - timedelta(days=1):%Y-%m-%d}.csv",
            content=_file(sellers, today),
            mapping=mapping.read_mapping(_MAPPING),
        )
    importing.run(open_work, entry.id)


def _file(sellers: Sequence[str], today: date) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";")
    writer.writerow(_COLUMNS)
    writer.writerows(_rows(sellers, today))
    return text.getvalue().encode("cp1252")


def _rows(sellers: Sequence[str], today: date) -> Iterator[tuple[str, ...]]:
    random = Random(SEED)  # noqa: S311 - the same file every time, no secret
    for nth in range(_ROWS):
        contract = f"BC-{40_000 + (nth if nth % 60 != 59 else nth - 30)}"
        agent = "L-0447" if nth % 24 == 11 else random.choice(sellers)
        day = f"{today - timedelta(days=random.randrange(1, 9)):%d/%m/%Y}"
        signed = f"31/02/{today:%Y}" if nth % 37 == 18 else day
        product = "Boilercare" if nth % 9 == 4 else CARE
        euros = random.randrange(89, 240)
        amount = f"{euros},{random.randrange(100):02}"
        yield contract, agent, signed, f"C-{random.randrange(20_000, 990_000)}", product, amount
