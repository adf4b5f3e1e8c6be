"""The life of a monitor's groups over a whole timeline, with the outcome of stepping through it.

All evaluations are computed at once. The state machine then runs only where it can come to something else: where
a value changes sides of a threshold, a group appears or falls silent, or a timer is due. In between, a status is
known to stay.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from datetime import UTC, datetime
from functools import cached_property
from itertools import pairwise
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from msgspec import Struct
from msgspec.structs import astuple, replace

from alertproof.datadog.comparators import MEETS, RECOVERS
from alertproof.datadog.evaluation.ranges import distinct
from alertproof.datadog.monitor.assumptions import Assumptions
from alertproof.datadog.monitor.composite import monitor_ids, observe_composite
from alertproof.datadog.monitor.decide import Silence, is_too_new
from alertproof.datadog.monitor.evaluate import observe_timeline
from alertproof.datadog.monitor.facts import Facts, facts_of, no_facts
from alertproof.datadog.monitor.observation import Observations, verdict_of
from alertproof.datadog.monitor.routing import Routing, Terms
from alertproof.datadog.monitor.slo_alert import slo_of
from alertproof.datadog.monitor.step import Outcome, step_group
from alertproof.datadog.monitor.telling import renotified_at
from alertproof.datadog.monitor.together import told_together
from alertproof.datadog.monitor.uptime import observe_uptime
from alertproof.datadog.query.tree import CompositeMonitor, SloAlert
from alertproof.datadog.slo import MonitorSlo
from alertproof.tags import EVERYTHING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    from alertproof.datadog.downtime import Spans
    from alertproof.datadog.monitor.decide import Flag
    from alertproof.datadog.monitor.definition import Definition
    from alertproof.datadog.monitor.notify import Notification
    from alertproof.datadog.monitor.status import GroupStatus
    from alertproof.datadog.monitor.step import Transition
    from alertproof.datadog.slo import Slos
    from alertproof.tags import Group
    from alertproof.telemetry.evidence import Evidence
    from alertproof.telemetry.series import Floats, SeriesStore

__all__ = ["Timeline", "part_ids", "run_timeline", "standing"]

_NO_SLOS: Slos = MappingProxyType({})
_NO_ROUTING = Routing()
_DEFAULT = Assumptions()


class _Stretch(NamedTuple):
    """From the evaluation with this number on the group is as ``outcome`` left it; None: it has no status."""

    begin: int
    outcome: Outcome | None


class Timeline(Struct, frozen=True, eq=False, dict=True):
    """What a monitor did at each of ``observations.instants``; evaluations go by their numbers, from 0."""

    definition: Definition
    observations: Observations
    transitions: tuple[Transition, ...]
    notifications: tuple[Notification, ...]
    facts: Facts
    """What its messages can tell of a group at an instant."""
    silent: NDArray[np.bool_]
    """``(groups, instants)``: which evaluations' windows held no point."""
    _lives: tuple[tuple[_Stretch, ...], ...]

    @property
    def instants(self) -> Floats:
        """Return when the evaluations were, epoch seconds."""
        return self.observations.instants

    @cached_property
    def _number(self) -> dict[Group, int]:
        return {group: number for number, group in enumerate(self.observations.groups)}

    @cached_property
    def _begins(self) -> tuple[list[int], ...]:
        return tuple([stretch.begin for stretch in life] for life in self._lives)

    def groups_at(self, evaluation: int) -> tuple[Group, ...]:
        """Return the groups that have a status after an evaluation, sorted."""
        return tuple(group for group in self.observations.groups if self.status(group, evaluation) is not None)

    def status(self, group: Group, evaluation: int) -> GroupStatus | None:
        """Return where a group stands after an evaluation; None for one that it does not know then."""
        number = self._number.get(group)
        if number is None:
            return None
        outcome = self._stretch(number, evaluation).outcome
        if outcome is None:
            return None
        # Either each evaluation of a stretch has a value or none has.
        value = self.observations.values.item(number, evaluation)
        return outcome.status if math.isnan(value) else replace(outcome.status, value=value)

    def value(self, group: Group, evaluation: int) -> float | None:
        """Return the value that decided at an evaluation, None where it was skipped or the group was not there."""
        number = self._number[group]
        outcome = self._stretch(number, evaluation).outcome
        seen = self.observations.values[number, evaluation]
        if outcome is None:
            return None
        return outcome.value if np.isnan(seen) else float(seen)

    def is_silent(self, group: Group, evaluation: int) -> bool:
        """Tell whether the window of an evaluation held no point of the group."""
        return bool(self.silent[self._number[group], evaluation])

    def is_skipped(self, group: Group, evaluation: int) -> bool:
        """Tell whether nothing decided a group's evaluation of a custom schedule, as `Outcome` has it."""
        outcome = self._stretch(self._number[group], evaluation).outcome
        return outcome is not None and outcome.skipped

    def without_value_since(self, group: Group, evaluation: int) -> int | None:
        """Return the evaluation since which each was skipped for the group; None if this one was not."""
        number = self._number[group]
        if self.observations.decided[number, evaluation]:
            return None
        skipped = self._skipped(number)[: evaluation + 1]
        if not skipped[-1]:
            return None
        others = np.flatnonzero(~skipped)
        return int(others[-1]) + 1 if len(others) else 0

    @cached_property
    def evaluated(self) -> int:
        """Return how many evaluations came to a value from data, over all groups."""
        seen = self.observations.decided & ~self.silent
        total = int(seen.sum())
        for number, life in enumerate(self._lives):
            if any(stretch.outcome is None for stretch in life):
                total -= int((seen[number] & ~self._kept(number)).sum())
        return total

    def changes(self, group: Group) -> list[int]:
        """Return the evaluations between which a group is known to stay as it is, but for its value."""
        return self._begins[self._number[group]]

    def states(self, group: Group) -> NDArray[np.int8]:
        """Return the group's state after each evaluation as a number of `verdict_of`, -1 where it has none."""
        number = self._number[group]
        outcomes = [stretch.outcome for stretch in self._lives[number]]
        codes = np.array([verdict_of(each.status.state) if each else -1 for each in outcomes], dtype=np.int8)
        return np.repeat(codes, np.diff([*self._begins[number], len(self.instants)]))

    def _stretch(self, number: int, evaluation: int) -> _Stretch:
        return self._lives[number][bisect_right(self._begins[number], evaluation) - 1]

    def _kept(self, number: int) -> NDArray[np.bool_]:
        return self._spread(number, [stretch.outcome is not None for stretch in self._lives[number]])

    def _skipped(self, number: int) -> NDArray[np.bool_]:
        undecided = [stretch.outcome is not None and stretch.outcome.value is None for stretch in self._lives[number]]
        decided = self.observations.decided[number]
        skipped: NDArray[np.bool_] = self._spread(number, undecided) & ~decided
        return skipped

    def _spread(self, number: int, flags: list[bool]) -> NDArray[np.bool_]:
        begins = self._begins[number]
        return np.repeat(np.array(flags, dtype=bool), np.diff([*begins, len(self.instants)]))


def part_ids(definition: Definition, slos: Slos) -> tuple[str, ...]:
    """Return the ids of the monitors whose states a monitor asks for: those of a composite, and of an SLO over some.

    An SLO that ``slos`` lacks asks for none.
    """
    tree = definition.tree
    if isinstance(tree, CompositeMonitor):
        return monitor_ids(tree.expression)
    slo = slos.get(tree.slo) if isinstance(tree, SloAlert) else None
    return slo.monitors if isinstance(slo, MonitorSlo) else ()


def standing(definition: Definition, statuses: Mapping[Group, GroupStatus], at: datetime) -> Timeline:
    """Return where a monitor stands at ``at`` as a timeline of one evaluation: a part of a composite on a live clock.

    Of one that was never evaluated nothing is known. What a record that it found would tell is not told.
    """
    everything = () if definition.group_by else (EVERYTHING,)
    groups = tuple(sorted(statuses)) or everything
    found = [statuses.get(group) for group in groups]
    values = [np.nan if each is None or each.value is None else each.value for each in found]
    shape = (len(groups), 1)
    now = at.timestamp()
    observed = Observations(
        instants=np.array([now]),
        groups=groups,
        values=np.array(values, dtype=np.float64).reshape(shape),
        last_points=np.full(shape, now - 1),
        first_recent=np.full(shape, -np.inf),
    )
    outcomes = [None if each is None else Outcome(each, each.value, None, None, False) for each in found]
    lives = tuple((_Stretch(0, outcome),) for outcome in outcomes)
    return Timeline(definition, observed, (), (), no_facts, np.zeros(shape, dtype=bool), lives)


def run_timeline(
    definition: Definition,
    store: SeriesStore,
    instants: Floats,
    *,
    slos: Slos = _NO_SLOS,
    assumptions: Assumptions = _DEFAULT,
    evidence: Evidence | None = None,
    parts: Mapping[str, Timeline] | None = None,
    routing: Routing = _NO_ROUTING,
) -> Timeline:
    """Evaluate a new monitor at each of ``instants``, sorted epoch seconds on full minutes.

    ``parts`` are the timelines of the monitors in `part_ids`. What comes out is what
    :func:`~alertproof.datadog.monitor.state.advance` comes to, one instant after another. Raises what it raises.
    """
    tree, delay = definition.tree, definition.options.evaluation_delay.total_seconds()
    if isinstance(tree, CompositeMonitor):
        observed = observe_composite(definition, tree.expression, parts or {}, instants)
    elif isinstance(tree, SloAlert) and isinstance(slo := slo_of(tree, slos), MonitorSlo):
        observed = observe_uptime(tree, slo, parts or {}, instants, instants - delay)
    else:
        observed = observe_timeline(definition, store, instants, slos=slos, assumptions=assumptions, evidence=evidence)
    silence = Silence.of(definition, distinct(observed.last_points), instants, assumptions)
    silence = Silence(*(np.broadcast_to(flag, observed.values.shape) for flag in astuple(silence)))
    too_new = np.asarray(is_too_new(definition, distinct(observed.first_recent), instants))
    facts = facts_of(definition, evidence, parts or {}, assumptions)
    terms = Terms(definition=definition, routing=routing, assumptions=assumptions, facts=facts)
    run = _Run(terms, observed, silence, np.broadcast_to(too_new, observed.values.shape))
    lives = tuple(tuple(run.life(number)) for number in range(len(observed.groups)))
    outcomes = [stretch.outcome for life in lives for stretch in life if stretch.outcome is not None]
    found = Timeline(
        definition,
        observed,
        tuple(sorted((each.transition for each in outcomes if each.transition), key=lambda t: (t.at, t.group))),
        tuple(sorted((each.notification for each in outcomes if each.notification), key=lambda n: (n.at, n.group))),
        facts,
        np.asarray(silence.window),
        lives,
    )
    return replace(found, notifications=told_together(terms, found)) if definition.options.notify_by else found


class _Run(Struct, frozen=True, eq=False, dict=True):
    """The evaluations of all groups; the flags are ``(groups, instants)``."""

    terms: Terms
    observed: Observations
    silence: Silence
    too_new: NDArray[np.bool_]

    def life(self, number: int) -> Iterator[_Stretch]:
        """Yield the stretches of a group's life."""
        observed, instants = self.observed, self._instants
        if not instants:
            return
        group, values, muted = observed.groups[number], observed.values[number], self._muted[number]
        before: GroupStatus | None = None
        at = 0
        while at < len(instants):
            instant = datetime.fromtimestamp(instants[at], UTC)
            outcome = step_group(
                self.terms,
                group,
                before,
                observed.of(number, at),
                self._silence_at(number, at),
                too_new=self.too_new.item(number, at),
                at=instant,
                mute=muted.at(instant, datetime.fromtimestamp(instants[at - 1], UTC) if at and muted.spans else None),
            )
            yield _Stretch(at, outcome)
            following = self._next(number, at, before, outcome)
            before = outcome.status if outcome else None
            if before is not None:
                value = float(values[following - 1])
                before = before if math.isnan(value) else replace(before, value=value)
            at = following

    def _next(self, number: int, at: int, before: GroupStatus | None, outcome: Outcome | None) -> int:
        """Return the number of the next evaluation that may come to something else."""
        if self.terms.definition.options.schedules:
            return at + 1
        status = outcome.status if outcome else None
        moved = outcome and (before is None or outcome.transition or outcome.notification)
        if moved and not self.observed.decided[number, at]:
            # A step without a value may make the next one possible. Values on one side of each threshold lead to
            # one state, whether once or twice.
            return at + 1
        changes = self._awaited[number]
        place = bisect_right(changes, at)
        following = changes[place] if place < len(changes) else len(self._instants)
        return min(following, renotified_at(self.terms, status, self._instants, at))

    def _silence_at(self, number: int, at: int) -> Silence:
        window, no_data, timeout, retention = self._silences
        return Silence(
            window.item(number, at), no_data.item(number, at), timeout.item(number, at), retention.item(number, at)
        )

    @cached_property
    def _silences(self) -> list[NDArray[np.bool_]]:
        silence = self.silence
        return [np.asarray(flag) for flag in (silence.window, silence.no_data, silence.timeout, silence.retention)]

    @cached_property
    def _muted(self) -> list[Spans]:
        """Return when each group is muted."""
        first, last = (datetime.fromtimestamp(self._instants[end], UTC) for end in (0, -1))
        return [self.terms.muted(group, first, last) for group in self.observed.groups]

    @cached_property
    def _awaited(self) -> list[list[int]]:
        """Return per group the evaluations whose flags differ from those before, or at which a downtime does."""
        awaited = self._changes()
        for number, muted in enumerate(self._muted):
            ends = [bisect_left(self._instants, at.timestamp()) for at in muted.boundaries]
            if ends:
                awaited[number] = sorted({*awaited[number], *ends})
        return awaited

    @cached_property
    def _instants(self) -> list[float]:
        instants: list[float] = self.observed.instants.tolist()
        return instants

    def _changes(self) -> list[list[int]]:
        """Return per group the evaluations whose flags differ from those before."""
        flags = self._flags()
        changed = np.zeros((len(self.observed.groups), max(0, len(self.observed.instants) - 1)), dtype=bool)
        for flag in map(distinct, flags):
            changed |= flag[:, 1:] != flag[:, :-1]
        # Of one long row the true ones are found far sooner than of many.
        places, width = np.flatnonzero(changed), changed.shape[1]
        ends = np.searchsorted(places, width * np.arange(len(changed) + 1)).tolist()
        numbers = (places % max(1, width) + 1).tolist()
        return [numbers[begin:end] for begin, end in pairwise(ends)]

    def _flags(self) -> list[NDArray[np.generic]]:
        """Return all that a step asks of an evaluation, but for its timers."""
        values, thresholds = self.observed.values, self.terms.definition.options.thresholds
        definition = self.terms.definition
        meets, recovers = MEETS[definition.comparator], RECOVERS[definition.recovery_comparator]
        known = np.isfinite(values)
        flags: list[Flag] = [known, self.too_new, np.isnan(distinct(self.observed.last_points))]
        flags += [self.silence.window, self.silence.no_data, self.silence.timeout, self.silence.retention]
        limits = (thresholds.critical, thresholds.warning)
        flags += [known & meets(values, limit) for limit in limits if limit is not None]
        ends = (thresholds.critical_recovery, thresholds.warning_recovery)
        recovering = values if self.observed.recovering is None else self.observed.recovering
        flags += [known & recovers(recovering, limit) for limit in ends if limit is not None]
        verdicts = [] if self.observed.verdicts is None else [self.observed.verdicts]
        return [*map(np.asarray, flags), *verdicts]
