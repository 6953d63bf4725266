"""What a view may know about its request, typed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

import flask
from flask_login import current_user
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from app.db.unit_of_work import SYSTEM, Actor, unit_of_work
from app.http.principal import Principal
from app.kernel import clock
from app.kernel.errors import SignInNeeded
from app.kernel.events import Reactions

if TYPE_CHECKING:
    from app.settings import Settings


class Edge:
    """What the application gives to every request; kept in `app.extensions["laurel"]`."""

    def __init__(self, settings: Settings, engine: Engine, reactions: Reactions) -> None:
        self.settings = settings
        self.engine = engine
        self.reactions = reactions


def edge() -> Edge:
    """Return the edge of the running application."""
    found: Edge = flask.current_app.extensions["laurel"]
    return found


class RequestContext:
    """The request as a view sees it. Everything is looked up when first asked for."""

    @property
    def request(self) -> flask.Request:
        """The request itself, for who asks it several things: each look through Flask's proxy costs more."""
        return flask.globals.request_ctx.request

    @property
    def now(self) -> datetime:
        """The instant this request began."""
        now: datetime | None = flask.g.get("now")
        if now is None:
            now = flask.g.now = clock.utc_now()
        return now

    @property
    def settings(self) -> Settings:
        """The settings of this installation."""
        return edge().settings

    @property
    def principal(self) -> Principal:
        """Who is asking; raises SignInNeeded when nobody is."""
        if (found := self.find_principal()) is None:
            raise SignInNeeded("Sign in to go on.")
        return found

    def find_principal(self) -> Principal | None:
        """Return who is asking, or None."""
        # Asked several times a request: what Flask-Login has found already needs none of its proxies.
        user = flask.g.get("_login_user")
        if user is None:
            user = current_user._get_current_object()  # noqa: SLF001 - Flask-Login's documented proxy
        return user if isinstance(user, Principal) else None

    @property
    def tenant_id(self) -> UUID:
        """The tenant of whoever is asking."""
        return self.principal.tenant_id

    @property
    def person_id(self) -> UUID:
        """The signed-in person."""
        return self.principal.person

    @property
    def db(self) -> Session:
        """The transaction of this request; it commits when the view has returned."""
        if "db" not in flask.g:
            principal = self.principal
            self.open_tenant(principal.tenant_id, principal.actor)
        db: Session = flask.g.db
        return db

    def open_tenant(self, tenant_id: UUID, actor: Actor = SYSTEM) -> Session:
        """Open the transaction for a tenant that is known before anybody is signed in."""
        if "db" in flask.g:
            raise RuntimeError("This request has its transaction already.")
        at = edge()
        stack: ExitStack = flask.g.stack
        flask.g.db = stack.enter_context(
            unit_of_work(
                at.engine, tenant_id=tenant_id, actor=actor, now=self.now, reactions=at.reactions
            )
        )
        db: Session = flask.g.db
        return db

    @contextmanager
    def aside(self, tenant_id: UUID, actor: Actor = SYSTEM) -> Iterator[Session]:
        """Open a transaction of its own: what it writes stands even when the request is refused."""
        at = edge()
        with unit_of_work(
            at.engine, tenant_id=tenant_id, actor=actor, now=self.now, reactions=at.reactions
        ) as db:
            yield db


ctx = RequestContext()
