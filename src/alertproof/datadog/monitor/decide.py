"""Which state an evaluation leads to: thresholds, recovery thresholds, missing data, retention."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from msgspec import Struct

from alertproof.datadog.comparators import MEETS, RECOVERS
from alertproof.datadog.evaluation.operand import is_as_count
from alertproof.datadog.monitor.definition import MissingData, State, evaluation_window
from alertproof.datadog.query.tree import CheckMonitor, EventMonitor, FormulaMonitor, MetricMonitor, MetricQuery

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from alertproof.datadog.monitor.assumptions import Assumptions
    from alertproof.datadog.monitor.definition import Definition
    from alertproof.datadog.monitor.observation import Observation
    from alertproof.datadog.monitor.status import GroupStatus
    from alertproof.telemetry.series import Floats

    Flag = bool | np.bool_ | NDArray[np.bool_]

__all__ = ["Decision", "Silence", "is_too_new", "next_state"]

#: A group without data is dropped from the status after that long, one of a check with no-data alerts later [CFG].
_RETENTION, _RETENTION_OF_CHECKS = timedelta(hours=24), timedelta(hours=48)
#: The no-data timeframe of a service check that has none [OPENAPI].
_NO_DATA_OF_CHECKS = timedelta(hours=24)
_NEW_GROUP_DELAY = timedelta(seconds=60)
_NEW_HOST_DELAY = timedelta(seconds=300)


class Decision(NamedTuple):
    """What an evaluation led to: a state, None where it stays, and the value that decided, if one did.

    ``by_timeout`` says that it was ``timeout_h`` that resolved.
    """

    state: State | None
    value: float | None
    by_timeout: bool = False


class Silence(Struct, frozen=True, eq=False):
    """What the newest point says at an evaluation: of a group at an instant, or of all groups at all instants.

    ``window``, ``no_data`` and ``timeout`` tell whether that long has passed without a point; ``retention`` whether
    the group is kept no longer. Each is True where there never was a point.
    """

    window: Flag
    no_data: Flag
    timeout: Flag
    retention: Flag

    @classmethod
    def of(
        cls, definition: Definition, last_point: float | Floats, at: float | Floats, assumptions: Assumptions
    ) -> Silence:
        """Compute all four; ``last_point`` and ``at`` are epoch seconds, NaN where there is no point."""
        options = definition.options
        window, delay = evaluation_window(definition).total_seconds(), options.evaluation_delay.total_seconds()
        no_data = _no_data_timeframe(definition, assumptions)
        # The clocks of the timeout and the retention start at the first evaluation without a point [CFG].
        gone = last_point + window + delay
        timeout = options.timeout.total_seconds() if options.timeout else np.inf

        def silent(span: float) -> Flag:
            return np.logical_not(last_point >= at - delay - span)

        return cls(
            window=silent(window),
            no_data=silent(no_data.total_seconds()),
            timeout=np.logical_not(at <= gone + timeout),
            retention=np.logical_not(at <= gone + _retention(definition).total_seconds()),
        )


def _no_data_timeframe(definition: Definition, assumptions: Assumptions) -> timedelta:
    chosen = definition.options.no_data_timeframe
    if chosen is None and isinstance(definition.tree, CheckMonitor):
        return _NO_DATA_OF_CHECKS
    return chosen or assumptions.no_data_windows * evaluation_window(definition)


def _retention(definition: Definition) -> timedelta:
    chosen = definition.options.group_retention
    if chosen is not None:
        return chosen
    late = isinstance(definition.tree, CheckMonitor) and definition.options.notify_no_data
    return _RETENTION_OF_CHECKS if late else _RETENTION


def next_state(
    definition: Definition,
    before: GroupStatus | None,
    observation: Observation,
    silence: Silence,
    assumptions: Assumptions,
) -> Decision:
    """Return the state that an evaluation leads to; it is skipped, and the state stays, where nothing decides."""
    if not math.isnan(observation.value):
        old = _state_before(definition, before)
        value = observation.value
        recovering = value if observation.recovering is None else observation.recovering
        return Decision(_by_thresholds(definition, old, value, recovering, assumptions), value)
    if observation.verdict is not None:
        return Decision(observation.verdict, None)
    missing = _by_silence(definition, before, observation, silence, assumptions)
    has_timed_out = definition.options.timeout and silence.timeout and not math.isnan(observation.last_point)
    if before is None or missing.value is not None or not has_timed_out:
        return missing
    # Resolved once, the same silence is no new trouble: else its end would begin the next, every other minute.
    return Decision(State.OK, None, by_timeout=True) if before.in_trouble else Decision(None, None)


def _by_silence(
    definition: Definition,
    before: GroupStatus | None,
    observation: Observation,
    silence: Silence,
    assumptions: Assumptions,
) -> Decision:
    """Apply what the monitor says of missing data, in the way of either generation."""
    if definition.options.on_missing_data is not None:
        return _by_missing_data(definition, before, silence, assumptions)
    shows = definition.options.notify_no_data or assumptions.silent_monitors_show_no_data
    if shows and not math.isnan(observation.last_point):
        return Decision(State.NO_DATA if silence.no_data else None, None)
    return Decision(None, None)


def _by_thresholds(
    definition: Definition, old: State, value: float, recovering: float, assumptions: Assumptions
) -> State:
    """Compare with the thresholds; an Alert or Warn is left only past its recovery threshold [RECOV]."""
    thresholds = definition.options.thresholds
    meets, recovers = MEETS[definition.comparator], RECOVERS[definition.recovery_comparator]
    if meets(value, thresholds.critical):
        return State.ALERT
    new = State.OK
    if thresholds.warning is not None and meets(value, thresholds.warning):
        new = State.WARN
    if not assumptions.stays_between_thresholds:
        return new
    alert_end, warn_end = thresholds.critical_recovery, thresholds.warning_recovery
    if old is State.ALERT and alert_end is not None and not recovers(recovering, alert_end):
        return State.ALERT
    if old is State.WARN and new is State.OK and warn_end is not None and not recovers(recovering, warn_end):
        return State.WARN
    return new


def _by_missing_data(
    definition: Definition, before: GroupStatus | None, silence: Silence, assumptions: Assumptions
) -> Decision:
    """Apply ``on_missing_data``, whose window is the evaluation window [ONMISS]."""
    if not silence.window:
        return Decision(None, None)
    match definition.options.on_missing_data:
        case MissingData.SHOW_NO_DATA | MissingData.SHOW_AND_NOTIFY:
            return Decision(State.NO_DATA, None)
        case MissingData.RESOLVE:
            return Decision(State.OK, None)
        case _:
            if not _counts(definition):
                # The last status is what the evaluation of a schedule came to, which is told again.
                return Decision(before.state if before and definition.options.schedules else None, None)
            old = _state_before(definition, before)
            return Decision(_by_thresholds(definition, old, 0.0, 0.0, assumptions), 0.0)


def _state_before(definition: Definition, before: GroupStatus | None) -> State:
    """Return the state that recovery thresholds may keep; each evaluation of a schedule stands for itself [SCHED]."""
    return before.state if before and not definition.options.schedules else State.NO_DATA


def _counts(definition: Definition) -> bool:
    """Tell whether the query is a single count, which missing data makes 0."""
    tree = definition.tree
    if isinstance(tree, EventMonitor | FormulaMonitor):
        return all(query.counts for _, query in definition.searches)
    return isinstance(tree, MetricMonitor) and isinstance(tree.expression, MetricQuery) and is_as_count(tree.expression)


def is_too_new(definition: Definition, first_recent: float | Floats, at: float | Floats) -> Flag:
    """Tell whether a group not seen in the last 24 hours is not evaluated yet [CFG]; numbers or arrays of them."""
    options = definition.options
    delay = options.new_group_delay
    if delay is None:
        delay = _NEW_GROUP_DELAY
        if "host" in definition.group_by:
            # 0 switches the delay off; only where none is given is it the default.
            delay = _NEW_HOST_DELAY if options.new_host_delay is None else options.new_host_delay
    return first_recent > at - options.evaluation_delay.total_seconds() - delay.total_seconds()
