"""Expected refusals."""

from __future__ import annotations

from app.kernel.errors import Conflict, Invalid


class NothingToPublish(Conflict):
    """The program has no draft."""

    code = "nothing_to_publish"
    title = "There is no draft"


class QuotaOverlap(Conflict):
    """The quota's days overlap another quota of the same person."""

    code = "quota_overlap"
    title = "These days have a quota already"


class UnknownComponent(Invalid):
    """The program has no component of that name."""

    code = "unknown_component"
    title = "There is no such component"


class NothingToAmend(Conflict):
    """The program was never published."""

    code = "nothing_to_amend"
    title = "There is nothing to amend"


class ChangesThePast(Conflict):
    """The amendment would change pay of periods that began before its first day."""

    code = "changes_the_past"
    title = "The change reaches back too far"


class LowersPay(Conflict):
    """The amendment would take back what is already earned."""

    code = "lowers_pay"
    title = "Somebody would lose pay"


class OutsideMandate(Invalid):
    """An agent set a rate that the plan does not allow, or for somebody else's sub-agent."""

    code = "outside_mandate"
    title = "The mandate does not allow this"
