"""What a look at the platform's telemetry saw: what widgets draw, what was emitted, and what it came to.

Every instant is stack time (aware, UTC). ``wall`` is real.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from alertproof.journal.drill import Reading
from alertproof.verdict import Expectation, Verdict

__all__ = ["LineSeen", "MetricSeen", "TagSeen", "TelemetryJournal", "VolumeSeen", "WidgetSeen"]


class LineSeen(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a widget; ``unit`` is spelled as Datadog spells units, empty where the dashboard names none."""

    name: str
    unit: str = ""
    points: tuple[Reading, ...] = ()


class WidgetSeen(msgspec.Struct, frozen=True, kw_only=True):
    """One widget of a dashboard, with the lines that its queries made over the run.

    ``file`` and ``board`` are the dashboard's file and title, ``group`` is the title of the group that it stands in.
    ``empty`` says why it shows nothing, ``excused`` why it is known not to.
    """

    file: str
    board: str
    group: str
    title: str
    queries: tuple[str, ...]
    lines: tuple[LineSeen, ...] = ()
    empty: str = ""
    excused: str = ""


class TagSeen(msgspec.Struct, frozen=True, kw_only=True):
    """A tag's key and how many values it has."""

    key: str
    values: int


class MetricSeen(msgspec.Struct, frozen=True, kw_only=True):
    """A metric that was emitted. ``files`` are those that look at it, ``tags`` have those with most values first."""

    name: str
    type: str
    series: int
    budget: int
    files: tuple[str, ...] = ()
    tags: tuple[TagSeen, ...] = ()


class VolumeSeen(msgspec.Struct, frozen=True, kw_only=True):
    """How much of something was sent per thousand requests, and how much may be."""

    name: str
    each: float
    budget: float


class TelemetryJournal(msgspec.Struct, frozen=True, kw_only=True):
    """One look at the telemetry of a run of the platform, from ``began`` to ``ended``; ``requests`` went to its API.

    A look that is not about widgets, metrics or volumes has none of them, and says what it expected.
    """

    check: str
    target: str
    environment: str
    factor: float
    verdict: Verdict
    reason: str = ""
    began: datetime
    ended: datetime
    wall: timedelta
    requests: int = 0
    widgets: tuple[WidgetSeen, ...] = ()
    metrics: tuple[MetricSeen, ...] = ()
    volumes: tuple[VolumeSeen, ...] = ()
    expectations: tuple[Expectation, ...] = ()
