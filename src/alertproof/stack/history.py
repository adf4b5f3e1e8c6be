"""The healthy hour that an embedded stack starts with, so that evaluation windows start full.

Real Datadog does not take points older than an hour through its intake, and a pooled window over an empty
past fires at once. The points are written through the stack's control door and marked in the report.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from alertproof.requirements import HistorySeries, HistorySpec

__all__ = ["history_payload"]


def _tag_sets(series: HistorySeries, environment: str) -> Sequence[list[str]]:
    common = [*series.tags, f"env:{environment}"]
    return [[*common, f"tenant:{tenant}"] for tenant in series.per_tenant] or [common]


def history_payload(history: HistorySpec, *, environment: str, ends: datetime) -> Mapping[str, object]:
    """Return the control door's body: ``{"ends": epoch, "series": [{metric, tags, type, interval, times, values}]}``.

    ``ends`` is a stack instant; the points are stamped at the starts of whole intervals before it.
    """
    step = int(history.interval.delta.total_seconds())
    last = int(ends.timestamp()) // step * step
    stamps = list(range(last - int(history.length.delta.total_seconds()), last, step))
    return {
        "ends": last,
        "series": [
            {
                "metric": series.metric,
                "tags": tags,
                "type": series.type,
                "interval": step,
                "times": [stamp for stamp in stamps for _ in range(series.samples)],
                "values": [series.value] * (len(stamps) * series.samples),
            }
            for series in history.series
            for tags in _tag_sets(series, environment)
        ],
    }
