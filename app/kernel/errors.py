"""Expected refusals. Anything else that is raised is a bug and surfaces as one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with a request, at a place named by a JSON pointer."""

    pointer: str
    code: str
    detail: str
    params: dict[str, Any] = field(default_factory=dict)


class AppError(Exception):
    """A refusal that a caller should expect; `code` never changes, `detail` is for people.

    `params` carries what a screen needs to say the same in the reader's language.
    """

    code: ClassVar[str] = "refused"
    status: ClassVar[int] = 400
    title: ClassVar[str] = "Refused"

    def __init__(self, detail: str, *, problems: Sequence[Problem] = (), **params: Any) -> None:
        super().__init__(detail)
        self.detail = detail
        self.problems = tuple(problems)
        self.params = params


class NotFound(AppError):
    """What was asked for is not there, or not for the asker; the two look alike on purpose."""

    code = "not_found"
    status = 404
    title = "Not found"


class Invalid(AppError):
    """The content was read and makes no sense; `problems` names every place."""

    code = "invalid"
    status = 422
    title = "Some of this cannot be right"


class Conflict(AppError):
    """The thing has moved on since the caller looked."""

    code = "conflict"
    status = 409
    title = "Conflict"


class Forbidden(AppError):
    """The caller is known and may not do this."""

    code = "forbidden"
    status = 403
    title = "Not allowed"


class SignInNeeded(AppError):
    """Nobody is signed in."""

    code = "sign_in_needed"
    status = 401
    title = "Sign in"


class StepUpNeeded(AppError):
    """The caller must prove presence with a fresh passkey for exactly this action."""

    code = "step_up_needed"
    status = 403
    title = "Confirm it is you"


class TooManyRequests(AppError):
    """A limit was reached; `params['retry_after']` holds whole seconds."""

    code = "too_many_requests"
    status = 429
    title = "Too many requests"


class Unavailable(AppError):
    """A part we depend on is away; nothing was changed."""

    code = "unavailable"
    status = 503
    title = "Not available now"
