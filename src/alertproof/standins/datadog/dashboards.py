"""The account's dashboards: created, read, listed, replaced, deleted and restored."""

from __future__ import annotations

import re
import string
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import msgspec
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from alertproof.clock import Clock
from alertproof.standins.datadog.monitoring.monitors import CREATOR
from alertproof.standins.datadog.wire import ApiError, decode, page_of, read_body
from alertproof.standins.journal import drawn

__all__ = ["DashboardBook", "dashboard_routes"]

_ROOT = "/api/v1/dashboard"
_ONE = f"{_ROOT}/{{dashboard_id}}"
_ALPHABET = string.ascii_lowercase + string.digits
_PAGE = 100
_LISTED = ("description", "is_read_only", "layout_type", "title")


class _Widget(msgspec.Struct):
    definition: dict[str, Any]
    layout: dict[str, int] | None = None
    id: int | None = None


class _Body(msgspec.Struct):
    """What the server reads of a dashboard; what else a client sends is kept and shown."""

    title: str
    layout_type: Literal["free", "ordered"]
    widgets: list[_Widget]
    description: str | None = None
    notify_list: list[str] | None = None
    template_variables: list[dict[str, Any]] | None = None
    tags: list[str] | None = None
    is_read_only: bool = False
    restricted_roles: list[str] = []


class _Bulk(msgspec.Struct):
    class _One(msgspec.Struct):
        id: str
        type: Literal["dashboard"]

    data: list[_One]


_RAW = msgspec.json.Decoder(dict[str, Any])
_BULK = msgspec.json.Decoder(_Bulk)


@dataclass(slots=True, kw_only=True)
class _Kept:
    id: str
    body: Mapping[str, Any]
    created: datetime
    modified: datetime
    size: int
    deleted: datetime | None = None


class DashboardBook:
    """Dashboards by id, in the order of creation; deleted ones can be restored."""

    #: Beyond so many, or of so many bytes, the oldest deleted ones are forgotten, and without one no more are taken.
    KEPT = 5_000
    SIZE = 64 * 1024 * 1024

    def __init__(self) -> None:
        self._kept: dict[str, _Kept] = {}
        self._weight = 0

    def __iter__(self) -> Iterator[_Kept]:
        return iter(tuple(self._kept.values()))

    def create(self, body: dict[str, Any], now: datetime) -> _Kept:
        """Add a dashboard; raises `ApiError` 400 for one that the schema does not allow."""
        stored = _stored(body)
        size = len(msgspec.json.encode(stored))
        self._make_room(1, size)
        kept = _Kept(id=_new_id(self._kept), body=stored, created=now, modified=now, size=size)
        self._weight += size
        self._kept[kept.id] = kept
        return kept

    def get(self, name: str, *, deleted: bool = False) -> _Kept:
        """Return one that is there, or one that is ``deleted``; raises `ApiError` 404."""
        kept = self._kept.get(name)
        if kept is None or (kept.deleted is not None) is not deleted:
            raise ApiError(404, f"Dashboard with ID {name} not found")
        return kept

    def replace(self, kept: _Kept, body: dict[str, Any], now: datetime) -> None:
        """Put another dashboard in the place of one; raises as :meth:`create`."""
        stored = _stored(body)
        size = len(msgspec.json.encode(stored))
        self._make_room(0, size - kept.size)
        self._weight += size - kept.size
        kept.body, kept.modified, kept.size = stored, now, size

    def _make_room(self, number: int, size: int) -> None:
        here = [kept for kept in self._kept.values() if kept.deleted is None]
        if len(here) + number > self.KEPT or sum(kept.size for kept in here) + size > self.SIZE:
            raise ApiError(400, f"the stand-in keeps at most {self.KEPT} dashboards of {self.SIZE} bytes")
        while len(self._kept) + number > self.KEPT or self._weight + size > self.SIZE:
            oldest = next(kept for kept in self._kept.values() if kept.deleted is not None)
            self._weight -= oldest.size
            del self._kept[oldest.id]


def dashboard_routes(book: DashboardBook, clock: Clock) -> list[Route]:
    """Return the routes under /api/v1/dashboard."""
    return [*_single_routes(book, clock), *_many_routes(book, clock)]


def _single_routes(book: DashboardBook, clock: Clock) -> list[Route]:
    async def create(request: Request) -> JSONResponse:
        return JSONResponse(_shown(book.create(decode(_RAW, await read_body(request)), clock.now())))

    async def get(request: Request) -> JSONResponse:
        return JSONResponse(_shown(book.get(request.path_params["dashboard_id"])))

    async def update(request: Request) -> JSONResponse:
        kept = book.get(request.path_params["dashboard_id"])
        book.replace(kept, decode(_RAW, await read_body(request)), clock.now())
        return JSONResponse(_shown(kept))

    async def delete(request: Request) -> JSONResponse:
        kept = book.get(request.path_params["dashboard_id"])
        kept.deleted = clock.now()
        return JSONResponse({"deleted_dashboard_id": kept.id})

    return [
        Route(_ROOT, create, methods=["POST"]),
        Route(_ONE, get, methods=["GET"]),
        Route(_ONE, update, methods=["PUT"]),
        Route(_ONE, delete, methods=["DELETE"]),
    ]


def _many_routes(book: DashboardBook, clock: Clock) -> list[Route]:
    async def listing(request: Request) -> JSONResponse:
        return JSONResponse({"dashboards": [_row(kept) for kept in _listed(book, request.query_params)]})

    async def delete_many(request: Request) -> Response:
        for kept in [book.get(one.id) for one in decode(_BULK, await read_body(request)).data]:
            kept.deleted = clock.now()
        return Response(status_code=204)

    async def restore(request: Request) -> Response:
        for kept in [book.get(one.id, deleted=True) for one in decode(_BULK, await read_body(request)).data]:
            kept.deleted = None
        return Response(status_code=204)

    return [
        Route(_ROOT, listing, methods=["GET"]),
        Route(_ROOT, delete_many, methods=["DELETE"]),
        Route(_ROOT, restore, methods=["PATCH"]),
    ]


def _listed(book: DashboardBook, given: QueryParams) -> list[_Kept]:
    # Nothing of this account is shared with the world.
    if given.get("filter[shared]") == "true":
        return []
    deleted = given.get("filter[deleted]") == "true"
    found = [kept for kept in book if (kept.deleted is not None) is deleted]
    return list(page_of(found, given, size="count", offset="start", default=_PAGE))


def _stored(body: Mapping[str, Any]) -> dict[str, Any]:
    try:
        read = msgspec.convert(body, _Body)
    except msgspec.ValidationError as error:
        raise ApiError(400, f"The dashboard is not as its schema says: {error}") from error
    for number, widget in enumerate(read.widgets):
        if not isinstance(widget.definition.get("type"), str):
            raise ApiError(400, f"widgets[{number}].definition.type is missing: it says what kind of widget this is")
        if read.layout_type == "free" and widget.layout is None:
            raise ApiError(400, f"widgets[{number}].layout is missing: a dashboard of layout 'free' needs it")
    widgets = [{"id": drawn.randbelow(2**53), **widget} for widget in body["widgets"]]
    defaults = {name: getattr(read, name) for name in ("description", "notify_list", "template_variables")}
    own = {"is_read_only": read.is_read_only, "restricted_roles": read.restricted_roles}
    return {**defaults, **own, **body, "widgets": widgets}


def _new_id(taken: Mapping[str, object]) -> str:
    while True:
        text = "".join(drawn.choice(_ALPHABET) for _ in range(9))
        name = f"{text[:3]}-{text[3:6]}-{text[6:]}"
        if name not in taken:
            return name


def _row(kept: _Kept) -> dict[str, Any]:
    slug = re.sub(r"[^a-z0-9]+", "-", kept.body["title"].lower()).strip("-")
    return {
        **{name: kept.body[name] for name in _LISTED},
        "id": kept.id,
        "author_handle": CREATOR["handle"],
        "created_at": kept.created.isoformat(timespec="microseconds"),
        "modified_at": kept.modified.isoformat(timespec="microseconds"),
        "url": f"/dashboard/{kept.id}/{slug}",
    }


def _shown(kept: _Kept) -> dict[str, Any]:
    return {**kept.body, **_row(kept), "author_name": CREATOR["name"]}
