"""What is refused about bank accounts."""

from __future__ import annotations

from app.kernel.errors import Conflict, Forbidden, Invalid, TooManyRequests


class BadAccount(Invalid):
    """The number cannot be right; the problems say where."""

    code = "bad_account"
    title = "This account number cannot be right"


class AccountThere(Conflict):
    """The person has this account already."""

    code = "account_there"
    title = "Added before"


class TooManyAccounts(Conflict):
    """Nobody needs so many."""

    code = "too_many_accounts"
    title = "Remove one first"


class ChecksUsedUp(TooManyRequests):
    """Accounts are checked a few times a day only."""

    code = "checks_used_up"
    title = "Try again tomorrow"


class NotToBeChecked(Conflict):
    """A check runs, or there is nothing to check any more."""

    code = "not_to_be_checked"
    title = "Nothing to check"


class NotToBeConfirmed(Conflict):
    """The account was not checked, or was confirmed before."""

    code = "not_to_be_confirmed"
    title = "Nothing to confirm"


class AccountNotReady(Conflict):
    """No money goes to this account now: not confirmed, held after a change, or removed."""

    code = "account_not_ready"
    title = "Not yet"


class NotInReview(Conflict):
    """Somebody has decided before."""

    code = "not_in_review"
    title = "Already decided"


class OwnAccount(Forbidden):
    """Nobody decides about the own account."""

    code = "own_account"
    title = "Your own account"
