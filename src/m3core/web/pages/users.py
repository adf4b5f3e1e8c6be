"""The users of a tenant: the list, and for an admin a form for a new one."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form
from pydantic import BaseModel
from starlette.responses import HTMLResponse, RedirectResponse, Response

from m3core.inputs import Text
from m3core.web.visitor import FromHere, LoggedIn

__all__ = ["user_pages"]

user_pages = APIRouter()


class UserForm(BaseModel):
    """The fields of a new user, as they were typed."""

    email: Text = ""
    password: Text = ""
    role: Text = "agent"


@user_pages.get("/users")
async def list_users(visitor: LoggedIn) -> HTMLResponse:
    """Show who works here."""
    listed = await visitor.call("GET", "/api/users")
    return visitor.page("users.html", users=listed.body["items"])


@user_pages.get("/users/new")
async def new_user_form(visitor: LoggedIn) -> HTMLResponse:
    """Show the form for a new user."""
    return visitor.page("new_user.html", values={"role": "agent"}, wrong=set(), taken=False)


@user_pages.post("/users", dependencies=[FromHere])
async def create_user(visitor: LoggedIn, form: Annotated[UserForm, Form()]) -> Response:
    """Create a user. What was typed as a password is never sent back."""
    answer = await visitor.call("POST", "/api/users", json=form.model_dump(), expected={409, 422})
    values = {"email": form.email, "role": form.role}
    if answer.status == 409:
        return visitor.page("new_user.html", status=409, values=values, wrong=set(), taken=True)
    if answer.status == 422:
        return visitor.page("new_user.html", status=422, values=values, wrong=answer.wrong_fields(), taken=False)
    return RedirectResponse("/users", 303)
