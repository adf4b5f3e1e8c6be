"""Logging in, and who is logged in."""

from __future__ import annotations

from fastapi import APIRouter, HTTPException, Request, Response
from pydantic import BaseModel, ConfigDict

from m3core.api.answering import LIMITED, LoggedIn, answer
from m3core.inputs import Text
from m3core.services import services_of
from m3core.users import Role

__all__ = ["session_routes"]

session_routes = APIRouter(prefix="/api")


class Credentials(BaseModel):
    """What POST /api/login takes."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    tenant: Text
    email: Text
    password: Text


class Token(BaseModel):
    """What POST /api/login answers."""

    token: str


class Me(BaseModel):
    """Who is logged in."""

    tenant: str
    user_id: int
    email: str
    role: Role


@session_routes.post("/login", response_model=Token, responses={401: {"description": "not the right password"}})
def login(request: Request, credentials: Credentials) -> Response:
    """Exchange a password for a token. An account is locked for a while after too many wrong passwords."""
    services = services_of(request)
    principal = services.logins.attempt(
        tenant=credentials.tenant, email=credentials.email, password=credentials.password
    )
    if principal is None:
        # One answer to all: it must not tell whether there is such an account, or that it is locked.
        raise HTTPException(401, "tenant, e-mail or password is wrong, or there were too many wrong ones")
    return answer(Token(token=services.sessions.issue(principal)))


@session_routes.get("/me", response_model=Me, responses=LIMITED)
def me(request: Request, caller: LoggedIn) -> Response:
    """Return who is logged in."""
    user = services_of(request).users_of(str(caller.tenant)).get(caller.user_id or 0)
    if user is None:
        raise HTTPException(401, "this account is gone", headers={"WWW-Authenticate": "Bearer"})
    return answer(Me(tenant=str(caller.tenant), user_id=user.id, email=user.email, role=user.role))
