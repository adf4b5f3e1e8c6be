"""Metric-based service level objectives and the mathematics of burn rates [BURN]."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from alertproof.datadog.query import parse_expression
from alertproof.errors import ConfigError, NotModelled

if TYPE_CHECKING:
    from alertproof.telemetry.series import Floats

__all__ = ["Slo", "Slos", "burn_rate", "highest_burn_rate", "load_slo"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Slo:
    """An objective over good and total events.

    ``target`` is a percentage, as in the API: 99.9. ``numerator`` (good) and ``denominator`` (total) are metric
    queries without head, ``sum:probe.success{..}.as_count()``; ``timeframe`` is ``7d``, ``30d`` or ``90d``.
    ``others`` are the further thresholds of the same SLO, each a timeframe and its target.
    Raises `ConfigError` for a target that is no percentage and `QuerySyntaxError` for a malformed query.
    """

    id: str
    name: str
    numerator: str
    denominator: str
    target: float
    timeframe: str
    others: tuple[tuple[str, float], ...] = ()

    def __post_init__(self) -> None:
        for timeframe, target in self._thresholds:
            # A percentage below 1 is a fraction in the wrong place (0.999 for 99.9), never an objective.
            if not 1 <= target < 100:
                raise ConfigError(f"SLO {self.id!r}: the target is a percentage such as 99.9, got {target!r}")
            if [name for name, _ in self._thresholds].count(timeframe) > 1:
                raise ConfigError(f"SLO {self.id!r}: two thresholds for {timeframe}")
        parse_expression(self.numerator)
        parse_expression(self.denominator)

    @property
    def _thresholds(self) -> tuple[tuple[str, float], ...]:
        return ((self.timeframe, self.target), *self.others)

    def target_over(self, timeframe: str) -> float:
        """Return the target for a timeframe, the one an alert names; raises `ConfigError` if there is none [BURN]."""
        targets = dict(self._thresholds)
        if timeframe not in targets:
            known = ", ".join(targets)
            raise ConfigError(f"SLO {self.id!r} has no target over {timeframe!r} (known: {known})")
        return targets[timeframe]


Slos = Mapping[str, Slo]


def load_slo(payload: Mapping[str, Any] | bytes, *, source: str) -> Slo:
    """Read an SLO from the API's JSON; one that has no id yet goes by its name.

    Raises `ConfigError` for what is no metric-based SLO, `QuerySyntaxError` for a malformed query and `NotModelled`
    for an SLO with groups.
    """
    try:
        read = json.loads(payload) if isinstance(payload, bytes) else payload
        if read.get("groups"):
            raise NotModelled(f"{source}: an SLO with groups is not modelled: {read['groups']}")
        first, *others = [(each["timeframe"], float(each["target"])) for each in read["thresholds"]]
        return Slo(
            id=str(read.get("id") or read["name"]),
            name=read["name"],
            numerator=read["query"]["numerator"],
            denominator=read["query"]["denominator"],
            target=first[1],
            timeframe=first[0],
            others=tuple(others),
        )
    except (ValueError, TypeError, LookupError, AttributeError) as error:
        raise ConfigError(
            f"{source}: not a metric-based SLO (name, query.numerator, query.denominator and"
            f" thresholds with target and timeframe): {error!r}"
        ) from error


_Amount = TypeVar("_Amount", float, "Floats")


def burn_rate(good: _Amount, total: _Amount, target: float) -> _Amount:
    """Return how many times faster than allowed the budget burns: the error rate over ``1 - target``."""
    return (total - good) / total / ((100 - target) / 100)


def highest_burn_rate(target: float) -> float:
    """Return the burn rate at which everything fails; a threshold above it can never fire [BURN]."""
    return 100 / (100 - target)
