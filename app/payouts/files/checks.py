"""What every payout file asks of its payments, whatever its format."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping
from typing import Final

from app.kernel.money import Money
from app.payouts.files.batch import Batch, Draft, Payment, plain
from app.providers import bank_numbers
from app.providers.bank_numbers import BadNumber

MESSAGE_ID_MOST: Final = 35
_ID: Final = re.compile(r"[A-Za-z0-9\-?:().,'+ ]+(/[A-Za-z0-9\-?:().,'+ ]+)*")

_SENTENCES: Final[Mapping[str, str]] = {
    "iban": "The IBAN {value} cannot be right: check it digit by digit with its owner.",
    "bic": "The BIC {value} does not belong to this account.",
    "ifsc": "The IFSC {value} is not a branch code: four letters, a zero, six letters or digits.",
    "routing": "The routing number {value} fails its check digit.",
    "bank_code": "There is no bank with the code {value}.",
    "account": "The account number {value} cannot be right.",
}


def start(
    batch: Batch, *, currencies: Collection[str] = (), kinds: Collection[str] = (), step: int = 1
) -> Draft:
    """Return a draft with what is wrong with the batch whatever the format.

    `currencies` and `kinds` of destination: what the file can pay (empty: any). `step`: the smallest
    unit, in minor units, that the bank pays.
    """
    draft = Draft(batch, batch.pay_on)
    if batch.pay_on < batch.today:
        draft.move_to(batch.today)
    check_id(draft, "/message_id", batch.message_id)
    if not batch.payments:
        draft.wrong("/payments", "empty", "There is nothing to pay in this batch.")
    _check_total(draft)
    _check_references(draft)
    for at, payment in enumerate(batch.payments):
        pointer = f"/payments/{at}"
        _check_money(draft, pointer, payment.money, currencies, step)
        _check_destination(draft, pointer, payment, kinds)
    return draft


def check_id(draft: Draft, pointer: str, value: str, *, most: int = MESSAGE_ID_MOST) -> None:
    """Note when `value` is no identifier that banks accept: too long, odd characters, stray slashes."""
    if not 0 < len(value) <= most:
        draft.wrong(
            pointer, "id_length", f"The id {value!r} must have 1 to {most} characters.", value=value
        )
    elif not _ID.fullmatch(value) or value != value.strip():
        draft.wrong(
            pointer,
            "id_characters",
            f"The id {value!r} may hold letters, digits and / - ? : ( ) . , ' +, and no slash at"
            " either end or next to another.",
            value=value,
        )


def need(draft: Draft, *names: str) -> dict[str, str]:
    """Return fields of the paying account; note each that is missing."""
    found = {}
    for name in names:
        found[name] = draft.batch.payer.fields.get(name, "").strip()
        if not found[name]:
            draft.wrong(
                f"/payer/{name}",
                "payer_incomplete",
                f"The paying account has no {name.replace('_', ' ')}: fill it in under settings.",
                field=name,
            )
    return found


def _check_total(draft: Draft) -> None:
    batch = draft.batch
    total = sum(payment.money.minor for payment in batch.payments)
    others = {payment.money.currency for payment in batch.payments} - {batch.total.currency}
    if others:
        draft.wrong(
            "/total",
            "currencies_mixed",
            f"One file pays one currency; here {', '.join(sorted(others))} stands beside"
            f" {batch.total.currency}.",
            currencies=sorted(others),
        )
    elif total != batch.total.minor:
        summed = Money(total, batch.total.currency)
        draft.wrong(
            "/total",
            "total_differs",
            f"The payments make {plain(summed)}, but {plain(batch.total)} was approved.",
            sum=plain(summed),
            total=plain(batch.total),
            currency=batch.total.currency,
        )


def _check_references(draft: Draft) -> None:
    times = Counter(payment.reference for payment in draft.batch.payments)
    for at, payment in enumerate(draft.batch.payments):
        check_id(draft, f"/payments/{at}/reference", payment.reference)
        if times[payment.reference] > 1:
            draft.wrong(
                f"/payments/{at}/reference",
                "id_repeated",
                f"The reference {payment.reference} stands in this file more than once.",
                value=payment.reference,
            )


def _check_money(
    draft: Draft, pointer: str, money: Money, currencies: Collection[str], step: int
) -> None:
    pointer = f"{pointer}/amount"
    if currencies and money.currency not in currencies:
        draft.wrong(
            pointer,
            "currency_unfit",
            f"This file pays {' or '.join(sorted(currencies))} only, not {money.currency}.",
            currency=money.currency,
            allowed=sorted(currencies),
        )
    if money.minor <= 0:
        draft.wrong(pointer, "amount_not_positive", "A payment of nothing cannot be made.")
    elif money.minor % step:
        draft.wrong(
            pointer,
            "amount_not_whole",
            f"{plain(money)} {money.currency} cannot be paid: banks pay whole units of it.",
            amount=plain(money),
            currency=money.currency,
        )


def _check_destination(
    draft: Draft, pointer: str, payment: Payment, kinds: Collection[str]
) -> None:
    to = payment.destination
    if not kinds:
        return
    if to is None or to.kind not in kinds:
        draft.wrong(
            f"{pointer}/destination",
            "destination_unfit",
            f"{payment.name} has no account that this file can pay to.",
            name=payment.name,
        )
        return
    try:
        bank_numbers.check(to.kind, to.fields)
    except BadNumber as error:
        value = to.fields.get(error.field, "")
        sentence = _SENTENCES.get(error.field, "The account {value} cannot be right.")
        draft.wrong(
            f"{pointer}/destination/{error.field}",
            error.code,
            sentence.format(value=value),
            value=value,
        )
