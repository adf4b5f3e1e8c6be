"""The pages: login, list with search, detail, create, convert. Rendered here, no script needed."""

from __future__ import annotations

from contextlib import suppress
from importlib.resources import files
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, HTTPException, Query, Request
from jinja2 import Environment, PackageLoader
from pydantic import ValidationError
from starlette.responses import HTMLResponse, RedirectResponse, Response

from m3core.context import current_work
from m3core.inputs import LeadId, Text
from m3core.leads import AlreadyConverted, Lead, LeadStore, NewLead
from m3core.middleware import SESSION_COOKIE
from m3core.services import services_of
from m3core.tenants import SESSION_SECONDS, authenticate

__all__ = ["NotLoggedIn", "page_routes", "render"]

page_routes = APIRouter(include_in_schema=False)
_PAGE = 20
_templates = Environment(loader=PackageLoader("m3core"), autoescape=True, trim_blocks=True, lstrip_blocks=True)
_STYLE = (files("m3core") / "static" / "m3core.css").read_text(encoding="utf-8")
_HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
}


class NotLoggedIn(Exception):
    """The page needs a login."""


def render(name: str, *, status: int = 200, **values: Any) -> HTMLResponse:
    """Return a page made of a template."""
    text = _templates.get_template(name).render(tenant=current_work().tenant, **values)
    return HTMLResponse(text, status, headers=_HEADERS)


async def my_leads(request: Request) -> LeadStore:
    """Return the leads of the tenant that is logged in."""
    tenant = current_work().tenant
    if tenant is None:
        raise NotLoggedIn
    return services_of(request).leads_of(tenant)


async def same_origin(request: Request) -> None:
    """Refuse a form that another site's page sent; the cookie's SameSite is the first lock, this the second."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in {"same-origin", "none"}:
        raise HTTPException(403, "this form was sent from another site")


MyLeads = Annotated[LeadStore, Depends(my_leads)]
FromHere = Depends(same_origin)


@page_routes.get("/static/m3core.css")
async def style() -> Response:
    """Serve the stylesheet."""
    return Response(_STYLE, media_type="text/css", headers={"Cache-Control": "max-age=3600"})


@page_routes.get("/")
async def home() -> RedirectResponse:
    """Go to the leads."""
    return RedirectResponse("/leads", 303)


@page_routes.get("/login")
async def login_form() -> HTMLResponse:
    """Show the login form."""
    return render("login.html", email="", tenant_asked="", wrong=False)


@page_routes.post("/login", dependencies=[FromHere])
def login(
    request: Request,
    tenant: Annotated[Text, Form()],
    email: Annotated[Text, Form()],
    password: Annotated[Text, Form()],
) -> Response:
    """Start a session."""
    services = services_of(request)
    principal = authenticate(services.database, tenant=tenant, email=email, password=password)
    if principal is None:
        return render("login.html", status=401, email=email, tenant_asked=tenant, wrong=True)
    response = RedirectResponse("/leads", 303)
    response.set_cookie(
        SESSION_COOKIE,
        services.sessions.issue(principal),
        max_age=SESSION_SECONDS,
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="strict",
    )
    return response


@page_routes.post("/logout", dependencies=[FromHere])
async def logout() -> RedirectResponse:
    """End the session."""
    response = RedirectResponse("/login", 303)
    response.delete_cookie(SESSION_COOKIE, httponly=True, samesite="strict")
    return response


@page_routes.get("/leads")
def list_leads(
    leads: MyLeads,
    q: Annotated[Text, Query(max_length=100)] = "",
    page: Annotated[int, Query(ge=1, le=10_000)] = 1,
) -> HTMLResponse:
    """Show the leads, or those that a search finds."""
    words = q.strip()
    if words:
        found = leads.search(words, limit=100)
        return render("leads.html", leads=found, q=words, page=1, pages=1)
    found = leads.page(limit=_PAGE, offset=(page - 1) * _PAGE)
    return render("leads.html", leads=found, q="", page=page, pages=max(1, -(-found.total // _PAGE)))


@page_routes.get("/leads/new")
def new_lead_form(leads: MyLeads) -> HTMLResponse:  # noqa: ARG001 - asks for a login
    """Show the form for a new lead."""
    return render("new.html", values={}, wrong=set())


@page_routes.post("/leads", dependencies=[FromHere])
def create_lead(
    leads: MyLeads,
    name: Annotated[Text, Form()] = "",
    company: Annotated[Text, Form()] = "",
    email: Annotated[Text, Form()] = "",
    phone: Annotated[Text, Form()] = "",
) -> Response:
    """Create a lead and show it."""
    values = {"name": name, "company": company, "email": email, "phone": phone}
    try:
        new = NewLead(name=name, company=company, email=email, phone=phone)
    except ValidationError as error:
        return render("new.html", status=422, values=values, wrong={str(e["loc"][0]) for e in error.errors()})
    return RedirectResponse(f"/leads/{leads.create(new).id}", 303)


@page_routes.get("/leads/{id}")
def read_lead(leads: MyLeads, id: LeadId) -> HTMLResponse:  # noqa: A002 - the name in the route
    """Show one lead."""
    return render("lead.html", lead=_found(leads.get(id)))


@page_routes.post("/leads/{id}/convert", dependencies=[FromHere])
def convert_lead(leads: MyLeads, id: LeadId) -> RedirectResponse:  # noqa: A002 - the name in the route
    """Make a customer of a lead; a second click changes nothing."""
    with suppress(AlreadyConverted):
        _found(leads.convert(id))
    return RedirectResponse(f"/leads/{id}", 303)


def _found(lead: Lead | None) -> Lead:
    if lead is None:
        raise HTTPException(404, "There is no such lead.")
    return lead
