"""Aggregates: functions over rows, as fields of a search and as what a metric alert watches.

Percentiles interpolate between the two nearest rows, as ClickHouse's ``quantile`` does for small sets.
Source: docs.sentry.io/concepts/search/searchable-properties, functions of discover and of the explore tables.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import chain
from statistics import fmean

from msgspec import Struct

from alertproof.errors import NotModelled, nearest
from alertproof.sentry.rows import Value
from alertproof.sentry.search import Lookup

__all__ = ["Aggregate", "parse_aggregate"]

_CALL = re.compile(r"([a-z_][a-z0-9_]*)\(([^()]*)\)")
#: Statuses of spans and transactions that are no failure.
_FINE = frozenset({"ok", "cancelled", "unknown"})
_SHARES = {"p50": 0.5, "p75": 0.75, "p90": 0.9, "p95": 0.95, "p99": 0.99, "p100": 1.0}
_Numbers = Sequence[float]
_OVER_NUMBERS: Mapping[str, Callable[[_Numbers], float]] = {"sum": sum, "avg": fmean, "min": min, "max": max}
_WITHOUT_FIELD = frozenset({"count", "eps", "epm", "failure_count", "failure_rate", "last_seen"})
_KNOWN = sorted({*_SHARES, *_OVER_NUMBERS, *_WITHOUT_FIELD, "count_unique", "percentile"})


class Aggregate(Struct, frozen=True):
    """One function with its field and, for ``percentile``, its share."""

    name: str
    field: str = ""
    share: float = 0.0

    def over(self, rows: Sequence[Lookup], span: timedelta) -> float | datetime | None:
        """Return the value over rows that happened within ``span``; None where no row has the field."""
        if self.name in {"count", "eps", "epm"}:
            # count(field) counts all rows, as the explore tables have it: the field only says of what.
            per = {"count": 1.0, "eps": span / timedelta(seconds=1), "epm": span / timedelta(minutes=1)}[self.name]
            return len(rows) / per
        if self.name.startswith("failure_"):
            failed = sum(_failed(row) for row in rows)
            return failed if self.name == "failure_count" else failed / len(rows) if rows else 0.0
        values = list(chain.from_iterable(row(self.field or "timestamp") for row in rows))
        if self.name == "count_unique":
            return len(set(values))
        if self.name == "last_seen":
            return max((value for value in values if isinstance(value, datetime)), default=None)
        return self._over_numbers(values)

    def _over_numbers(self, values: Sequence[Value]) -> float | None:
        numbers = sorted(
            float(value) for value in values if isinstance(value, float | int) and not isinstance(value, bool)
        )
        if not numbers:
            return None
        if self.name in _OVER_NUMBERS:
            return _OVER_NUMBERS[self.name](numbers)
        place = (len(numbers) - 1) * _SHARES.get(self.name, self.share)
        below = int(place)
        above = min(below + 1, len(numbers) - 1)
        return numbers[below] + (numbers[above] - numbers[below]) * (place - below)


def parse_aggregate(text: str) -> Aggregate:
    """Read ``name()``, ``name(field)`` or ``percentile(field, share)``; raises `NotModelled` naming it."""
    match = _CALL.fullmatch(text.strip())
    if match is None:
        raise NotModelled(f"the function {text!r} cannot be read; write name(field)")
    name, *arguments = match[1], *(part.strip() for part in match[2].split(",") if part.strip())
    if name not in _KNOWN:
        raise NotModelled(
            f"the function {name}() is not modelled{nearest(name, _KNOWN)} (modelled: {', '.join(_KNOWN)})"
        )
    wanted = 2 if name == "percentile" else 1
    if len(arguments) > wanted or (len(arguments) < wanted and name not in _WITHOUT_FIELD | _SHARES.keys()):
        raise NotModelled(f"the function {text!r} takes {wanted} argument(s), got {len(arguments)}")
    field = arguments[0] if arguments else "transaction.duration" if name in _SHARES else ""
    return Aggregate(name, field, _share(text, arguments[1]) if name == "percentile" else 0.0)


def _share(text: str, given: str) -> float:
    try:
        share = float(given)
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise NotModelled(f"the function {text!r} needs a share between 0 and 1")
    return share


def _failed(row: Lookup) -> bool:
    status = row("transaction.status") or row("span.status") or row("trace.status")
    return bool(status) and status[0] not in _FINE
