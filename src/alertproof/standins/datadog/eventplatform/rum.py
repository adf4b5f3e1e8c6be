"""RUM events: the intake that the browser SDK sends to, and their search and aggregates."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from alertproof.clock import ScaledClock
from alertproof.standins.control.later import Later
from alertproof.standins.datadog.eventplatform.aggregate import AggregateRequest, aggregated
from alertproof.standins.datadog.eventplatform.search import META, SearchRequest, answer, search_of
from alertproof.standins.datadog.eventplatform.store import Kept, RecordLog, flat
from alertproof.standins.datadog.metrics.naming import tag_set
from alertproof.standins.datadog.wire import decode, read_body
from alertproof.telemetry.records import Record

__all__ = ["RumIntake", "lines_of", "rum_routes"]

KIND = "rum"
_EVENT = msgspec.json.Decoder(dict[str, Any])
_SEARCH = msgspec.json.Decoder(SearchRequest)
_AGGREGATE = msgspec.json.Decoder(AggregateRequest)


class RumIntake:
    """Takes the events of the browser SDK; of a view, which is sent again as it goes on, the newest is kept."""

    #: Updates of so many views replace what was kept of them.
    VIEWS = 10_000

    def __init__(self, log: RecordLog, clock: ScaledClock, later: Later | None = None) -> None:
        self._log = log
        self._clock = clock
        self._later = later or Later()
        self._views: OrderedDict[str, tuple[int, Kept]] = OrderedDict()

    def take(self, event: Mapping[str, Any], tags: str) -> None:
        """Keep one event, with the tags of its request's address."""
        at = self._instant(event.get("date"))
        self._later.do(
            lambda: self._take(event, tags, at), len(msgspec.json.encode(event)) if self._later.active else 0
        )

    def _take(self, event: Mapping[str, Any], tags: str, at: datetime) -> None:
        view, version = _view(event)
        old = self._views.get(view) if view else None
        if old is not None:
            if version < old[0]:
                return
            self._log.remove(KIND, old[1])
        kept = self._keep(event, tags, at)
        if view:
            self._views[view] = (version, kept)
            self._views.move_to_end(view)
            if len(self._views) > self.VIEWS:
                self._views.popitem(last=False)

    def _keep(self, event: Mapping[str, Any], tags: str, at: datetime) -> Kept:
        service = event.get("service")
        # Newer SDKs give the tags in each event, older ones in the address.
        texts = f"{tags},{event.get('ddtags', '')}".split(",")
        known = tag_set([*filter(None, texts), *([f"service:{service}"] if service else [])])
        event = {name: _enriched(value) for name, value in event.items() if name != "ddtags"}
        shown = {
            "service": service or "",
            "tags": sorted(str(tag) for tag in known),
            "timestamp": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "attributes": dict(event),
        }
        body: dict[str, Any] = {"type": "rum", "attributes": shown}
        kept = self._log.add(KIND, Record(at=at.timestamp(), attributes=flat(event), tags=known), body)
        body["id"] = kept.id
        return kept

    def _instant(self, milliseconds: object) -> datetime:
        now = self._clock.now().astimezone(UTC)
        if not isinstance(milliseconds, int | float):
            return now
        try:
            return self._clock.anchor.to_stack(datetime.fromtimestamp(milliseconds / 1000, UTC)).astimezone(UTC)
        except (ValueError, OverflowError, OSError):
            return now


def _enriched(part: Any) -> Any:
    """Return what has a ``url``, a view or a resource, with the parts of it by which it is searched.

    In the group of a path a piece with digits stands for any such [docs.datadoghq.com/real_user_monitoring].
    """
    if not isinstance(part, Mapping) or not isinstance(part.get("url"), str):
        return part
    try:
        url = urlsplit(part["url"])
    except ValueError:
        return part
    path = url.path or "/"
    group = "/".join("?" if any(map(str.isdigit, piece)) else piece for piece in path.split("/"))
    found = {"url_host": url.hostname or "", "url_scheme": url.scheme, "url_path": path, "url_path_group": group}
    return {**found, **({"url_query": dict(parse_qsl(url.query))} if url.query else {}), **part}


def _view(event: Mapping[str, Any]) -> tuple[str, int]:
    """Return the id of a view and its version; empty for another event."""
    view, own = event.get("view"), event.get("_dd")
    if event.get("type") != "view" or not isinstance(view, Mapping) or not isinstance(view.get("id"), str):
        return "", 0
    version = own.get("document_version") if isinstance(own, Mapping) else 0
    return view["id"], version if isinstance(version, int) else 0


def lines_of(body: bytes) -> Iterator[dict[str, Any]]:
    """Yield the objects of a body, one each line, as the browser SDKs send them; raises `ApiError` 400."""
    for line in body.splitlines():
        if line.strip():
            yield decode(_EVENT, line)


def rum_routes(intake: RumIntake, log: RecordLog, clock: ScaledClock) -> list[Route]:
    """Return the routes under /api/v2/rum."""
    link = "/api/v2/rum/events"

    async def take(request: Request) -> JSONResponse:
        for event in list(lines_of(await read_body(request))):
            intake.take(event, request.query_params.get("ddtags", ""))
        return JSONResponse({"request_id": "alertproof"}, status_code=202)

    async def search(request: Request) -> JSONResponse:
        wanted = decode(_SEARCH, await read_body(request) or b"{}")
        return JSONResponse(answer(log, KIND, wanted, clock.now(), f"{request.base_url}{link[1:]}"))

    async def listing(request: Request) -> JSONResponse:
        return JSONResponse(answer(log, KIND, search_of(request), clock.now(), f"{request.base_url}{link[1:]}"))

    async def aggregate(request: Request) -> JSONResponse:
        asked = decode(_AGGREGATE, await read_body(request) or b"{}")
        buckets = msgspec.to_builtins(aggregated(log, KIND, asked, clock.now()))
        return JSONResponse({"data": {"buckets": buckets}, "meta": dict(META)})

    return [
        Route("/api/v2/rum", take, methods=["POST"]),
        Route(f"{link}/search", search, methods=["POST"]),
        Route(link, listing, methods=["GET"]),
        Route("/api/v2/rum/analytics/aggregate", aggregate, methods=["POST"]),
    ]
