"""The leads: list with search, detail, create, convert."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Query
from pydantic import BaseModel
from starlette.responses import HTMLResponse, RedirectResponse, Response

from m3core.inputs import RowId, Text
from m3core.web.visitor import FromHere, LoggedIn

__all__ = ["lead_pages"]

lead_pages = APIRouter()
_PAGE = 20
_FOUND = 100


class LeadForm(BaseModel):
    """The fields of a new lead, as they were typed."""

    name: Text = ""
    company: Text = ""
    email: Text = ""
    phone: Text = ""


@lead_pages.get("/leads")
async def list_leads(
    visitor: LoggedIn,
    q: Annotated[Text, Query(max_length=100)] = "",
    page: Annotated[int, Query(ge=1, le=10_000)] = 1,
) -> HTMLResponse:
    """Show the leads, or those that a search finds."""
    words = q.strip()
    if words:
        found = await visitor.call("GET", "/api/leads/search", query={"q": words, "limit": _FOUND})
        return visitor.page("leads.html", leads=found.body, q=words, page=1, pages=1)
    listed = await visitor.call("GET", "/api/leads", query={"limit": _PAGE, "offset": (page - 1) * _PAGE})
    pages = max(1, -(-listed.body["total"] // _PAGE))
    return visitor.page("leads.html", leads=listed.body, q="", page=page, pages=pages)


@lead_pages.get("/leads/new")
async def new_lead_form(visitor: LoggedIn) -> HTMLResponse:
    """Show the form for a new lead."""
    return visitor.page("new.html", values={}, wrong=set())


@lead_pages.post("/leads", dependencies=[FromHere])
async def create_lead(visitor: LoggedIn, form: Annotated[LeadForm, Form()]) -> Response:
    """Create a lead and show it."""
    values = form.model_dump()
    answer = await visitor.call("POST", "/api/leads", json=values, expected={422})
    if answer.status == 422:
        return visitor.page("new.html", status=422, values=values, wrong=answer.wrong_fields())
    return RedirectResponse(f"/leads/{answer.body['id']}", 303)


@lead_pages.get("/leads/{id}")
async def read_lead(visitor: LoggedIn, id: RowId) -> HTMLResponse:  # noqa: A002 - the name in the route
    """Show one lead."""
    found = await visitor.call("GET", f"/api/leads/{id}", route="/api/leads/:id", missing="There is no such lead.")
    return visitor.page("lead.html", lead=found.body)


@lead_pages.post("/leads/{id}/convert", dependencies=[FromHere])
async def convert_lead(visitor: LoggedIn, id: RowId) -> RedirectResponse:  # noqa: A002 - the name in the route
    """Make a customer of a lead; a second click changes nothing."""
    path, route = f"/api/leads/{id}/convert", "/api/leads/:id/convert"
    await visitor.call("POST", path, route=route, expected={409}, missing="There is no such lead.")
    return RedirectResponse(f"/leads/{id}", 303)
