"""What payouts refuse."""

from __future__ import annotations

from app.kernel.errors import Invalid


class Unfit(Invalid):
    """Payments that cannot stand in a file of this format; `problems` names every reason."""

    code = "unfit_for_file"
    title = "These payments do not fit the file"


class Unreadable(Invalid):
    """No answer of a bank that can be read."""

    code = "unreadable_answer"
    title = "Cannot read this file"
