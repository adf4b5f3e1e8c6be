"""What a run's telemetry comes to against its budgets, with the tags that cost most. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from alertproof.journal import VolumeSeen
from alertproof.requirements import CostSpec

__all__ = ["Spent", "cost_findings", "most_series", "most_values", "volumes"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """What a run sent: the tags of each metric, how many series it has, and what came of ``requests`` to the API."""

    requests: int
    tags: Mapping[str, frozenset[str]]
    series: Mapping[str, int]
    log_bytes: float
    log_lines: float
    spans: float
    events: float


def most_values(tags: Iterable[str]) -> list[tuple[str, int]]:
    """Return the keys of tags with how many values each has, those with the most first."""
    counted = Counter(tag.partition(":")[0] for tag in set(tags))
    return sorted(counted.items(), key=lambda each: (-each[1], each[0]))


def most_series(metric: str, budget: CostSpec) -> int:
    """Return how many series a metric may have."""
    return budget.series_of.get(metric, budget.series)


def volumes(spent: Spent, budget: CostSpec) -> tuple[VolumeSeen, ...]:
    """Return how much was sent per thousand requests, and how much may be."""
    return tuple(
        VolumeSeen(
            name=name.replace("_", " "),
            each=getattr(spent, name) / max(spent.requests, 1) * 1000,
            budget=getattr(budget, name),
        )
        for name in ("log_bytes", "log_lines", "spans", "events")
    )


def cost_findings(spent: Spent, budget: CostSpec) -> list[str]:
    """Return what is above its budget, the worst tags named; nothing where all is within."""
    return [*_of_metrics(spent, budget), *_of_volume(spent, budget)]


def _of_metrics(spent: Spent, budget: CostSpec) -> Iterable[str]:
    for metric in sorted(spent.tags):
        worst = most_values(spent.tags[metric])
        named = ", ".join(f"{key} ({count} values)" for key, count in worst[:3])
        most = most_series(metric, budget)
        if spent.series.get(metric, 0) > most:
            yield f"the metric {metric} has {spent.series[metric]} series, budget {most}; by tag: {named}"
        for key, count in worst:
            if count > budget.values:
                yield f"the tag {key} of the metric {metric} has {count} values, budget {budget.values}"


def _of_volume(spent: Spent, budget: CostSpec) -> Iterable[str]:
    for volume in volumes(spent, budget):
        if volume.each > volume.budget:
            yield f"{volume.each:,.0f} {volume.name} per thousand requests, budget {volume.budget:,}"
