"""What every route of the API needs: who calls, and how a body is answered."""

from __future__ import annotations

from typing import Annotated, Any, TypeVar

from fastapi import Depends, HTTPException, Query, Request, Response
from pydantic import BaseModel

from m3core.context import Caller, current_work
from m3core.services import services_of

__all__ = ["LIMITED", "Limit", "LoggedIn", "Offset", "Responses", "answer", "found"]

_T = TypeVar("_T")
Limit = Annotated[int, Query(ge=1, le=100)]
Offset = Annotated[int, Query(ge=0, le=1_000_000)]
#: Answers by their status, as the API's description has them.
Responses = dict[int | str, dict[str, Any]]
#: The answers that any route for tenants may give, for the API's description.
LIMITED: Responses = {
    401: {"description": "nobody is logged in"},
    429: {"description": "the tenant has sent too many requests"},
}


async def logged_in(request: Request) -> Caller:
    """Return who calls: a tenant's user, within the tenant's limit; 401 for a caller who is not logged in."""
    work = current_work()
    if work.tenant is None:
        raise HTTPException(401, "log in first: POST /api/login", headers={"WWW-Authenticate": "Bearer"})
    services_of(request).limit.take(work.tenant)
    return Caller(work.tenant, work.user_id)


LoggedIn = Annotated[Caller, Depends(logged_in)]


def answer(body: BaseModel, status: int = 200) -> Response:
    """Return the body as JSON in one step; handed over as a model it would be validated a second time."""
    return Response(body.model_dump_json(), status, media_type="application/json")


def found(row: _T | None, what: str) -> _T:
    """Return a row, or answer 404 when there is none."""
    if row is None:
        raise HTTPException(404, f"no such {what}")
    return row
