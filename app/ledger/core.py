"""Double entry, as values: accounts, legs, entries, and what a guarded account allows.

Amounts are minor units, signed as the owner of the account sees them: + is more for the owner. What a
person owes is therefore a negative balance, and a program's expense is negative too.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final
from uuid import UUID, uuid5

from app.kernel.money import Money
from app.kernel.strict_json import dumps_canonical
from app.ledger.errors import BalanceTooLow, Unbalanced


class AccountKind(StrEnum):
    """What an account is for."""

    PERSON_EARNED = "person_earned"
    PERSON_AVAILABLE = "person_available"
    PERSON_RESERVED = "person_reserved"
    PERSON_OWED = "person_owed"
    PROGRAM_EXPENSE = "program_expense"
    PRIZE_EXPENSE = "prize_expense"
    PROVIDER_CLEARING = "provider_clearing"
    HOUSE_ADJUSTMENT = "house_adjustment"
    HOUSE_FEES = "house_fees"
    TAX_WITHHELD = "tax_withheld"


EARNING: Final = "earning"
"""The kind of transaction by which the books follow an earning that changed."""
PRIZE: Final = "prize"
"""The kind of transaction by which a prize of money reaches who won it; its cause is the contest."""
CONTEST: Final = "contest"
"""What causes a prize, and whatever may correct it."""
PROVIDER_RETURN: Final = "provider_return"
"""The kind of transaction by which money that had been paid comes back from a provider."""

GUARDED: Final[Mapping[AccountKind, int]] = {
    AccountKind.PERSON_AVAILABLE: 1,
    AccountKind.PERSON_RESERVED: 1,
    AccountKind.PERSON_OWED: -1,
}
"""Accounts that keep a balance row and may not cross zero, with the side they stay on."""


@dataclass(frozen=True, slots=True)
class AccountRef:
    """An account by what it is, not by its id."""

    kind: AccountKind
    owner_id: UUID | None
    currency: str

    def id_in(self, tenant_id: UUID) -> UUID:
        """Return the account's id: derived, so that nobody has to look it up."""
        return uuid5(tenant_id, f"{self.kind}:{self.owner_id}:{self.currency}")


def earned(person_id: UUID, currency: str) -> AccountRef:
    """Return where a person's earnings wait until they are released."""
    return AccountRef(AccountKind.PERSON_EARNED, person_id, currency)


def available(person_id: UUID, currency: str) -> AccountRef:
    """Return what a person can spend."""
    return AccountRef(AccountKind.PERSON_AVAILABLE, person_id, currency)


def reserved(person_id: UUID, currency: str) -> AccountRef:
    """Return what a person has set aside for orders under way."""
    return AccountRef(AccountKind.PERSON_RESERVED, person_id, currency)


def owed(person_id: UUID, currency: str) -> AccountRef:
    """Return what a person was overpaid, as a negative balance."""
    return AccountRef(AccountKind.PERSON_OWED, person_id, currency)


def expense(program_id: UUID, currency: str) -> AccountRef:
    """Return what a program has cost."""
    return AccountRef(AccountKind.PROGRAM_EXPENSE, program_id, currency)


def prize_expense(contest_id: UUID, currency: str) -> AccountRef:
    """Return what the prizes of a contest have cost."""
    return AccountRef(AccountKind.PRIZE_EXPENSE, contest_id, currency)


def fees(currency: str) -> AccountRef:
    """Return what people paid for having their money sent."""
    return AccountRef(AccountKind.HOUSE_FEES, None, currency)


def withheld(currency: str) -> AccountRef:
    """Return what was withheld for the tax office and is owed to it."""
    return AccountRef(AccountKind.TAX_WITHHELD, None, currency)


def clearing(provider_id: UUID, currency: str) -> AccountRef:
    """Return what is on its way to a provider."""
    return AccountRef(AccountKind.PROVIDER_CLEARING, provider_id, currency)


@dataclass(frozen=True, slots=True)
class Leg:
    """One movement on one account."""

    account: AccountRef
    minor: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One business fact to be posted, once for its key."""

    key: str
    kind: str
    cause_kind: str
    cause_id: UUID
    legs: tuple[Leg, ...]
    reverses: UUID | None = None
    memo: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Posted:
    """What became of an entry; `is_new` is False where its key had been settled before."""

    id: UUID
    is_new: bool


@dataclass(frozen=True, slots=True)
class Difference:
    """What an earning changed by.

    `releasable`: the earning was released before, so that a raise can be spent at once.
    `unreleased_minor`: how much of this earning has not been released; a cut takes from that first.
    """

    key: str
    program_id: UUID
    person_id: UUID
    currency: str
    delta_minor: int
    releasable: bool
    cause_kind: str
    cause_id: UUID
    unreleased_minor: int = 0


@dataclass(frozen=True, slots=True)
class Release:
    """Earned money that becomes available."""

    key: str
    person_id: UUID
    currency: str
    minor: int
    cause_kind: str
    cause_id: UUID


@dataclass(frozen=True, slots=True)
class Prize:
    """Money that somebody won in a contest, at a place that `shared_by` people hold."""

    contest_id: UUID
    person_id: UUID
    money: Money
    place: int
    shared_by: int

    @property
    def key(self) -> str:
        """What it is posted under: a result stands, so a person wins once in a contest."""
        return prize_key(self.contest_id, self.person_id)


def prize_key(contest_id: UUID, person_id: UUID) -> str:
    """Return the key under which a person's prize of a contest is posted."""
    return f"prize:{contest_id}:{person_id}"


class Standing:
    """The balances of locked accounts while a batch is worked out, leg by leg.

    Raises BalanceTooLow at the first leg that crosses zero, so every prefix of the batch is sound.
    """

    def __init__(self, balances: Mapping[AccountRef, tuple[int, int]]) -> None:
        self._at_start = dict(balances)
        self._now = dict(balances)

    def minor(self, account: AccountRef) -> int:
        """Return the balance of a guarded account as of the last leg."""
        return self._now[account][0]

    def move(self, leg: Leg) -> int | None:
        """Apply `leg`; return its number in the account, None where the account has no limit."""
        side = GUARDED.get(leg.account.kind)
        if side is None:
            return None
        before, sequence = self._now[leg.account]
        after = before + leg.minor
        if after * side < 0:
            raise BalanceTooLow(
                "There is not enough for that.",
                available=_shape(abs(before), leg.account),
                needed=_shape(abs(leg.minor), leg.account),
            )
        self._now[leg.account] = (after, sequence + 1)
        return sequence + 1

    def changes(self) -> dict[AccountRef, tuple[int, int]]:
        """Return balance and sequence of the accounts that moved."""
        return {ref: now for ref, now in self._now.items() if now != self._at_start[ref]}


def _shape(minor: int, account: AccountRef) -> dict[str, str]:
    return {"amount": str(Money(minor, account.currency).decimal), "currency": account.currency}


@dataclass(frozen=True, slots=True)
class Draft:
    """An entry whose legs may depend on the balances that its locks reveal.

    `request_hash` names what was asked for, so that a repeat is known whatever the balances are then.
    """

    key: str
    kind: str
    cause_kind: str
    cause_id: UUID
    reverses: UUID | None
    memo: Mapping[str, Any]
    request_hash: bytes
    touches: tuple[AccountRef, ...]
    legs: Callable[[Standing], tuple[Leg, ...]]


def draft_of(entry: Entry) -> Draft:
    """Return `entry` ready to be posted; raise Unbalanced unless it adds up to zero."""
    check_balance(entry.legs)
    return Draft(
        key=entry.key,
        kind=entry.kind,
        cause_kind=entry.cause_kind,
        cause_id=entry.cause_id,
        reverses=entry.reverses,
        memo=entry.memo,
        request_hash=hash_of(
            entry.kind,
            entry.cause_kind,
            entry.cause_id,
            entry.reverses,
            [(*_words(leg.account), leg.minor) for leg in entry.legs],
        ),
        touches=tuple(leg.account for leg in entry.legs),
        legs=lambda _: entry.legs,
    )


def draft_of_difference(difference: Difference) -> Draft:
    """Return the posting that lets the books follow an earning that changed."""
    d = difference
    if d.delta_minor == 0:
        raise Unbalanced("A difference of nothing is not posted.")
    person = (d.person_id, d.currency)
    touches = [expense(d.program_id, d.currency), earned(*person)]
    if d.releasable or d.delta_minor + d.unreleased_minor < 0:
        touches += [available(*person), owed(*person)]
    return Draft(
        key=d.key,
        kind=EARNING,
        cause_kind=d.cause_kind,
        cause_id=d.cause_id,
        reverses=None,
        memo={"program_id": str(d.program_id)},
        request_hash=hash_of(
            "earning",
            d.cause_kind,
            d.cause_id,
            d.program_id,
            d.person_id,
            d.currency,
            d.delta_minor,
        ),
        touches=tuple(touches),
        legs=lambda standing: _legs_of_difference(d, standing),
    )


def draft_of_release(release: Release) -> Draft:
    """Return the posting that lets a person spend what was earned, after settling what is owed."""
    r = release
    if r.minor <= 0:
        raise Unbalanced("Only a positive amount can be released.")
    person = (r.person_id, r.currency)
    return Draft(
        key=r.key,
        kind="release",
        cause_kind=r.cause_kind,
        cause_id=r.cause_id,
        reverses=None,
        memo={},
        request_hash=hash_of("release", r.cause_kind, r.cause_id, r.person_id, r.currency, r.minor),
        touches=(earned(*person), available(*person), owed(*person)),
        legs=lambda standing: (
            Leg(earned(*person), -r.minor),
            *_pay_out(standing, r.person_id, r.currency, r.minor),
        ),
    )


def draft_of_prize(prize: Prize) -> Draft:
    """Return the posting that lets a person spend a prize, after settling what is owed."""
    p, currency = prize, prize.money.currency
    if p.money.minor <= 0:
        raise Unbalanced("Only a positive amount can be won.")
    cost, person = prize_expense(p.contest_id, currency), (p.person_id, currency)
    return Draft(
        key=p.key,
        kind=PRIZE,
        cause_kind=CONTEST,
        cause_id=p.contest_id,
        reverses=None,
        memo={"place": p.place, "shared_by": p.shared_by},
        request_hash=hash_of(PRIZE, p.contest_id, p.person_id, currency, p.money.minor),
        touches=(cost, available(*person), owed(*person)),
        legs=lambda standing: (
            Leg(cost, -p.money.minor),
            *_pay_out(standing, p.person_id, currency, p.money.minor),
        ),
    )


def _legs_of_difference(d: Difference, standing: Standing) -> tuple[Leg, ...]:
    cost = Leg(expense(d.program_id, d.currency), -d.delta_minor)
    if d.delta_minor > 0:
        if d.releasable:
            return (cost, *_pay_out(standing, d.person_id, d.currency, d.delta_minor))
        return (cost, Leg(earned(d.person_id, d.currency), d.delta_minor))
    rest = -d.delta_minor
    from_earned = min(rest, max(d.unreleased_minor, 0))
    rest -= from_earned
    spendable = available(d.person_id, d.currency)
    from_available = min(rest, standing.minor(spendable)) if rest else 0
    return _moving(
        cost,
        Leg(earned(d.person_id, d.currency), -from_earned),
        Leg(spendable, -from_available),
        Leg(owed(d.person_id, d.currency), from_available - rest),
    )


def _pay_out(standing: Standing, person_id: UUID, currency: str, minor: int) -> tuple[Leg, ...]:
    debt = owed(person_id, currency)
    settled = min(minor, -standing.minor(debt))
    return _moving(Leg(debt, settled), Leg(available(person_id, currency), minor - settled))


def _moving(*legs: Leg) -> tuple[Leg, ...]:
    return tuple(leg for leg in legs if leg.minor)


def check_balance(legs: Iterable[Leg]) -> None:
    """Raise Unbalanced unless there are legs, each moves something, and each currency adds up to zero."""
    sums: dict[str, int] = defaultdict(int)
    for leg in legs:
        if leg.minor == 0:
            raise Unbalanced("A leg of nothing is not posted.")
        sums[leg.account.currency] += leg.minor
    if not sums or any(sums.values()):
        raise Unbalanced("The two sides of this posting differ.")


def _words(account: AccountRef) -> tuple[str, str, str]:
    return (account.kind.value, str(account.owner_id), account.currency)


def hash_of(*request: Any) -> bytes:
    """Return what names a request, so that a repeat of it is known."""
    return hashlib.sha256(dumps_canonical(request)).digest()
