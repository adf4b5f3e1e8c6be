"""The account's log indexes: created, read, listed, replaced, ordered and deleted.

An account is given one that takes everything, ``main``; logs are offered to the others by their order.
Source: docs.datadoghq.com/api/latest/logs-indexes.
"""

from __future__ import annotations

import re
from typing import Annotated, Any

import msgspec
from starlette.requests import Request
from starlette.routing import Route

from alertproof.standins.datadog.logconfig.ordered import Kept, OrderedBook, Wire, ordered_routes
from alertproof.standins.datadog.wire import ApiError, decode, read_body

__all__ = ["IndexBook", "index_routes"]

_ROOT = "/api/v1/logs/config/indexes"
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
_LIMITS = ("daily_limit", "daily_limit_reset", "daily_limit_warning_threshold_percentage")
#: What an index of any body has.
_DEFAULTS: Kept = {"exclusion_filters": [], "is_rate_limited": False, "num_retention_days": 15, "tags": []}


class IndexBook(OrderedBook):
    """Indexes by name, in the order in which a log is offered to them."""

    what = "index"
    missing = "Index {!r} not found"

    def __init__(self) -> None:
        super().__init__()
        self._kept["main"] = {**_DEFAULTS, "name": "main", "filter": {"query": ""}}

    def create(self, body: bytes) -> Kept:
        """Add one, which is asked last; raises `ApiError` 400 for what is wrong and 422 for a name that is taken."""
        read = decode(_INDEX, body)
        if not _NAME.fullmatch(read.name):
            raise ApiError(400, f"Invalid index name {read.name!r}: lower-case letters, digits and '-', a letter first")
        if read.name in self._kept:
            raise ApiError(422, f"An index named {read.name!r} already exists")
        return self._put(read.name, read, {})

    def replace(self, name: str, body: bytes) -> Kept:
        """Put another definition in the place of one: what it does not say of daily limits stays as it is."""
        read, before = decode(_INDEX, body), self.get(name)
        stays = {} if read.disable_daily_limit else {each: before[each] for each in _LIMITS if each in before}
        return self._put(name, read, stays)

    def _put(self, name: str, read: _Index, stays: Kept) -> Kept:
        given = msgspec.to_builtins(read)
        if given.pop("disable_daily_limit", False):
            given.pop("daily_limit", None)
        shown = {**_DEFAULTS, **stays, **given, "name": name}
        shown["exclusion_filters"] = [msgspec.to_builtins(each) for each in read.exclusion_filters or ()]
        return self.keep(name, shown)


def index_routes(book: IndexBook) -> list[Route]:
    """Return the routes under /api/v1/logs/config/indexes, and that of their order."""

    async def put(request: Request, name: str | None) -> Kept:
        body = await read_body(request)
        return book.create(body) if name is None else book.replace(name, body)

    wire = Wire(
        root=_ROOT,
        order_root=_ORDER,
        put=put,
        one=lambda kept: kept,
        all=lambda kept: {"indexes": kept},
        order=lambda names: {"index_names": names},
        read_order=lambda body: decode(_ORDERED, body).index_names,
    )
    return ordered_routes(book, wire)
