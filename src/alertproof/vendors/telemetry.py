"""What arrived at Datadog, as its public API tells it: metrics with their types and tags, points, and records.

The answers are read as JSON: the client's models try every type on every attribute of a record, which takes seconds
for some hundreds of them.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from alertproof.redact import Secret
from alertproof.vendors.datadog import Point, translated
from alertproof.vendors.patience import datadog_client

__all__ = ["DatadogTelemetry", "Measure", "Series"]

#: So many records of a kind say which facets there are.
_LOOKED_AT = 1000
#: Seconds; Datadog looks no shorter for the tags of a metric.
_LEAST_WINDOW = 4 * 3600
_RESERVED = ("service", "status", "host", "message", "resource_name", "operation_name", "env", "trace_id", "span_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One series of an answer: its group as ``key:value`` and its points, those without a value left out.

    ``formula`` is the place of the formula that made it, among those that were asked for.
    """

    group: tuple[str, ...]
    points: tuple[Point, ...]
    formula: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """What is measured of the logs, spans or RUM events that a search finds, by the values of facets.

    ``how`` is the aggregation, and ``of`` the facet that it is of, empty for a count.
    """

    kind: str
    search: str
    how: str = "count"
    of: str = ""
    by: tuple[str, ...] = ()


class DatadogTelemetry:
    """Datadog's public API at ``host``, to read what it was sent in a span of the target's clock."""

    def __init__(self, *, host: str, api_key: Secret, app_key: Secret, ca_file: str = "") -> None:
        self._client = datadog_client(host=host, api_key=api_key, app_key=app_key, ca_file=ca_file)
        self._host = host
        self._headers = {
            **self._client.default_headers,
            "Accept": "application/json",
            "DD-API-KEY": api_key.reveal(),
            "DD-APPLICATION-KEY": app_key.reveal(),
        }

    def close(self) -> None:
        """Close the client's connections."""
        self._client.close()

    def _ask(self, doing: str, path: str, body: Mapping[str, Any] | None = None, **query: Any) -> Any:
        """Ask by the client's connection: by POST where there is a body, else by GET."""
        with translated(doing):
            answer = self._client.rest_client.request(
                "GET" if body is None else "POST",
                f"{self._host}{path}",
                query_params=[(name, str(value)) for name, value in query.items()],
                headers=dict(self._headers),
                body=body,
                request_timeout=20.0,
            )
        return json.loads(answer.data)

    # -- metrics ------------------------------------------------------------------------------------------

    def metrics(self, *, since: datetime) -> list[str]:
        """Return the names of the metrics that had a point since then."""
        answer = self._ask("to list the active metrics", "/api/v1/metrics", None, **{"from": int(since.timestamp())})
        return sorted(map(str, answer["metrics"]))

    def type_of(self, metric: str) -> str:
        """Return a metric's type: count, rate, gauge or distribution."""
        answer = self._ask(f"to read the metadata of {metric}", f"/api/v1/metrics/{quote(metric)}")
        return str(answer.get("type", ""))

    def tags_of(self, metric: str, *, within: timedelta = timedelta(0)) -> frozenset[str]:
        """Return all tags of a metric's series of the last four hours, or of a longer span, as ``key:value``."""
        window = {"window[seconds]": max(_LEAST_WINDOW, math.ceil(within.total_seconds()))}
        answer = self._ask(f"to list the tags of {metric}", f"/api/v2/metrics/{quote(metric)}/all-tags", None, **window)
        return frozenset(map(str, answer["data"]["attributes"]["tags"]))

    def volume(self, metric: str) -> int:
        """Return how many distinct series a metric has had in the last hour."""
        answer = self._ask(f"to count the series of {metric}", f"/api/v2/metrics/{quote(metric)}/volumes")
        attributes = answer["data"]["attributes"]
        return int(attributes.get("distinct_volume", attributes.get("ingested_volume", 0)))

    def series(self, query: str, *, since: datetime, until: datetime) -> list[Series]:
        """Return every series that a query makes of ``[since, until)``."""
        span = {"from": int(since.timestamp()), "to": int(until.timestamp())}
        answer = self._ask(f"the query {query!r}", "/api/v1/query", None, **span, query=query)
        return [
            Series(
                group=tuple(map(str, each.get("tag_set") or ())),
                points=tuple(
                    Point(at=datetime.fromtimestamp(at / 1000, UTC), value=float(value))
                    for at, value in each["pointlist"]
                    if value is not None
                ),
            )
            for each in answer.get("series") or []
        ]

    def formulas(
        self, formulas: tuple[str, ...], queries: Mapping[str, str], *, since: datetime, until: datetime
    ) -> list[Series]:
        """Return every series that formulas over named queries make of ``[since, until)``, as a widget draws them."""
        attributes = {
            "formulas": [{"formula": formula} for formula in formulas],
            "queries": [{"data_source": "metrics", "name": name, "query": text} for name, text in queries.items()],
            "from": _milliseconds(since),
            "to": _milliseconds(until),
        }
        body = {"data": {"type": "timeseries_request", "attributes": attributes}}
        answer = self._ask(f"the formulas {', '.join(formulas)}", "/api/v2/query/timeseries", body)
        found = answer["data"]["attributes"]
        instants = [datetime.fromtimestamp(time / 1000, UTC) for time in found["times"]]
        return [
            Series(
                group=tuple(map(str, series.get("group_tags") or ())),
                points=tuple(
                    Point(at=at, value=float(value))
                    for at, value in zip(instants, values, strict=True)
                    if value is not None
                ),
                formula=int(series.get("query_index") or 0),
            )
            for series, values in zip(found["series"], found["values"], strict=True)
        ]

    # -- records ------------------------------------------------------------------------------------------

    def counted(self, measure: Measure, *, since: datetime, until: datetime) -> dict[tuple[str, ...], float]:
        """Return a measure of the records that a search finds, by the values of facets."""
        return {
            tuple(str(each["by"][facet]) for facet in measure.by): float(next(iter(each["computes"].values())))
            for each in self._aggregated(measure, {"type": "total"}, since, until)
            if each["computes"]
        }

    def counted_by_minute(self, measure: Measure, *, since: datetime, until: datetime) -> list[Series]:
        """Return the same over time, as a widget draws it: a series for each group, with a point for each minute."""
        return [
            Series(
                group=tuple(f"{facet}:{each['by'][facet]}" for facet in measure.by),
                points=tuple(
                    Point(at=datetime.fromisoformat(str(point["time"])), value=float(point["value"]))
                    for point in next(iter(each["computes"].values()), ())
                ),
            )
            for each in self._aggregated(measure, {"type": "timeseries", "interval": "1m"}, since, until)
        ]

    def _aggregated(
        self, measure: Measure, compute: dict[str, str], since: datetime, until: datetime
    ) -> list[dict[str, Any]]:
        kind, search = measure.kind, measure.search
        doing, path = f"to count {kind} by {search!r}", f"/api/v2/{kind}/analytics/aggregate"
        of = {"metric": measure.of} if measure.of else {}
        asked = {
            "compute": [{**compute, "aggregation": measure.how, **of}],
            "filter": {"query": search or "*", "from": _text(since), "to": _text(until)},
            "group_by": [{"facet": facet, "limit": 100} for facet in measure.by],
        }
        if kind == "spans":
            rows = self._ask(doing, path, {"data": {"type": "aggregate_request", "attributes": asked}})["data"]
            return [{**row["attributes"], "computes": row["attributes"]["compute"]} for row in rows]
        return list(self._ask(doing, path, asked)["data"]["buckets"])

    def records(self, kind: str, search: str, *, since: datetime, until: datetime) -> list[dict[str, Any]]:
        """Return the newest records of a search, a thousand at most, as the API shows their attributes."""
        return self._page(kind, search, since, until, {})[0]

    def every_record(self, kind: str, search: str, *, since: datetime, until: datetime) -> Iterator[dict[str, Any]]:
        """Yield all records of a search, the newest first, as the API shows their attributes, page after page."""
        cursor: dict[str, str] | None = {}
        while cursor is not None:
            rows, after = self._page(kind, search, since, until, cursor)
            yield from rows
            cursor = {"cursor": after} if after else None

    def _page(
        self, kind: str, search: str, since: datetime, until: datetime, cursor: Mapping[str, str]
    ) -> tuple[list[dict[str, Any]], str]:
        """Return a page of records, and the cursor of the next one; empty after the last."""
        asked = {
            "filter": {"query": search or "*", "from": _text(since), "to": _text(until)},
            "page": {"limit": _LOOKED_AT, **cursor},
            "sort": "-timestamp",
        }
        body = {"data": {"type": "search_request", "attributes": asked}} if kind == "spans" else asked
        # Events are records of their own kind, whose path does not say it twice.
        path = f"/api/v2/{'events' if kind == 'events' else f'{kind}/events'}/search"
        answer = self._ask(f"to list {kind} by {search!r}", path, body)
        page = (answer.get("meta") or {}).get("page") or {}
        return [dict(row["attributes"]) for row in answer["data"]], str(page.get("after") or "")

    def facets(self, kind: str, *, since: datetime, until: datetime) -> frozenset[str]:
        """Return the facets of the newest records of a kind: the paths of attributes, and the keys of tags."""
        found: set[str] = set()
        for row in self.records(kind, "*", since=since, until=until):
            found.update(name for name in _RESERVED if row.get(name))
            found.update(str(tag).partition(":")[0] for tag in row.get("tags") or ())
            for name in ("attributes", "custom"):
                found.update(_paths(row.get(name) or {}))
        return frozenset(found)


def _paths(value: Mapping[str, Any], above: str = "") -> Iterator[str]:
    for name, inner in value.items():
        path = f"{above}{name}"
        yield path
        if isinstance(inner, Mapping):
            yield from _paths(inner, f"{path}.")


def _milliseconds(at: datetime) -> int:
    return round(at.timestamp() * 1000)


def _text(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
