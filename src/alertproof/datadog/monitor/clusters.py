"""``notify_by``: several groups of a monitor that are told of together [CFG, OPTS, AGGR].

A monitor by cluster, namespace and pod with ``notify_by`` cluster has a notification per cluster; its other tags are
sub-groups. What is told when a second sub-group follows the first is not documented: here a cluster is as bad as the
worst of its groups, and only a change of that is told.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec import Struct

from alertproof.datadog.monitor.observation import State
from alertproof.tags import EVERYTHING, Group

__all__ = ["TOGETHER", "Cluster", "cluster_of", "clusters_of"]

#: From the worst; the order is that of composite monitors [COMP].
_WORST_FIRST = (State.ALERT, State.WARN, State.NO_DATA, State.UNKNOWN, State.OK)
#: One for all groups.
TOGETHER = ("*",)


class Cluster(Struct, frozen=True, kw_only=True):
    """Where the groups that are told of together stand: as the worst of them, with the worst value among those.

    ``members`` are the groups in that state, sorted.
    """

    state: State
    value: float | None
    members: tuple[Group, ...]


def cluster_of(group: Group, notify_by: tuple[str, ...]) -> Group:
    """Return the group that a group is told of with: its tags of those keys; ``*`` is one for all, none is its own."""
    if not notify_by:
        return group
    return EVERYTHING if notify_by == TOGETHER else tuple(tag for tag in group if tag.key in notify_by)


def clusters_of(
    groups: Mapping[Group, tuple[State, float | None]], notify_by: tuple[str, ...], comparator: str
) -> Mapping[Group, Cluster]:
    """Return where each cluster stands; ``groups`` has the state and the value of every group of the monitor.

    ``comparator`` is the query's: the worst value is the lowest for ``<`` and its like, else the highest.
    """
    found: dict[Group, list[Group]] = {}
    for group in sorted(groups):
        found.setdefault(cluster_of(group, notify_by), []).append(group)
    return {cluster: _cluster(groups, members, comparator) for cluster, members in found.items()}


def _cluster(groups: Mapping[Group, tuple[State, float | None]], members: Iterable[Group], comparator: str) -> Cluster:
    states = {group: groups[group][0] for group in members}
    state = min(states.values(), key=_WORST_FIRST.index)
    worst = tuple(group for group, each in states.items() if each is state)
    values = [value for group in worst if (value := groups[group][1]) is not None]
    pick = min if "<" in comparator else max
    return Cluster(state=state, value=pick(values) if values else None, members=worst)
