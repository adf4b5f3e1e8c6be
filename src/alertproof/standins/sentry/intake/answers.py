"""How intake answers: Relay's bodies, and what browsers of any origin may read.

Source: getsentry/relay (endpoints/common.rs, cors.rs).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TypeAlias

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from alertproof.sentry import EnvelopeError
from alertproof.standins.sentry.intake.decoding import EncodingError

__all__ = ["Handler", "RefusedError", "open_route"]

Handler: TypeAlias = Callable[[Request], Awaitable[Response]]
_CORS = {
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


def open_route(path: str, handler: Handler, *, methods: tuple[str, ...] = ("POST",)) -> Route:
    """Return a route that answers browsers of any origin, and refusals as Relay words them."""

    async def answer(request: Request) -> Response:
        if request.method == "OPTIONS":
            allowed = {"Access-Control-Allow-Methods": ", ".join(methods)}
            return Response(headers=_CORS | _PREFLIGHT | allowed)
        try:
            response = await handler(request)
        except RefusedError as refused:
            response = _refusal(refused)
        except EncodingError as error:
            response = _refusal(RefusedError(error.status, error.message))
        except EnvelopeError as error:
            response = _refusal(RefusedError(400, "invalid event envelope", str(error)))
        response.headers.update(_CORS)
        return response

    return Route(path, answer, methods=[*methods, "OPTIONS"])


def _refusal(refused: RefusedError) -> JSONResponse:
    body = {"detail": refused.detail, "causes": list(refused.causes)}
    return JSONResponse(body, refused.status, headers=refused.headers)
