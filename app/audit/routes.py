"""The audit journal over HTTP: read by those whose work is to look."""

from __future__ import annotations

from app.audit import queries
from app.audit.schemas import AuditLineOut, AuditQuery
from app.http.blueprint import api_blueprint
from app.http.context import ctx
from app.http.endpoint import endpoint
from app.http.principal import Role
from app.http.shapes import PageView
from app.kernel.pages import Page

blueprint = api_blueprint("audit", __name__)

READERS = frozenset({Role.AUDITOR, Role.TENANT_ADMIN})


@blueprint.get("/audit")
@endpoint(allow=READERS, query=AuditQuery, returns=PageView[AuditLineOut])
def list_changes(query: AuditQuery) -> Page[queries.AuditLine]:
    """Return what was changed, newest first."""
    return queries.page(
        ctx.db,
        cursor=query.cursor,
        limit=query.limit,
        action=query.action,
        object_kind=query.object_kind,
        object_id=query.object_id,
        actor_id=query.actor_id,
    )
