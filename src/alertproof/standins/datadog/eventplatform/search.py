"""Searches of records: a query, a span of time, an order, and pages."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from urllib.parse import urlencode

import msgspec
import numpy as np
from starlette.requests import Request

from alertproof.datadog.evaluation.search import found_by
from alertproof.datadog.query import parse_search
from alertproof.errors import AlertproofError
from alertproof.standins.datadog.eventplatform.store import Kept, RecordLog
from alertproof.standins.datadog.wire import ApiError
from alertproof.telemetry.records import Records

__all__ = ["META", "Filter", "SearchRequest", "answer", "found", "search_of", "when"]

_MOST = 1000
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_RELATIVE = re.compile(r"now(?:-(\d+)([smhdw]))?")
META: Mapping[str, Any] = {"elapsed": 0, "request_id": "alertproof", "status": "done"}


class Filter(msgspec.Struct):
    """What to look for; ``from`` and ``to`` are stack time."""

    query: str = "*"
    from_: str | int = msgspec.field(name="from", default="now-15m")
    to: str | int = "now"
    indexes: list[str] = []


class _Page(msgspec.Struct):
    limit: int = 10
    cursor: str | None = None


class SearchRequest(msgspec.Struct):
    """The body of a search."""

    filter: Filter = msgspec.field(default_factory=Filter)
    page: _Page = msgspec.field(default_factory=_Page)
    sort: Literal["timestamp", "-timestamp"] = "-timestamp"


def search_of(request: Request) -> SearchRequest:
    """Read a search from the parameters of a GET request: ``filter[query]``, ``page[limit]``, ``sort``."""
    given = request.query_params
    asked: dict[str, Any] = {
        part: {name: given[f"{part}[{name}]"] for name in names if f"{part}[{name}]" in given}
        for part, names in (("filter", ("query", "from", "to")), ("page", ("limit", "cursor")))
    }
    if "filter[indexes]" in given:
        asked["filter"]["indexes"] = given["filter[indexes]"].split(",")
    if "sort" in given:
        asked["sort"] = given["sort"]
    try:
        return msgspec.convert(asked, SearchRequest, strict=False)
    except msgspec.ValidationError as error:
        raise ApiError(400, str(error)) from error


def found(log: RecordLog, kind: str, wanted: Filter, now: datetime) -> Sequence[Kept]:
    """Return what a filter finds, oldest first; raises `ApiError` 400 for a query that cannot be read."""
    start, end = when(str(wanted.from_), now), when(str(wanted.to), now)
    if end < start:
        raise ApiError(400, f"'to' ({wanted.to}) is before 'from' ({wanted.from_})")
    kept = log.between(kind, start, end)
    if wanted.indexes and "*" not in wanted.indexes:
        kept = [each for each in kept if each.record.attributes.get("index") in wanted.indexes]
    try:
        holds = found_by(parse_search(wanted.query).expression, Records(each.record for each in kept))
    except AlertproofError as error:
        raise ApiError(400, f"Query parsing error: {error}") from error
    return [kept[number] for number in np.flatnonzero(holds).tolist()]


def answer(log: RecordLog, kind: str, search: SearchRequest, now: datetime, link: str) -> dict[str, Any]:
    """Return the page that a search asks for; ``link`` is where the next one is had by GET."""
    if not 1 <= search.page.limit <= _MOST:
        raise ApiError(400, f"page limit must be 1 to {_MOST}, got {search.page.limit}")
    all_found = list(found(log, kind, search.filter, now))
    if search.sort == "-timestamp":
        all_found.reverse()
    first = _position(all_found, search.page.cursor)
    shown = all_found[first : first + search.page.limit]
    body: dict[str, Any] = {"data": [dict(kept.shown) for kept in shown], "meta": dict(META)}
    if len(all_found) > first + search.page.limit:
        cursor = base64.urlsafe_b64encode(shown[-1].id.encode()).decode()
        body["meta"]["page"] = {"after": cursor}
        body["links"] = {"next": f"{link}?{_parameters(search, cursor)}"}
    return body


def _position(all_found: Sequence[Kept], cursor: str | None) -> int:
    if cursor is None:
        return 0
    try:
        name = base64.urlsafe_b64decode(cursor).decode()
    except (binascii.Error, ValueError) as error:
        raise ApiError(400, "Invalid cursor") from error
    at = next((number for number, kept in enumerate(all_found) if kept.id == name), None)
    if at is None:
        raise ApiError(400, "Invalid cursor")
    return at + 1


def _parameters(search: SearchRequest, cursor: str) -> str:
    given = {
        "filter[query]": search.filter.query,
        "filter[from]": search.filter.from_,
        "filter[to]": search.filter.to,
        "page[limit]": search.page.limit,
        "page[cursor]": cursor,
        "sort": search.sort,
    }
    if search.filter.indexes:
        given["filter[indexes]"] = ",".join(search.filter.indexes)
    return urlencode(given)


def when(text: str, now: datetime) -> datetime:
    """Read ``now-15m``, ISO 8601 or milliseconds; raises `ApiError` 400. All are stack time."""
    relative = _RELATIVE.fullmatch(text)
    try:
        if relative:
            amount, unit = relative.groups()
            return now - timedelta(**{_UNITS[unit]: int(amount)}) if unit else now
        if text.isdigit():
            return datetime.fromtimestamp(int(text) / 1000, UTC)
        at = datetime.fromisoformat(text)
    except (ValueError, OverflowError, OSError) as error:
        raise ApiError(400, f"not a time: {text[:100]!r}; give now-15m, ISO 8601 or milliseconds") from error
    return at if at.tzinfo else at.replace(tzinfo=UTC)
