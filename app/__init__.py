"""Laurel: incentives for field teams."""

from __future__ import annotations

from functools import partial

import flask
from flask import Flask, Request
from flask_login import LoginManager
from werkzeug.middleware.proxy_fix import ProxyFix

from app import bootstrap, logs
from app.cli import outage
from app.db.engine import shared_engine
from app.http import cookies, headers, openapi, problems
from app.http.context import Edge, ctx
from app.http.endpoint import EndpointSpec
from app.http.principal import Principal
from app.jobs import queue
from app.kernel.events import Reactions
from app.live import bus, sockets
from app.settings import Settings, read_settings


def create_app(settings: Settings | None = None) -> Flask:
    """Return the application, put together from its rooms."""
    settings = settings or read_settings()
    logs.configure(settings)
    app = Flask(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = 1_000_000
    app.url_map.strict_slashes = False
    if settings.proxies:
        # Only whose request it is, for limits; host and scheme are what LAUREL_URL says.
        proxied = ProxyFix(app.wsgi_app, x_for=settings.proxies, x_proto=0, x_host=0)
        app.wsgi_app = proxied  # type: ignore[method-assign]  # as Flask's documentation has it
    reactions = Reactions()
    engine = shared_engine(settings.database_url)
    app.extensions["laurel"] = Edge(settings, engine, reactions)
    bus.connect(settings.redis_url)
    queue.surround(engine, reactions)
    bootstrap.connect(settings)

    _install_sign_in(app)
    problems.install(app)
    headers.install(app)
    openapi.install(app)
    bootstrap.declare_reactions(reactions)
    for blueprint in [*bootstrap.blueprints(), *bootstrap.test_blueprints(settings)]:
        app.register_blueprint(blueprint)
    outage.explain(app.cli.commands.values())
    app.extensions["laurel.schedule"] = bootstrap.schedule()
    app.extensions["laurel.boards"] = bootstrap.flush_board
    live_sessions = partial(bootstrap.live_sessions, engine)
    sockets.install(app, settings, bootstrap.may_watch, live_sessions)
    headers.surround(app, settings)
    return app


class _Doorman(LoginManager):  # type: ignore[misc]  # Flask-Login comes without types
    """Flask-Login that asks us on every request: nothing is kept in a signed cookie of its own.

    It would look for one, and for one by which it remembers people, and take a fingerprint of the browser,
    each time: as much work as the rest of finding out who asks.
    """

    def _load_user(self) -> None:
        self._update_request_context_with_user(self._load_user_from_request(flask.request))


def _install_sign_in(app: Flask) -> None:
    manager = _Doorman(app)

    @manager.request_loader
    def load(request: Request) -> Principal | None:
        bearer = request.headers.get("Authorization", "")
        key = bearer.removeprefix("Bearer ") if bearer.startswith("Bearer ") else None
        view = app.view_functions.get(request.endpoint or "")
        spec: EndpointSpec | None = getattr(view, "spec", None)
        cookie = cookies.read(request) if key is None else None
        return bootstrap.authenticate(
            cookie, key, ctx.now, rechecked=spec is not None and spec.rechecks
        )
