"""Why money did not arrive, in one vocabulary: what the codes of banks and providers mean.

A code that is not listed here has no meaning for us and is shown as it came. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal, get_args

Meaning = Literal[
    "account_blocked",
    "account_closed",
    "account_dormant",
    "account_kind",
    "account_removed",
    "account_unknown",
    "address_missing",
    "amount_not_allowed",
    "bank_refused",
    "bank_unknown",
    "bank_unreachable",
    "cancelled",
    "duplicate",
    "file_unreadable",
    "found_unpaid",
    "holder_died",
    "limit_reached",
    "name_differs",
    "no_way_to_pay",
    "non_resident",
    "not_approved",
    "payee_refused",
    "payer_short",
    "recalled",
    "taken_out",
    "too_late",
    "transfer_failed",
    "unexplained",
]
"""What a code comes to; screens have a sentence for each."""

MEANINGS: Final[tuple[Meaning, ...]] = get_args(Meaning)

BEFORE_ANY_BANK: Final[frozenset[Meaning]] = frozenset(
    ["account_removed", "cancelled", "found_unpaid", "no_way_to_pay", "not_approved", "taken_out"]
)
"""What stops a payment on our side: no bank has refused it."""

ISO: Final[Mapping[str, Meaning]] = {
    "AB05": "bank_unreachable",
    "AB06": "bank_unreachable",
    "AB08": "bank_unreachable",
    "AB09": "bank_unreachable",
    "AC01": "account_unknown",
    "AC03": "account_unknown",
    "AC04": "account_closed",
    "AC06": "account_blocked",
    "AC07": "account_closed",
    "AC11": "account_kind",
    "AG01": "account_kind",
    "AG02": "file_unreadable",
    "AG03": "account_kind",
    "AG11": "bank_unreachable",
    "AM01": "amount_not_allowed",
    "AM02": "amount_not_allowed",
    "AM04": "payer_short",
    "AM05": "duplicate",
    "AM06": "amount_not_allowed",
    "AM07": "bank_refused",
    "AM13": "amount_not_allowed",
    "AM14": "limit_reached",
    "AM15": "amount_not_allowed",
    "AM18": "file_unreadable",
    "AM21": "limit_reached",
    "BE01": "name_differs",
    "BE04": "address_missing",
    "BE06": "account_unknown",
    "CNOR": "bank_unreachable",
    "CURR": "account_kind",
    "CUST": "recalled",
    "DU04": "duplicate",
    "DUPL": "duplicate",
    "ED05": "transfer_failed",
    "FF01": "file_unreadable",
    "FOCR": "recalled",
    "FR01": "bank_refused",
    "MD07": "holder_died",
    "MS02": "payee_refused",
    "MS03": "unexplained",
    "NARR": "unexplained",
    "RC01": "bank_unknown",
    "RC04": "bank_unknown",
    "RC07": "bank_unknown",
    "RR03": "address_missing",
    "RR04": "bank_refused",
    "TM01": "too_late",
}
"""ISO 20022 external code sets (2Q2026), ExternalStatusReason1Code and ExternalReturnReason1Code: those that
a credit transfer can come to, and that mean the same in both (reference: payout-files 2.1, rule 13)."""

NACHA: Final[Mapping[str, Meaning]] = {
    "R02": "account_closed",
    "R03": "account_unknown",
    "R04": "account_unknown",
    "R06": "recalled",
    "R12": "bank_unknown",
    "R14": "holder_died",
    "R15": "holder_died",
    "R16": "account_blocked",
    "R17": "file_unreadable",
    "R20": "account_kind",
    "R23": "payee_refused",
    "R24": "duplicate",
}
"""Nacha operating rules, return reason codes that come back for credits (reference: payout-files 2.2).

Indian banks return NEFT under the same numbers, written "R 02", but for those of `ONLY_NACHA`.
"""

ONLY_NACHA: Final = frozenset({"R06", "R12", "R17", "R20"})

INDIA: Final[Mapping[str, Meaning]] = {
    "beneficiary_account_invalid": "account_unknown",
    "beneficiary_account_frozen": "account_blocked",
    "beneficiary_bank_offline": "bank_unreachable",
    "payout_rejected": "not_approved",
    "payout_cancelled": "cancelled",
    "account_is_invalid": "account_unknown",
    "invalid_bank_account": "account_unknown",
    "invalid_account_fail": "account_unknown",
    "invalid_ifsc": "bank_unknown",
    "invalid_ifsc_fail": "bank_unknown",
    "bene_name_differs": "name_differs",
    "beneficiary_bank_declined": "bank_refused",
    "bene_bank_declined": "bank_refused",
    "npci_unavailable": "bank_unreachable",
    "dest_limit_reached": "limit_reached",
    "nre_account": "non_resident",
    "nre_account_fail": "non_resident",
    "returned_from_beneficiary": "bank_refused",
}
"""RazorpayX `status_details.reason` and the account and transfer codes of Cashfree (reference: providers 1.7,
1.8; razorpay.com/docs/errors/x/payout-status-details, cashfree.com/docs failure reasons)."""

INDONESIA: Final[Mapping[str, Meaning]] = {
    "invalid_destination": "account_unknown",
    "rejected_by_channel": "bank_refused",
    "temporary_transfer_error": "bank_unreachable",
    "transfer_error": "transfer_failed",
    "transfer": "transfer_failed",
    "recipient_account_number": "account_unknown",
    "channel_code_not_supported": "no_way_to_pay",
    "recipient_amount": "amount_not_allowed",
    "maximum_transfer_limit": "limit_reached",
    "compliance_rejected": "bank_refused",
    "reversed": "unexplained",
}
"""Xendit `failure_code` and error codes of payouts, in lower case and without their last `_ERROR`
(reference: providers 1.11; docs.xendit.co payouts errors). Its reversals come without a reason."""

OURS: Final[Mapping[str, Meaning]] = {
    "account_gone": "account_removed",
    "amount_not_whole": "amount_not_allowed",
    "amount_too_small": "amount_not_allowed",
    "currency_not_served": "no_way_to_pay",
    "currency_unfit": "no_way_to_pay",
    "destination_not_served": "no_way_to_pay",
    "destination_unfit": "no_way_to_pay",
    "no_paying_account": "no_way_to_pay",
    "returned": "unexplained",
    "verdict": "found_unpaid",
}
"""What the house itself says of a payment, beside the meanings, which are codes too: a receiver of our
batches may answer with them."""

_KNOWN: Final[Mapping[str, Meaning]] = {
    **{code.lower(): meaning for code, meaning in {**ISO, **NACHA}.items()},
    **INDIA,
    **INDONESIA,
    **OURS,
    **{meaning: meaning for meaning in MEANINGS},
}


def meaning_of(code: str, *, currency: str) -> Meaning | None:
    """Return what a code means where `currency` is paid, however it is written; None for one we do not know."""
    written = code.strip().lower()
    plain = written.replace(" ", "") if written.startswith("r ") else written
    if currency != "USD" and plain.upper() in ONLY_NACHA:
        return None
    return _KNOWN.get(plain)
