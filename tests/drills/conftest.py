from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from alertproof.clock import Anchor, VirtualClock
from alertproof.datadog import ScalarQuery, formula_values, query_points
from alertproof.drills.platform import Platform
from alertproof.drills.safety import Quota
from alertproof.drills.scene import Scene
from alertproof.journal import FaultWindow
from alertproof.loadgen import Answered
from alertproof.loadgen.traffic import Tally
from alertproof.requirements import load_specification
from alertproof.tags import parse_tags
from alertproof.telemetry.series import MetricType, SeriesStore
from alertproof.vendors import Incident, MonitorTransition, Point

SPEC = load_specification(Path(__file__).parents[2] / "monitoring")
#: A full minute; the tests' clocks begin here.
START = datetime(2026, 1, 1, 12, tzinfo=UTC)
REQUESTS = "api.requests{service:m3core-api,env:drill}"
ERRORS = "api.errors{service:m3core-api,env:drill}"
DURATION = "api.request.duration{service:m3core-api,env:drill}"


def at(minutes: float) -> datetime:
    """Return the instant so many minutes after the start."""
    return START + timedelta(minutes=minutes)


@dataclass
class StoredDatadog:
    """Answers from a store with the vendor's own engine, by the client's method names."""

    store: SeriesStore = field(default_factory=SeriesStore)
    states: dict[str, str] = field(default_factory=lambda: {"*": "OK"})
    moved: list[MonitorTransition] = field(default_factory=list)
    #: The states of the monitors that are not the alert's own.
    others: dict[int, dict[str, str]] = field(default_factory=dict)

    def points(self, query: str, *, since: datetime, until: datetime) -> list[Point]:
        answers = query_points(query, self.store, since, until, timedelta(seconds=20))
        assert len(answers) <= 1
        return [
            Point(at=datetime.fromtimestamp(time, UTC), value=float(value))
            for _, times, values in answers
            for time, value in zip(times, values, strict=True)
        ]

    def percentile(self, query: str, *, since: datetime, until: datetime) -> float | None:
        asked = {"q": ScalarQuery(query, "percentile")}
        minute = timedelta(minutes=1)
        return formula_values("q", asked, self.store, start=since, end=until, interval=minute).get(())

    def group_states(self, monitor_id: int) -> dict[str, str]:
        return self.states

    def all_group_states(self, monitor_ids: Collection[int]) -> dict[int, dict[str, str]]:
        return {monitor_id: self.others.get(monitor_id, self.states) for monitor_id in monitor_ids}

    def transitions(self, *, since: datetime, until: datetime) -> list[MonitorTransition]:
        return [one for one in self.moved if since <= one.at <= until]

    def send(self, series: str, since: float, until: float, value: float, *, a_minute: int = 60) -> None:
        """Store samples of a distribution, evenly, or points of a rate; minutes after the start."""
        metric, _, tags = series.rstrip("}").partition("{")
        times = np.arange(at(since).timestamp(), at(until).timestamp(), 60 / a_minute)
        kind, interval = (MetricType.DISTRIBUTION, None) if "duration" in metric else (MetricType.RATE, 10)
        self.store.extend(metric, parse_tags(tags), kind, times, np.full(len(times), value), interval=interval)


@dataclass
class AnsweredTraffic:
    """Steady traffic of one request a real second, of which a test says what became of it."""

    sent: list[Answered] = field(default_factory=list)
    plan: Any = field(default_factory=lambda: SimpleNamespace(rate=1.0))

    def answer(self, start: datetime, *, seconds: float = 0.01, status: int = 200, tenant: str = "acme") -> Answered:
        """Keep one more answer."""
        self.sent.append(
            Answered(
                start=start.timestamp(),
                seconds=seconds,
                lag=0.0,
                status=status,
                tenant=tenant,
                correlation_id=f"c{len(self.sent)}",
            )
        )
        return self.sent[-1]

    def answers(self, *, since: datetime, until: datetime | None = None) -> Sequence[Answered]:
        return [one for one in self.sent if since <= one.at and (until is None or one.at < until)]

    def tally(self, *, since: datetime, until: datetime | None = None) -> Tally:
        found = self.answers(since=since, until=until)
        failed = sum(one.failed for one in found)
        return Tally(sent=len(found), failed=failed, worst_lag=max((one.lag for one in found), default=0.0))


@dataclass
class Told:
    """PagerDuty, with what a test has opened."""

    opened: list[Incident] = field(default_factory=list)

    def incidents(self, *, since: datetime) -> list[Incident]:
        return [one for one in self.opened if one.opened_at >= since]


class Bench:
    """A scene whose platform is a store, a list of answers and a clock that is moved by hand."""

    def __init__(self, alert: str) -> None:
        self.clock = VirtualClock(START)
        self.datadog = StoredDatadog()
        self.traffic = AnsweredTraffic()
        self.pagerduty = Told()
        platform = SimpleNamespace(
            name="local",
            spec=SPEC,
            environment="drill",
            clock=_Anchored(self.clock),
            datadog=self.datadog,
            pagerduty=self.pagerduty,
            traffic=self.traffic,
            quota=Quota(lambda: len(self.traffic.sent), run=1_000_000, drill=1_000_000),
            deployment=SimpleNamespace(monitors={alert: 1}, alert_of=lambda _: alert),
            target=SimpleNamespace(env={"M3CORE_RELEASE": "r"}, endpoints=SimpleNamespace(control=""), drills=None),
            real=lambda instant: instant,
            stack=lambda instant: instant,
            real_span=lambda span: span,
        )
        self.scene = Scene(cast("Platform", platform), alert, system=VirtualClock(START))

    def fault(self, began: float, ended: float | None = None) -> None:
        """Let a fault have stood; minutes after the start."""
        self.scene.seen.fault = FaultWindow(
            text="some fault", began=at(began), ended=at(ended) if ended is not None else None
        )

    def said(self) -> dict[str, tuple[bool | None, str]]:
        """Return each expectation with whether it was met and what was last seen."""
        return {one.text: (one.met, one.last_seen) for one in self.scene.checklist.all()}


class _Anchored:
    """A hand-moved clock with the anchor that a stack's clock has."""

    def __init__(self, clock: VirtualClock) -> None:
        self.anchor = Anchor(real=START, stack=START, factor=1.0)
        self.now, self.sleep, self.monotonic = clock.now, clock.sleep, clock.monotonic


@pytest.fixture
def bench() -> Callable[[str], Bench]:
    """Return a function that sets up the bench of an alert."""
    return Bench
