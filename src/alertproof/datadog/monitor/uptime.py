"""An SLO over monitors: the time in which none of them is bad [SLOMON]."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from alertproof.datadog.evaluation.windows import Windows
from alertproof.datadog.monitor.notify import tells_no_data
from alertproof.datadog.monitor.observation import Observations, State, verdict_of
from alertproof.datadog.monitor.slo_alert import budget_values
from alertproof.datadog.query.tree import MetricMonitor
from alertproof.errors import ConfigError, NotModelled, nearest
from alertproof.tags import EVERYTHING, group_label

if TYPE_CHECKING:
    from collections.abc import Mapping

    from alertproof.datadog.evaluation.frame import Flags
    from alertproof.datadog.monitor.timeline import Timeline
    from alertproof.datadog.query.tree import SloAlert
    from alertproof.datadog.slo import MonitorSlo
    from alertproof.tags import Group
    from alertproof.telemetry.series import Floats

__all__ = ["observe_uptime", "uptime"]


def observe_uptime(
    tree: SloAlert, slo: MonitorSlo, parts: Mapping[str, Timeline], instants: Floats, ends: Floats
) -> Observations:
    """Return what the alert on an SLO over monitors finds, ``ends`` being the instants less the evaluation delay.

    Before any of the monitors was evaluated there is no value. Raises `ConfigError` for a monitor that ``parts``
    lacks or of a type that has no alerts on its SLO, and `NotModelled` for one that resolves by timeout.
    """
    monitors = _monitors(slo, parts)
    for name, timeline in zip(slo.monitors, monitors, strict=True):
        if not isinstance(timeline.definition.tree, MetricMonitor):
            raise ConfigError(f"SLO {slo.id!r}: there is no alert on an SLO over {name!r}, which is no metric monitor")
    values = budget_values(tree, slo, ends, lambda windows: _up_seconds(slo, monitors, windows))
    begun = min((timeline.instants[0] for timeline in monitors if len(timeline.instants)), default=np.inf)
    known = ends > begun
    return Observations(
        instants=instants,
        groups=(EVERYTHING,),
        values=np.where(known, values, np.nan)[None],
        last_points=np.where(known, ends - 1, np.nan)[None],
        first_recent=np.full((1, len(instants)), -np.inf),
    )


def uptime(slo: MonitorSlo, parts: Mapping[str, Timeline], start: float, end: float) -> float:
    """Return the percentage of ``[start, end)``, epoch seconds, in which no monitor of the SLO was bad."""
    good, total = _up_seconds(slo, _monitors(slo, parts), Windows.spanning(start, end))
    return float(100 * good[0] / total[0])


def _monitors(slo: MonitorSlo, parts: Mapping[str, Timeline]) -> list[Timeline]:
    for each in slo.monitors:
        if each not in parts:
            raise ConfigError(f"SLO {slo.id!r}: there is no monitor {each!r}{nearest(each, parts)}")
        if parts[each].definition.options.timeout is not None:
            # The SLO goes by the states as they would be without it [SLOMON].
            raise NotModelled(f"SLO {slo.id!r}: the uptime of monitor {each!r}, which has a timeout_h")
    return [parts[each] for each in slo.monitors]


def _up_seconds(slo: MonitorSlo, monitors: list[Timeline], windows: Windows) -> tuple[Floats, Floats]:
    """Return the seconds of uptime and all seconds of each window; a state lasts from its evaluation to the next."""
    begun = [timeline for timeline in monitors if len(timeline.instants)]
    total = windows.ends - windows.starts
    if not begun:
        return total, total
    instants = np.array(sorted({at for timeline in begun for at in timeline.instants.tolist()}))
    down = np.zeros(len(instants), dtype=bool)
    for timeline in begun:
        number = np.searchsorted(timeline.instants, instants, side="right") - 1
        down |= (number >= 0) & _is_down(slo, timeline)[number]
    lengths = np.where(down[:-1], np.diff(instants), 0.0)
    spent = np.concatenate(([0.0], np.cumsum(lengths)))

    def until(at: Floats) -> Floats:
        place = np.maximum(np.searchsorted(instants, at, side="right") - 1, 0)
        return spent[place] + np.where(down[place], np.maximum(at - instants[place], 0.0), 0.0)

    return total - (until(windows.ends) - until(windows.starts)), total


def _is_down(slo: MonitorSlo, timeline: Timeline) -> Flags:
    """Tell at each evaluation whether any group is bad: in Alert, or in No Data where that is told."""
    bad = [verdict_of(State.ALERT)]
    if tells_no_data(timeline.definition.options):
        bad.append(verdict_of(State.NO_DATA))
    groups = timeline.observations.groups
    for group in slo.groups:
        _require(slo, group, groups)
    down = np.zeros(len(timeline.instants), dtype=bool)
    for group in slo.groups or groups:
        down |= np.isin(timeline.states(group), bad)
    return down


def _require(slo: MonitorSlo, group: Group, groups: tuple[Group, ...]) -> None:
    if group not in groups:
        known = ", ".join(map(group_label, groups)) or "none"
        raise ConfigError(f"SLO {slo.id!r}: its monitor has no group {group_label(group)} (groups: {known})")
