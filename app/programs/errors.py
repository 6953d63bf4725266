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
