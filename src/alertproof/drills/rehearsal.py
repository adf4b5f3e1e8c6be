"""When would the monitor, as it is deployed, fire on the reference fault? Computed from its own query.

The specification's interval is the oracle; the computed time is printed beside it, and lies inside it if the
monitor is the one that was specified. No clock, no wire: the monitor's own engine on a made-up timeline.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import numpy as np

from alertproof.datadog import GroupStatus, State, advance, evaluation_period, load_definition, retarget_text
from alertproof.requirements import FaultSpec, Indicator
from alertproof.tags import Group, Tags, parse_tags
from alertproof.telemetry.series import MetricType, SeriesStore

__all__ = ["Rehearsal", "rehearse"]

_STEP = 10  # seconds between points, as DogStatsD flushes them
_PER_STEP = 100.0  # requests a step: a share of 1 % is a whole request
_ORIGIN = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    """The earliest and the latest time from fault to Alert over all phases of the minute; None: it never fires."""

    earliest: timedelta | None
    latest: timedelta | None

    def text(self) -> str:
        """Return the times in words."""
        if self.earliest is None or self.latest is None:
            return "never"
        first, last = (int(span.total_seconds()) for span in (self.earliest, self.latest))
        return f"{first // 60} min {first % 60:02d} s to {last // 60} min {last % 60:02d} s after the fault"


def _metric(query: str) -> tuple[str, Tags]:
    """Return the metric and tags of an indicator's query such as ``sum:api.errors{service:a,env:b}.as_count()``."""
    head, _, rest = query.partition("{")
    return head.rpartition(":")[2], parse_tags(rest.partition("}")[0])


def _store(indicator: Indicator, fault: FaultSpec, begins: datetime, ends: datetime) -> SeriesStore:
    """Make a healthy past and a faulty present, as the platform would send them."""
    store = SeriesStore()
    times = np.arange(
        (_ORIGIN - indicator.window.delta - timedelta(hours=1)).timestamp(), ends.timestamp(), _STEP, dtype=float
    )
    broken = np.clip((times + _STEP - begins.timestamp()) / _STEP, 0.0, 1.0)  # the part of each step under the fault
    assert indicator.denominator is not None  # noqa: S101 - the caller has looked
    requests, tags = _metric(indicator.denominator)
    errors, error_tags = _metric(indicator.numerator)
    rate = _PER_STEP / _STEP
    store.extend(requests, tags, MetricType.RATE, times, np.full(len(times), rate), interval=_STEP)
    store.extend(errors, error_tags, MetricType.RATE, times, broken * fault.share * rate, interval=_STEP)
    return store


def _retagged(indicator: Indicator, origin: str, environment: str) -> Indicator:
    def text(query: str | None) -> str | None:
        return retarget_text(query, environment=environment, origin=origin) if query else None

    return msgspec.structs.replace(
        indicator, numerator=text(indicator.numerator), denominator=text(indicator.denominator)
    )


def rehearse(
    monitor: Mapping[str, Any],
    indicator: Indicator,
    fault: FaultSpec,
    *,
    limit: timedelta,
    origin: str,
    environment: str,
) -> Rehearsal | None:
    """Compute when the monitor (API JSON) goes to Alert; None for an indicator that is no ratio.

    The fault begins at each of the six phases of the minute in turn; ``limit`` bounds the search.
    """
    if indicator.denominator is None or fault.kind != "error":
        return None
    definition = load_definition(dict(monitor), source=f"monitor {monitor.get('id')}")
    indicator = _retagged(indicator, origin, environment)
    period = evaluation_period(definition)
    found: list[timedelta | None] = []
    for phase in range(0, 60, _STEP):
        begins = _ORIGIN + timedelta(seconds=phase)
        store = _store(indicator, fault, begins, _ORIGIN + limit + timedelta(minutes=2))
        statuses: Mapping[Group, GroupStatus] = {}
        at, fired = _ORIGIN, None
        while at <= begins + limit and fired is None:
            step = advance(definition, statuses, store, at)
            statuses = step.statuses
            fired = next((change.at - begins for change in step.transitions if change.new is State.ALERT), None)
            at += period
        found.append(fired)
    times = [one for one in found if one is not None]
    if len(times) < len(found):
        return Rehearsal(earliest=None, latest=None)
    return Rehearsal(earliest=min(times), latest=max(times))
