"""The web application: routes, middleware and what an error looks like."""

from __future__ import annotations

import json

from fastapi import Depends, FastAPI, Request
from fastapi.exception_handlers import http_exception_handler
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, RedirectResponse, Response

from m3core.api import api_routes, health_routes
from m3core.context import current_work
from m3core.fault_routes import apply_faults, fault_routes
from m3core.middleware import CORRELATION_HEADER, Observe
from m3core.pages import NotLoggedIn, page_routes, render
from m3core.services import Services

__all__ = ["create_app"]


def create_app(services: Services) -> FastAPI:
    """Put the application together. The fault door is there only when a token is configured."""
    app = FastAPI(
        title="M3CoreCRM",
        version=services.settings.release,
        dependencies=[Depends(apply_faults)],
        # The middleware below writes the request's span and metrics; the framework's own would be a second set.
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    app.state.services = services
    app.add_middleware(Observe, sessions=services.sessions, metrics=services.metrics)
    app.include_router(api_routes)
    app.include_router(health_routes)
    app.include_router(page_routes)
    if services.settings.fault_token:
        app.include_router(fault_routes)
    app.add_exception_handler(NotLoggedIn, _to_login)
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(RequestValidationError, _does_not_fit)
    app.add_exception_handler(Exception, _failed)
    return app


async def _to_login(_request: Request, _error: Exception) -> Response:
    return RedirectResponse("/login", 303)


async def _refused(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    if _is_page(request):
        return render("error.html", status=error.status_code, title=str(error.detail), correlation_id="")
    return await http_exception_handler(request, error)


async def _does_not_fit(request: Request, error: Exception) -> Response:
    """Say where a request does not fit. What was sent is not repeated: it may be a password."""
    if not isinstance(error, RequestValidationError):
        raise error
    if _is_page(request):
        return render("error.html", status=422, title="What was sent does not fit this page.", correlation_id="")
    told = [{part: problem[part] for part in ("type", "loc", "msg")} for problem in error.errors()]
    # In ASCII, because the name of an unknown field may hold half of a surrogate pair, which UTF-8 cannot.
    return Response(json.dumps({"detail": told}), 422, media_type="application/json")


async def _failed(request: Request, _error: Exception) -> Response:
    """Answer an error that nobody caught; it goes on to the error reporter and says nothing to the caller."""
    correlation_id = current_work().correlation_id
    if _is_page(request):
        page = render("error.html", status=500, title="Something went wrong", correlation_id=correlation_id)
        page.headers[CORRELATION_HEADER] = correlation_id
        return page
    body = {"error": "internal error", "correlation_id": correlation_id}
    return JSONResponse(body, 500, headers={CORRELATION_HEADER: correlation_id})


def _is_page(request: Request) -> bool:
    return not request.url.path.startswith(("/api/", "/_faults", "/healthz", "/readyz"))
