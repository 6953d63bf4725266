"""What finance refuses."""

from __future__ import annotations

from app.kernel.errors import Conflict, Invalid


class MonthIsOpen(Conflict):
    """Statements freeze months that are over."""

    code = "month_is_open"
    title = "This month is not over"


class LaterMonthFrozen(Conflict):
    """Statements follow one another; none is put in between."""

    code = "later_month_frozen"
    title = "A later month is frozen"


class NothingProven(Conflict):
    """There is no statement in these months."""

    code = "nothing_proven"
    title = "No statements there"


class TooMuchAtOnce(Invalid):
    """The period holds more lines than one file takes."""

    code = "too_much_at_once"
    title = "Too many lines"


class RuleTaken(Conflict):
    """There is a rule of this country, currency and income from that day on."""

    code = "tax_rule_taken"
    title = "There is such a rule"


class RuleInThePast(Conflict):
    """What was withheld stays as it was: a rule begins today or later."""

    code = "tax_rule_in_the_past"
    title = "A rule begins today or later"
