"""How intake answers: Relay's bodies, and what browsers of any origin may read.

Source: getsentry/relay (endpoints/common.rs, cors.rs).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import TypeAlias

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from alertproof.sentry import EnvelopeError
from alertproof.standins.ledger import LedgerError
from alertproof.standins.sentry.intake.decoding import EncodingError

__all__ = ["CORS", "REFUSALS", "Handler", "RefusedError", "open_route", "preflight", "refusal"]

Handler: TypeAlias = Callable[[Request], Awaitable[Response]]
CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "x-sentry-error, x-sentry-rate-limits, retry-after",
}
_PREFLIGHT = {
    "Access-Control-Allow-Headers": (
        "x-sentry-auth, x-requested-with, x-forwarded-for, origin, referer, accept, content-type, "
        "authentication, authorization, content-encoding, transfer-encoding"
    ),
    "Access-Control-Max-Age": "3600",
}


class RefusedError(Exception):
    """An answer ``{"detail", "causes"}`` with a status of 400 or above."""

    def __init__(self, status: int, detail: str, *causes: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.causes = causes
        self.headers = dict(headers or {})


#: What an endpoint raises to refuse a request.
REFUSALS = (RefusedError, EncodingError, EnvelopeError, LedgerError)


def open_route(path: str, handler: Handler, *, methods: tuple[str, ...] = ("POST",)) -> Route:
    """Return a route that answers browsers of any origin, and refusals as Relay words them."""

    async def answer(request: Request) -> Response:
        if request.method == "OPTIONS":
            return preflight(methods)
        try:
            response = await handler(request)
        except REFUSALS as error:
            return refusal(error)
        response.headers.update(CORS)
        return response

    return Route(path, answer, methods=[*methods, "OPTIONS"])


def preflight(methods: Iterable[str]) -> Response:
    """Return the answer to a browser that asks what it may send."""
    return Response(headers=CORS | _PREFLIGHT | {"Access-Control-Allow-Methods": ", ".join(methods)})


def refusal(error: Exception) -> Response:
    """Return the answer for one of `REFUSALS`."""
    refused = error if isinstance(error, RefusedError) else _as_refused(error)
    body = {"detail": refused.detail, "causes": list(refused.causes)}
    return JSONResponse(body, refused.status, headers=refused.headers | CORS)


def _as_refused(error: Exception) -> RefusedError:
    if isinstance(error, EncodingError):
        return RefusedError(error.status, error.message)
    if isinstance(error, LedgerError):
        # Relay's words when its queue takes nothing more; SDKs then try again or count what they lost.
        return RefusedError(503, "failed to queue envelope", str(error))
    return RefusedError(400, "invalid event envelope", str(error))
