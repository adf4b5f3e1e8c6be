"""The account's log indexes: created, read, listed, replaced, ordered and deleted.

An account is given one that takes everything, ``main``; logs are offered to the others by their order.
Source: docs.datadoghq.com/api/latest/logs-indexes.
"""

from __future__ import annotations

import re
from typing import Annotated, Any

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from alertproof.standins.bounded import Weights
from alertproof.standins.datadog.logconfig.pipelines import reordered
from alertproof.standins.datadog.wire import ApiError, decode, read_body, weigh

__all__ = ["IndexBook", "index_routes"]

_ROOT = "/api/v1/logs/config/indexes"
_ONE = f"{_ROOT}/{{name}}"
_ORDER = "/api/v1/logs/config/index-order"
#: It begins with a letter and holds lower-case letters, digits and hyphens; its length is not bounded here.
_NAME = re.compile(r"[a-z][a-z0-9-]*")
_Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
_Percentage = Annotated[float, msgspec.Meta(ge=50, le=99.99)]
_Positive = Annotated[int, msgspec.Meta(gt=0)]


class _Filter(msgspec.Struct):
    query: str


class _ExclusionFilter(msgspec.Struct, omit_defaults=True):
    sample_rate: _Share
    query: str = ""
    sample_attribute: str | None = None


class _Exclusion(msgspec.Struct):
    name: str
    filter: _ExclusionFilter
    is_enabled: bool = False


class _Index(msgspec.Struct, omit_defaults=True):
    filter: _Filter
    name: str = ""
    num_retention_days: _Positive | None = None
    num_flex_logs_retention_days: int | None = None
    daily_limit: _Positive | None = None
    daily_limit_reset: dict[str, Any] | None = None
    daily_limit_warning_threshold_percentage: _Percentage | None = None
    disable_daily_limit: bool = False
    exclusion_filters: list[_Exclusion] | None = None
    tags: list[str] | None = None


class _Order(msgspec.Struct):
    index_names: list[str]


_INDEX = msgspec.json.Decoder(_Index)
_ORDERED = msgspec.json.Decoder(_Order)
_Kept = dict[str, Any]
_LIMITS = ("daily_limit", "daily_limit_reset", "daily_limit_warning_threshold_percentage")
#: What an index of any body has.
_DEFAULTS: _Kept = {"exclusion_filters": [], "is_rate_limited": False, "num_retention_days": 15, "tags": []}


class IndexBook:
    """Indexes by name, in the order in which a log is offered to them."""

    KEPT = 1_000
    SIZE = 16 * 1024 * 1024

    def __init__(self) -> None:
        self._kept: dict[str, _Kept] = {"main": {**_DEFAULTS, "name": "main", "filter": {"query": ""}}}
        self._weights = Weights(count=self.KEPT, size=self.SIZE)

    def listed(self) -> list[_Kept]:
        """Return all of them, in order."""
        return list(self._kept.values())

    def get(self, name: str) -> _Kept:
        """Return one; raises `ApiError` 404."""
        if name not in self._kept:
            raise ApiError(404, f"Index {name!r} not found")
        return self._kept[name]

    def create(self, body: bytes) -> _Kept:
        """Add one, which is asked last; raises `ApiError` 400 for what is wrong and 422 for a name that is taken."""
        read = decode(_INDEX, body)
        if not _NAME.fullmatch(read.name):
            raise ApiError(400, f"Invalid index name {read.name!r}: lower-case letters, digits and '-', a letter first")
        if read.name in self._kept:
            raise ApiError(422, f"An index named {read.name!r} already exists")
        return self._put(read.name, read, {})

    def replace(self, name: str, body: bytes) -> _Kept:
        """Put another definition in the place of one: what it does not say of daily limits stays as it is."""
        read, before = decode(_INDEX, body), self.get(name)
        stays = {} if read.disable_daily_limit else {each: before[each] for each in _LIMITS if each in before}
        return self._put(name, read, stays)

    def delete(self, name: str) -> None:
        """Forget one; raises `ApiError` 404."""
        self.get(name)
        del self._kept[name]
        self._weights.drop(name)

    def order(self, names: list[str]) -> None:
        """Put them in an order, which has to name each once; raises `ApiError` 422."""
        self._kept = reordered(self._kept, names, "index")

    def _put(self, name: str, read: _Index, stays: _Kept) -> _Kept:
        given = msgspec.to_builtins(read)
        if given.pop("disable_daily_limit", False):
            given.pop("daily_limit", None)
        shown = {**_DEFAULTS, **stays, **given, "name": name}
        shown["exclusion_filters"] = [msgspec.to_builtins(each) for each in read.exclusion_filters or ()]
        weigh(self._weights, name, shown)
        self._kept[name] = shown
        return shown


def index_routes(book: IndexBook) -> list[Route]:
    """Return the routes under /api/v1/logs/config/indexes, and that of their order."""

    async def create(request: Request) -> JSONResponse:
        return JSONResponse(book.create(await read_body(request)))

    async def listing(_request: Request) -> JSONResponse:
        return JSONResponse({"indexes": book.listed()})

    async def get(request: Request) -> JSONResponse:
        return JSONResponse(book.get(request.path_params["name"]))

    async def update(request: Request) -> JSONResponse:
        return JSONResponse(book.replace(request.path_params["name"], await read_body(request)))

    async def delete(request: Request) -> Response:
        book.delete(request.path_params["name"])
        return Response(status_code=200)

    async def order(request: Request) -> JSONResponse:
        if request.method == "PUT":
            book.order(decode(_ORDERED, await read_body(request)).index_names)
        return JSONResponse({"index_names": [each["name"] for each in book.listed()]})

    return [
        Route(_ROOT, create, methods=["POST"]),
        Route(_ROOT, listing, methods=["GET"]),
        Route(_ONE, get, methods=["GET"]),
        Route(_ONE, update, methods=["PUT"]),
        Route(_ONE, delete, methods=["DELETE"]),
        Route(_ORDER, order, methods=["GET", "PUT"]),
    ]
