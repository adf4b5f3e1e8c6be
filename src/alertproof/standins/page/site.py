"""The page's site: one page, its live part, one style sheet, one script; for who has the page's token.

The token comes once, in the address that ``alertproof up`` prints, and is then a cookie. It opens this page alone,
which shows and changes nothing: a cookie of 127.0.0.1 is sent to every port of the machine, so it must not be the
control doors' token.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import final

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from alertproof.standins.page.looking import Looking

__all__ = ["Site", "Told"]

_SAFE = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_FORBIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_STATIC = {"page.css": "text/css", "page.js": "text/javascript", "icon.svg": "image/svg+xml"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What the page tells besides: addresses to point SDKs at, by name, and the control doors', by vendor."""

    endpoints: Mapping[str, str]
    doors: Mapping[str, str]


@final
class Site:
    """The app."""

    def __init__(self, looking: Looking, told: Told, token: str) -> None:
        self._looking = looking
        self._told = told
        self._token = token
        self.app = Starlette(
            routes=[
                Route("/", self._page),
                Route("/live", self._live),
                *(Route(f"/{name}", _static(name, kind)) for name, kind in _STATIC.items()),
            ]
        )

    async def _page(self, request: Request) -> Response:
        name = _cookie(request)
        given = request.query_params.get("token")
        if given is not None and self._is_token(given):
            answer: Response = RedirectResponse("/", 303, headers=_SAFE)
            answer.set_cookie(name, given, httponly=True, samesite="strict", path="/")
            return answer
        if not self._is_token(request.cookies.get(name, "")):
            return HTMLResponse(_environment().get_template("refused.html.j2").render(), 403, headers=_SAFE)
        return HTMLResponse(await self._rendered("page.html.j2"), headers=_SAFE)

    async def _live(self, request: Request) -> Response:
        """Answer the live part alone."""
        if not self._is_token(request.cookies.get(_cookie(request), "")):
            return Response("open the page by the address that alertproof up printed", 403, headers=_SAFE)
        return HTMLResponse(await self._rendered("live.html.j2"), headers=_SAFE)

    async def _rendered(self, template: str) -> str:
        seen = await self._looking.look()
        return _environment().get_template(template).render(seen=seen, told=self._told)

    def _is_token(self, given: str) -> bool:
        return secrets.compare_digest(given.encode("utf-8", "replace"), self._token.encode())


def _cookie(request: Request) -> str:
    # By port, for all ports of the machine share their cookies.
    return f"alertproof-page-{request.url.port or 80}"


def _static(name: str, kind: str) -> Callable[[Request], Awaitable[Response]]:
    content = files("alertproof.standins.page").joinpath("static", name).read_bytes()

    async def answer(_request: Request) -> Response:
        return Response(content, media_type=kind, headers={**_SAFE, "Cache-Control": "no-cache"})

    return answer


@cache
def _environment() -> Environment:
    jinja = Environment(
        loader=PackageLoader("alertproof.standins.page", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_visible,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    jinja.filters.update(clock=_clock, instant=_instant, number=_number, bytes=_bytes, words=_words)
    return jinja


def _visible(value: object) -> object:
    """Return a text with a mark for each character that HTML may not hold."""
    return _FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", value) if type(value) is str else value


def _clock(at: float) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%H:%M:%S}"


def _instant(at: float) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M:%S} UTC"


def _number(value: float) -> str:
    return f"{value:,.6g}" if abs(value) < 1e6 else f"{value:,.4g}"


def _bytes(size: int) -> str:
    return f"{size:,} B" if size < 10_000 else f"{size / 1000:,.0f} kB"


def _words(name: str) -> str:
    return name.replace("_", " ")
