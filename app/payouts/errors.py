"""What payouts refuse."""

from __future__ import annotations

from app.kernel.errors import Conflict, Forbidden, Invalid


class Unfit(Invalid):
    """Payments that cannot stand in a file of this format; `problems` names every reason."""

    code = "unfit_for_file"
    title = "These payments do not fit the file"


class Unreadable(Invalid):
    """No answer of a bank that can be read."""

    code = "unreadable_answer"
    title = "Cannot read this file"


class NotNow(Conflict):
    """The batch does not stand where this can be done."""

    code = "batch_not_there"
    title = "The batch has moved on"


class MayNotApprove(Forbidden):
    """Somebody else has to approve: this person prepared it, approved it before, or is paid by it."""

    code = "may_not_approve"
    title = "Somebody else has to approve"


class FileStale(Conflict):
    """The file was made for a day that has passed; it has to be made anew."""

    code = "file_stale"
    title = "Made for a day that has passed"


class WrongSettings(Invalid):
    """The settings of a paying account or an endpoint cannot be right."""

    code = "payout_settings_wrong"
    title = "These settings cannot be right"


class NotOwed(Invalid):
    """More than the person owes, or nothing of it."""

    code = "not_owed"
    title = "Not what is owed"


class OwnDebt(Forbidden):
    """Nobody settles a debt of their own."""

    code = "own_debt"
    title = "Your own debt"
