"""The life of a monitor's groups on a live clock: one evaluation after another.

`advance` is the whole of it: a pure function of the definition, the states so far, the data and the instant.
A whole timeline at once is :func:`alertproof.datadog.monitor.timeline.run_timeline`, with the same outcome.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
from msgspec import Struct, field

from alertproof.datadog.message import require_modelled_template
from alertproof.datadog.monitor.assumptions import Assumptions
from alertproof.datadog.monitor.clusters import cluster_of
from alertproof.datadog.monitor.composite import observe_composite
from alertproof.datadog.monitor.decide import Silence, is_too_new
from alertproof.datadog.monitor.definition import evaluation_instants
from alertproof.datadog.monitor.evaluate import observe
from alertproof.datadog.monitor.facts import facts_of
from alertproof.datadog.monitor.observation import NOTHING
from alertproof.datadog.monitor.routing import Routing, Terms
from alertproof.datadog.monitor.step import Outcome, Transition, step_group
from alertproof.datadog.monitor.together import clusters_at, step_cluster
from alertproof.datadog.query.tree import CompositeMonitor
from alertproof.telemetry.series import SeriesStore

if TYPE_CHECKING:
    from collections.abc import Mapping

    from alertproof.datadog.monitor.definition import Definition
    from alertproof.datadog.monitor.notify import Notification
    from alertproof.datadog.monitor.observation import Observation
    from alertproof.datadog.monitor.status import GroupStatus
    from alertproof.datadog.monitor.timeline import Timeline
    from alertproof.datadog.slo import Slos
    from alertproof.tags import Group
    from alertproof.telemetry.evidence import Evidence

__all__ = ["Step", "advance", "require_modelled", "require_readable_messages"]


class Step(Struct, frozen=True, kw_only=True):
    """What one evaluation led to; ``silent`` are the groups whose window held no point.

    ``values`` has the value that decided, None where the evaluation was skipped. ``clusters`` are the statuses of what
    ``notify_by`` tells of together, by the tags of each; they go into the next evaluation, as ``statuses`` do.
    """

    at: datetime
    statuses: Mapping[Group, GroupStatus]
    values: Mapping[Group, float | None]
    transitions: tuple[Transition, ...]
    notifications: tuple[Notification, ...]
    silent: frozenset[Group] = frozenset()
    clusters: Mapping[Group, GroupStatus] = field(default_factory=dict)


_NO_SLOS: Slos = MappingProxyType({})
_NO_ROUTING = Routing()
_NO_CLUSTERS: Mapping[Group, GroupStatus] = MappingProxyType({})
_NO_PARTS: Mapping[str, Timeline] = MappingProxyType({})
_DEFAULT = Assumptions()
_MOMENT = timedelta(microseconds=1)


def advance(
    definition: Definition,
    statuses: Mapping[Group, GroupStatus],
    store: SeriesStore,
    at: datetime,
    *,
    slos: Slos = _NO_SLOS,
    assumptions: Assumptions = _DEFAULT,
    evidence: Evidence | None = None,
    parts: Mapping[str, Timeline] = _NO_PARTS,
    routing: Routing = _NO_ROUTING,
    clusters: Mapping[Group, GroupStatus] = _NO_CLUSTERS,
    since: datetime | None = None,
) -> Step:
    """Evaluate a monitor once at ``at``, an aware instant on a full minute.

    A new monitor has no statuses. ``since`` is when the evaluation before was: the end of a downtime since then may be
    told. With a custom schedule nothing happens unless it came since then, or now. Without ``evidence`` only monitors
    of series are evaluated. ``parts`` are the monitors that a composite asks for, as
    :func:`~alertproof.datadog.monitor.timeline.standing` has each after its own evaluation at ``at``. Raises
    `NotModelled` for a definition that is not evaluated, or not of such data, `ConfigError` for an SLO that ``slos``
    lack or a monitor that ``parts`` do, and `Broken` for data that the query cannot be asked of.
    """
    if definition.options.schedules and not len(evaluation_instants(definition, since or at - _MOMENT, at)):
        return Step(at=at, statuses=statuses, values={}, transitions=(), notifications=(), clusters=clusters)
    if isinstance(definition.tree, CompositeMonitor):
        observed = _combine(definition, definition.tree, parts, at)
    else:
        observed = observe(definition, store, at, slos=slos, assumptions=assumptions, evidence=evidence)
    facts = facts_of(definition, evidence, parts, assumptions)
    terms = Terms(definition=definition, routing=routing, assumptions=assumptions, facts=facts)
    now = at.timestamp()
    outcomes: dict[Group, Outcome] = {}
    silent = set()
    for group in sorted(observed.keys() | statuses.keys()):
        seen = observed.get(group, NOTHING)
        silence = Silence.of(definition, seen.last_point, now, assumptions)
        outcome = step_group(
            terms,
            group,
            statuses.get(group),
            seen,
            silence,
            too_new=bool(is_too_new(definition, seen.first_recent, now)),
            at=at,
            mute=terms.muted(group, since or at, at).at(at, since),
        )
        if outcome is not None:
            outcomes[group] = outcome
            silent |= {group} if silence.window else set()
    new = {group: outcome.status for group, outcome in outcomes.items()}
    transitions = tuple(each.transition for each in outcomes.values() if each.transition)
    together = {}
    if definition.options.notify_by:
        together = _step_clusters(terms, outcomes, clusters, transitions, at=at, since=since)
    told = (each.notification for each in (*outcomes.values(), *together.values()))
    return Step(
        at=at,
        statuses=MappingProxyType(new),
        values=MappingProxyType({group: outcome.value for group, outcome in outcomes.items()}),
        transitions=transitions,
        notifications=tuple(filter(None, told)),
        silent=frozenset(silent),
        clusters=MappingProxyType({group: outcome.status for group, outcome in together.items()}),
    )


def _combine(
    definition: Definition, tree: CompositeMonitor, parts: Mapping[str, Timeline], at: datetime
) -> dict[Group, Observation]:
    found = observe_composite(definition, tree.expression, parts, np.array([at.timestamp()]))
    return {group: found.of(number, 0) for number, group in enumerate(found.groups)}


def _step_clusters(
    terms: Terms,
    outcomes: Mapping[Group, Outcome],
    before: Mapping[Group, GroupStatus],
    moved: tuple[Transition, ...],
    *,
    at: datetime,
    since: datetime | None,
) -> dict[Group, Outcome]:
    statuses = {group: outcome.status for group, outcome in outcomes.items()}
    notify_by = terms.definition.options.notify_by
    decided = {cluster_of(group, notify_by) for group, outcome in outcomes.items() if not outcome.skipped}
    return {
        group: step_cluster(
            terms,
            group,
            cluster,
            before.get(group),
            moved,
            skipped=group not in decided,
            at=at,
            mute=terms.muted(group, since or at, at).at(at, since),
        )
        for group, cluster in clusters_at(terms.definition, statuses).items()
    }


def require_modelled(
    definition: Definition,
    *,
    slos: Slos = _NO_SLOS,
    evidence: Evidence | None = None,
    parts: Mapping[str, Timeline] = _NO_PARTS,
    assumptions: Assumptions = _DEFAULT,
) -> None:
    """Raise `NotModelled`, naming the form, for a monitor that :func:`advance` would refuse whatever the data.

    What only the data tell, such as an aggregation that the metric's type does not have, it cannot foresee. Raises
    `ConfigError` for an SLO that ``slos`` lacks, for a burn rate that its SLO can never reach, and for a monitor of a
    composite that ``parts`` lack.
    """
    epoch = datetime.fromtimestamp(0, UTC)
    if isinstance(definition.tree, CompositeMonitor):
        _combine(definition, definition.tree, parts, epoch)
    else:
        observe(definition, SeriesStore(), epoch, slos=slos, assumptions=assumptions, evidence=evidence)
    if assumptions.malformed_messages_are_refused:
        require_readable_messages(definition)


def require_readable_messages(definition: Definition) -> None:
    """Raise `TemplateError` for a name or a message that cannot be rendered."""
    for template in (definition.name, definition.message, definition.options.escalation_message):
        require_modelled_template(template)
