"""What was emitted, in the words of a journal: each metric with its series, its tags and the files that look at it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from alertproof.journal import MetricSeen, TagSeen
from alertproof.quality.contract.asked import Asked
from alertproof.quality.contract.judge import Emitted
from alertproof.quality.cost import most_series, most_values
from alertproof.requirements import CostSpec

__all__ = ["metrics_seen"]


def metrics_seen(
    emitted: Emitted, asked: Iterable[Asked], *, series: Mapping[str, int], budget: CostSpec
) -> tuple[MetricSeen, ...]:
    """Return every metric that was emitted, sorted; one without ``files`` is looked at by nobody."""
    files: dict[str, set[str]] = {}
    for each in asked:
        if each.kind == "metric":
            files.setdefault(each.name, set()).add(each.file)
    return tuple(
        MetricSeen(
            name=name,
            type=kind,
            series=series.get(name, 0),
            budget=most_series(name, budget),
            files=tuple(sorted(files.get(name, ()))),
            tags=tuple(TagSeen(key=key, values=values) for key, values in most_values(emitted.tags.get(name, ()))),
        )
        for name, kind in sorted(emitted.types.items())
    )
