"""How REST API v2 is asked: token, requester, parameters, pages, bodies, and how it says no.

Source: developer.pagerduty.com/docs (authentication, pagination, errors).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeAlias, TypeVar

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from alertproof.errors import ConfigError, NotModelled, nearest
from alertproof.pagerduty import DeskError, Directory, User

__all__ = [
    "Handler",
    "RefusedError",
    "body_of",
    "bounded",
    "choices",
    "document_of",
    "entity_of",
    "guarded",
    "included",
    "instant",
    "invalid",
    "missing",
    "only",
    "page",
    "page_size",
    "parse_instant",
    "requester",
    "within",
]

_T = TypeVar("_T")
Handler: TypeAlias = Callable[[Request], Awaitable[Response]]

_DEFAULT_ROWS = 25
_MAX_ROWS = 100
_MAX_REACH = 10_000
#: More than any body that the API takes.
_MAX_BODY = 1024 * 1024
#: Outside of these, sums of instants would leave the calendar.
_FIRST_YEAR, _LAST_YEAR = 1970, 2500
_PAGING = ("limit", "offset", "total")


class RefusedError(Exception):
    """A request that is answered with PagerDuty's error body."""

    def __init__(self, status: int, code: int, message: str, *errors: str) -> None:
        super().__init__(message, *errors)
        self.status = status
        self.body = {"error": {"message": message, "code": code, "errors": list(errors)}}


def invalid(*errors: str) -> RefusedError:
    """Return the error for an input that is not accepted (400, code 2001)."""
    return RefusedError(400, 2001, "Invalid Input Provided", *errors)


def missing(what: str) -> RefusedError:
    """Return the error for something that is not there (404, code 2100)."""
    return RefusedError(404, 2100, "Not Found", what)


def guarded(handler: Handler) -> Handler:
    """Ask for a token before the handler, and turn what it raises into error bodies."""

    async def answer(request: Request) -> Response:
        try:
            _check_token(request)
            return await handler(request)
        except RefusedError as refused:
            return JSONResponse(refused.body, refused.status)
        except DeskError as error:
            body = {"error": {"message": error.message, "code": error.code, "errors": [error.message]}}
            return JSONResponse(body, 404 if error.code == 2100 else 400)
        except (ConfigError, NotModelled) as error:
            return JSONResponse(invalid(str(error)).body, 400)

    return answer


def requester(request: Request, directory: Directory) -> User:
    """Return the user whom the header From names; raises `RefusedError` (2001 without it, 1008 for nobody)."""
    email = request.headers.get("from", "")
    if not email:
        raise invalid("The From header is required: the email address of a user")
    user = directory.user_by_email(email)
    if user is None:
        raise RefusedError(400, 1008, "Requester User Not Found", email)
    return user


def only(request: Request, *known: str) -> None:
    """Refuse query parameters that are not modelled, so that none is silently ignored."""
    unknown = sorted(set(request.query_params) - set(known) - set(_PAGING))
    if unknown:
        modelled = ", ".join(sorted(known)) or "none"
        raise invalid(
            f"the stand-in does not model the parameter {unknown[0]!r} of {request.url.path} (modelled: {modelled})"
        )


def included(request: Request, *known: str) -> frozenset[str]:
    """Return what is to be shown whole and not as a reference; raises `NotModelled` naming what is not."""
    asked = frozenset(request.query_params.getlist("include[]"))
    unknown = sorted(asked - set(known))
    if unknown:
        raise NotModelled(
            f"include[]={unknown[0]} is not modelled; use {', '.join(f'include[]={each}' for each in known)}"
        )
    return asked


def page(request: Request, name: str, rows: Sequence[_T], show: Callable[[_T], Mapping[str, Any]]) -> JSONResponse:
    """Answer a page of rows under ``name``, with ``limit``, ``offset``, ``more`` and ``total``."""
    limit, offset = page_size(request), _number(request, "offset", 0)
    if offset + limit > _MAX_REACH:
        raise invalid(f"Offset plus limit must not be above {_MAX_REACH}.")
    wants_total = request.query_params.get("total", "").lower() == "true"
    return JSONResponse(
        {
            name: [show(row) for row in rows[offset : offset + limit]],
            "limit": limit,
            "offset": offset,
            "more": offset + limit < len(rows),
            "total": len(rows) if wants_total else None,
        }
    )


def page_size(request: Request) -> int:
    """Return how many rows a page has: the parameter ``limit``, 25 without it, 100 at most."""
    return min(_number(request, "limit", _DEFAULT_ROWS), _MAX_ROWS)


async def bounded(request: Request, most: int) -> bytes:
    """Return the body of a request; of one that is larger no more than tells that it is."""
    data = bytearray()
    async for chunk in request.stream():
        data += chunk
        if len(data) > most:
            break
    return bytes(data)


async def document_of(request: Request) -> Mapping[str, Any]:
    """Return the object that a JSON body is."""
    data = await bounded(request, _MAX_BODY)
    if len(data) > _MAX_BODY:
        raise RefusedError(413, 2001, "Invalid Input Provided", f"the body is larger than {_MAX_BODY} bytes")
    try:
        document = msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise invalid(f"the body is not JSON: {error}") from error
    if not isinstance(document, dict):
        raise invalid("the body is no JSON object")
    return document


async def body_of(request: Request, name: str) -> Mapping[str, Any]:
    """Return the object under ``name`` of a JSON body."""
    return entity_of(await document_of(request), name)


def entity_of(document: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Return the object under ``name`` of a document."""
    entity = document.get(name)
    if not isinstance(entity, dict):
        raise invalid(f"{name.capitalize()} is missing: the body must be {{{name!r}: {{..}}}}")
    return entity


def choices(request: Request, name: str, known: Collection[str]) -> list[str]:
    """Return the values of a parameter that may be repeated, each one of the known."""
    wanted = request.query_params.getlist(name)
    for value in wanted:
        if value not in known:
            raise invalid(f"{name} has no value {value!r}{nearest(value, known)}")
    return wanted


def instant(request: Request, name: str) -> datetime | None:
    """Return a parameter that is an ISO 8601 instant, or None without it."""
    text = request.query_params.get(name)
    # A plus that was not escaped arrives as a space.
    return parse_instant(text.replace(" ", "+"), name) if text else None


def parse_instant(text: object, name: str) -> datetime:
    """Return the ISO 8601 instant that a text is; one without an offset is UTC."""
    try:
        at = datetime.fromisoformat(text if isinstance(text, str) else "")
        at = at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise invalid(f"{name} is not an ISO 8601 instant: {text!r}") from None
    if not _FIRST_YEAR <= at.year <= _LAST_YEAR:
        raise invalid(f"{name} must be of the years {_FIRST_YEAR} to {_LAST_YEAR}: {text!r}")
    return at


def within(request: Request) -> Callable[[datetime], bool]:
    """Return whether an instant is from ``since`` to ``until``, both included."""
    since, until = instant(request, "since"), instant(request, "until")
    return lambda at: (since is None or at >= since) and (until is None or at <= until)


def _check_token(request: Request) -> None:
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    token = value.partition("token=")[2] if scheme.lower() == "token" else value if scheme.lower() == "bearer" else ""
    if not token.strip():
        raise RefusedError(401, 2006, "Authentication failed", "use the header Authorization: Token token=<key>")


def _number(request: Request, name: str, default: int) -> int:
    text = request.query_params.get(name, str(default))
    # Ten digits are more than any place in a list.
    if not text.isascii() or not text.isdigit() or len(text) > 10:
        raise invalid(f"{name} must be a number, got {text!r}")
    return int(text)
