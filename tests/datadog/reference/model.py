"""Monitors and their data as structures, for the slow evaluator; the engine gets the same as text."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

# The aligned instant that minute 0 is: 2024-01-01T00:00:00Z, in epoch seconds.
START = 1_704_067_200

GroupKey = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Series:
    """One input series; ``points`` are (second after START, value), each second once unless it is a distribution."""

    metric: str
    kind: str
    tags: tuple[tuple[str, str], ...]
    interval: int
    points: tuple[tuple[int, Fraction], ...]


@dataclass(frozen=True)
class Query:
    metric: str
    kind: str
    space: str
    scope: tuple[tuple[str, str, bool], ...] = ()
    by: tuple[str, ...] = ()
    modifier: str = ""
    rollup_method: str = ""
    rollup_seconds: int = 0
    fill: str = ""
    fill_limit: int = 0

    def text(self) -> str:
        scope = ",".join(("" if wanted else "!") + f"{key}:{value}" for key, value, wanted in self.scope) or "*"
        by = f" by {{{','.join(self.by)}}}" if self.by else ""
        text = f"{self.space}:{self.metric}{{{scope}}}{by}"
        if self.modifier:
            text += f".{self.modifier}()"
        if self.rollup_method or self.rollup_seconds:
            parts = ([self.rollup_method] if self.rollup_method else []) + (
                [str(self.rollup_seconds)] if self.rollup_seconds else []
            )
            text += f".rollup({', '.join(parts)})"
        if self.fill:
            text += f".fill({self.fill}, {self.fill_limit})" if self.fill_limit else f".fill({self.fill})"
        return text


@dataclass(frozen=True)
class Constant:
    value: Fraction

    def text(self) -> str:
        return number(self.value)


@dataclass(frozen=True)
class Arithmetic:
    operator: str
    left: Expression
    right: Expression

    def text(self) -> str:
        return f"({self.left.text()}) {self.operator} ({self.right.text()})"


@dataclass(frozen=True)
class DefaultZero:
    inner: Query

    def text(self) -> str:
        return f"default_zero({self.inner.text()})"


Expression = Query | Constant | Arithmetic | DefaultZero


@dataclass(frozen=True)
class Case:
    """One monitor and what it is asked of. ``window`` and ``shift`` are in minutes, ``change`` is "" for none.

    The types of the metrics are ``declared`` from the start, else known from the first point of any series.
    """

    reduction: str
    window: int
    expression: Expression
    comparator: str
    thresholds: dict[str, Fraction]
    series: tuple[Series, ...]
    minutes: int
    change: str = ""
    shift: int = 0
    options: dict[str, Any] = field(default_factory=dict)
    declared: bool = True

    def text(self) -> str:
        head = f"{self.reduction}(last_{span(self.window)})"
        if self.change:
            head = f"{self.change}({head},last_{span(self.shift)})"
        return f"{head}:{self.expression.text()} {self.comparator} {number(self.thresholds['critical'])}"

    def payload(self) -> dict[str, Any]:
        thresholds = {name: float(value) for name, value in self.thresholds.items()}
        return {
            "name": "differential",
            "type": "query alert",
            "query": self.text(),
            "message": "told @someone",
            "options": {"thresholds": thresholds, **self.options},
        }


def queries(expression: Expression) -> list[Query]:
    """List the metric queries of an expression, from the left."""
    if isinstance(expression, Query):
        return [expression]
    if isinstance(expression, DefaultZero):
        return [expression.inner]
    if isinstance(expression, Arithmetic):
        return queries(expression.left) + queries(expression.right)
    return []


def grouping(case: Case) -> tuple[str, ...]:
    """The keys by which a monitor alerts: those of its grouped queries, which are all the same."""
    for query in queries(case.expression):
        if query.by:
            return query.by
    return ()


def span(minutes: int) -> str:
    return f"{minutes // 60}h" if minutes % 60 == 0 else f"{minutes}m"


def number(value: Fraction) -> str:
    return str(int(value)) if value.denominator == 1 else repr(float(value))
