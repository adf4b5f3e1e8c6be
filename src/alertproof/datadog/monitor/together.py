"""``notify_by``: what is told of groups that are told of together, once each has its state [CFG, OPTS, AGGR]."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from datetime import UTC, datetime
from functools import reduce
from typing import TYPE_CHECKING

import numpy as np
from msgspec import Struct
from msgspec.structs import replace

from alertproof.datadog.monitor.clusters import cluster_of, clusters_of
from alertproof.datadog.monitor.decide import Decision
from alertproof.datadog.monitor.definition import State
from alertproof.datadog.monitor.status import GroupStatus
from alertproof.datadog.monitor.step import step_to
from alertproof.datadog.monitor.telling import renotified_at

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from alertproof.datadog.downtime import Mute
    from alertproof.datadog.monitor.clusters import Cluster
    from alertproof.datadog.monitor.definition import Definition
    from alertproof.datadog.monitor.notify import Notification
    from alertproof.datadog.monitor.routing import Terms
    from alertproof.datadog.monitor.step import Outcome, Transition
    from alertproof.datadog.monitor.timeline import Timeline
    from alertproof.tags import Group

__all__ = ["clusters_at", "step_cluster", "told_together"]


def clusters_at(definition: Definition, statuses: Mapping[Group, GroupStatus]) -> Mapping[Group, Cluster]:
    """Return where the clusters stand, given the statuses of all groups."""
    groups = {group: (status.state, status.value) for group, status in statuses.items()}
    return clusters_of(groups, definition.options.notify_by, definition.comparator)


def step_cluster(
    terms: Terms,
    group: Group,
    cluster: Cluster,
    before: GroupStatus | None,
    moved: Iterable[Transition],
    *,
    skipped: bool,
    at: datetime,
    mute: Mute,
) -> Outcome:
    """Return where an evaluation leads a cluster; a new one is in No Data until then, as a new group is.

    Its value is one of its groups' and none of its own, which would outlive them. ``moved`` are the steps that any
    groups took at the evaluation: ``timeout_h`` moves a cluster if it made all of its groups'. ``skipped`` says that
    the evaluation was skipped for all of its groups, and so for the cluster. A cluster that none of its groups moved
    was left by one that is forgotten: nobody is told of that, as of a group by itself that is.
    """
    was = before
    before = replace(before, value=None) if before else GroupStatus(state=State.NO_DATA, since=at)
    notify_by = terms.definition.options.notify_by
    own = [each.by_timeout for each in moved if cluster_of(each.group, notify_by) == group]
    decision = Decision(None if skipped else cluster.state, cluster.value, by_timeout=bool(own) and all(own))
    left = was is not None and not own and decision.state not in {None, was.state}
    alone = not left or terms.assumptions.forgotten_groups_end_trouble
    return step_to(terms, group, before, decision, at=at, mute=mute, alone=alone)


def told_together(terms: Terms, timeline: Timeline) -> tuple[Notification, ...]:
    """Return what is told of each cluster over a timeline, by time."""
    moved: dict[datetime, list[Transition]] = {}
    for step in timeline.transitions:
        moved.setdefault(step.at, []).append(step)
    members: dict[Group, list[Group]] = {}
    for group in timeline.observations.groups:
        members.setdefault(cluster_of(group, terms.definition.options.notify_by), []).append(group)
    told = [
        notification
        for cluster, groups in members.items()
        for notification in _Life(terms, timeline, moved, cluster, tuple(groups)).told()
    ]
    return tuple(sorted(told, key=lambda each: (each.at, each.group)))


class _Life(Struct, frozen=True, eq=False):
    """One cluster over a timeline; between the evaluations that are looked at it is known to stay as it is."""

    terms: Terms
    timeline: Timeline
    moved: Mapping[datetime, Sequence[Transition]]
    cluster: Group
    members: tuple[Group, ...]

    def told(self) -> Iterator[Notification]:
        instants: list[float] = self.timeline.instants.tolist()
        if not instants:
            return
        muted = self.terms.muted(self.cluster, _instant(instants[0]), _instant(instants[-1]))
        ends = [bisect_left(instants, at.timestamp()) for at in muted.boundaries]
        awaited = sorted({*self._changes(), *ends})
        before: GroupStatus | None = None
        number = 0
        while number < len(instants):
            at, since = _instant(instants[number]), _instant(instants[number - 1]) if number else None
            outcome = self._step(number, before, at, muted.at(at, since))
            if outcome is not None and outcome.notification is not None:
                yield outcome.notification
            before = outcome.status if outcome else None
            if self.terms.definition.options.schedules:
                number += 1
                continue
            place = bisect_right(awaited, number)
            following = awaited[place] if place < len(awaited) else len(instants)
            number = min(following, renotified_at(self.terms, before, instants, number))

    def _changes(self) -> list[int]:
        """Return the evaluations at which the worst state of the members is another than before."""
        worst = reduce(np.maximum, [self.timeline.states(group) for group in self.members])
        changed: list[int] = (np.flatnonzero(worst[1:] != worst[:-1]) + 1).tolist()
        return changed

    def _step(self, number: int, before: GroupStatus | None, at: datetime, mute: Mute) -> Outcome | None:
        statuses = {
            group: status for group in self.members if (status := self.timeline.status(group, number)) is not None
        }
        if not statuses:
            return None
        (found,) = clusters_at(self.terms.definition, statuses).values()
        skipped = all(self.timeline.is_skipped(group, number) for group in statuses)
        moved = self.moved.get(at, ())
        return step_cluster(self.terms, self.cluster, found, before, moved, skipped=skipped, at=at, mute=mute)


def _instant(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
