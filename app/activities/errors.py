"""Expected refusals."""

from __future__ import annotations

from app.kernel.errors import AppError, Conflict, Forbidden, Invalid


class FileRefused(AppError):
    """The file cannot be read as what it says it is, or is too large to be read safely."""

    code = "file_refused"
    status = 422
    title = "This file cannot be read"


class MappingRefused(Invalid):
    """The mapping does not fit the file."""

    code = "mapping_refused"


class WrongState(Conflict):
    """The import, row or claim is past the point where this can be done."""

    code = "wrong_state"


class ClaimMatches(Conflict):
    """A sale that counts already looks the same; say whether it is."""

    code = "claim_matches"


class OwnClaim(Forbidden):
    """Nobody verifies a claim of their own."""

    code = "own_claim"
