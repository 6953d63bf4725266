"""Expected refusals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from app.kernel.errors import AppError, Conflict, Forbidden, Invalid


class FileRefused(AppError):
    """The file cannot be read as what it says it is, or is too large to be read safely."""

    code = "file_refused"
    status = 422
    title = "This file cannot be read"


class MappingRefused(Invalid):
    """The mapping does not fit the file."""

    code = "mapping_refused"
    parts: tuple[MappingRefused, ...] = ()
    """What this refuses together, each with a sentence and params of its own; empty when it is one thing."""

    @classmethod
    def together(cls, parts: Sequence[MappingRefused]) -> MappingRefused:
        """Return one refusal that says everything that `parts` say."""
        if len(parts) == 1:
            return parts[0]
        params: dict[str, Any] = {}
        for part in reversed(parts):
            params |= part.params
        problems = [problem for part in parts for problem in part.problems]
        whole = cls(" ".join(part.detail for part in parts), problems=problems, **params)
        whole.parts = tuple(parts)
        return whole


class WrongState(Conflict):
    """The import, row or claim is past the point where this can be done."""

    code = "wrong_state"


class ClaimMatches(Conflict):
    """A sale that counts already looks the same; say whether it is."""

    code = "claim_matches"


class OwnClaim(Forbidden):
    """Nobody verifies a claim of their own."""

    code = "own_claim"
