"""The web service's application: its pages, and what an error looks like."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from fastapi import APIRouter, FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException as AnyHTTPException
from starlette.responses import RedirectResponse, Response

from m3core.context import current_work
from m3core.middleware import CORRELATION_HEADER, Observe
from m3core.settings import Settings
from m3core.telemetry.metrics import Metrics
from m3core.web.api_client import Api, ApiTrouble, NotLoggedIn
from m3core.web.assets import Assets
from m3core.web.pages.home import home_pages
from m3core.web.pages.imports import import_pages
from m3core.web.pages.leads import lead_pages
from m3core.web.pages.opportunities import opportunity_pages
from m3core.web.pages.sessions import session_pages
from m3core.web.pages.status import status_pages
from m3core.web.pages.users import user_pages
from m3core.web.parts import Parts, parts_of
from m3core.web.rendering import Renderer
from m3core.web.visitor import KnownSessions, Visitor

__all__ = ["create_web_app"]

_ASIDE = ("/healthz", "/static/")
_PAGES = (session_pages, home_pages, lead_pages, opportunity_pages, user_pages, import_pages, status_pages)
_other = APIRouter()


def create_web_app(settings: Settings, metrics: Metrics) -> FastAPI:
    """Put the application together."""
    assets = Assets()
    assets.say_what_is_missing()
    draw = Renderer(settings, assets)
    parts = Parts(api=Api(settings.api_url), assets=assets, draw=draw, sessions=KnownSessions())

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        await parts.api.close()

    app = FastAPI(
        title="M3CoreCRM's pages",
        version=settings.release,
        lifespan=lifespan,
        openapi_url=None,
        # The middleware below writes the request's span and metrics; the framework's own would be a second set.
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    app.state.parts = parts
    app.add_middleware(
        Observe,
        caller_of=parts.sessions.caller_of,
        record=metrics.page,
        counted=lambda path: not path.startswith(_ASIDE),
    )
    for routes in (_other, *_PAGES):
        app.include_router(routes)
    for kind, answer in _ANSWERS.items():
        app.add_exception_handler(kind, answer)
    return app


@_other.get("/healthz")
async def healthz() -> dict[str, str]:
    """Say that the process answers."""
    return {"status": "ok"}


@_other.get("/static/{name}")
async def asset(request: Request, name: str) -> Response:
    """Serve what the pages load."""
    found = parts_of(request).assets.answer(name, request.headers)
    if found is None:
        raise HTTPException(404)
    return found


def _trouble(request: Request, error: ApiTrouble) -> Response:
    """Return the page that says what went wrong, with the way to the other pages for who is logged in."""
    visitor: Visitor | None = getattr(request.state, "visitor", None)
    return visitor.trouble(error) if visitor else parts_of(request).draw.trouble(error)


async def _to_login(_request: Request, _error: Exception) -> Response:
    return RedirectResponse("/login", 303)


async def _troubled(request: Request, error: Exception) -> Response:
    assert isinstance(error, ApiTrouble)  # noqa: S101 - registered for nothing else
    return _trouble(request, error)


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, AnyHTTPException)  # noqa: S101 - registered for nothing else
    title = "There is nothing at this address." if error.status_code == 404 else str(error.detail)
    return _trouble(request, ApiTrouble(error.status_code, title))


async def _does_not_fit(request: Request, _error: Exception) -> Response:
    """Answer what no page takes. What was sent is not repeated: it may be a password."""
    return _trouble(request, ApiTrouble(422, "What was sent does not fit this page."))


async def _failed(request: Request, _error: Exception) -> Response:
    """Answer an error that nobody caught; it goes on to the error reporter and says nothing to the visitor."""
    page = _trouble(request, ApiTrouble(500, "Something went wrong"))
    page.headers[CORRELATION_HEADER] = current_work().correlation_id
    return page


_ANSWERS: dict[type[Exception], Callable[[Request, Exception], Awaitable[Response]]] = {
    NotLoggedIn: _to_login,
    ApiTrouble: _troubled,
    AnyHTTPException: _refused,
    RequestValidationError: _does_not_fit,
    Exception: _failed,
}
