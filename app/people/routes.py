"""People, teams and API keys, as the console and other systems see them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from app.http.blueprint import api_blueprint
from app.http.context import ctx
from app.http.endpoint import endpoint
from app.http.principal import CONSOLE, GOVERNING, Role, Scope
from app.http.shapes import PageView
from app.kernel.errors import Forbidden, StepUpNeeded
from app.kernel.pages import Page
from app.people import (
    api_keys,
    directory,
    invitations,
    queries,
    service,
    sessions,
    step_up,
    ways_in,
)
from app.people import roster as rosters
from app.people import schemas as shapes
from app.people.errors import AlreadyTaken, HasLeft, LastAdmin, ManagerLoop, PositionsOverlap

blueprint = api_blueprint("people", __name__)

ADMIN = [Role.TENANT_ADMIN]
ROSTER_LIMIT = 4_000_000


@blueprint.get("/people")
@endpoint(
    allow=CONSOLE,
    scope=Scope.PEOPLE_READ,
    query=shapes.PeopleQuery,
    returns=PageView[shapes.PersonOut],
)
def list_people(query: shapes.PeopleQuery) -> Page[Any]:
    """List the people the caller may see, by name; a manager sees the own part of the tree."""
    wanted = directory.Wanted(query.search, query.team, query.role, query.active)
    return directory.page(ctx.db, ctx.principal, wanted, cursor=query.cursor, limit=query.limit)


@blueprint.post("/people")
@endpoint(
    allow=ADMIN,
    scope=Scope.PEOPLE_WRITE,
    accepts=shapes.PersonIn,
    returns=shapes.PersonDetail,
    status=201,
    refuses=[AlreadyTaken, StepUpNeeded],
)
def add_person(body: shapes.PersonIn) -> dict[str, Any]:
    """Add somebody, with a position when a team or manager is named; who governs, with a passkey."""
    if governing := GOVERNING.intersection(body.roles):
        if ctx.principal.session_id is None:
            raise Forbidden("An administrator must give these roles, signed in.")
        step_up.require(
            ctx.db,
            ctx.principal,
            action="person.add",
            binding={"name": body.name, "email": body.email, "roles": sorted(governing)},
        )
    person = service.add_person(
        ctx.db,
        **body.model_dump(exclude={"team_id", "manager_id", "title", "from_on", "roles"}),
        roles=body.roles,
    )
    if body.team_id or body.manager_id or body.title:
        service.place(
            ctx.db,
            person_id=person.id,
            from_on=body.from_on or body.joined_on or queries.today(ctx.db),
            team_id=body.team_id,
            manager_id=body.manager_id,
            title=body.title,
        )
    return directory.one(ctx.db, person.id)


@blueprint.put("/people")
@endpoint(
    allow=ADMIN,
    scope=Scope.PEOPLE_WRITE,
    accepts=shapes.RosterIn,
    returns=shapes.RosterOut,
    body_limit=ROSTER_LIMIT,
    refuses=[StepUpNeeded, LastAdmin],
)
def put_people(body: shapes.RosterIn) -> rosters.RosterResult:
    """Add or change a whole staff list by employee number, in any order, from any day.

    What opens a way into an account, or gives a role that governs, is confirmed with a passkey.
    """
    result = rosters.import_people(
        ctx.db,
        [
            rosters.RosterEntry(
                **line.model_dump(exclude={"roles"}),
                roles=None if line.roles is None else frozenset(line.roles),
            )
            for line in body.people
        ],
        by_machine=ctx.principal.session_id is None,
    )
    if result.ways_in and ctx.principal.session_id is not None:
        step_up.require(
            ctx.db, ctx.principal, action="people.roster", binding=result.what_is_confirmed()
        )
    return result


@blueprint.get("/people/<uuid:person_id>")
@endpoint(allow=CONSOLE, scope=Scope.PEOPLE_READ, returns=shapes.PersonDetail)
def show_person(person_id: UUID) -> dict[str, Any]:
    """Show somebody and everywhere they stood."""
    person = queries.get_visible_person(ctx.db, ctx.principal, person_id)
    return directory.one(ctx.db, person.id)


@blueprint.patch("/people/<uuid:person_id>")
@endpoint(
    allow=ADMIN,
    accepts=shapes.PersonChange,
    returns=shapes.PersonDetail,
    refuses=[AlreadyTaken, StepUpNeeded, LastAdmin],
)
def change_person(person_id: UUID, body: shapes.PersonChange) -> dict[str, Any]:
    """Change somebody; an e-mail address that opens another way in is confirmed with a passkey."""
    person = queries.get_person(ctx.db, person_id)
    if ways_in.opens(ctx.db, person, body.email):
        step_up.require(
            ctx.db,
            ctx.principal,
            action="person.email",
            binding={"person_id": str(person_id), "email": body.email},
        )
    service.change_person(ctx.db, person_id, body.model_dump(exclude_none=True))
    return directory.one(ctx.db, person_id)


@blueprint.post("/people/<uuid:person_id>/positions")
@endpoint(
    allow=ADMIN,
    accepts=shapes.PositionIn,
    returns=shapes.PersonDetail,
    status=201,
    refuses=[PositionsOverlap, ManagerLoop],
)
def place_person(person_id: UUID, body: shapes.PositionIn) -> dict[str, Any]:
    """Say where somebody stands from a day on, or for some days in the past or future."""
    queries.get_person(ctx.db, person_id)
    place = {
        "person_id": person_id,
        **body.model_dump(exclude={"to_on"}),
    }
    if body.to_on is None:
        service.move(ctx.db, **place)
    else:
        service.place(ctx.db, **place, to_on=body.to_on + timedelta(days=1))
    return directory.one(ctx.db, person_id)


@blueprint.put("/people/<uuid:person_id>/roles")
@endpoint(
    allow=ADMIN,
    accepts=shapes.RolesIn,
    returns=shapes.PersonDetail,
    refuses=[LastAdmin, StepUpNeeded],
)
def put_roles(person_id: UUID, body: shapes.RolesIn) -> dict[str, Any]:
    """Say which roles somebody holds; what is taken away is gone at once, on open screens too.

    A role that governs is given with a passkey.
    """
    person = queries.get_person(ctx.db, person_id)
    roles = frozenset(body.roles)
    if GOVERNING & roles - queries.roles_of(ctx.db, person.id):
        step_up.require(
            ctx.db,
            ctx.principal,
            action="person.roles",
            binding={"person_id": str(person_id), "roles": sorted(roles)},
        )
    service.set_roles(ctx.db, person.id, roles)
    return directory.one(ctx.db, person_id)


@blueprint.post("/people/<uuid:person_id>/invitation")
@endpoint(allow=ADMIN, returns=shapes.LinkOut, status=201, refuses=[StepUpNeeded])
def invite_person(person_id: UUID) -> dict[str, Any]:
    """Make a link that ends in somebody's passkey; an earlier link stops working.

    To an account with a passkey, or that governs, it is confirmed with a passkey.
    """
    person = queries.get_person(ctx.db, person_id)
    if not person.active:
        raise HasLeft("This person has left.")
    if ways_in.guarded(ctx.db, [person_id]):
        step_up.require(
            ctx.db,
            ctx.principal,
            action="person.invite",
            binding={"person_id": str(person_id)},
        )
    token = invitations.invite(ctx.db, person_id)
    return {
        "link": f"{ctx.settings.public_url}/join/{token}",
        "expires_at": ctx.now + invitations.LIFETIME,
    }


@blueprint.post("/people/<uuid:person_id>/end-sessions")
@endpoint(allow=ADMIN, returns=shapes.Ended)
def end_sessions(person_id: UUID) -> dict[str, int]:
    """Sign somebody out everywhere, at once."""
    person = queries.get_person(ctx.db, person_id)
    return {"ended": sessions.end_sessions(ctx.db, person.id, reason="ended_by_admin")}


@blueprint.get("/teams")
@endpoint(allow=CONSOLE, scope=Scope.PEOPLE_READ, returns=shapes.Teams)
def list_teams() -> dict[str, Any]:
    """List every team and how many stand in it today."""
    sizes = directory.team_sizes(ctx.db)
    return {
        "items": [
            {
                "id": team.id,
                "name": team.name,
                "parent_id": team.parent_id,
                "people": sizes.get(team.id, 0),
            }
            for team in queries.teams(ctx.db)
        ]
    }


@blueprint.post("/teams")
@endpoint(
    allow=ADMIN,
    scope=Scope.PEOPLE_WRITE,
    accepts=shapes.TeamIn,
    returns=shapes.TeamOut,
    status=201,
    refuses=[AlreadyTaken],
)
def add_team(body: shapes.TeamIn) -> dict[str, Any]:
    """Add a team."""
    team = service.add_team(ctx.db, name=body.name, parent_id=body.parent_id)
    return {"id": team.id, "name": team.name, "parent_id": team.parent_id}


@blueprint.get("/api-keys")
@endpoint(allow=ADMIN, returns=shapes.ApiKeys)
def list_api_keys() -> dict[str, Any]:
    """List the keys that work, without their secrets."""
    return {"items": api_keys.api_keys(ctx.db)}


@blueprint.post("/api-keys")
@endpoint(
    allow=ADMIN,
    accepts=shapes.ApiKeyIn,
    returns=shapes.ApiKeyMade,
    status=201,
    refuses=[StepUpNeeded],
)
def make_api_key(body: shapes.ApiKeyIn) -> dict[str, Any]:
    """Make a key for a machine, confirmed with a passkey; its secret is shown this once."""
    step_up.require(
        ctx.db,
        ctx.principal,
        action="api_key.create",
        binding={"name": body.name, "scopes": sorted(body.scopes)},
    )
    key, secret = api_keys.create_api_key(ctx.db, name=body.name, scopes=body.scopes)
    return {**shapes.ApiKeyOut.model_validate(key).model_dump(), "key": secret}


@blueprint.delete("/api-keys/<uuid:key_id>")
@endpoint(allow=ADMIN)
def revoke_api_key(key_id: UUID) -> None:
    """End a key at once."""
    api_keys.revoke_api_key(ctx.db, key_id)
