"""The API's application: routes, middleware and what an error looks like."""

from __future__ import annotations

import json
from collections.abc import Callable

from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.datastructures import Headers
from starlette.responses import JSONResponse, Response

from m3core.api import api_routes, health_routes
from m3core.context import current_work
from m3core.fault_routes import apply_faults, fault_routes
from m3core.middleware import CORRELATION_HEADER, Observe, bearer
from m3core.services import Services
from m3core.tenants import Sessions

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
    app.add_middleware(
        Observe,
        tenant_of=_tenant_by(services.sessions),
        record=services.metrics.request,
        counted=lambda path: path.startswith("/api/"),
    )
    app.include_router(api_routes)
    app.include_router(health_routes)
    if services.settings.fault_token:
        app.include_router(fault_routes)
    app.add_exception_handler(RequestValidationError, _does_not_fit)
    app.add_exception_handler(Exception, _failed)
    return app


def _tenant_by(sessions: Sessions) -> Callable[[Headers], str | None]:
    def tenant_of(headers: Headers) -> str | None:
        # The API takes a token and never a cookie: what a browser adds by itself must not be able to call it.
        token = bearer(headers)
        principal = sessions.read(token) if token else None
        return principal.tenant if principal else None

    return tenant_of


async def _does_not_fit(_request: Request, error: Exception) -> Response:
    """Say where a request does not fit. What was sent is not repeated: it may be a password."""
    if not isinstance(error, RequestValidationError):
        raise error
    told = [{part: problem[part] for part in ("type", "loc", "msg")} for problem in error.errors()]
    # In ASCII, because the name of an unknown field may hold half of a surrogate pair, which UTF-8 cannot.
    return Response(json.dumps({"detail": told}), 422, media_type="application/json")


async def _failed(_request: Request, _error: Exception) -> Response:
    """Answer an error that nobody caught; it goes on to the error reporter and says nothing to the caller."""
    correlation_id = current_work().correlation_id
    body = {"error": "internal error", "correlation_id": correlation_id}
    return JSONResponse(body, 500, headers={CORRELATION_HEADER: correlation_id})
