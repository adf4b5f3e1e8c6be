"""Log in and out."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from m3core.inputs import Text
from m3core.web.parts import parts_of
from m3core.web.visitor import SESSION_COOKIE, FromHere, name_tenant

__all__ = ["session_pages"]

session_pages = APIRouter()
#: How long a browser keeps the session's cookie; the API ends a session after the same time.
_SESSION_SECONDS = 8 * 3600


@session_pages.get("/login")
async def login_form(request: Request) -> HTMLResponse:
    """Show the login form."""
    return parts_of(request).draw.page("login.html", email="", tenant_asked="", wrong=False)


@session_pages.post("/login", dependencies=[FromHere])
async def login(
    request: Request,
    tenant: Annotated[Text, Form()],
    email: Annotated[Text, Form()],
    password: Annotated[Text, Form()],
) -> Response:
    """Start a session."""
    parts = parts_of(request)
    body = {"tenant": tenant, "email": email, "password": password}
    answer = await parts.api.call("POST", "/api/login", json=body, expected={401})
    if answer.status == 401:
        # A locked account is told by the same words: they must not say that there is such an account.
        return parts.draw.page("login.html", status=401, email=email, tenant_asked=tenant, wrong=True)
    name_tenant(tenant)
    response = RedirectResponse("/leads", 303)
    response.set_cookie(
        SESSION_COOKIE,
        answer.body["token"],
        max_age=_SESSION_SECONDS,
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="strict",
    )
    return response


@session_pages.post("/logout", dependencies=[FromHere])
async def logout() -> RedirectResponse:
    """End the session."""
    response = RedirectResponse("/login", 303)
    response.delete_cookie(SESSION_COOKIE, httponly=True, samesite="strict")
    return response
