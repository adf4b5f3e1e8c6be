"""Logs: the intake with the preprocessing of JSON logs, the search of both versions of the API, and aggregates."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from alertproof.clock import ScaledClock
from alertproof.standins.control.later import Later
from alertproof.standins.datadog.eventplatform.aggregate import AggregateRequest, aggregated
from alertproof.standins.datadog.eventplatform.preprocessing import Log, read_log
from alertproof.standins.datadog.eventplatform.rum import lines_of
from alertproof.standins.datadog.eventplatform.search import META, Filter, SearchRequest, answer, found, search_of
from alertproof.standins.datadog.eventplatform.store import RecordLog, flat
from alertproof.standins.datadog.metrics.naming import tag_set
from alertproof.standins.datadog.wire import ApiError, decode, read_body
from alertproof.telemetry.records import Record

__all__ = ["LogIntake", "log_routes"]

KIND = "logs"
_MOST_ITEMS = 1000
#: What is further away is dropped without a word. [docs.datadoghq.com/logs/log_configuration, "Log date remapper"]
_PAST, _FUTURE = timedelta(hours=18), timedelta(hours=2)
_ITEMS = msgspec.json.Decoder(list[dict[str, Any]] | dict[str, Any])
_SEARCH = msgspec.json.Decoder(SearchRequest)
_AGGREGATE = msgspec.json.Decoder(AggregateRequest)


class _OldTime(msgspec.Struct):
    from_: datetime = msgspec.field(name="from")
    to: datetime


class _OldSearch(msgspec.Struct, rename="camel"):
    time: _OldTime
    query: str = "*"
    index: str | None = None
    limit: int = 10
    sort: str = "desc"
    start_at: str | None = None


_OLD_SEARCH = msgspec.json.Decoder(_OldSearch)


class LogIntake:
    """Takes logs into the log of records; ``dropped`` are those of another time than now."""

    def __init__(self, log: RecordLog, clock: ScaledClock, later: Later | None = None) -> None:
        self._log = log
        self._clock = clock
        self._later = later or Later()
        self.dropped = 0

    def take(self, items: list[dict[str, Any]], tags: str) -> None:
        """Keep the logs that came in one request, with the tags of its address."""
        for item in items:
            read = read_log(item, tags)
            now = self._clock.now()
            at = now if read.at is None else self._clock.anchor.to_stack(read.at)
            real = self._clock.anchor.to_real(now)
            if read.at is not None and not real - _PAST <= read.at <= real + _FUTURE:
                self.dropped += 1
                continue
            self._later.do(partial(self._keep, read, at), len(msgspec.json.encode(item)) if self._later.active else 0)

    def _keep(self, read: Log, at: datetime) -> None:
        tags = tag_set([*read.tags, *([f"source:{read.source}"] if read.source else [])])
        reserved = {"host": read.host, "service": read.service, "source": read.source, "status": read.status}
        attributes = flat(read.attributes) | {name: value for name, value in reserved.items() if value}
        record = Record(at=at.timestamp(), attributes=attributes | {"index": "main"}, tags=tags, text=read.message)
        shown = {
            "service": read.service,
            "status": read.status,
            "host": read.host,
            "message": read.message,
            "timestamp": at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "tags": sorted(str(tag) for tag in tags),
            "attributes": read.attributes,
        }
        body: dict[str, Any] = {"type": "log", "attributes": shown}
        body["id"] = self._log.add(KIND, record, body).id


def log_routes(intake: LogIntake, log: RecordLog, clock: ScaledClock) -> list[Route]:
    """Return the routes of logs."""
    return [*_intake_routes(intake), *_search_routes(log, clock), *_old_routes(log)]


def _intake_routes(intake: LogIntake) -> list[Route]:
    async def take(request: Request) -> None:
        body = await read_body(request)
        # The browser SDK sends a log each line.
        from_browser = request.query_params.get("ddsource") == "browser" and not body.lstrip().startswith(b"[")
        items = list(lines_of(body)) if from_browser else decode(_ITEMS, body)
        items = [items] if isinstance(items, dict) else items
        if len(items) > _MOST_ITEMS:
            raise ApiError(413, f"a request holds at most {_MOST_ITEMS} logs, got {len(items)}")
        source = request.query_params.get("ddsource", "")
        intake.take([{"ddsource": source, **item} for item in items], request.query_params.get("ddtags", ""))

    async def new(request: Request) -> JSONResponse:
        await take(request)
        return JSONResponse({}, status_code=202)

    async def old(request: Request) -> JSONResponse:
        await take(request)
        return JSONResponse({})

    return [
        Route("/api/v2/logs", new, methods=["POST"]),
        Route("/v1/input", old, methods=["POST"]),
    ]


def _search_routes(log: RecordLog, clock: ScaledClock) -> list[Route]:
    link = "/api/v2/logs/events"

    async def search(request: Request) -> JSONResponse:
        wanted = decode(_SEARCH, await read_body(request) or b"{}")
        return JSONResponse(answer(log, KIND, wanted, clock.now(), f"{request.base_url}{link[1:]}"))

    async def listing(request: Request) -> JSONResponse:
        wanted = search_of(request)
        return JSONResponse(answer(log, KIND, wanted, clock.now(), f"{request.base_url}{link[1:]}"))

    async def aggregate(request: Request) -> JSONResponse:
        asked = decode(_AGGREGATE, await read_body(request) or b"{}")
        buckets = msgspec.to_builtins(aggregated(log, KIND, asked, clock.now()))
        return JSONResponse({"data": {"buckets": buckets}, "meta": dict(META)})

    return [
        Route(f"{link}/search", search, methods=["POST"]),
        Route(link, listing, methods=["GET"]),
        Route("/api/v2/logs/analytics/aggregate", aggregate, methods=["POST"]),
    ]


def _old_routes(log: RecordLog) -> list[Route]:
    async def listing(request: Request) -> JSONResponse:
        asked = decode(_OLD_SEARCH, await read_body(request))
        span = Filter(
            query=asked.query,
            from_=asked.time.from_.isoformat(),
            to=asked.time.to.isoformat(),
            indexes=[asked.index] if asked.index else [],
        )
        all_found = list(found(log, KIND, span, asked.time.to))
        if asked.sort != "asc":
            all_found.reverse()
        first = 0
        if asked.start_at is not None:
            names = [kept.id for kept in all_found]
            if asked.start_at not in names:
                raise ApiError(400, "Invalid startAt")
            first = names.index(asked.start_at)
        page = all_found[first : first + asked.limit]
        rest = all_found[first + asked.limit :]
        logs = [{"id": kept.id, "content": dict(kept.shown["attributes"])} for kept in page]
        return JSONResponse({"logs": logs, "nextLogId": rest[0].id if rest else None, "status": "done"})

    return [Route("/api/v1/logs-queries/list", listing, methods=["POST"])]
