"""What the people room refuses."""

from __future__ import annotations

from app.kernel.errors import AppError, Conflict, Invalid, SignInNeeded


class PositionsOverlap(Conflict):
    """A person stands in one place at a time."""

    code = "positions_overlap"
    title = "Already somewhere else then"


class ManagerLoop(Conflict):
    """Nobody reports to themselves, not even through others."""

    code = "manager_loop"
    title = "That would be a circle"


class AlreadyTaken(Conflict):
    """An e-mail address or employee number belongs to one person."""

    code = "already_taken"
    title = "Already taken"


class UnknownName(Invalid):
    """A team, manager or zone that does not exist."""

    code = "unknown_name"


class HasLeft(Invalid):
    """The person is not here any more."""

    code = "has_left"


class LastAdmin(Conflict):
    """A tenant keeps at least one administrator."""

    code = "last_admin"
    title = "The last administrator stays"


class BadCeremony(AppError):
    """What the passkey sent does not prove anything."""

    code = "passkey_refused"
    status = 401
    title = "That passkey did not work"


class BadCode(SignInNeeded):
    """The e-mail code is wrong, used, or too old; which of them is not said."""

    code = "code_refused"
    title = "That code did not work"


class InvitationGone(AppError):
    """The invitation was used, is too old, or never was."""

    code = "invitation_gone"
    status = 404
    title = "This invitation has ended"


class CounterWentBack(AppError):
    """The passkey's counter says that there may be two of it; money waits for another proof."""

    code = "passkey_suspect"
    status = 403
    title = "Use another passkey"


class LastPasskey(Conflict):
    """The only passkey cannot be removed: nobody could sign in with it again."""

    code = "last_passkey"
    title = "Your last passkey stays"


class NoPasskey(Conflict):
    """There is no passkey to confirm with."""

    code = "no_passkey"
    title = "Make a passkey first"


class NotReachable(Conflict):
    """Nobody knows an own address of this person on that way."""

    code = "not_reachable"
    title = "No address to send it to"


class LogoRefused(Invalid):
    """The file holds no picture that can be a logo."""

    code = "logo_refused"
    title = "This picture cannot be the logo"
