"""The table of events: search, columns and functions over errors, transactions, spans, logs and metrics.

Source: docs.sentry.io/api/explore (query explore events in table format).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from alertproof.errors import NotModelled, nearest
from alertproof.sentry.aggregate import Aggregate, parse_aggregate
from alertproof.sentry.rows import Dataset
from alertproof.sentry.search import Lookup
from alertproof.standins.sentry.issues import Placed, Project, Stored
from alertproof.standins.sentry.store import Store
from alertproof.standins.sentry.web.asking import PAGE, RANGE, Asking, answer, guarded, lookup
from alertproof.standins.sentry.web.paging import BadRequestError, between, only, page

__all__ = ["DATASETS", "Table", "rows_of"]

_ROWS: dict[str, Dataset] = {"spans": "spans", "logs": "logs", "ourlogs": "logs", "tracemetrics": "tracemetrics"}
_KINDS = {"errors": "error", "transactions": "transaction"}
DATASETS = (*_KINDS, *_ROWS)
#: Without a range, what a rate is over.
_DAY = timedelta(days=1)
_MANY = frozenset({"error.type", "error.value", "error.handled", "error.mechanism"})
#: Fields for which the wire's type is not that of the value.
_TYPES = {"timestamp": "date", "issue.id": "integer", "project.id": "integer"}
_DURATIONS = ("span.duration", "transaction.duration")
_NOTED = ("sampling", "referrer", "allowAggregateConditions", "dataScanned")


def rows_of(store: Store, dataset: str, projects: Sequence[Project]) -> list[Stored] | list[Placed]:
    """Return the rows of a data set, newest first; raises `NotModelled` for one that is not modelled."""
    if dataset in _ROWS:
        return store.rows(_ROWS[dataset], projects)
    if dataset not in _KINDS:
        known = ", ".join(DATASETS)
        raise NotModelled(f"the data set {dataset!r} is not modelled{nearest(dataset, DATASETS)} (modelled: {known})")
    return [stored for stored in store.events(projects) if stored.event.kind == _KINDS[dataset]]


@final
class Table:
    """The route of the table."""

    def __init__(self, asking: Asking) -> None:
        self._asking = asking

    def routes(self) -> list[Route]:
        """Return the routes to mount."""
        return [guarded("/api/0/organizations/{org}/events/", self._table)]

    async def _table(self, request: Request) -> Response:
        only(request, "dataset", "field", "query", "sort", "project", "environment", *RANGE, *PAGE, *_NOTED)
        dataset = request.query_params.get("dataset", "")
        rows = rows_of(self._asking.store, dataset, self._asking.chosen(request))
        fields = request.query_params.getlist("field")
        if not fields:
            raise BadRequestError("No columns selected")
        wanted = self._asking.wanted(request)
        found: list[Stored | Placed] = [row for row in rows if wanted(row)]
        functions = {field: parse_aggregate(field) for field in fields if "(" in field}
        if functions:
            data, headers = self._grouped(request, found, fields, functions), {}
        else:
            sort = request.query_params.get("sort", "-timestamp")
            if sort != "-timestamp":
                raise NotModelled(f"sort={sort} is not modelled without functions; use sort=-timestamp")
            shown, link = page(request, found, order=lambda row: row.order)
            data, headers = [{field: _cell(row, field) for field in fields} for row in shown], dict(link)
        types = {field: _column_type(field, data) for field in fields}
        units = {field: "millisecond" if _is_duration(field) else None for field in fields}
        return answer({"data": data, "meta": {"fields": types, "units": units, "dataset": dataset}}, headers)

    def _grouped(
        self,
        request: Request,
        rows: Sequence[Stored | Placed],
        fields: Sequence[str],
        functions: dict[str, Aggregate],
    ) -> list[dict[str, Any]]:
        start, end = between(request, self._asking.clock.now())
        span = end - start if request.query_params.keys() & set(RANGE) else _DAY
        plain = [field for field in fields if field not in functions]
        groups: dict[tuple[str, ...], list[Stored | Placed]] = {} if plain else {(): []}
        for row in rows:
            groups.setdefault(tuple(str(_cell(row, field)) for field in plain), []).append(row)
        data = []
        for members in groups.values():
            looks: list[Lookup] = [lookup(row) for row in members]
            shown: dict[str, Any] = {field: _cell(members[0], field) for field in plain}
            data.append(shown | {field: each.over(looks, span) for field, each in functions.items()})
        return _sorted(data, request.query_params.get("sort") or f"-{next(iter(functions))}", fields)


def _sorted(data: list[dict[str, Any]], sort: str, fields: Sequence[str]) -> list[dict[str, Any]]:
    name = sort.removeprefix("-")
    by = next((field for field in fields if name in {field, _flat(field)}), None)
    if by is None:
        raise NotModelled(f"sort={sort} is not among the fields ({', '.join(fields)})")
    known = [row for row in data if row[by] is not None]
    return sorted(known, key=lambda row: row[by], reverse=sort.startswith("-")) + [
        row for row in data if row[by] is None
    ]


def _flat(field: str) -> str:
    """Return the old spelling of a function in a sort: ``count`` for ``count()``, ``p95_a_b`` for ``p95(a.b)``."""
    return field.replace("(", "_").replace(")", "").replace(".", "_").rstrip("_")


def _cell(row: Stored | Placed, field: str) -> Any:
    name = field.removeprefix("tags[").removesuffix("]").split(",")[0] if field.startswith("tags[") else field
    if field == "project.id" or (field == "issue.id" and isinstance(row, Stored) and row.issue):
        value = row.project.project_id if field == "project.id" else lookup(row)("issue.id")[0]
        return int(value) if isinstance(value, str) and value.isdigit() else None
    if field == "sentry.item_id" or (field == "id" and isinstance(row, Placed) and "id" not in row.row.fields):
        return f"{row.sequence:032x}"
    values = lookup(row)(name)
    if field in _MANY:
        return list(values)
    return values[0] if values else None


def _is_duration(field: str) -> bool:
    return any(name in field for name in _DURATIONS) and not field.startswith("count")


def _column_type(field: str, data: Sequence[dict[str, Any]]) -> str:
    if field in _TYPES:
        return _TYPES[field]
    if _is_duration(field):
        return "duration"
    if field.startswith("count"):
        return "integer"
    value = next((row[field] for row in data if row[field] is not None), None)
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, datetime):
        return "date"
    return "number" if isinstance(value, float | int) else "string"
