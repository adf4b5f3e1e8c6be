"""The API's application: routes, middleware and what an error looks like."""

from __future__ import annotations

import json
from collections.abc import Callable

from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.datastructures import Headers
from starlette.responses import JSONResponse, Response

from m3core.api.health import health_routes
from m3core.api.imports import import_routes
from m3core.api.leads import lead_routes
from m3core.api.opportunities import opportunity_routes
from m3core.api.sessions import session_routes
from m3core.api.status import status_routes
from m3core.api.users import user_routes
from m3core.api.webhooks import webhook_routes
from m3core.capacity import Bounded
from m3core.context import NO_TENANT, NOBODY, Caller, current_work
from m3core.fault_routes import apply_faults, fault_routes
from m3core.limits import TooManyRequests
from m3core.middleware import CORRELATION_HEADER, Observe, bearer
from m3core.services import Services
from m3core.suspicion import note_suspicion

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
    if services.settings.capacity:  # inside of what measures: to wait for a place is part of the answer's time
        app.add_middleware(Bounded, capacity=services.settings.capacity)
    app.add_middleware(
        Observe,
        caller_of=_caller_by(services),
        record=services.metrics.request,
        counted=lambda path: path.startswith("/api/"),
    )
    for routes in (session_routes, lead_routes, opportunity_routes, user_routes, import_routes, health_routes):
        app.include_router(routes)
    app.include_router(status_routes)
    app.include_router(webhook_routes(services.settings))
    if services.settings.fault_token:
        doors = fault_routes(services.settings, services.held, requests=services.door, flush=services.flush)
        app.include_router(doors)
    app.add_exception_handler(RequestValidationError, _does_not_fit)
    app.add_exception_handler(TooManyRequests, _too_many)
    app.add_exception_handler(Exception, _failed)
    return app


def _caller_by(services: Services) -> Callable[[Headers], Caller]:
    def caller_of(headers: Headers) -> Caller:
        # The API takes a token and never a cookie: what a browser adds by itself must not be able to call it.
        token = bearer(headers)
        if not token:
            return NOBODY
        principal = services.sessions.read(token)
        if principal is None:
            if services.sessions.forged(token):
                note_suspicion(services.metrics, "forged-token", tenant=NO_TENANT)
            return NOBODY
        services.presence.seen(principal.user_id)
        return Caller(principal.tenant, principal.user_id)

    return caller_of


async def _does_not_fit(_request: Request, error: Exception) -> Response:
    """Say where a request does not fit. What was sent is not repeated: it may be a password."""
    if not isinstance(error, RequestValidationError):
        raise error
    told = [{part: problem[part] for part in ("type", "loc", "msg")} for problem in error.errors()]
    # In ASCII, because the name of an unknown field may hold half of a surrogate pair, which UTF-8 cannot.
    return Response(json.dumps({"detail": told}), 422, media_type="application/json")


async def _too_many(_request: Request, error: Exception) -> Response:
    """Tell a tenant that has used up its requests when there are some again."""
    assert isinstance(error, TooManyRequests)  # noqa: S101 - registered for nothing else
    detail = {"detail": "your company has sent too many requests"}
    return JSONResponse(detail, 429, headers={"Retry-After": str(error.retry_after)})


async def _failed(_request: Request, _error: Exception) -> Response:
    """Answer an error that nobody caught; it goes on to the error reporter and says nothing to the caller."""
    correlation_id = current_work().correlation_id
    body = {"error": "internal error", "correlation_id": correlation_id}
    return JSONResponse(body, 500, headers={CORRELATION_HEADER: correlation_id})
