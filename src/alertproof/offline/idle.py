"""Finds what a test says and nothing in it is about, so that it cannot pass by looking at nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alertproof.datadog.monitor.evaluate import takes_given
from alertproof.datadog.rules import notification_tags
from alertproof.datadog.tagscope import matches

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from alertproof.offline.inputs import Inputs
    from alertproof.offline.routing import Routed
    from alertproof.offline.timeline import Run
    from alertproof.tags import Group

__all__ = ["idle_inputs"]


def idle_inputs(inputs: Inputs, runs: Collection[Run]) -> Iterator[str]:
    """Yield a sentence for each downtime, rule, band and fact of a test that is of none of its monitors or groups."""
    names = ", ".join(sorted(run.monitor.stem for run in runs))
    groups = [(run, group) for run in runs for group in run.timeline.observations.groups]
    for item in inputs.routed:
        if item.downtimes and not any(_is_muted(item, run, group) for run, group in groups):
            yield f"the downtime at {item.where} mutes no group of {names}"
        if item.rules and not any(_is_routed(item, run, group) for run, group in groups):
            yield f"the rule at {item.where} is about the tags of no group of {names}"
    for name in dict.fromkeys(band.metric for band in inputs.bands):
        if not any(run.monitor.is_called(name) and takes_given(run.monitor.definition) for run in runs):
            yield f"the bands of {name!r} are of none of {names}, or of one whose values are computed"
    for fact in inputs.facts:
        if not any(fact.tags <= set(group) for _, group in groups):
            yield f"the fact at {fact.where} is of no group of {names}"


def _is_muted(item: Routed, run: Run, group: Group) -> bool:
    return any(span.downtime in item.downtimes for span in run.muted(group).spans)


def _is_routed(item: Routed, run: Run, group: Group) -> bool:
    tags = notification_tags(run.monitor.definition, run.cluster(group))
    return any(matches(rule.scope, tags) for rule in item.rules)
