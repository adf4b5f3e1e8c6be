"""What came about in a run, as far as behaviour that Datadog does not document has a say in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from msgspec import Struct

from alertproof.datadog.comparators import MEETS, RECOVERS
from alertproof.datadog.evaluation.ranges import distinct
from alertproof.datadog.monitor.observation import State, verdict_of

if TYPE_CHECKING:
    from alertproof.datadog.monitor.timeline import Timeline

__all__ = ["Happened", "what_happened"]

_BAD = (State.WARN, State.ALERT)


class Happened(Struct, frozen=True, kw_only=True):
    """What came about; of a run that is not known all of it may have.

    ``fell_silent``: a group that had data had none in a window. ``was_without``: a window held nothing.
    ``was_between``: a value lay between a threshold and its recovery threshold. ``timed_out``: ``timeout_h`` resolved.
    ``began_bad``: a group's first step was into trouble. ``returned_bad``: data came back bad after No Data.
    ``forgot``: one of groups that are told together was dropped, and was not OK. ``rose``: a group went from Warn to
    Alert. ``renotified``, ``told`` and ``paged``: there was a renotification, any notification, one to PagerDuty.
    """

    fell_silent: bool = True
    was_without: bool = True
    was_between: bool = True
    timed_out: bool = True
    began_bad: bool = True
    returned_bad: bool = True
    forgot: bool = True
    rose: bool = True
    renotified: bool = True
    told: bool = True
    paged: bool = True


def what_happened(timeline: Timeline) -> Happened:
    """Return what came about over a timeline; groups that are told of together may have done what none of them did."""
    silent = distinct(timeline.silent)
    moves = {(step.old, step.new) for step in timeline.transitions}
    firsts = {step.group: step for step in reversed(timeline.transitions)}
    later = [step for step in timeline.transitions if step is not firsts[step.group]]
    together = bool(timeline.definition.options.notify_by)
    return Happened(
        fell_silent=bool((silent & np.isfinite(distinct(timeline.observations.last_points))).any()),
        was_without=bool(silent.any()),
        was_between=_was_between(timeline),
        timed_out=any(step.by_timeout for step in timeline.transitions),
        began_bad=any(step.new in _BAD for step in firsts.values()),
        returned_bad=together or any(step.old is State.NO_DATA and step.new in _BAD for step in later),
        forgot=together and _forgot(timeline),
        rose=together or (State.WARN, State.ALERT) in moves,
        renotified=any(each.transition == "Renotify" for each in timeline.notifications),
        told=bool(timeline.notifications),
        paged=any(handle.startswith("pagerduty") for each in timeline.notifications for handle in each.handles),
    )


def _forgot(timeline: Timeline) -> bool:
    """Tell whether a group lost its status in another state than OK."""
    states = [timeline.states(group) for group in timeline.observations.groups]
    return any(bool(((each[:-1] > verdict_of(State.OK)) & (each[1:] < 0)).any()) for each in states)


def _was_between(timeline: Timeline) -> bool:
    definition, observed = timeline.definition, timeline.observations
    thresholds = definition.options.thresholds
    recovering = observed.values if observed.recovering is None else observed.recovering
    meets, recovers = MEETS[definition.comparator], RECOVERS[definition.recovery_comparator]
    pairs = ((thresholds.critical, thresholds.critical_recovery), (thresholds.warning, thresholds.warning_recovery))
    return any(
        bool((np.isfinite(observed.values) & ~meets(observed.values, limit) & ~recovers(recovering, end)).any())
        for limit, end in pairs
        if limit is not None and end is not None
    )
