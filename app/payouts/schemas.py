"""Shapes of payouts, in and out."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator

from app.http.shapes import Key, MoneyIn, MoneyShape, Name, PageQuery, Shape, Text, View
from app.kernel.money import Money
from app.payouts.core import State
from app.payouts.debts import Way
from app.providers.bank_reasons import Meaning

Setting = Annotated[str, StringConstraints(max_length=8_000)]
Evidence = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=2_000)]
SettingName = Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,40}$")]


class FormatNeedOut(View):
    """Something a format asks of the paying account."""

    name: str
    required: bool
    choices: list[str]
    is_long: bool


class FileFormatOut(View):
    """A kind of file."""

    code: str
    currency: str | None
    needs: list[FormatNeedOut]


class PayingAccountOut(View):
    """An account the company pays from."""

    id: UUID
    label: str
    format: str
    currency: str
    name: str
    zone: str
    fields: dict[str, str]
    state: str


class PayingAccountsOut(View):
    """The accounts the company pays from, and what kinds of files there are."""

    items: list[PayingAccountOut]
    formats: list[FileFormatOut]


class PayingAccountIn(Shape):
    """A new paying account."""

    label: Name
    settings: Annotated[dict[SettingName, Setting], Field(max_length=40)]


class PayingAccountChange(Shape):
    """What is known of a paying account from now on."""

    settings: Annotated[dict[SettingName, Setting], Field(max_length=40)]


class BatchQuery(PageQuery):
    """Which batches."""

    state: State | None = None


class BatchOut(View):
    """A batch in a list."""

    id: UUID
    account_id: UUID
    account: str
    format: str
    lane: str
    state: State
    total: MoneyShape
    count: int
    pay_on: date | None
    message_id: str | None
    moved_at: datetime
    approvals: int
    approvals_needed: int
    discrepancies: int


class FilePaymentOut(View):
    """A payment, its account masked. `reason` is the code of the bank, `meaning` what we know that it means."""

    id: UUID
    redemption_id: UUID
    person_id: UUID
    person_name: str
    masked: str
    money: MoneyShape
    state: Literal["waiting", "settled", "refused", "returned", "moved", "withdrawn"]
    reason: str
    meaning: Meaning | None
    detail: str


class FileApprovalOut(View):
    """Who said yes, and when."""

    person_id: UUID
    name: str
    at: datetime


class FileChangeOut(View):
    """Something the file says otherwise than it was given."""

    pointer: str
    code: Literal["transliterated", "shortened", "moved"]
    before: str
    after: str


class DiscrepancyOut(View):
    """Something that does not agree."""

    id: UUID
    batch_id: UUID
    line_id: UUID | None
    person_name: str | None
    kind: str
    expected: MoneyShape | None
    said: MoneyShape | None
    found_at: datetime


class PushOut(View):
    """How the push of a batch stands."""

    state: Literal["waiting", "delivered", "confirmed", "given_up"]
    tries: int
    due_at: datetime | None
    last_said: str


class WholeBatchOut(View):
    """A batch with everything somebody has to see before saying yes."""

    batch: BatchOut
    payments: list[FilePaymentOut]
    approved_by: list[FileApprovalOut]
    prepared_by: str | None
    file_name: str | None
    sha256: str | None
    changes: list[FileChangeOut]
    reason: str | None
    replaces_id: UUID | None
    downloads: int
    discrepancies: list[DiscrepancyOut]
    push: PushOut | None
    may_approve: bool


class PrepareFileIn(Shape):
    """When the bank is to pay."""

    pay_on: date


class VoidFileIn(Shape):
    """Why a file is given up."""

    reason: Annotated[Text, StringConstraints(min_length=1)]


class BankAnswerOut(View):
    """What became of a bank's file."""

    kind: str
    matched: int
    unmatched: int
    is_repeated: bool


class TakeOutIn(Shape):
    """Why a payment is taken out of a batch."""

    reason: Annotated[Text, StringConstraints(min_length=1)]


class SettlementOut(View):
    """How somebody settles a debt; it moves nothing until somebody else agrees."""

    id: UUID
    person_id: UUID
    amount: MoneyShape
    way: Way
    note: str
    proposed_by: UUID
    proposed_at: datetime
    approved_by: UUID | None
    decided_at: datetime | None
    was_dropped: bool

    @model_validator(mode="before")
    @classmethod
    def _from_row(cls, row: Any) -> Any:
        if isinstance(row, dict):
            return row
        given = {name: getattr(row, name) for name in cls.model_fields if name != "amount"}
        return given | {"amount": MoneyShape.model_validate(Money(row.minor, row.currency))}


class OverpaidOut(View):
    """A person who was paid more than is earned now, and how somebody settles that."""

    person_id: UUID
    person_name: str
    owed: MoneyShape
    available: MoneyShape
    settlement: SettlementOut | None


class SettlementIn(Shape):
    """How a debt is settled, all of it or a part, and why."""

    person_id: UUID
    amount: MoneyIn
    way: Way
    note: Evidence


class PayoutQueuesOut(View):
    """What waits for a person."""

    discrepancies: list[DiscrepancyOut]
    overpaid: list[OverpaidOut]


class CloseDiscrepancyIn(Shape):
    """What was done about it."""

    note: Annotated[Text, StringConstraints(min_length=1)]


class ApprovalStepShape(Shape):
    """From this total on so many people approve."""

    from_total: MoneyIn
    approvals: Annotated[int, Field(ge=1, le=5)]


class ApprovalRoutesShape(Shape):
    """How many people approve, by currency and total; below every step it is one."""

    steps: Annotated[list[ApprovalStepShape], Field(max_length=50)]


class PushEndpointIn(Shape):
    """Where approved batches are pushed to."""

    url: Annotated[str, StringConstraints(min_length=1, max_length=500)]


class PushEndpointOut(View):
    """Where approved batches are pushed to; `secret` is shown once, when it is new."""

    url: str | None
    is_on: bool
    off_because: str | None
    failing_since: datetime | None
    secret: str | None = None


class PaidToOut(View):
    """Where a payment goes, in clear, for the system that makes it."""

    kind: str
    country: str
    fields: dict[str, str]


class ApiPaymentOut(View):
    """A payment as another system makes it."""

    reference: str
    name: str
    personnel_number: str
    amount: MoneyShape
    remark: str
    destination: PaidToOut | None


class ApiBatchOut(View):
    """An approved batch as another system reads it."""

    batch_id: UUID
    message_id: str
    sha256: str
    pay_on: date
    count: int
    total: MoneyShape
    payments: list[ApiPaymentOut]


class OutcomeIn(Shape):
    """What became of one payment."""

    reference: Key
    outcome: Literal["accepted", "settled", "refused", "returned"]
    reason: Annotated[str, StringConstraints(max_length=100)] = ""
    amount: MoneyIn | None = None


class ConfirmationIn(Shape):
    """The other system has the batch, and says what became of its payments so far."""

    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    payments: Annotated[tuple[OutcomeIn, ...], Field(max_length=10_000)] = ()
