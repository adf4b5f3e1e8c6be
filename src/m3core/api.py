"""The JSON API."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Query, Request, Response
from pydantic import BaseModel, ConfigDict
from redis import RedisError
from sqlalchemy.exc import SQLAlchemyError

from m3core.context import current_work
from m3core.inputs import LeadId, Text
from m3core.leads import AlreadyConverted, Lead, LeadPage, LeadStore, NewLead
from m3core.services import services_of
from m3core.tenants import authenticate

__all__ = ["api_routes", "health_routes"]

api_routes = APIRouter(prefix="/api")
health_routes = APIRouter()


class Credentials(BaseModel):
    """What POST /api/login takes."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    tenant: Text
    email: Text
    password: Text


class Token(BaseModel):
    """What POST /api/login answers."""

    token: str


async def my_leads(request: Request) -> LeadStore:
    """Return the leads of the calling tenant; 401 for a caller who is not logged in."""
    tenant = current_work().tenant
    if tenant is None:
        raise HTTPException(401, "log in first: POST /api/login", headers={"WWW-Authenticate": "Bearer"})
    return services_of(request).leads_of(tenant)


MyLeads = Annotated[LeadStore, Depends(my_leads)]


@api_routes.post("/login", response_model=Token)
def login(request: Request, credentials: Credentials) -> Response:
    """Exchange a password for a token."""
    services = services_of(request)
    principal = authenticate(
        services.database, tenant=credentials.tenant, email=credentials.email, password=credentials.password
    )
    if principal is None:
        raise HTTPException(401, "tenant, e-mail or password is wrong")
    return _answer(Token(token=services.sessions.issue(principal)))


@api_routes.get("/leads", response_model=LeadPage)
def list_leads(
    leads: MyLeads,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    offset: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
) -> Response:
    """List leads, the newest first."""
    return _answer(leads.page(limit=limit, offset=offset))


@api_routes.get("/leads/search", response_model=LeadPage)
def search_leads(
    leads: MyLeads,
    q: Annotated[Text, Query(min_length=1, max_length=100)],
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> Response:
    """Find leads by a part of their name, company or e-mail."""
    return _answer(leads.search(q, limit=limit))


@api_routes.post("/leads", status_code=201, response_model=Lead)
def create_lead(leads: MyLeads, new: NewLead) -> Response:
    """Create a lead."""
    return _answer(leads.create(new), 201)


@api_routes.get("/leads/{id}", response_model=Lead)
def read_lead(leads: MyLeads, id: LeadId) -> Response:  # noqa: A002 - the name in the route
    """Read one lead."""
    return _answer(_found(leads.get(id)))


@api_routes.post("/leads/{id}/convert", response_model=Lead)
def convert_lead(leads: MyLeads, id: LeadId) -> Response:  # noqa: A002 - the name in the route
    """Make a customer of a lead."""
    try:
        return _answer(_found(leads.convert(id)))
    except AlreadyConverted:
        raise HTTPException(409, "this lead has been converted already") from None


def _answer(body: BaseModel, status: int = 200) -> Response:
    """Return the body as JSON in one step; handed over as a model it would be validated a second time."""
    return Response(body.model_dump_json(), status, media_type="application/json")


def _found(lead: Lead | None) -> Lead:
    if lead is None:
        raise HTTPException(404, "no such lead")
    return lead


@health_routes.get("/healthz")
async def healthz() -> dict[str, str]:
    """Say that the process answers."""
    return {"status": "ok"}


@health_routes.get("/readyz")
def readyz(request: Request, response: Response) -> dict[str, str]:
    """Say whether the database and the cache answer; 503 when one does not."""
    services = services_of(request)
    parts = {"database": "ok", "cache": "ok"}
    try:
        services.database.ping()
    except SQLAlchemyError:
        parts["database"] = "no answer"
    try:
        services.cache.ping()
    except RedisError:
        parts["cache"] = "no answer"
    if set(parts.values()) != {"ok"}:
        response.status_code = 503
    return parts
