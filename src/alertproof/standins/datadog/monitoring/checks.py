"""Service checks: what DogStatsD and the API reported of them, as monitors are evaluated over."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import msgspec
import numpy as np
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from alertproof.clock import ScaledClock
from alertproof.standins.control.later import Later
from alertproof.standins.datadog.agent.datagram import Check
from alertproof.standins.datadog.metrics.naming import tag_set
from alertproof.standins.datadog.wire import ApiError, decode, read_body
from alertproof.tags import Tags
from alertproof.telemetry.series import MetricType, SeriesStore

__all__ = ["CheckBook", "check_routes"]

#: The same bound as for events; nothing is said of checks. [OPENAPI EventCreateRequest]
_PAST, _FUTURE = timedelta(hours=18), timedelta(hours=2)


class _Run(msgspec.Struct):
    check: str
    status: int
    host_name: str = ""
    tags: list[str] | None = None
    timestamp: int | None = None
    message: str = ""


_RUNS = msgspec.json.Decoder(list[_Run] | _Run)


class CheckBook:
    """The statuses of checks as series of numbers, by name and tags, and what each said with its status."""

    #: Of so many checks the messages are kept.
    MESSAGES = 10_000

    def __init__(self, later: Later | None = None) -> None:
        self._later = later or Later()
        self.statuses = SeriesStore()
        self.messages: dict[tuple[str, Tags], Mapping[int, str]] = {}
        self.out_of_range = 0

    def take(self, check: Check, at: float) -> None:
        """Keep what a check reported at ``at`` (stack, epoch seconds)."""
        self._later.do(lambda: self._take(check, at), check.size)

    def _take(self, check: Check, at: float) -> None:
        tags = check.tags | (tag_set([f"host:{check.host}"]) if check.host else frozenset())
        self.statuses.extend(check.name, tags, MetricType.GAUGE, np.array([at]), np.array([float(check.status)]))
        if check.message and ((check.name, tags) in self.messages or len(self.messages) < self.MESSAGES):
            self.messages[check.name, tags] = {**self.messages.get((check.name, tags), {}), check.status: check.message}


def check_routes(book: CheckBook, clock: ScaledClock) -> list[Route]:
    """Return the route that takes what checks report."""

    async def take(request: Request) -> JSONResponse:
        runs = decode(_RUNS, await read_body(request))
        for run in [runs] if isinstance(runs, _Run) else runs:
            _take(book, clock, run)
        return JSONResponse({"status": "ok"}, status_code=202)

    return [Route("/api/v1/check_run", take, methods=["POST"])]


def _take(book: CheckBook, clock: ScaledClock, run: _Run) -> None:
    if not run.check or not 0 <= run.status <= 3:
        raise ApiError(400, f"a check has a name and a status from 0 to 3, got {run.check!r} and {run.status}")
    now = clock.anchor.to_real(clock.now()).timestamp()
    real = now if run.timestamp is None else float(run.timestamp)
    if not now - _PAST.total_seconds() <= real <= now + _FUTURE.total_seconds():
        book.out_of_range += 1
        return
    anchor = clock.anchor
    at = anchor.stack.timestamp() + (real - anchor.real.timestamp()) * anchor.factor
    tags = tag_set(run.tags or [])
    book.take(Check(name=run.check, status=run.status, host=run.host_name, tags=tags, message=run.message), at)
