"""Who looks at the pages: the session's cookie, and the API called in its name."""

from __future__ import annotations

import base64
import binascii
import json
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

__all__ = ["SESSION_COOKIE", "FromHere", "KnownSessions", "LoggedIn", "Visitor", "session_of"]

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

    email: str
    role: str


@final
class KnownSessions:
    """The tenants of sessions that the API has taken.

    The pages have no key to a session's signature: whose it is, is believed once the API has answered to it. Else
    anybody could make up tenants, each with time series of its own.
    """

    MOST = 10_000

    #: Real seconds for which it is believed what somebody's role is.
    BELIEVED = 60.0

    def __init__(self) -> None:
        self._tenants: OrderedDict[str, str] = OrderedDict()
        self._people: OrderedDict[str, tuple[float, Me]] = OrderedDict()

    def caller_of(self, headers: Headers) -> Caller:
        """Return whose request this is, as far as that is known."""
        token = session_of(headers)
        return Caller(self._tenants.get(token)) if token else NOBODY

    def taken(self, token: str) -> None:
        """Remember a session that the API has answered to, and name its tenant to the instruments."""
        tenant = self._tenants.get(token) or _tenant_in(token)
        if tenant is None:
            return
        self._tenants[token] = tenant
        self._tenants.move_to_end(token)
        if len(self._tenants) > self.MOST:
            self._tenants.popitem(last=False)
        work = current_work()
        if work.tenant is None:
            work.tenant = tenant
            tag_errors(work)

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


def _tenant_in(token: str) -> str | None:
    body = token.partition(".")[0]
    try:
        read = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    except (binascii.Error, ValueError):
        return None
    return read[0] if isinstance(read, list) and read and isinstance(read[0], str) else None


@final
class Visitor:
    """Who is logged in: the API, called in their name, and pages drawn for them."""

    def __init__(self, parts: Parts, token: str) -> None:
        self._parts = parts
        self._token = token
        self._me: Me | None = None

    async def call(self, method: str, path: str, **request: Any) -> Answer:
        """Return what `Api.call` does."""
        answer = await self._parts.api.call(method, path, token=self._token, **request)
        if answer.status < 400:
            self._parts.sessions.taken(self._token)
        return answer

    async def introduce(self) -> None:
        """Learn from the API who this is; raises `NotLoggedIn` when the session is over."""
        self._me = self._parts.sessions.person(self._token)
        if self._me is not None:
            return
        answer = await self.call("GET", "/api/me", expected={404})
        if answer.status != 404:  # an API that has no users yet has no more than leads
            self._me = Me(email=answer.body["email"], role=answer.body["role"])
            self._parts.sessions.is_person(self._token, self._me)

    def page(self, name: str, *, status: int = 200, **values: Any) -> HTMLResponse:
        """Return a page made of a template."""
        return self._parts.draw.page(name, status=status, **self._known(), **values)

    def trouble(self, error: ApiTrouble) -> HTMLResponse:
        """Return the page that says what went wrong."""
        return self._parts.draw.trouble(error, **self._known())

    def _known(self) -> dict[str, Any]:
        return {"me": self._me, "parts": _PARTS if self._me else _PARTS[1:2]}


async def visitor_of(request: Request) -> Visitor:
    """Return who is logged in; raises `NotLoggedIn`."""
    token = session_of(request.headers)
    if token is None:
        raise NotLoggedIn
    visitor = request.state.visitor = Visitor(parts_of(request), token)
    await visitor.introduce()
    return visitor


async def same_origin(request: Request) -> None:
    """Refuse a form that another site's page sent; the cookie's SameSite is the first lock, this the second."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in {"same-origin", "none"}:
        raise HTTPException(403, "this form was sent from another site")


LoggedIn = Annotated[Visitor, Depends(visitor_of)]
FromHere = Depends(same_origin)
