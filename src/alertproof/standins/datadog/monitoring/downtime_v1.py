"""Version 1 of the downtime API, over the downtimes that version 2 knows: both show the same ones."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from alertproof.clock import Clock
from alertproof.datadog.downtime_payload import zone_called
from alertproof.errors import ConfigError
from alertproof.standins.datadog.monitoring.downtimes import DowntimeBook, Kept, Status, muted_groups
from alertproof.standins.datadog.monitoring.monitors import CREATOR, ORG_ID, MonitorBook
from alertproof.standins.datadog.wire import ApiError, decode, read_body

__all__ = ["old_downtime_routes"]

_FREQUENCIES = {"days": "DAILY", "weeks": "WEEKLY", "months": "MONTHLY", "years": "YEARLY"}
_DAYS = {"Mon": "MO", "Tue": "TU", "Wed": "WE", "Thu": "TH", "Fri": "FR", "Sat": "SA", "Sun": "SU"}
#: What both versions call the same.
_SAME = ("message", "mute_first_recovery_notification", "notify_end_states", "notify_end_types")


class _Again(msgspec.Struct):
    type: str
    period: int = 1
    rrule: str = ""
    until_date: int | None = None
    until_occurrences: int | None = None
    week_days: list[str] | None = None


class _Given(msgspec.Struct):
    scope: str | list[str] | msgspec.UnsetType = msgspec.UNSET
    start: int | None = None
    end: int | None = None
    timezone: str = "UTC"
    monitor_id: int | None = None
    monitor_tags: list[str] | None = None
    recurrence: _Again | None = None
    message: str | msgspec.UnsetType | None = msgspec.UNSET
    mute_first_recovery_notification: bool | msgspec.UnsetType = msgspec.UNSET
    notify_end_states: list[str] | msgspec.UnsetType = msgspec.UNSET
    notify_end_types: list[str] | msgspec.UnsetType = msgspec.UNSET


class _Scoped(msgspec.Struct):
    scope: str


_GIVEN = msgspec.json.Decoder(_Given)
_SCOPED = msgspec.json.Decoder(_Scoped)


def old_downtime_routes(book: DowntimeBook, monitors: MonitorBook, clock: Clock) -> list[Route]:
    """Return the routes under /api/v1/downtime, and that of a monitor's downtimes."""
    return [*_many_routes(book, monitors, clock), *_single_routes(book, clock)]


def _single_routes(book: DowntimeBook, clock: Clock) -> list[Route]:
    async def create(request: Request) -> JSONResponse:
        given, now = decode(_GIVEN, await read_body(request)), clock.now()
        attributes = {"scope": "*", **_attributes(given), **_schedule(given, now)}
        attributes.setdefault("monitor_identifier", {"monitor_tags": ["*"]})
        return JSONResponse(_shown(book.create(attributes, now, recurrence=_recurrence(given)), now))

    async def update(request: Request) -> JSONResponse:
        kept, now = book.numbered(request.path_params["downtime_id"]), clock.now()
        given = decode(_GIVEN, await read_body(request))
        timed = given.start is not None or given.end is not None or given.recurrence is not None
        attributes = {**_attributes(given), **(_schedule(given, kept.created) if timed else {})}
        book.update(kept, attributes, now, recurrence=_recurrence(given))
        return JSONResponse(_shown(kept, now))

    async def get(request: Request) -> JSONResponse:
        return JSONResponse(_shown(book.numbered(request.path_params["downtime_id"]), clock.now()))

    async def cancel(request: Request) -> Response:
        book.cancel(book.numbered(request.path_params["downtime_id"]), clock.now())
        return Response(status_code=204)

    one = "/api/v1/downtime/{downtime_id:int}"
    return [
        Route("/api/v1/downtime", create, methods=["POST"]),
        Route(one, get, methods=["GET"]),
        Route(one, update, methods=["PUT"]),
        Route(one, cancel, methods=["DELETE"]),
    ]


def _many_routes(book: DowntimeBook, monitors: MonitorBook, clock: Clock) -> list[Route]:
    async def listing(request: Request) -> JSONResponse:
        now, only = clock.now(), request.query_params.get("current_only", "false") == "true"
        return JSONResponse([_shown(kept, now) for kept in book if not only or kept.status(now) is Status.ACTIVE])

    async def cancel_scope(request: Request) -> JSONResponse:
        scope, now = decode(_SCOPED, await read_body(request)).scope.replace(",", " AND "), clock.now()
        found = [kept for kept in book if kept.attributes["scope"] == scope and kept.next(now) is not None]
        if not found:
            raise ApiError(404, "Downtime not found")
        for kept in found:
            book.cancel(kept, now)
        return JSONResponse({"cancelled_ids": [kept.number for kept in found]})

    async def of_monitor(request: Request) -> JSONResponse:
        monitor, now = monitors.get(request.path_params["monitor_id"]), clock.now()
        if monitor is None:
            raise ApiError(404, "Monitor not found")
        return JSONResponse([_shown(kept, now) for kept in book if muted_groups(kept, monitor, now)])

    return [
        Route("/api/v1/downtime", listing, methods=["GET"]),
        Route("/api/v1/downtime/cancel/by_scope", cancel_scope, methods=["POST"]),
        Route("/api/v1/monitor/{monitor_id:int}/downtimes", of_monitor, methods=["GET"]),
    ]


def _attributes(given: _Given) -> dict[str, Any]:
    """Return what version 2 calls all that was given but when."""
    found = {name: value for name in _SAME if (value := getattr(given, name)) is not msgspec.UNSET}
    if not isinstance(given.scope, msgspec.UnsetType):
        scopes = [given.scope] if isinstance(given.scope, str) else given.scope
        found["scope"] = " AND ".join(part for scope in scopes for part in scope.split(",")) or "*"
    if given.monitor_id is not None:
        found["monitor_identifier"] = {"monitor_id": given.monitor_id}
    elif given.monitor_tags is not None:
        found["monitor_identifier"] = {"monitor_tags": given.monitor_tags}
    return found


def _schedule(given: _Given, now: datetime) -> dict[str, Any]:
    start = now if given.start is None else _instant(given.start, "start")
    end = None if given.end is None else _instant(given.end, "end")
    if given.recurrence is None:
        return {"schedule": {"start": start.isoformat(), "end": end.isoformat() if end else None}}
    rule = _rule(given.recurrence)
    if end is None:
        # Recorded: it is taken, and never ends once it has begun.
        return {"schedule": {"start": start.isoformat(), "end": None}}
    span = end - start
    if span.total_seconds() % 60:
        raise ApiError(400, "the stand-in models recurring downtimes that last whole minutes")
    local = start.astimezone(_zone(given.timezone)).replace(tzinfo=None)
    again = {"rrule": rule, "duration": f"{int(span.total_seconds()) // 60}m", "start": local.isoformat()}
    return {"schedule": {"timezone": given.timezone, "recurrences": [again]}}


def _rule(again: _Again) -> str:
    if again.type == "rrule":
        return again.rrule
    if again.type not in _FREQUENCIES:
        raise ApiError(400, "Invalid recurrence type")
    if again.until_date is not None and again.until_occurrences is not None:
        raise ApiError(400, "a recurrence has until_date or until_occurrences, not both")
    parts = [f"FREQ={_FREQUENCIES[again.type]}", f"INTERVAL={again.period}"]
    if again.until_occurrences is not None:
        parts.append(f"COUNT={again.until_occurrences}")
    if again.until_date is not None:
        parts.append(f"UNTIL={_instant(again.until_date, 'until_date'):%Y%m%dT%H%M%SZ}")
    if again.week_days:
        unknown = [day for day in again.week_days if day not in _DAYS]
        if unknown:
            raise ApiError(400, f"{unknown[0]!r} is none of week_days: {', '.join(_DAYS)}")
        parts.append(f"BYDAY={','.join(_DAYS[day] for day in again.week_days)}")
    return ";".join(parts)


def _recurrence(given: _Given) -> Mapping[str, Any] | None:
    if given.recurrence is None:
        return None
    shown: dict[str, Any] = msgspec.to_builtins(given.recurrence)
    return shown if shown["rrule"] else {name: value for name, value in shown.items() if name != "rrule"}


def _instant(seconds: int, name: str) -> datetime:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise ApiError(400, f"{name} must be epoch seconds, got {seconds}") from error


def _shown(kept: Kept, now: datetime) -> dict[str, Any]:
    attributes, downtime = kept.attributes, kept.downtime
    schedule, span = attributes["schedule"], kept.next(now)
    scope: str = attributes["scope"]
    again = kept.recurrence
    if again is None and "recurrences" in schedule:
        again = {"type": "rrule", "period": 1, "rrule": schedule["recurrences"][0]["rrule"]}
    start, end = (span.start, span.end) if span else (kept.created, kept.canceled)
    return {
        **{name: attributes[name] for name in _SAME},
        "id": kept.number,
        "uuid": kept.id,
        "org_id": ORG_ID,
        "creator_id": CREATOR["id"],
        "updater_id": None,
        "created": int(kept.created.timestamp()),
        "modified": int(kept.modified.timestamp()),
        "active": kept.status(now) is Status.ACTIVE,
        "status": str(kept.status(now)),
        "disabled": False,
        "canceled": int(kept.canceled.timestamp()) if kept.canceled else None,
        "start": int(start.timestamp()),
        "end": int(end.timestamp()) if end else None,
        "timezone": schedule.get("timezone", attributes["display_timezone"]),
        "scope": scope.split(" AND "),
        "monitor_id": downtime.monitor_id,
        "monitor_tags": attributes["monitor_identifier"].get("monitor_tags", ["*"]),
        "recurrence": again,
        "parent_id": None,
        "child_id": None,
        # 0 is for everything, 1 for hosts, 2 for anything else. [OPENAPI Downtime]
        "downtime_type": 0 if scope == "*" else 1 if all(p.startswith("host:") for p in scope.split(" AND ")) else 2,
    }


def _zone(name: str) -> tzinfo:
    try:
        return zone_called(name)
    except ConfigError as error:
        raise ApiError(400, str(error)) from error
