"""Metric-based service level objectives and the mathematics of burn rates [BURN]."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from alertproof.datadog.query import parse_expression
from alertproof.errors import ConfigError

__all__ = ["Slo", "Slos", "burn_rate", "highest_burn_rate", "load_slo"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Slo:
    """An objective over good and total events.

    ``target`` is a percentage, as in the API: 99.9. ``numerator`` (good) and ``denominator`` (total) are metric
    queries without head, ``sum:probe.success{..}.as_count()``; ``timeframe`` is ``7d``, ``30d`` or ``90d``.
    Raises `ConfigError` for a target that is no percentage and `QuerySyntaxError` for a malformed query.
    """

    id: str
    name: str
    numerator: str
    denominator: str
    target: float
    timeframe: str

    def __post_init__(self) -> None:
        # A percentage below 1 is a fraction in the wrong place (0.999 for 99.9), never an objective.
        if not 1 <= self.target < 100:
            raise ConfigError(f"SLO {self.id!r}: the target is a percentage such as 99.9, got {self.target!r}")
        parse_expression(self.numerator)
        parse_expression(self.denominator)


Slos = Mapping[str, Slo]


def load_slo(payload: Mapping[str, Any] | bytes, *, source: str) -> Slo:
    """Read an SLO from the API's JSON; one that has no id yet goes by its name.

    Raises `ConfigError` for what is no metric-based SLO and `QuerySyntaxError` for a malformed query.
    """
    try:
        read = json.loads(payload) if isinstance(payload, bytes) else payload
        first = read["thresholds"][0]
        return Slo(
            id=str(read.get("id") or read["name"]),
            name=read["name"],
            numerator=read["query"]["numerator"],
            denominator=read["query"]["denominator"],
            target=float(first["target"]),
            timeframe=first["timeframe"],
        )
    except (ValueError, TypeError, LookupError, AttributeError) as error:
        raise ConfigError(
            f"{source}: not a metric-based SLO (name, query.numerator, query.denominator and"
            f" thresholds[0] with target and timeframe): {error!r}"
        ) from error


def burn_rate(good: float, total: float, target: float) -> float:
    """Return how many times faster than allowed the budget burns: the error rate over ``1 - target``."""
    return (total - good) / total / ((100 - target) / 100)


def highest_burn_rate(target: float) -> float:
    """Return the burn rate at which everything fails; a threshold above it can never fire."""
    return 100 / (100 - target)
