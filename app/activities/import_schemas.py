"""Shapes of imports in and out."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from app.activities.mapping import FileShape, Mapping
from app.http.shapes import Name, PageQuery, Shape, View

CellText = Annotated[str, StringConstraints(max_length=2_000)]
Code = Annotated[str, StringConstraints(max_length=60)]


class ReasonCount(View):
    """How many rows are set aside for one reason."""

    code: str
    count: int


class Suggestion(View):
    """One repair that fixes many rows."""

    model_config = View.model_config | {"populate_by_name": True}

    reason: str
    column: str
    from_: str = Field(alias="from")
    to: str
    rows: int


class RefusalOut(View):
    """Why a file could not be read to its end."""

    code: str
    detail: str
    params: dict[str, Any]


class ImportOut(View):
    """One file and how far it has come; what became of its rows adds up to those that are done."""

    id: UUID
    file_name: str
    source: str
    state: Literal["uploaded", "queued", "running", "done", "failed"]
    rows: int | None
    done: int
    accepted: int
    fixed: int
    quarantined: int
    dismissed: int
    refused: int
    unchanged: int
    started_by: str
    created_at: datetime
    finished_at: datetime | None
    problem: RefusalOut | None


class ImportDetail(ImportOut):
    """One file with what is set aside, and the mapping it is read with."""

    columns: list[str]
    mapping: Mapping
    by_reason: list[ReasonCount]
    suggestions: list[Suggestion]
    people_waiting: int
    """How many different people have rows set aside."""


class PreviewIn(Shape):
    """Correct what was detected, and try a mapping; it is kept for this file."""

    file: FileShape | None = None
    mapping: Mapping | None = None


class ProblemOut(View):
    """What stands against reading the file so."""

    code: str
    detail: str
    params: dict[str, Any]


class PreviewOut(View):
    """The first rows as they are read."""

    columns: list[str]
    rows: list[list[str]]
    detected: FileShape
    is_sure: bool
    problems: list[ProblemOut]
    suggested_mapping: Mapping


class Example(View):
    """A row that would not simply be accepted."""

    row: int
    code: str
    column: str | None
    params: dict[str, Any]


class DryRunOut(View):
    """What would become of the first rows."""

    rows: int
    is_whole_file: bool
    accepted: int
    fixed: int
    quarantined: int
    refused: int
    by_reason: list[ReasonCount]
    examples: list[Example]


class RowsQuery(PageQuery):
    """Which rows."""

    outcome: Literal["fixed", "quarantined", "refused"] | None = None
    reason: Code | None = None
    state: Literal["open", "closed", "repaired", "dismissed"] | None = None


class ReasonOut(View):
    """Why a row was not simply accepted."""

    code: str
    column: str | None
    params: dict[str, Any]


class RowPlace(View):
    """A row of a file."""

    import_id: UUID
    row: int


class RowOut(View):
    """A row that needed a word."""

    row: int
    outcome: Literal["fixed", "quarantined", "refused"]
    state: Literal["open", "closed", "repaired", "dismissed"]
    external_id: str | None
    reasons: list[ReasonOut]
    values: dict[str, str]
    repaired_by: str | None
    repaired_at: datetime | None
    same_as: RowPlace | None
    """The row of an earlier file that was set aside with the same content; what becomes of one becomes of both."""


class RepairRowIn(Shape):
    """Cells to put right, by column."""

    values: Annotated[dict[Name, CellText], Field(min_length=1, max_length=500)]


class RepairManyIn(Shape):
    """One value in place of another, in every row set aside for one reason."""

    model_config = Shape.model_config | {"populate_by_name": True}

    reason: Code
    column: Name
    from_: Annotated[CellText, Field(alias="from")]
    to: CellText


class RepairQuery(Shape):
    """From where on rows are looked at: nothing at first, then what the last answer gave."""

    cursor: Annotated[str | None, StringConstraints(max_length=500)] = None


class RepairedOut(View):
    """How many of up to 5,000 rows came in; ask again with the cursor, while there is one, for the others."""

    repaired: int
    next_cursor: str | None


class SourceOut(View):
    """Where activities come from, and how its files are read."""

    id: UUID
    name: str
    kind: Literal["file", "api", "claim"]
    mapping: Mapping
    updated_at: datetime


class SourcesOut(View):
    """Every source, by name."""

    items: list[SourceOut]


class SourceIn(Shape):
    """How files of the source are read."""

    mapping: Mapping
