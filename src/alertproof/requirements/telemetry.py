"""What the platform's telemetry must be, and what it may cost: ``telemetry`` and ``cost`` in ``spec.yaml``."""

from __future__ import annotations

import msgspec

__all__ = ["CostSpec", "NotYetProven", "TelemetrySpec"]


class NotYetProven(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A metric or facet that is watched and that a short run of the platform does not emit, and why."""

    signal: str
    why: str


class TelemetrySpec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What healthy telemetry looks like.

    ``zeros`` are the metrics that are healthy at zero: of all others a flat line of zeros counts as no data.
    ``seconds`` are durations, and the most that a healthy run comes to on average: more is another unit.
    """

    zeros: tuple[str, ...] = ()
    seconds: dict[str, float] = {}
    not_yet_proven: tuple[NotYetProven, ...] = ()


class CostSpec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Budgets. ``series`` of a metric unless ``series_of`` says another, ``values`` of one tag of a metric.

    The others are per thousand requests to the API.
    """

    series: int = 100
    series_of: dict[str, int] = {}
    values: int = 40
    log_bytes: int = 2_000_000
    log_lines: int = 4_000
    spans: int = 20_000
    events: int = 50
