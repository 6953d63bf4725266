"""What the books refuse."""

from __future__ import annotations

from app.kernel.errors import AppError


class Unbalanced(AppError):
    """The legs do not add up to zero in every currency, or there is nothing to move."""

    code = "unbalanced"
    status = 422
    title = "This does not balance"


class KeyReused(AppError):
    """The key was used for another posting."""

    code = "ledger_key_reused"
    status = 409
    title = "Key already used"


class BalanceTooLow(AppError):
    """An account would cross zero; `params` say what is there and what was asked for."""

    code = "balance_too_low"
    status = 409
    title = "Not enough"


class AlreadyResolved(AppError):
    """The reservation has ended; `params['outcome']` says how."""

    code = "already_resolved"
    status = 409
    title = "Already ended"


class AlreadyReversed(AppError):
    """The transaction was reversed before, or is a reversal itself."""

    code = "already_reversed"
    status = 409
    title = "Already reversed"


class NotSealedYet(AppError):
    """The transaction waits for its place in the journal."""

    code = "not_sealed_yet"
    status = 409
    title = "Not sealed yet"
