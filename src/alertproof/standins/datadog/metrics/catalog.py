"""What is known of metrics: their metadata, which tags they are indexed by, and how many series they are.

The configuration of tags is kept and counted with; queries still see every tag. A distribution counts five series for
its aggregations, and five more for its percentiles [docs.datadoghq.com/account_management/billing/custom_metrics].
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from alertproof.standins.datadog.jsonapi import read_attributes, resource
from alertproof.standins.datadog.metrics.ingest import Ingest
from alertproof.standins.datadog.wire import ApiError, decode, instant, read_body, whole_number
from alertproof.tags import Tags
from alertproof.telemetry.series import MetricType

__all__ = ["MetricCatalog", "catalog_routes"]

_CONFIGURED = "manage_tags"
_WRITABLE = ("tags", "metric_type", "include_percentiles", "aggregations", "exclude_tags_mode")
#: What is indexed of a metric when its configuration does not say [CASS].
_AGGREGATIONS = {"count": {"space": "sum", "time": "sum"}, "rate": {"space": "sum", "time": "sum"}}
_GAUGED = {"space": "avg", "time": "avg"}
#: Volumes and lists look back so far. [OPENAPI list_volumes_by_metric_name]
_RECENT = timedelta(hours=1)
#: Of the tags of a metric, in seconds; the least is the default. [docs.datadoghq.com: List tags by metric name]
_LEAST_WINDOW, _MOST_WINDOW = 4 * 3600, 3600 * 24 * 400
_PERCENTILES = 5


class _Metadata(msgspec.Struct, omit_defaults=False):
    type: str | None = None
    description: str | None = None
    short_name: str | None = None
    unit: str | None = None
    per_unit: str | None = None
    statsd_interval: int | None = None
    integration: str | None = None


class _Configuration(msgspec.Struct):
    tags: list[str]
    metric_type: Literal["count", "distribution", "gauge", "rate"]
    include_percentiles: bool = False
    exclude_tags_mode: bool = False
    aggregations: list[dict[str, str]] | None = None


class _Configured(msgspec.Struct):
    settings: _Configuration
    created: datetime
    modified: datetime


_METADATA = msgspec.json.Decoder(_Metadata)


class MetricCatalog:
    """Metadata and tag configurations by metric, beside the series that there are."""

    def __init__(self, ingest: Ingest) -> None:
        self._ingest = ingest
        self.metadata: dict[str, _Metadata] = {}
        self.configured: dict[str, _Configured] = {}

    @property
    def now(self) -> datetime:
        return self._ingest.clock.now()

    def recent(self, metric: str, since: datetime) -> list[Tags]:
        """Return the tags of the series that have had a point since then."""
        found = self._ingest.store.select(metric)
        return [series.tags for series in found if len(series.between(since.timestamp(), float("inf"))[0])]

    def metrics(self, since: datetime) -> list[str]:
        """Return the metrics that have had a point since then, sorted."""
        return [metric for metric in self._ingest.store.metrics() if self.recent(metric, since)]

    def kind(self, metric: str) -> MetricType | None:
        """Return the type of a metric's series, None without any."""
        return next((series.kind for series in self._ingest.store.select(metric)), None)

    def declare(self, metric: str) -> None:
        """Tell those who query a metric the type that its metadata say; the type of its series goes before."""
        kind = self.metadata[metric].type
        if kind in set(MetricType):
            self._ingest.store.declare(metric, MetricType(kind))

    def volume(self, metric: str, tags: Sequence[str] | None, *, excluded: bool = False) -> int:
        """Return how many series there are of a metric, or would be by these keys of tags (or without them)."""
        recent = self.recent(metric, self.now - _RECENT)
        if tags is None:
            return len(recent)
        return len({frozenset(tag for tag in each if (tag.key in tags) is not excluded) for each in recent})


def catalog_routes(catalog: MetricCatalog) -> list[Route]:
    """Return the routes of metrics that neither send nor query points."""
    return [*_metadata_routes(catalog), *_configuration_routes(catalog), *_size_routes(catalog)]


# --- version 1 ----------------------------------------------------------------------------------------


def _metadata_routes(catalog: MetricCatalog) -> list[Route]:
    async def get(request: Request) -> JSONResponse:
        name = request.path_params["metric"]
        if name not in catalog.metadata and catalog.kind(name) is None:
            raise ApiError(404, "metric_name not found")
        return JSONResponse(_metadata(catalog, name))

    async def update(request: Request) -> JSONResponse:
        name = request.path_params["metric"]
        given = msgspec.to_builtins(decode(_METADATA, await read_body(request)))
        kept = msgspec.to_builtins(catalog.metadata.get(name, _Metadata()))
        merged = {**kept, **{key: value for key, value in given.items() if value is not None}}
        catalog.metadata[name] = msgspec.convert(merged, _Metadata)
        catalog.declare(name)
        return JSONResponse(_metadata(catalog, name))

    async def listing(request: Request) -> JSONResponse:
        text = request.query_params.get("from", "")
        since = instant(text, "from")
        host = request.query_params.get("host")
        wanted = [name for name in catalog.metrics(since) if not host or _on_host(catalog, name, since, host)]
        return JSONResponse({"from": text, "metrics": wanted})

    async def search(request: Request) -> JSONResponse:
        kind, _, text = request.query_params.get("q", "").rpartition(":")
        if kind not in {"", "metrics"}:
            raise ApiError(400, f"the stand-in searches metrics, not {kind}")
        found = [name for name in catalog.metrics(catalog.now - timedelta(days=1)) if text in name]
        return JSONResponse({"results": {"metrics": found}})

    return [
        Route("/api/v1/metrics/{metric}", get, methods=["GET"]),
        Route("/api/v1/metrics/{metric}", update, methods=["PUT"]),
        Route("/api/v1/metrics", listing, methods=["GET"]),
        Route("/api/v1/search", search, methods=["GET"]),
    ]


def _metadata(catalog: MetricCatalog, name: str) -> dict[str, Any]:
    kind = catalog.kind(name)
    shown: dict[str, Any] = msgspec.to_builtins(catalog.metadata.get(name, _Metadata()))
    shown["type"] = shown["type"] or (str(kind) if kind else None)
    return {key: value for key, value in shown.items() if value is not None}


def _on_host(catalog: MetricCatalog, name: str, since: datetime, host: str) -> bool:
    return any(tag.key == "host" and tag.value == host for tags in catalog.recent(name, since) for tag in tags)


# --- version 2 ----------------------------------------------------------------------------------------


def _configuration_routes(catalog: MetricCatalog) -> list[Route]:
    async def create(request: Request) -> JSONResponse:
        name = request.path_params["metric"]
        if name in catalog.configured:
            raise ApiError(409, f"the metric {name} has a tag configuration already")
        settings = _settings(await read_attributes(request, _CONFIGURED, _WRITABLE))
        known = catalog.kind(name)
        if known is not None and settings.metric_type != str(known):
            raise ApiError(400, f"the metric {name} is a {known}, not a {settings.metric_type}")
        catalog.configured[name] = _Configured(settings, catalog.now, catalog.now)
        return JSONResponse({"data": _configuration(catalog, name)}, status_code=201)

    async def update(request: Request) -> JSONResponse:
        kept = _found(catalog, request)
        given = await read_attributes(request, _CONFIGURED, _WRITABLE)
        kept.settings = _settings({**msgspec.to_builtins(kept.settings), **given})
        kept.modified = catalog.now
        return JSONResponse({"data": _configuration(catalog, request.path_params["metric"])})

    async def get(request: Request) -> JSONResponse:
        _found(catalog, request)
        return JSONResponse({"data": _configuration(catalog, request.path_params["metric"])})

    async def delete(request: Request) -> Response:
        _found(catalog, request)
        del catalog.configured[request.path_params["metric"]]
        return Response(status_code=204)

    one = "/api/v2/metrics/{metric}/tags"
    return [
        Route(one, create, methods=["POST"]),
        Route(one, update, methods=["PATCH"]),
        Route(one, get, methods=["GET"]),
        Route(one, delete, methods=["DELETE"]),
        _configured_listing(catalog),
    ]


def _configured_listing(catalog: MetricCatalog) -> Route:
    async def listing(request: Request) -> JSONResponse:
        given = request.query_params
        window = whole_number(given.get("window[seconds]", "3600"), "window[seconds]")
        names = sorted({*catalog.metrics(catalog.now - timedelta(seconds=window)), *catalog.configured})
        size = whole_number(given.get("page[size]", "10000"), "page[size]")
        after = given.get("page[cursor]", "")
        page = [name for name in names if name > after and _is_wanted(catalog, name, given)]
        more = page[size - 1] if len(page) > size else None
        shown = [
            _configuration(catalog, name) if name in catalog.configured else {"type": "metrics", "id": name}
            for name in page[:size]
        ]
        pages = {"cursor": after or None, "limit": size, "next_cursor": more, "type": "cursor_limit"}
        return JSONResponse({"data": shown, "meta": {"pagination": pages}})

    return Route("/api/v2/metrics", listing, methods=["GET"])


def _is_wanted(catalog: MetricCatalog, name: str, given: Mapping[str, str]) -> bool:
    wanted = given.get("filter[configured]")
    if wanted is not None and (name in catalog.configured) is not (wanted == "true"):
        return False
    kind = given.get("filter[metric_type]")
    if kind is None:
        return True
    return (str(catalog.kind(name)) == "distribution") is (kind == "distribution")


def _settings(attributes: Mapping[str, Any]) -> _Configuration:
    try:
        settings = msgspec.convert(attributes, _Configuration)
    except msgspec.ValidationError as error:
        raise ApiError(400, str(error)) from error
    if settings.include_percentiles and settings.metric_type != "distribution":
        raise ApiError(400, "only a distribution has percentiles")
    if settings.aggregations and settings.metric_type == "distribution":
        raise ApiError(400, "a distribution has no aggregations to choose")
    return settings


def _found(catalog: MetricCatalog, request: Request) -> _Configured:
    name = request.path_params["metric"]
    if name not in catalog.configured:
        raise ApiError(404, f"the metric {name} has no tag configuration")
    return catalog.configured[name]


def _configuration(catalog: MetricCatalog, name: str) -> dict[str, Any]:
    kept = catalog.configured[name]
    shown: dict[str, Any] = {
        "tags": kept.settings.tags,
        "metric_type": kept.settings.metric_type,
        "exclude_tags_mode": kept.settings.exclude_tags_mode,
        "created_at": kept.created.isoformat(timespec="microseconds"),
        "modified_at": kept.modified.isoformat(timespec="microseconds"),
    }
    if kept.settings.metric_type == "distribution":
        shown["include_percentiles"] = kept.settings.include_percentiles
    else:
        default = _AGGREGATIONS.get(kept.settings.metric_type, _GAUGED)
        shown["aggregations"] = kept.settings.aggregations or [default]
    return resource(_CONFIGURED, name, shown)


# --- how many series ----------------------------------------------------------------------------------


def _size_routes(catalog: MetricCatalog) -> list[Route]:
    async def all_tags(request: Request) -> JSONResponse:
        name = request.path_params["metric"]
        window = whole_number(request.query_params.get("window[seconds]", str(_LEAST_WINDOW)), "window[seconds]")
        if window < _LEAST_WINDOW:
            raise ApiError(400, f"The parameter 'window[seconds]' must be {_LEAST_WINDOW} or more, got {window}")
        # No series is older than the store keeps: a longer look is the same.
        since = catalog.now - timedelta(seconds=min(window, _MOST_WINDOW))
        tags = {str(tag) for each in catalog.recent(name, since) for tag in each}
        return JSONResponse({"data": resource("metrics", name, {"tags": sorted(tags)})})

    async def volumes(request: Request) -> JSONResponse:
        name = request.path_params["metric"]
        every = catalog.volume(name, None)
        kept = catalog.configured.get(name)
        if kept is None:
            return JSONResponse({"data": resource("distinct_metric_volumes", name, {"distinct_volume": every})})
        indexed = catalog.volume(name, kept.settings.tags, excluded=kept.settings.exclude_tags_mode)
        shown = {"ingested_volume": every, "indexed_volume": indexed}
        return JSONResponse({"data": resource("metric_volumes", name, shown)})

    async def estimate(request: Request) -> JSONResponse:
        name, given = request.path_params["metric"], request.query_params
        groups = [text for text in given.get("filter[groups]", "").split(",") if text]
        pct = given.get("filter[pct]", "false") == "true"
        is_distribution = catalog.kind(name) is MetricType.DISTRIBUTION
        factor = (_PERCENTILES * (2 if pct else 1)) if is_distribution else 1
        kind = "percentile" if pct else "distribution" if is_distribution else "count_or_gauge"
        shown = {
            "estimate_type": kind,
            "estimated_at": catalog.now.isoformat(timespec="microseconds"),
            "estimated_output_series": factor * catalog.volume(name, groups),
        }
        return JSONResponse({"data": resource("metric_cardinality_estimate", name, shown)})

    root = "/api/v2/metrics/{metric}"
    return [
        Route(f"{root}/all-tags", all_tags, methods=["GET"]),
        Route(f"{root}/volumes", volumes, methods=["GET"]),
        Route(f"{root}/estimate", estimate, methods=["GET"]),
    ]
