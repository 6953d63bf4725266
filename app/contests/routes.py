"""The API of contests."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from app.contests import prizes, queries, service, views
from app.contests.errors import (
    ContestIsFinal,
    NobodyTakesPart,
    NotLaunched,
    NotYourPeople,
    RulesAreSealed,
    TakesAway,
)
from app.contests.models import Contest
from app.contests.rules import ContestRules
from app.contests.schemas import (
    AmendIn,
    BoardOut,
    BoardQuery,
    ContestOut,
    ContestQuery,
    PrizeReceiptOut,
    StandingsOut,
    WinningQuery,
    WinningsOut,
)
from app.http.blueprint import api_blueprint
from app.http.context import ctx
from app.http.endpoint import endpoint
from app.http.principal import EVERYONE, PARTICIPANTS, Role, Scope
from app.http.shapes import PageQuery, PageView
from app.kernel.errors import Forbidden, Invalid, NotFound
from app.people import queries as people
from app.programs import statement

blueprint = api_blueprint("contests", __name__)

RUNNERS = (Role.MANAGER, Role.PROGRAM_ADMIN, Role.TENANT_ADMIN)


@blueprint.get("/contests")
@endpoint(
    allow=EVERYONE,
    scope=Scope.CONTESTS_READ,
    query=ContestQuery,
    returns=PageView[ContestOut],
    refuses=[Invalid],
)
def list_contests(query: ContestQuery) -> dict[str, Any]:
    """Return the contests the asker may see, newest start first."""
    page = queries.contests(
        ctx.db, ctx.principal, state=query.state, cursor=query.cursor, limit=query.limit
    )
    return {
        "items": views.contest_views(ctx.db, page.items, ctx.principal),
        "next_cursor": page.next_cursor,
    }


@blueprint.post("/contests")
@endpoint(
    allow=RUNNERS,
    scope=Scope.CONTESTS_WRITE,
    accepts=ContestRules,
    returns=ContestOut,
    status=201,
    refuses=[NotYourPeople],
)
def draft_contest(body: ContestRules) -> dict[str, Any]:
    """Write a contest down as a draft."""
    contest = service.draft(ctx.db, rules=body, principal=ctx.principal)
    return views.contest_view(ctx.db, contest, ctx.principal)


@blueprint.get("/contests/<uuid:contest_id>")
@endpoint(allow=EVERYONE, scope=Scope.CONTESTS_READ, returns=ContestOut, refuses=[NotFound])
def read_contest(contest_id: UUID) -> dict[str, Any]:
    """Return one contest with its rules, its seal and the asker's place."""
    contest = queries.get_visible(ctx.db, ctx.principal, contest_id)
    return views.contest_view(ctx.db, contest, ctx.principal)


@blueprint.put("/contests/<uuid:contest_id>")
@endpoint(
    allow=RUNNERS,
    scope=Scope.CONTESTS_WRITE,
    accepts=ContestRules,
    returns=ContestOut,
    refuses=[NotFound, RulesAreSealed, NotYourPeople],
)
def change_contest(contest_id: UUID, body: ContestRules) -> dict[str, Any]:
    """Replace the rules of a draft."""
    contest = service.change_draft(
        ctx.db, _editable(contest_id), rules=body, principal=ctx.principal
    )
    return views.contest_view(ctx.db, contest, ctx.principal)


@blueprint.post("/contests/<uuid:contest_id>/launch")
@endpoint(
    allow=RUNNERS,
    scope=Scope.CONTESTS_WRITE,
    returns=ContestOut,
    refuses=[NotFound, RulesAreSealed, NotYourPeople, NobodyTakesPart, TakesAway],
)
def launch_contest(contest_id: UUID) -> dict[str, Any]:
    """Seal the rules and begin."""
    contest = service.launch(ctx.db, _editable(contest_id), principal=ctx.principal)
    return views.contest_view(ctx.db, contest, ctx.principal)


@blueprint.post("/contests/<uuid:contest_id>/amendments")
@endpoint(
    allow=RUNNERS,
    scope=Scope.CONTESTS_WRITE,
    accepts=AmendIn,
    returns=ContestOut,
    status=201,
    refuses=[NotFound, NotLaunched, ContestIsFinal, TakesAway],
)
def amend_contest(contest_id: UUID, body: AmendIn) -> dict[str, Any]:
    """Change sealed rules for everybody to see."""
    contest = service.amend(ctx.db, _editable(contest_id), reason=body.reason, changes=body.changes)
    return views.contest_view(ctx.db, contest, ctx.principal)


@blueprint.get("/contests/<uuid:contest_id>/board")
@endpoint(
    allow=EVERYONE,
    scope=Scope.CONTESTS_READ,
    query=BoardQuery,
    returns=BoardOut,
    refuses=[NotFound, Invalid],
)
def read_board(contest_id: UUID, query: BoardQuery) -> dict[str, Any]:
    """Return the top of a board and the rows around the asker, or a page of it."""
    contest = queries.get_visible(ctx.db, ctx.principal, contest_id)
    return views.board_view(
        ctx.db,
        contest,
        ctx.principal,
        around_me=query.around == "me",
        cursor=query.cursor,
        limit=query.limit,
    )


@blueprint.get("/contests/<uuid:contest_id>/standings")
@endpoint(
    allow=EVERYONE,
    scope=Scope.CONTESTS_READ,
    query=PageQuery,
    returns=StandingsOut,
    refuses=[NotFound, Invalid],
)
def read_standings(contest_id: UUID, query: PageQuery) -> dict[str, Any]:
    """Return a page of all standings, best first; names in full only for the console and machines."""
    contest = queries.get_visible(ctx.db, ctx.principal, contest_id)
    return views.standings_view(
        ctx.db, contest, ctx.principal, cursor=query.cursor, limit=query.limit
    )


@blueprint.get("/me/prizes")
@endpoint(allow=PARTICIPANTS, query=WinningQuery, returns=WinningsOut)
def list_my_prizes(query: WinningQuery) -> dict[str, Any]:
    """Return the money that the signed-in person won in contests that became final in a month."""
    month = statement.month_called(query.period, people.today(ctx.db))
    return {"items": prizes.won_between(ctx.db, ctx.person_id, month.start, month.end)}


@blueprint.get("/me/prizes/<uuid:contest_id>")
@endpoint(allow=PARTICIPANTS, returns=PrizeReceiptOut, refuses=[NotFound])
def read_my_prize(contest_id: UUID) -> dict[str, Any]:
    """Return the receipt of the money that the signed-in person won in a contest."""
    won = prizes.find_won(ctx.db, queries.get_contest(ctx.db, contest_id), ctx.person_id)
    if won is None:
        raise NotFound("You won no money in this contest.")
    return views.prize_view(ctx.db, won)


def _editable(contest_id: UUID) -> Contest:
    contest = queries.get_visible(ctx.db, ctx.principal, contest_id)
    if not views.may_edit(contest, ctx.principal):
        raise Forbidden("Somebody else runs this contest.")
    return contest
