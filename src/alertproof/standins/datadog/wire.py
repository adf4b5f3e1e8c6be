"""What every route of the API shares: keys, rate-limit headers, bodies, errors."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import msgspec
import zstandard
from starlette.datastructures import Headers, MutableHeaders, QueryParams
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from alertproof.clock import Clock, SystemClock
from alertproof.standins.bodies import TooLargeError, bounded_body
from alertproof.standins.bounded import FullError, Weights
from alertproof.standins.control.manners import BROWSERS

__all__ = [
    "LARGEST",
    "UNREADABLE",
    "ApiError",
    "FromBrowsers",
    "Keys",
    "RateLimits",
    "answer_error",
    "decode",
    "instant",
    "page_of",
    "read_body",
    "refusal",
    "weigh",
    "whole_number",
]

#: No client of a drill sends more; a small compressed body must not fill the memory.
LARGEST = 64 * 1024 * 1024
#: These take only an API key; everything else also wants an application key. [OPENAPI, CASS]
_INTAKE = {
    ("GET", "/api/v1/validate"),
    *(
        ("POST", path)
        for path in (
            "/api/v1/series",
            "/api/v2/series",
            "/api/v1/distribution_points",
            "/api/v1/check_run",
            "/api/v1/events",
            "/api/v2/events",
            "/api/v2/logs",
            "/api/v2/rum",
            "/v1/input",
        )
    ),
}
#: What msgspec raises for bytes of anybody: also for texts that are not UTF-8, and for nesting without end.
UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_T = TypeVar("_T")


class ApiError(Exception):
    """An answer ``{"errors": [...]}`` with a status of 400 or above."""

    def __init__(self, status: int, *messages: str) -> None:
        super().__init__(status, messages)
        self.status = status
        self.messages = messages


def refusal(status: int, *messages: str) -> JSONResponse:
    """Return the v1 error body ``{"errors": [...]}``."""
    return JSONResponse({"errors": list(messages)}, status_code=status)


async def answer_error(_request: Request, error: Exception) -> Response:
    """Turn an `ApiError` raised in a route into its answer."""
    if not isinstance(error, ApiError):
        raise error
    return refusal(error.status, *error.messages)


class Keys:
    """Refuses requests without DD-API-KEY, or without DD-APPLICATION-KEY where one is needed, with 403.

    Any text that is not empty is a key. Browsers give theirs in the address.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            headers = Headers(scope=scope)
            in_address = scope["path"] in BROWSERS and QueryParams(scope["query_string"]).get("dd-api-key")
            if not headers.get("dd-api-key") and not in_address:
                await refusal(403, "API key required")(scope, receive, send)
                return
            if (scope["method"], scope["path"]) not in _INTAKE and not headers.get("dd-application-key"):
                await refusal(403, "Forbidden")(scope, receive, send)
                return
        await self._app(scope, receive, send)


class FromBrowsers:
    """Lets pages of any origin send to what takes telemetry of browsers, and to nothing else."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._open = CORSMiddleware(app, allow_origins=["*"], allow_methods=["POST"], allow_headers=["*"])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_open = scope["type"] == "http" and scope["path"] in BROWSERS
        await (self._open if is_open else self._app)(scope, receive, send)


class RateLimits:
    """Tells how much of a period's requests is left, and never refuses any.

    The periods are calendar aligned and real: clients wait in real time. Submission is not limited.
    [content/en/api/latest/rate-limits]
    """

    LIMIT = 3000
    PERIOD = timedelta(seconds=10)

    def __init__(self, app: ASGIApp, clock: Clock | None = None) -> None:
        self._app = app
        self._clock = clock or SystemClock()
        self._period = -1
        self._used = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or (scope["method"], scope["path"]) in _INTAKE:
            await self._app(scope, receive, send)
            return
        told = self._count(self._clock.now())

        async def send_with_limits(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(told)
            await send(message)

        await self._app(scope, receive, send_with_limits)

    def _count(self, now: datetime) -> dict[str, str]:
        period, into = divmod(now - datetime.fromtimestamp(0, UTC), self.PERIOD)
        self._used = self._used + 1 if period == self._period else 1
        self._period = period
        return {
            "X-RateLimit-Limit": str(self.LIMIT),
            "X-RateLimit-Period": str(int(self.PERIOD.total_seconds())),
            "X-RateLimit-Remaining": str(max(0, self.LIMIT - self._used)),
            "X-RateLimit-Reset": str(int((self.PERIOD - into).total_seconds()) + 1),
        }


async def read_body(request: Request, *, protobuf: bool = False) -> bytes:
    """Return the request's body, unpacked from gzip, deflate (with the zlib header) or zstd1.

    Raises `ApiError` 400 for a body that does not unpack, 413 for one above 64 MiB, 415 for another encoding and,
    where it is not wanted, for protobuf.
    """
    try:
        body = await bounded_body(request, LARGEST)
    except TooLargeError as error:
        raise ApiError(413, str(error)) from error
    if not protobuf and "protobuf" in request.headers.get("content-type", ""):
        raise ApiError(415, "the stand-in takes JSON, not protobuf: send through the API client or DogStatsD")
    encoding = request.headers.get("content-encoding", "identity")
    try:
        if encoding == "identity":
            return body
        if encoding == "gzip":
            return _inflate(body, 16 + zlib.MAX_WBITS)
        if encoding == "deflate":
            return _inflate(body, zlib.MAX_WBITS)
        if encoding in ("zstd", "zstd1"):
            return _unzstd(body)
    except (zlib.error, zstandard.ZstdError) as error:
        raise ApiError(400, f"the body is not {encoding}: {error}") from error
    raise ApiError(415, f"unknown Content-Encoding {encoding!r}; known: identity, gzip, deflate, zstd1")


def _inflate(body: bytes, window: int) -> bytes:
    unpacker = zlib.decompressobj(window)
    data = unpacker.decompress(body, LARGEST)
    if unpacker.unconsumed_tail:
        raise ApiError(413, f"the body unpacks to more than {LARGEST} bytes")
    if not unpacker.eof:
        raise ApiError(400, "the body ends before its compressed data does")
    return data


def _unzstd(body: bytes) -> bytes:
    with zstandard.ZstdDecompressor().stream_reader(body) as reader:
        data = reader.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise ApiError(413, f"the body unpacks to more than {LARGEST} bytes")
    return data


def decode(decoder: msgspec.json.Decoder[_T], body: bytes) -> _T:
    """Read a JSON body; raises `ApiError` 400 that says where it is wrong."""
    try:
        return decoder.decode(body)
    except UNREADABLE as error:
        raise ApiError(400, f"the body cannot be read: {error}") from error


def weigh(weights: Weights, name: str, *parts: object) -> None:
    """Note that a thing consists of these parts; raises `ApiError` 400 where there is no room for it."""
    try:
        weights.put(name, *parts)
    except FullError as error:
        raise ApiError(400, str(error)) from error


def whole_number(text: str, name: str) -> int:
    """Read a parameter of the query, 0 or more; raises `ApiError` 400 that names it."""
    try:
        number = int(text)
    except ValueError as error:
        raise ApiError(400, f"The parameter {name!r} must be a whole number, got {text[:100]!r}") from error
    if number < 0:
        raise ApiError(400, f"The parameter {name!r} must be 0 or more, got {number}")
    return number


def page_of(
    found: Sequence[_T], parameters: QueryParams, *, size: str, default: int, offset: str = "", page: str = ""
) -> Sequence[_T]:
    """Return the part of a list that the parameter named ``size`` and that named ``offset``, or ``page``, ask for."""
    count = whole_number(parameters.get(size, str(default)), size)
    asked = offset or page
    first = whole_number(parameters.get(asked, "0"), asked) * (1 if offset else count)
    return found[first : first + count]


def instant(text: str, name: str) -> datetime:
    """Read a parameter of the query that is epoch seconds; raises `ApiError` 400 that names it."""
    seconds = whole_number(text, name)
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise ApiError(400, f"The parameter {name!r} must be epoch seconds, got {text[:100]}") from error
