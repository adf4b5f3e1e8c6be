"""How SLOs did: the history of version 1 of the API, and the status of version 2."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import numpy as np
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from alertproof.datadog import query_points
from alertproof.datadog.slo import Slo
from alertproof.errors import AlertproofError
from alertproof.standins.datadog.eventplatform.events import EventLog
from alertproof.standins.datadog.jsonapi import resource
from alertproof.standins.datadog.metrics.ingest import Ingest
from alertproof.standins.datadog.metrics.points import query_interval
from alertproof.standins.datadog.slo.book import KeptSlo, SloBook, slo_shown
from alertproof.standins.datadog.slo.status import Counted, as_status, counted, spans_left
from alertproof.standins.datadog.wire import ApiError, instant
from alertproof.telemetry.series import SeriesStore

__all__ = ["history_routes"]


def history_routes(book: SloBook, ingest: Ingest, events: EventLog, settle: Callable[[float], None]) -> list[Route]:
    """Return the routes; ``settle`` stores the points of every bucket that has ended by an instant."""

    def look(request: Request, *, corrected: bool) -> tuple[KeptSlo, Counted, datetime, datetime]:
        kept = book.get(request.path_params["slo_id"])
        start, end = (instant(request.query_params.get(name, ""), name) for name in ("from_ts", "to_ts"))
        if end <= start:
            raise ApiError(400, "from_ts must be before to_ts")
        settle(ingest.clock.now().timestamp())
        spans = spans_left(start, end, book.corrections_of(kept.slo.id) if corrected else ())
        return kept, counted(kept.slo, spans, ingest.store, events), start, end

    async def history(request: Request) -> JSONResponse:
        corrected = request.query_params.get("apply_correction", "true") == "true"
        kept, found, start, end = look(request, corrected=corrected)
        shown = slo_shown(kept)
        data: dict[str, Any] = {
            "thresholds": {each["timeframe"]: each for each in shown["thresholds"]},
            "from_ts": int(start.timestamp()),
            "to_ts": int(end.timestamp()),
            "type": shown["type"],
            "type_id": shown["type_id"],
            "slo": shown,
            "group_by": [],
            "overall": _overall(kept, found, request.query_params.get("target")),
        }
        if isinstance(kept.slo, Slo):
            data["series"] = _series(kept.slo, ingest.store, start, end)
        return JSONResponse({"data": data, "errors": None})

    async def status(request: Request) -> JSONResponse:
        corrected = request.query_params.get("disable_corrections", "false") != "true"
        kept, found, _, _ = look(request, corrected=corrected)
        first = kept.body.thresholds[0]
        shown = as_status(found, first.target, first.warning)
        return JSONResponse({"data": resource("slo_status", kept.slo.id, shown)})

    return [
        Route("/api/v1/slo/{slo_id}/history", history, methods=["GET"]),
        Route("/api/v2/slo/{slo_id}/status", status, methods=["GET"]),
    ]


def _overall(kept: KeptSlo, found: Counted, target: str | None) -> dict[str, Any]:
    """Return the SLI of the whole span, and what is left of each timeframe's budget, or of a target's [CASS]."""
    targets: dict[str, float] = {each.timeframe: each.target for each in kept.body.thresholds}
    if target is not None:
        targets = {"custom": _percentage(target)}
    left = {name: found.budget_left(value) for name, value in targets.items()}
    overall: dict[str, Any] = {
        "name": kept.body.name,
        "sli_value": found.sli,
        "uptime": found.sli,
        "span_precision": 2,
        "precision": {each.timeframe: 2 for each in kept.body.thresholds},
        "corrections": [],
        "error_budget_remaining": {name: value for name, value in left.items() if value is not None},
        "state": found.state(kept.body.thresholds[0].target, kept.body.thresholds[0].warning),
    }
    if found.sli is None:
        said = {"error_message": "The denominator is zero valued", "error_type": "ZERO_VALUED_DENOMINATOR"}
        overall["errors"] = [said]
    return overall


def _percentage(text: str) -> float:
    try:
        target = float(text)
    except ValueError as error:
        raise ApiError(400, f"target must be a percentage, got {text[:100]!r}") from error
    if not 0 <= target < 100:
        raise ApiError(400, f"target must be a percentage below 100, got {text[:100]}")
    return target


def _series(slo: Slo, store: SeriesStore, start: datetime, end: datetime) -> dict[str, Any]:
    """Return good and total over time, at the spacing that a query of this span has."""
    interval = query_interval(end - start)
    step = interval.total_seconds()
    times = np.arange(np.floor(start.timestamp() / step) * step, end.timestamp(), step)
    parts: dict[str, Any] = {}
    for number, name in enumerate(("numerator", "denominator")):
        text = getattr(slo, name)
        found = _values(text, store, datetime.fromtimestamp(float(times[0]), UTC), end, times)
        parts[name] = {
            "values": found,
            "sum": sum(found),
            "count": len(found),
            "metadata": {
                "unit": None,
                "query_index": number,
                "aggr": "sum",
                "metric": text,
                "tag_set": [],
                "expression": text,
                "scope": "",
            },
        }
    return {
        **parts,
        "res_type": "time_series",
        "resp_version": 2,
        "interval": int(step),
        "message": "",
        "query": f"{slo.numerator}, {slo.denominator}",
        "times": (times * 1000).tolist(),
    }


def _values(text: str, store: SeriesStore, start: datetime, end: datetime, times: Any) -> list[float]:
    try:
        found = query_points(text, store, start, end, query_interval(end - start))
    except AlertproofError as error:
        raise ApiError(400, str(error)) from error
    by_time = {at: value for points in found for at, value in zip(points.times, points.values, strict=True)}
    return [float(by_time.get(at, 0.0)) for at in times]
