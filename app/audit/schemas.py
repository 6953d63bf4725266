"""Shapes of the audit journal."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import StringConstraints

from app.http.shapes import PageQuery, View


class AuditLineOut(View):
    """One change: who, what, before and after; `sequence` is its place once it is sealed."""

    id: UUID
    at: datetime
    actor_kind: str
    actor_id: UUID | None
    actor_label: str
    action: str
    object_kind: str
    object_id: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    sequence: int | None


class AuditQuery(PageQuery):
    """Which changes."""

    action: Annotated[str | None, StringConstraints(max_length=100)] = None
    object_kind: Annotated[str | None, StringConstraints(max_length=100)] = None
    object_id: Annotated[str | None, StringConstraints(max_length=100)] = None
    actor_id: UUID | None = None
