"""What an SLO alert's query is worth: how fast the error budget burns [BURN]."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from alertproof.datadog.evaluation.expression import evaluate, evaluate_formula, metric_queries, rollup_step
from alertproof.datadog.evaluation.operand import is_as_count
from alertproof.datadog.evaluation.selection import Source
from alertproof.datadog.evaluation.windows import Windows
from alertproof.datadog.query import parse_expression, parse_formula
from alertproof.datadog.query.tree import MetricQuery, SloAlert, Window
from alertproof.datadog.slo import MonitorSlo, Slo, TimeSliceSlo, burn_rate, highest_burn_rate
from alertproof.errors import ConfigError, NotModelled, nearest

if TYPE_CHECKING:
    from collections.abc import Callable

    from alertproof.datadog.slo import Objective, Slos
    from alertproof.telemetry.series import Floats

    Behaviour = Callable[[Windows], tuple[Floats, Floats]]

__all__ = ["budget_values", "slo_of", "slo_queries", "slo_values"]


def slo_of(tree: SloAlert, slos: Slos) -> Objective:
    """Return the alert's SLO; raises `ConfigError` if ``slos`` lacks it."""
    if tree.slo not in slos:
        raise ConfigError(f"there is no SLO with the id {tree.slo!r}{nearest(tree.slo, slos)}")
    return slos[tree.slo]


def slo_queries(tree: SloAlert, slos: Slos) -> tuple[MetricQuery, ...]:
    """Return the metric queries of the alert's SLO, none for one over monitors; raises `ConfigError` as `slo_of`."""
    slo = slo_of(tree, slos)
    texts: tuple[str, ...] = ()
    if isinstance(slo, Slo):
        texts = (slo.numerator, slo.denominator)
    if isinstance(slo, TimeSliceSlo):
        texts = tuple(text for _, text in slo.queries)
    return tuple(query for text in texts for query in metric_queries(parse_expression(text)))


def slo_values(tree: SloAlert, source: Source, ends: Floats, slos: Slos) -> Floats:
    """Return the burn rate, or the percentage of the error budget that is spent, at each instant.

    NaN where a window of events holds none; missing time slices are uptime, so that those always have a value
    [SLICE]. Raises `ConfigError` for a burn rate that the SLO never reaches, and `NotModelled` for an SLO over
    monitors, whose states are not at hand.
    """
    slo = slo_of(tree, slos)
    if isinstance(slo, Slo):
        return budget_values(tree, slo, ends, lambda windows: _events(slo, source, windows))
    if isinstance(slo, TimeSliceSlo):
        return budget_values(tree, slo, ends, lambda windows: _uptime(slo, source, windows))
    assert isinstance(slo, MonitorSlo)  # noqa: S101 - there is no further kind
    raise NotModelled("SLOs over monitors are not evaluated here: the states of others are not at hand")


def budget_values(tree: SloAlert, slo: Objective, ends: Floats, behaviour: Behaviour) -> Floats:
    """Return what the alert compares, given the good and the total behaviour in windows: events, or seconds."""
    target = slo.target_over(tree.over)

    def burn_rates(length: float) -> Floats:
        good, total = behaviour(Windows(ends - length, ends))
        with np.errstate(all="ignore"):
            return np.where(total != 0, burn_rate(good, total, target), np.nan)

    if tree.kind == "error_budget":
        # All of the budget is spent when it has burnt at a rate of 1 for the whole of the target's window [ERRB].
        return 100 * burn_rates(_seconds(tree.over))
    # What is left of 100 - target is inexact, so that 10000 must pass at 99.99.
    if tree.condition.value > highest_burn_rate(target) * (1 + 1e-9):
        raise ConfigError(
            f"a burn rate above {tree.condition.number} is never reached: when everything fails, SLO {tree.slo!r}"
            f" (target {target:g}) burns at {highest_burn_rate(target):g}"
        )
    long = _seconds(tree.long_window or "")
    short = _seconds(tree.short_window) if tree.short_window else long / 12
    # The lower of the two passes a threshold only if both do [BURN].
    return np.minimum(burn_rates(long), burn_rates(short))


def _seconds(span: str) -> float:
    return Window("last", int(span[:-1]), span[-1]).length.total_seconds()


# --- events -------------------------------------------------------------------------------------------


def _events(slo: Slo, source: Source, windows: Windows) -> tuple[Floats, Floats]:
    """Return the good and the total events of each window; NaN of none."""
    total = _totals(slo.denominator, source, windows)
    return np.nan_to_num(_totals(slo.numerator, source, windows), nan=0.0), total


def _totals(text: str, source: Source, windows: Windows) -> Floats:
    """Return the events of all groups together, NaN where there are none."""
    expression = parse_expression(text)
    if not all(is_as_count(query) for query in metric_queries(expression)):
        raise NotModelled(f"an SLO query without as_count(): {text}")
    found = evaluate(expression, source, windows).settled[:, :, 0]
    known = np.isfinite(found)
    return np.where(known.any(axis=0), np.where(known, found, 0.0).sum(axis=0), np.nan)


# --- time slices --------------------------------------------------------------------------------------


def _uptime(slo: TimeSliceSlo, source: Source, windows: Windows) -> tuple[Floats, Floats]:
    """Return the seconds of uptime and all seconds of each window.

    Slices are aligned to UNIX time. One that the window's begin cuts is judged as a whole, one that its end cuts by
    what is known by then; each counts as much of it as lies in the window. One group that is down makes it down.
    """
    step = slo.slice_length.total_seconds()
    expressions = {name: parse_expression(text) for name, text in slo.queries}
    for name, expression in expressions.items():
        if rollup_step(expression, step) != step:
            raise NotModelled(f"the query {name!r} of a time slice SLO with a rollup other than its slices' {step:g} s")
    formula = parse_formula(slo.formula)
    series = sum(len(source.select(query).series) for each in expressions.values() for query in metric_queries(each))
    aligned = Windows(np.floor(windows.starts / step) * step, windows.ends, step)
    down = np.zeros(len(windows.ends))
    for where, portion in aligned.portions(series):
        frames = {name: evaluate(each, source, portion) for name, each in expressions.items()}
        values = evaluate_formula(formula, Source(source.store, frames), portion).settled
        bad = (np.isfinite(values) & ~slo.is_up(values)).any(axis=0)
        begins = np.maximum(portion.times, windows.starts[where][:, None])
        inside = np.minimum(portion.times + step, portion.ends[:, None]) - begins
        down[where] = np.where(bad, inside, 0.0).sum(axis=-1)
    total = windows.ends - windows.starts
    return total - down, total
