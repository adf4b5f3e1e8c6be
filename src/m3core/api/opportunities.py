"""A tenant's opportunities, and the pipeline that they make."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Request, Response

from m3core.api.answering import LIMITED, Limit, LoggedIn, Offset, Responses, answer, found
from m3core.inputs import RowId
from m3core.opportunities import (
    AlreadyClosed,
    Move,
    NewOpportunity,
    NoSuchLead,
    Opportunity,
    OpportunityPage,
    OpportunityStore,
    Pipeline,
    Stage,
)
from m3core.services import services_of

__all__ = ["opportunity_routes"]

opportunity_routes = APIRouter(prefix="/api", responses=LIMITED)
_MISSING: Responses = {404: {"description": "there is no such opportunity"}}


async def my_opportunities(request: Request, caller: LoggedIn) -> OpportunityStore:
    """Return the opportunities of the calling tenant."""
    return services_of(request).opportunities_of(str(caller.tenant))


Mine = Annotated[OpportunityStore, Depends(my_opportunities)]


@opportunity_routes.get("/opportunities", response_model=OpportunityPage)
def list_opportunities(mine: Mine, stage: Stage | None = None, limit: Limit = 20, offset: Offset = 0) -> Response:
    """List opportunities, the newest first."""
    return answer(mine.page(stage=stage, limit=limit, offset=offset))


@opportunity_routes.get("/pipeline", response_model=Pipeline)
def read_pipeline(mine: Mine) -> Response:
    """Count and sum what is in each stage."""
    return answer(mine.pipeline())


@opportunity_routes.post("/opportunities", status_code=201, response_model=Opportunity)
def create_opportunity(mine: Mine, new: NewOpportunity) -> Response:
    """Create an opportunity, at the first stage."""
    try:
        return answer(mine.create(new), 201)
    except NoSuchLead:
        detail = [{"type": "no_such_lead", "loc": ["body", "lead_id"], "msg": "there is no such lead"}]
        raise HTTPException(422, detail) from None


@opportunity_routes.get("/opportunities/{id}", response_model=Opportunity, responses=_MISSING)
def read_opportunity(mine: Mine, id: RowId) -> Response:  # noqa: A002 - the name in the route
    """Read one opportunity."""
    return answer(found(mine.get(id), "opportunity"))


@opportunity_routes.post(
    "/opportunities/{id}/stage",
    response_model=Opportunity,
    responses={**_MISSING, 409: {"description": "it was won or lost before"}},
)
def move_opportunity(mine: Mine, id: RowId, move: Move) -> Response:  # noqa: A002 - the name in the route
    """Move an opportunity to another stage."""
    try:
        return answer(found(mine.move(id, move.stage), "opportunity"))
    except AlreadyClosed:
        raise HTTPException(409, "this opportunity was won or lost before") from None
