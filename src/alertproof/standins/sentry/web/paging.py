"""Ranges of time and pages of a listing, as Sentry's web API takes them.

Pages are linked by the ``Link`` header: ``rel="next"`` with ``results`` and an opaque ``cursor``. Here a
cursor holds the place of the last row that was seen, not a count, so that new events shift no page.
Source: docs.sentry.io/api/pagination.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from starlette.requests import Request

__all__ = ["BadRequestError", "between", "only", "page", "unpaged"]

_T = TypeVar("_T")
_PERIOD = re.compile(r"(\d{1,6})([smhdw])")
_UNITS = {
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
}
#: Rows of a page at most, and without a wish.
_MAX_ROWS = 100
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class BadRequestError(Exception):
    """A request to answer with 400 and this text."""


def only(request: Request, *known: str) -> None:
    """Refuse query parameters that are not modelled, so that none is silently ignored."""
    unknown = sorted(set(request.query_params) - set(known))
    if unknown:
        raise BadRequestError(
            f"the stand-in does not model the parameter {unknown[0]!r} of {request.url.path} "
            f"(modelled: {', '.join(sorted(known))})"
        )


def between(request: Request, now: datetime) -> tuple[datetime, datetime]:
    """Return the range of ``start`` and ``end``, or of ``statsPeriod`` before ``now``; all time without."""
    parameters = request.query_params
    period = parameters.get("statsPeriod")
    if period:
        match = _PERIOD.fullmatch(period)
        if match is None:
            raise BadRequestError(f"Invalid statsPeriod: {period!r}")
        return now - int(match[1]) * _UNITS[match[2]], now
    if ("start" in parameters) is not ("end" in parameters):
        raise BadRequestError("start and end are both required")
    if "start" not in parameters:
        return datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
    start, end = _instant(parameters["start"]), _instant(parameters["end"])
    if start > end:
        raise BadRequestError("start must be before end")
    return start, end


def page(
    request: Request, rows: Sequence[_T], *, order: Callable[[_T], tuple[datetime, int]]
) -> tuple[list[_T], Mapping[str, str]]:
    """Return the rows of the page asked for, and its headers.

    ``rows`` are sorted by ``order``, greatest first. ``rel="previous"`` leads to the first page.
    """
    size = _size(request)
    after = _place(request.query_params.get("cursor"))
    rest = [row for row in rows if after is None or order(row) < after]
    shown = rest[:size]
    following = _cursor(order(shown[-1])) if shown else "0:0:0"
    links = (("previous", after is not None, "0:0:1"), ("next", len(rest) > size, following))
    return shown, {"Link": ", ".join(_link(request, *link) for link in links)}


def unpaged(request: Request) -> Mapping[str, str]:
    """Return the headers of a listing that fits on one page."""
    links = (("previous", False, "0:0:1"), ("next", False, "0:100:0"))
    return {"Link": ", ".join(_link(request, *link) for link in links)}


def _link(request: Request, rel: str, results: bool, cursor: str) -> str:
    url = request.url.remove_query_params("cursor").include_query_params(cursor=cursor)
    return f'<{url}>; rel="{rel}"; results="{str(results).lower()}"; cursor="{cursor}"'


def _size(request: Request) -> int:
    text = request.query_params.get("per_page") or request.query_params.get("limit") or str(_MAX_ROWS)
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= _MAX_ROWS:
        raise BadRequestError(f"Invalid per_page value. Must be between 1 and {_MAX_ROWS}.")
    return int(text)


def _cursor(place: tuple[datetime, int]) -> str:
    return f"{(place[0] - _EPOCH) // _MICROSECOND}:{place[1]}:0"


def _place(cursor: str | None) -> tuple[datetime, int] | None:
    # sentry-cli asks for the first page with an empty cursor.
    if not cursor or cursor.endswith(":1"):
        return None
    try:
        micros, sequence, _ = (int(part) for part in cursor.split(":"))
        return _EPOCH + micros * _MICROSECOND, sequence
    except (ValueError, OverflowError):
        raise BadRequestError(f"Invalid cursor parameter: {cursor!r}") from None


def _instant(text: str) -> datetime:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise BadRequestError(f"not an instant: {text!r}; use ISO 8601") from None
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)
