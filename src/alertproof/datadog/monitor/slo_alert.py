"""What an SLO alert's query is worth: how fast the error budget burns [BURN]."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from alertproof.datadog.evaluation.expression import evaluate, metric_queries
from alertproof.datadog.evaluation.operand import is_as_count
from alertproof.datadog.evaluation.windows import Windows
from alertproof.datadog.query import parse_expression
from alertproof.datadog.query.tree import MetricQuery, SloAlert, Window
from alertproof.datadog.slo import burn_rate, highest_burn_rate
from alertproof.errors import ConfigError, NotModelled, nearest

if TYPE_CHECKING:
    from alertproof.datadog.evaluation.selection import Source
    from alertproof.datadog.slo import Slo, Slos
    from alertproof.telemetry.series import Floats

__all__ = ["slo_queries", "slo_values"]


def slo_queries(tree: SloAlert, slos: Slos) -> tuple[MetricQuery, ...]:
    """Return the metric queries of the alert's SLO; raises `ConfigError` if ``slos`` lacks it."""
    slo = _slo(tree, slos)
    return tuple(query for text in (slo.numerator, slo.denominator) for query in metric_queries(parse_expression(text)))


def slo_values(tree: SloAlert, source: Source, ends: Floats, slos: Slos) -> Floats:
    """Return the burn rate, or the percentage of the error budget that is spent, at each instant.

    NaN where a window holds no event. Raises `ConfigError` for a burn rate that the SLO never reaches.
    """
    slo = _slo(tree, slos)
    target = slo.target_over(tree.over)
    if tree.kind == "error_budget":
        # All of the budget is spent when it has burnt at a rate of 1 for the whole of the target's window [ERRB].
        return 100 * _burn_rates(slo, source, Windows(ends - _seconds(tree.over), ends), target)
    # What is left of 100 - target is inexact, so that 10000 must pass at 99.99.
    if tree.condition.value > highest_burn_rate(target) * (1 + 1e-9):
        raise ConfigError(
            f"a burn rate above {tree.condition.number} is never reached: when everything fails, SLO {tree.slo!r}"
            f" (target {target:g}) burns at {highest_burn_rate(target):g}"
        )
    long = _seconds(tree.long_window or "")
    short = _seconds(tree.short_window) if tree.short_window else long / 12
    # The lower of the two passes a threshold only if both do [BURN].
    return np.minimum(*(_burn_rates(slo, source, Windows(ends - length, ends), target) for length in (long, short)))


def _burn_rates(slo: Slo, source: Source, windows: Windows, target: float) -> Floats:
    total = _totals(slo.denominator, source, windows)
    good = np.nan_to_num(_totals(slo.numerator, source, windows), nan=0.0)
    with np.errstate(all="ignore"):
        return np.where(total != 0, burn_rate(good, total, target), np.nan)


def _slo(tree: SloAlert, slos: Slos) -> Slo:
    if tree.slo not in slos:
        raise ConfigError(f"there is no SLO with the id {tree.slo!r}{nearest(tree.slo, slos)}")
    return slos[tree.slo]


def _seconds(span: str) -> float:
    return Window("last", int(span[:-1]), span[-1]).length.total_seconds()


def _totals(text: str, source: Source, windows: Windows) -> Floats:
    expression = parse_expression(text)
    queries = metric_queries(expression)
    if not all(is_as_count(query) for query in queries):
        raise NotModelled(f"an SLO query without as_count(): {text}")
    if any(query.by for query in queries):
        raise NotModelled(f"an SLO query with groups: {text}")
    frame = evaluate(expression, source, windows)
    nothing = np.full(len(windows.ends), np.nan)
    return frame.settled[0, :, 0] if frame.groups else nothing
