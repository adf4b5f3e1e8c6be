"""What the control door of the stack's Datadog offers beside what each vendor's does.

Drills never knock here but to write the history that a stack starts with, and to learn whether the stand-in
kept its time.
"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from alertproof.errors import Broken
from alertproof.standins.datadog.account import Account
from alertproof.standins.datadog.agent.datagram import Check
from alertproof.standins.datadog.metrics.naming import metric_name, tag_set
from alertproof.standins.datadog.notify.delivery import Delivery, Sent
from alertproof.standins.datadog.wire import ApiError, decode, read_body, refusal
from alertproof.standins.process import UnknownRequests
from alertproof.tags import group_label
from alertproof.telemetry.series import MetricType

__all__ = ["clock_told", "doors"]

_SPANS_SHOWN = 1000


class _Series(msgspec.Struct):
    metric: str
    type: MetricType
    times: list[float]
    values: list[float]
    tags: list[str] = []
    interval: int | None = None


class _History(msgspec.Struct):
    ends: float
    series: list[_Series]


class _Loss(msgspec.Struct, forbid_unknown_fields=True):
    lose_every: Annotated[int, msgspec.Meta(ge=0, le=1_000_000)]


_LOSS = msgspec.json.Decoder(_Loss)
_HISTORY = msgspec.json.Decoder(_History)


def doors(account: Account, unknown: UnknownRequests) -> list[Route]:
    """Return the account's own routes below /control."""

    async def history(request: Request) -> Response:
        try:
            written = _write(account, decode(_HISTORY, await read_body(request)))
        except ApiError as error:
            return refusal(error.status, *error.messages)
        return JSONResponse(written, status_code=201)

    async def health(_request: Request) -> JSONResponse:
        return JSONResponse(_health(account, unknown))

    async def notifications(_request: Request) -> JSONResponse:
        return JSONResponse({"notifications": [_sent(sent) for sent in account.outbox.sent]})

    async def checks(_request: Request) -> JSONResponse:
        return JSONResponse({"checks": _checks(account)})

    async def spans(_request: Request) -> JSONResponse:
        newest = list(account.spans.spans)[-_SPANS_SHOWN:]
        return JSONResponse({"count": account.spans.count, "spans": msgspec.to_builtins(newest)})

    async def datagrams(request: Request) -> Response:
        loss = account.receiver.loss
        if request.method == "PUT":
            try:
                wanted = decode(_LOSS, await read_body(request))
            except ApiError as error:
                return refusal(error.status, *error.messages, 'expected {"lose_every": n}, 0 for none')
            loss.turn(wanted.lose_every)
        return JSONResponse({"lose_every": loss.every, "seen": loss.seen, "lost": loss.lost})

    return [
        Route("/control/datagrams", datagrams, methods=["GET", "PUT"]),
        Route("/control/history", history, methods=["POST"]),
        Route("/control/health", health),
        Route("/control/notifications", notifications),
        Route("/control/checks", checks),
        Route("/control/spans", spans),
    ]


def _write(account: Account, history: _History) -> dict[str, int]:
    for series in history.series:
        name = metric_name(series.metric)
        if name is None:
            raise ApiError(400, f"the metric name {series.metric!r} does not start with a letter")
        if len(series.times) != len(series.values):
            raise ApiError(400, f"{name}: {len(series.times)} times but {len(series.values)} values")
        try:
            account.ingest.write_history(
                name,
                tag_set(series.tags),
                series.type,
                series.times,
                series.values,
                interval=series.interval,
                ends=history.ends,
            )
        except Broken as error:
            raise ApiError(400, str(error)) from error
    return {"series": len(history.series), "points": sum(len(series.times) for series in history.series)}


def clock_told(account: Account) -> dict[str, Any]:
    """Return whether the account kept its time: evaluations, and those that were late."""
    clockwork = account.clockwork
    return {
        "evaluations": clockwork.evaluations,
        "worst_lateness_s": clockwork.worst.total_seconds(),
        "late": [
            {
                "at": late.at.timestamp(),
                "monitor_id": late.monitor_id,
                "began_s": late.began.total_seconds(),
                "ended_s": late.ended.total_seconds(),
            }
            for late in clockwork.late
        ],
    }


def _health(account: Account, unknown: UnknownRequests) -> dict[str, Any]:
    account.clockwork.drain()
    ingest, receiver = account.ingest, account.receiver
    return {
        "datagrams": receiver.received,
        "dropped_datagrams": receiver.dropped,
        "samples": ingest.samples,
        "points": ingest.points,
        "parse_errors": ingest.parse_errors,
        "malformed": [{"line": item.line, "reason": item.reason} for item in ingest.malformed],
        "out_of_range_points": ingest.out_of_range,
        "history": {
            "series": ingest.history.series,
            "points": ingest.history.points,
            "ends": ingest.history.ends,
        },
        "monitors": len(account.monitors),
        "evaluation_failures": [
            {"at": failure.at.timestamp(), "monitor_id": failure.monitor_id, "reason": failure.reason}
            for failure in account.clockwork.failures
        ],
        "undelivered": [_delivery(delivery) for delivery in account.outbox.undelivered()],
        "spans": account.spans.count,
        "logs": account.records.count("logs"),
        "rum_events": account.records.count("rum"),
        "dropped_logs": account.logs.dropped,
        "forgotten_records": account.records.forgotten,
        "unknown_requests": unknown.count,
    }


def _sent(sent: Sent) -> dict[str, Any]:
    notification = sent.notification
    return {
        "at": notification.at.timestamp(),
        "monitor_id": sent.monitor_id,
        "monitor": sent.monitor,
        "group": group_label(notification.group),
        "transition": notification.transition,
        "state": str(notification.state),
        "title": notification.title,
        "body": notification.body,
        "value": notification.value,
        "handles": list(notification.handles),
        "deliveries": [_delivery(delivery) for delivery in sent.deliveries],
    }


def _delivery(delivery: Delivery) -> dict[str, Any]:
    return {
        "handle": delivery.handle,
        "service": delivery.service,
        "outcome": str(delivery.outcome),
        "reason": delivery.reason,
        "dedup_key": delivery.dedup_key,
        "at": delivery.at.timestamp(),
    }


def _checks(account: Account) -> list[dict[str, Any]]:
    return [
        {
            "at": received.at,
            "check": received.item.name,
            "status": received.item.status,
            "message": received.item.message,
            "host": received.item.host,
            "tags": sorted(str(tag) for tag in received.item.tags),
        }
        for received in account.ingest.received
        if isinstance(received.item, Check)
    ]
