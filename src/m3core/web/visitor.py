"""Who looks at the pages: the session's cookie, and the API called in its name."""

from __future__ import annotations

import time
from collections import OrderedDict
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from typing import Annotated, Any, final

from fastapi import Depends, HTTPException, Request
from starlette.datastructures import Headers
from starlette.responses import HTMLResponse

from m3core.context import NOBODY, Caller, current_work
from m3core.telemetry.sentry import tag_errors
from m3core.web.api_client import Answer, ApiTrouble, NotLoggedIn
from m3core.web.parts import Parts, parts_of

__all__ = ["SESSION_COOKIE", "FromHere", "KnownSessions", "LoggedIn", "Me", "Visitor", "name_tenant", "session_of"]

SESSION_COOKIE = "m3core_session"
_PARTS = (
    ("/", "Home"),
    ("/leads", "Leads"),
    ("/pipeline", "Pipeline"),
    ("/imports/new", "Import"),
    ("/users", "Users"),
)


def session_of(headers: Headers) -> str | None:
    """Return the session's token that a browser sent, if any."""
    try:
        morsel = SimpleCookie(headers.get("Cookie", "")).get(SESSION_COOKIE)
    except CookieError:
        return None
    return morsel.value if morsel else None


@final
@dataclass(frozen=True, slots=True)
class Me:
    """The person who is logged in, as the API knows them."""

    tenant: str
    email: str
    role: str


@final
class KnownSessions:
    """What the API said of the sessions that it took.

    The pages have no key to a session's signature, so nothing in it is believed. Else anybody could make up tenants,
    each with time series of its own.
    """

    MOST = 10_000
    #: Real seconds for which it is believed what somebody's role is. Their tenant does not change.
    BELIEVED = 60.0

    def __init__(self) -> None:
        self._people: OrderedDict[str, tuple[float, Me]] = OrderedDict()

    def caller_of(self, headers: Headers) -> Caller:
        """Return whose request this is, as far as that is known."""
        token = session_of(headers)
        known = self._people.get(token) if token else None
        return Caller(known[1].tenant) if known else NOBODY

    def person(self, token: str) -> Me | None:
        """Return who this is, as the API said within the last minute."""
        until, me = self._people.get(token, (0.0, None))
        return me if time.monotonic() < until else None

    def is_person(self, token: str, me: Me) -> None:
        """Remember what the API said of who this is."""
        self._people[token] = (time.monotonic() + self.BELIEVED, me)
        self._people.move_to_end(token)
        if len(self._people) > self.MOST:
            self._people.popitem(last=False)


def name_tenant(tenant: str) -> None:
    """Name the tenant to the instruments, once the API has said who this is."""
    work = current_work()
    work.tenant = tenant
    tag_errors(work)


@final
class Visitor:
    """Who is logged in: the API, called in their name, and pages drawn for them."""

    def __init__(self, parts: Parts, token: str, me: Me) -> None:
        self._parts = parts
        self._token = token
        self._me = me

    async def call(self, method: str, path: str, **request: Any) -> Answer:
        """Return what `Api.call` does."""
        return await self._parts.api.call(method, path, token=self._token, **request)

    def page(self, name: str, *, status: int = 200, **values: Any) -> HTMLResponse:
        """Return a page made of a template."""
        return self._parts.draw.page(name, status=status, me=self._me, parts=_PARTS, **values)

    def trouble(self, error: ApiTrouble) -> HTMLResponse:
        """Return the page that says what went wrong."""
        return self._parts.draw.trouble(error, me=self._me, parts=_PARTS)


async def visitor_of(request: Request) -> Visitor:
    """Return who is logged in; raises `NotLoggedIn` when nobody is, or the session is over."""
    token = session_of(request.headers)
    if token is None:
        raise NotLoggedIn
    parts = parts_of(request)
    me = parts.sessions.person(token)
    if me is None:
        said = (await parts.api.call("GET", "/api/me", token=token)).body
        me = Me(tenant=said["tenant"], email=said["email"], role=said["role"])
        parts.sessions.is_person(token, me)
        name_tenant(me.tenant)
    visitor = request.state.visitor = Visitor(parts, token, me)
    return visitor


async def same_origin(request: Request) -> None:
    """Refuse a form that another site's page sent; the cookie's SameSite is the first lock, this the second."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in {"same-origin", "none"}:
        raise HTTPException(403, "this form was sent from another site")


LoggedIn = Annotated[Visitor, Depends(visitor_of)]
FromHere = Depends(same_origin)
