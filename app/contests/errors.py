"""What contests refuse."""

from __future__ import annotations

from app.kernel.errors import Conflict, Forbidden, Invalid


class RulesAreSealed(Conflict):
    """The rules were sealed at launch; a change is an amendment that everybody sees."""

    code = "contest_sealed"
    title = "The rules are sealed"


class NotLaunched(Conflict):
    """The contest is still a draft."""

    code = "contest_is_draft"
    title = "Not launched yet"


class ContestIsFinal(Conflict):
    """The result stands; nothing changes it."""

    code = "contest_is_final"
    title = "The result is final"


class TakesAway(Invalid):
    """An amendment may not lower what people already play for."""

    code = "amendment_takes_away"
    title = "An amendment may not take away"


class NobodyTakesPart(Invalid):
    """The contest has no participants."""

    code = "nobody_takes_part"
    title = "Nobody takes part"


class NotYourPeople(Forbidden):
    """A manager runs contests for the own people only."""

    code = "not_your_people"
    title = "Not your people"
