"""Thresholds in k6's words: ``p(95)<800`` of the latencies, ``rate<0.01`` of what failed or was slow. Exact."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction
from typing import Literal, TypeAlias

from alertproof.errors import ConfigError
from alertproof.loadgen.samples import Samples, microseconds

__all__ = ["Metric", "Threshold", "parse_threshold"]

Metric: TypeAlias = Literal["latency", "failed", "slow"]
_FAILED = float("inf")  # a percentile whose request failed is above every bound
_OPERATORS: dict[str, Callable[[Fraction | float, Fraction], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}
_ALLOWED = {"latency": "p(N), med or max, in ms", "failed": "rate", "slow": "rate"}
_SHAPE = re.compile(r"\s*(?P<of>[^\s<>=!]*)\s*(?P<operator>[<>=!]*)\s*(?P<bound>.*?)\s*", re.DOTALL)
_PERCENTILE = re.compile(r"p\((\d+(?:\.\d+)?)\)")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """One expression over the requests of the run, or over those of ``endpoint``.

    ``percent`` is that of a latency, 100 for the longest. ``bound`` is in milliseconds, or a share of the requests.
    With fewer requests than ``minimum`` it is neither met nor not met.
    """

    text: str
    metric: Metric
    percent: Fraction
    operator: str
    bound: Fraction
    minimum: int
    endpoint: str = ""

    def __str__(self) -> str:
        place = f"{self.endpoint}: " if self.endpoint else ""
        return f"{place}{self.metric} {self.text}{' ms' if self.metric == 'latency' else ''}"

    def value(self, samples: Samples, *, limit: timedelta) -> Fraction | float:
        """Return what is compared: milliseconds (infinite for a request that failed), or a share."""
        if self.metric == "latency":
            found = samples.percentile(self.percent)
            return _FAILED if found is None else Fraction(microseconds(found), 1000)
        part = samples.failed if self.metric == "failed" else samples.slow(limit)
        return Fraction(part, samples.n) if samples.n else Fraction(0)

    def holds(self, value: Fraction | float) -> bool:
        """Compare, exactly: 800 ms is not below 800 ms."""
        return _OPERATORS[self.operator](value, self.bound)

    def show(self, samples: Samples, *, limit: timedelta) -> str:
        """Return what was seen: ``812 ms of 240 requests``, ``5 % (12 of 240 requests)``."""
        value = self.value(samples, limit=limit)
        if value == _FAILED:
            return f"the request of that rank failed ({samples.failed} of {samples.n} requests did)"
        if self.metric == "latency":
            return f"{_plain(value, self.bound)} ms of {samples.n} requests"
        part = samples.failed if self.metric == "failed" else samples.slow(limit)
        return f"{_plain(value * 100, self.bound * 100)} % ({part} of {samples.n} requests)"


def parse_threshold(text: str, *, metric: Metric, where: str, minimum: int, endpoint: str = "") -> Threshold:
    """Read an expression; raises `ConfigError` that points at what is not one, and says what is allowed.

    ``where`` names the place in the file.
    """
    parts = _SHAPE.fullmatch(text)
    assert parts is not None  # noqa: S101 - the pattern takes any text

    def refuse(message: str, group: str) -> ConfigError:
        start, end = parts.span(group)
        caret = " " * start + "^" * max(1, end - start)
        return ConfigError(f"{where}: {message}\n  {text}\n  {caret}")

    percent = _percent(parts["of"], metric)
    if percent is None:
        raise refuse(f"{metric} is judged by {_ALLOWED[metric]}", "of")
    if not 0 < percent <= 100:
        raise refuse("a percentile is above 0 and at most 100", "of")
    if parts["operator"] not in _OPERATORS:
        raise refuse(f"an operator is one of {' '.join(_OPERATORS)}", "operator")
    if not _NUMBER.fullmatch(parts["bound"]):
        raise refuse("a number is expected, in ms" if metric == "latency" else "a number is expected", "bound")
    bound = Fraction(parts["bound"])
    if metric != "latency" and bound > 1:
        raise refuse("a rate is a share of the requests, from 0 to 1: 1 % is 0.01", "bound")
    return Threshold(
        text=f"{parts['of']}{parts['operator']}{parts['bound']}",
        metric=metric,
        percent=percent,
        operator=parts["operator"],
        bound=bound,
        minimum=minimum,
        endpoint=endpoint,
    )


def _percent(text: str, metric: Metric) -> Fraction | None:
    if metric != "latency":
        return Fraction(100) if text == "rate" else None
    if text in {"med", "max"}:
        return Fraction(50 if text == "med" else 100)
    found = _PERCENTILE.fullmatch(text)
    return Fraction(found[1]) if found else None


def _plain(value: Fraction | float, bound: Fraction) -> str:
    """Return one decimal, or three where one would show the bound itself; no zeros at the end."""
    short = f"{float(value):.1f}"
    text = f"{float(value):.3f}" if value != bound and Fraction(short) == bound else short
    return text.rstrip("0").rstrip(".")
