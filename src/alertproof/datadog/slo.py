"""Service level objectives over events, time slices and monitors, and the mathematics of burn rates [BURN]."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from msgspec import Struct

from alertproof.datadog.comparators import MEETS
from alertproof.datadog.query import parse_expression, parse_formula
from alertproof.datadog.query.tree import Reference, walk
from alertproof.errors import ConfigError, NotModelled, QuerySyntaxError, nearest
from alertproof.tags import Group, parse_tags

if TYPE_CHECKING:
    from alertproof.telemetry.series import Floats

__all__ = [
    "MonitorSlo",
    "Objective",
    "Slo",
    "Slos",
    "TimeSliceSlo",
    "burn_rate",
    "highest_burn_rate",
    "load_slo",
]

#: How long a slice may be, and how long it is where nothing else is said [OPENAPI SLOTimeSliceInterval].
_SLICES = (timedelta(minutes=1), timedelta(minutes=5))
_SLICE = timedelta(minutes=5)
_UPTIME_COMPARATORS = (">", ">=", "<", "<=")
_MOST_MONITORS = 20


class Objective(Struct, frozen=True, kw_only=True):
    """What all SLOs have, of whatever kind.

    ``target`` is a percentage, as in the API: 99.9; ``timeframe`` is ``7d``, ``30d`` or ``90d``. ``others`` are the
    further thresholds of the same SLO, each a timeframe and its target.
    Raises `ConfigError` for a target that is no percentage.
    """

    id: str
    name: str
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


class Slo(Objective, frozen=True, kw_only=True):
    """An objective over good and total events, those of all groups together.

    ``numerator`` (good) and ``denominator`` (total) are metric queries without head,
    ``sum:probe.success{..}.as_count()``. Raises `QuerySyntaxError` for a malformed one.
    """

    numerator: str
    denominator: str

    def __post_init__(self) -> None:
        Objective.__post_init__(self)
        parse_expression(self.numerator)
        parse_expression(self.denominator)


class TimeSliceSlo(Objective, frozen=True, kw_only=True):
    """An objective over time, in slices of 1 or 5 minutes, each up or down by a condition on a query [SLICE].

    ``queries`` are metric queries without head, by the names that ``formula`` calls them. A slice is up where the
    formula's value meets ``comparator`` and ``threshold``. Raises `ConfigError` for a condition that cannot be and
    `QuerySyntaxError` for a malformed query.
    """

    queries: tuple[tuple[str, str], ...]
    formula: str
    comparator: str
    threshold: float
    slice_length: timedelta = _SLICE

    def __post_init__(self) -> None:
        Objective.__post_init__(self)
        if self.comparator not in _UPTIME_COMPARATORS:
            known = ", ".join(_UPTIME_COMPARATORS)
            raise ConfigError(f"SLO {self.id!r}: uptime is a comparison by one of {known}, not {self.comparator!r}")
        if self.slice_length not in _SLICES:
            seconds = f"{self.slice_length.total_seconds():g}"
            raise ConfigError(f"SLO {self.id!r}: a time slice has 60 or 300 seconds, not {seconds}")
        known_names = dict(self.queries)
        names = [node.name for node in walk(parse_formula(self.formula)) if isinstance(node, Reference)]
        if not names:
            raise ConfigError(f"SLO {self.id!r}: the formula {self.formula!r} has no query")
        for name in names:
            if name not in known_names:
                raise ConfigError(f"SLO {self.id!r}: the formula has no query {name!r}{nearest(name, known_names)}")
        for _, text in self.queries:
            parse_expression(text)

    def is_up(self, values: Floats) -> Any:
        """Tell which of the values of slices are uptime."""
        return MEETS[self.comparator](values, self.threshold)


class MonitorSlo(Objective, frozen=True, kw_only=True):
    """An objective over the time in which none of some monitors is bad [SLOMON].

    ``monitors`` are their ids. ``groups`` narrow a single monitor down to these of its groups. Raises `ConfigError`
    for more or fewer monitors than an SLO may have, and for groups of several.
    """

    monitors: tuple[str, ...]
    groups: tuple[Group, ...] = ()

    def __post_init__(self) -> None:
        Objective.__post_init__(self)
        if not 1 <= len(self.monitors) <= _MOST_MONITORS:
            raise ConfigError(f"SLO {self.id!r}: 1 to {_MOST_MONITORS} monitors, not {len(self.monitors)}")
        if self.groups and len(self.monitors) > 1:
            raise ConfigError(f"SLO {self.id!r}: groups can be chosen of a single monitor only")


Slos = Mapping[str, Objective]


def load_slo(payload: Mapping[str, Any] | bytes, *, source: str) -> Objective:
    """Read an SLO from the API's JSON; one that has no id yet goes by its name.

    Raises `ConfigError` for what is no SLO or has a malformed query, and `NotModelled` for an SLO of another type.
    """
    read = _decode(payload, source)
    kind = read.get("type") or "metric"
    try:
        if not read["thresholds"]:
            raise ConfigError("an SLO has at least one threshold")
        first, *others = [(each["timeframe"], float(each["target"])) for each in read["thresholds"]]
        common = {
            "id": str(read.get("id") or read["name"]),
            "name": read["name"],
            "target": first[1],
            "timeframe": first[0],
            "others": tuple(others),
        }
        if kind != "monitor" and read.get("groups"):
            raise ConfigError(f"groups can be chosen of an SLO of type 'monitor' only: {read['groups']}")
        return _READERS[kind](read, common)
    except (ConfigError, QuerySyntaxError) as error:
        raise ConfigError(f"{source}: {error}") from error
    except NotModelled as error:
        raise NotModelled(f"{source}: {error}") from error
    except KeyError as error:
        raise ConfigError(f"{source}: not {_NEEDED[kind]}: {error} is missing") from error
    except ValueError as error:
        raise ConfigError(f"{source}: not {_NEEDED[kind]}: {error}") from error
    except (TypeError, LookupError, AttributeError) as error:
        raise ConfigError(f"{source}: not {_NEEDED[kind]}: a value has another type") from error


def _decode(payload: Mapping[str, Any] | bytes, source: str) -> Mapping[str, Any]:
    """Return the object of an SLO of a known type."""
    try:
        read = json.loads(payload) if isinstance(payload, bytes) else payload
    except ValueError as error:
        raise ConfigError(f"{source}: not JSON: {error}") from error
    except RecursionError as error:
        raise ConfigError(f"{source}: not an SLO: nested too deep") from error
    if not isinstance(read, Mapping):
        raise ConfigError(f"{source}: an SLO is a JSON object")
    kind = read.get("type") or "metric"
    if not isinstance(kind, str) or kind not in _READERS:
        raise NotModelled(f"{source}: SLOs of type {kind!r} are not modelled")
    return read


def _of_events(read: Mapping[str, Any], common: dict[str, Any]) -> Objective:
    if "query" not in read and "count" in read.get("sli_specification", ()):
        raise NotModelled(f"SLO {common['id']!r}: sli_specification.count is not modelled; write a query instead")
    return Slo(numerator=read["query"]["numerator"], denominator=read["query"]["denominator"], **common)


def _of_time_slices(read: Mapping[str, Any], common: dict[str, Any]) -> Objective:
    condition = read["sli_specification"]["time_slice"]
    queries = condition["query"]["queries"]
    for query in queries:
        if query.get("data_source", "metrics") != "metrics":
            raise NotModelled(f"SLO {common['id']!r}: time slices over {query['data_source']} are not modelled")
    (formula,) = [each["formula"] for each in condition["query"]["formulas"]]
    return TimeSliceSlo(
        queries=tuple((query["name"], query["query"]) for query in queries),
        formula=formula,
        comparator=condition["comparator"],
        threshold=float(condition["threshold"]),
        slice_length=timedelta(seconds=condition.get("query_interval_seconds") or _SLICE.total_seconds()),
        **common,
    )


def _of_monitors(read: Mapping[str, Any], common: dict[str, Any]) -> Objective:
    return MonitorSlo(
        monitors=tuple(str(each) for each in read["monitor_ids"]),
        groups=tuple(tuple(sorted(parse_tags(text))) for text in read.get("groups") or ()),
        **common,
    )


_READERS = {"metric": _of_events, "time_slice": _of_time_slices, "monitor": _of_monitors}
_NEEDED = {
    "metric": (
        "a metric-based SLO (name, query.numerator, query.denominator and thresholds with target and timeframe)"
    ),
    "time_slice": (
        "a time slice SLO (name, sli_specification.time_slice with a query of queries and one formula, a comparator"
        " and a threshold, and thresholds with target and timeframe)"
    ),
    "monitor": "a monitor-based SLO (name, monitor_ids and thresholds with target and timeframe)",
}


_Amount = TypeVar("_Amount", float, "Floats")


def burn_rate(good: _Amount, total: _Amount, target: float) -> _Amount:
    """Return how many times faster than allowed the budget burns: the error rate over ``1 - target``."""
    return (total - good) / total / ((100 - target) / 100)


def highest_burn_rate(target: float) -> float:
    """Return the burn rate at which everything fails; a threshold above it can never fire [BURN]."""
    return 100 / (100 - target)
