"""Whether the API is alive, and whether it can work."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from redis import RedisError
from sqlalchemy.exc import SQLAlchemyError

from m3core.services import services_of

__all__ = ["health_routes"]

health_routes = APIRouter()


@health_routes.get("/healthz")
async def healthz() -> dict[str, str]:
    """Say that the process answers."""
    return {"status": "ok"}


@health_routes.get("/readyz")
def readyz(request: Request, response: Response) -> dict[str, str]:
    """Say whether the database and the cache answer, 503 when one does not; and whether errors are reported.

    That they are not is no reason to send no requests: it is one to look at how this process was started.
    """
    services = services_of(request)
    parts = {"database": "ok", "cache": "ok"}
    try:
        services.database.ping()
    except SQLAlchemyError:
        parts["database"] = "no answer"
    try:
        services.cache.ping()
    except RedisError:
        parts["cache"] = "no answer"
    if set(parts.values()) != {"ok"}:
        response.status_code = 503
    return parts | {"errors": "reported" if services.settings.sentry_dsn else "not reported"}
