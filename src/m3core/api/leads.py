"""A tenant's leads."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Query, Request, Response

from m3core.api.answering import LIMITED, Limit, LoggedIn, Offset, Responses, answer, found
from m3core.inputs import RowId, Text
from m3core.leads import AlreadyConverted, Conversion, Lead, LeadPage, LeadStore, NewLead
from m3core.services import services_of

__all__ = ["lead_routes"]

lead_routes = APIRouter(prefix="/api", responses=LIMITED)
_MISSING: Responses = {404: {"description": "there is no such lead"}}


async def my_leads(request: Request, caller: LoggedIn) -> LeadStore:
    """Return the leads of the calling tenant."""
    return services_of(request).leads_of(str(caller.tenant))


MyLeads = Annotated[LeadStore, Depends(my_leads)]


@lead_routes.get("/leads", response_model=LeadPage)
def list_leads(leads: MyLeads, limit: Limit = 20, offset: Offset = 0) -> Response:
    """List leads, the newest first."""
    return answer(leads.page(limit=limit, offset=offset))


@lead_routes.get("/leads/search", response_model=LeadPage)
def search_leads(
    leads: MyLeads, q: Annotated[Text, Query(min_length=1, max_length=100)], limit: Limit = 20
) -> Response:
    """Find leads by a part of their name, company or e-mail."""
    return answer(leads.search(q, limit=limit))


@lead_routes.get("/leads/conversion", response_model=Conversion)
def read_conversion(leads: MyLeads) -> Response:
    """Count the leads, and those of them that became customers."""
    return answer(leads.conversion())


@lead_routes.post("/leads", status_code=201, response_model=Lead)
def create_lead(leads: MyLeads, new: NewLead) -> Response:
    """Create a lead."""
    return answer(leads.create(new), 201)


@lead_routes.get("/leads/{id}", response_model=Lead, responses=_MISSING)
def read_lead(leads: MyLeads, id: RowId) -> Response:  # noqa: A002 - the name in the route
    """Read one lead."""
    return answer(found(leads.get(id), "lead"))


@lead_routes.post(
    "/leads/{id}/convert",
    response_model=Lead,
    responses={**_MISSING, 409: {"description": "it was converted before"}},
)
def convert_lead(leads: MyLeads, id: RowId) -> Response:  # noqa: A002 - the name in the route
    """Make a customer of a lead."""
    try:
        return answer(found(leads.convert(id), "lead"))
    except AlreadyConverted:
        raise HTTPException(409, "this lead has been converted already") from None
