"""What rewards refuse."""

from __future__ import annotations

from app.kernel.errors import AppError, Conflict, Forbidden


class OutOfStock(AppError):
    """No code of this denomination is left."""

    code = "out_of_stock"
    status = 409
    title = "Sold out"


class NotOffered(AppError):
    """The reward is not offered, or not at this amount."""

    code = "not_offered"
    status = 422
    title = "Not offered"


class WishNeeded(AppError):
    """An experience needs a wished date that lies ahead."""

    code = "wish_needed"
    status = 422
    title = "A date is needed"


class AmountNotAllowed(AppError):
    """An amount that cannot go this way; `params["reason"]` says why."""

    code = "amount_not_allowed"
    status = 422
    title = "Another amount"


class OrderTooSmall(AppError):
    """Less than the company lets be ordered at once; `params["least"]` says how much it takes."""

    code = "order_too_small"
    status = 422
    title = "Too little"


class OrderTooLarge(AppError):
    """More than the company lets be ordered at once; `params["most"]` says how much goes."""

    code = "order_too_large"
    status = 422
    title = "Too much"


class PeriodLimitReached(AppError):
    """More than is left of what may be ordered in a period; `params` hold `left` and `anew_on`."""

    code = "period_limit_reached"
    status = 422
    title = "Enough for now"


class QuoteChanged(Conflict):
    """What arrives is not what was shown: fees or taxes changed meanwhile."""

    code = "quote_changed"
    title = "Look again"


class NothingToReveal(Conflict):
    """There is no code to show: not delivered yet, refused, or delivered without one."""

    code = "nothing_to_reveal"
    title = "Nothing to show"


class NotWaiting(Conflict):
    """The redemption does not wait for an answer of the company."""

    code = "not_waiting"
    title = "No answer expected"


class OwnOrder(Forbidden):
    """Nobody answers an order of their own."""

    code = "own_order"
    title = "Your own order"


class UnreadableStock(AppError):
    """The file holds no codes that can be read."""

    code = "unreadable_stock"
    status = 422
    title = "Cannot read this file"


class NotStuck(Conflict):
    """The order is decided already, or goes its way without anybody."""

    code = "not_stuck"
    title = "Nothing to decide"


class VerdictWaits(Conflict):
    """Somebody has said what became of the order, and nobody has answered that yet."""

    code = "verdict_waits"
    title = "Somebody was here before you"


class SameEyes(Forbidden):
    """Two people must agree, and this is the same one."""

    code = "same_eyes"
    title = "Somebody else must agree"
