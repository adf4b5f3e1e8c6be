"""The telemetry contract: what monitors, SLOs and dashboards ask for is really emitted, with those tags and types."""

from __future__ import annotations

from alertproof.quality.contract.asked import Asked, asked_of_metrics, asked_of_monitor, asked_of_search, filled
from alertproof.quality.contract.files import Formula, Watched, Widget, read_watched
from alertproof.quality.contract.judge import Emitted, Gap, Points, gap_of
from alertproof.quality.contract.runbooks import Fields, field_gap, read_runbooks
from alertproof.quality.contract.seen import metrics_seen

__all__ = [
    "Asked",
    "Emitted",
    "Fields",
    "Formula",
    "Gap",
    "Points",
    "Watched",
    "Widget",
    "asked_of_metrics",
    "asked_of_monitor",
    "asked_of_search",
    "field_gap",
    "filled",
    "gap_of",
    "metrics_seen",
    "read_runbooks",
    "read_watched",
]
