"""Computes, from the deployed monitor's own query, when it fires after a fault.

The specification's interval is the oracle; the computed time is printed beside it, and lies inside it if the
monitor is the one that was specified. No clock, no wire: the monitor's own engine on a made-up timeline.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from alertproof.datadog import Definition, GroupStatus, Slos, State, advance, evaluation_period, load_definition
from alertproof.drills.timeline import STEP
from alertproof.tags import Group
from alertproof.telemetry.series import SeriesStore

__all__ = ["Rehearsal", "rehearse"]

_AFTER = timedelta(minutes=2)  # what is made up must not end before the last evaluation
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


def rehearse(
    monitor: Mapping[str, Any],
    timeline: Callable[[datetime, datetime], SeriesStore],
    *,
    limit: timedelta,
    slos: Slos,
    state: str = State.ALERT.value,
) -> Rehearsal:
    """Compute when the monitor (API JSON) goes to a state.

    ``timeline`` makes up the metrics of a fault between two instants. The fault begins at each of the six phases of
    the minute in turn; ``limit`` bounds the search. ``slos`` are those that the monitor may name, by their ids.
    """
    definition = load_definition(dict(monitor), source=f"monitor {monitor.get('id')}")
    begins = [_ORIGIN + timedelta(seconds=phase) for phase in range(0, 60, STEP)]
    found = [
        _first(State(state), definition, timeline(at, at + limit + _AFTER), (at, at + limit), slos) for at in begins
    ]
    times = [one for one in found if one is not None]
    if len(times) < len(found):
        return Rehearsal(earliest=None, latest=None)
    return Rehearsal(earliest=min(times), latest=max(times))


def _first(
    state: State, definition: Definition, store: SeriesStore, span: tuple[datetime, datetime], slos: Slos
) -> timedelta | None:
    """Return how long after the beginning of a span a group goes to a state, None when none does before its end."""
    period, (begins, ends) = evaluation_period(definition), span
    statuses: Mapping[Group, GroupStatus] = {}
    at = _ORIGIN
    while at <= ends:
        step = advance(definition, statuses, store, at, slos=slos)
        statuses = step.statuses
        for change in step.transitions:
            if change.new is state:
                return change.at - begins
        at += period
    return None
