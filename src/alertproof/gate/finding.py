"""One number of two arms compared: which verdict, by how much, how sure. Values in, a finding out."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import median
from typing import Literal, TypeAlias

import msgspec

from alertproof.gate.shift import Shift, shift_above, shift_of

__all__ = ["Compared", "Finding", "GateVerdict", "certain", "found", "of_layout", "of_time"]

_Unit: TypeAlias = Literal["s", "share", "score"]


class GateVerdict(StrEnum):
    """How the gate ended. *inconclusive*: it may be worse, a person decides; *invalid*: nothing was measured."""

    PASSED = "passed"
    FAILED = "failed"
    INCONCLUSIVE = "inconclusive"
    INVALID = "invalid"


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """What was found of one number: ``baseline`` and ``candidate`` are medians of the blocks, or shares of all.

    ``unit`` is ``s``, of which ``shift`` is that of the candidate above the baseline as a share of it, or ``share`` or
    ``score`` (of a layout), of which it is the difference. ``low`` and ``high`` hold it at 95 %.
    """

    name: str
    verdict: GateVerdict
    unit: _Unit
    baseline: float
    candidate: float
    shift: float
    low: float
    high: float
    why: str


#: What took no time at all took this, in seconds: it has a logarithm.
_SHORTEST = 0.001


@dataclass(frozen=True, slots=True)
class Compared:
    """A number that every block has, the baseline's beside the candidate's; worse from a share and an amount on."""

    name: str
    pairs: Sequence[tuple[float, float]]
    slower: float
    least: float

    @property
    def logs(self) -> list[float]:
        return [math.log(max(b, _SHORTEST) / max(a, _SHORTEST)) for a, b in self.pairs]

    @property
    def differences(self) -> list[float]:
        return [b - a for a, b in self.pairs]

    def chance(self, noise: float) -> float:
        """Return the p-value of "the candidate is at most the share ``noise`` above the baseline"."""
        return shift_above(self.logs, math.log1p(noise))


def certain(chances: Mapping[str, float], alpha: float) -> set[str]:
    """Return what is certainly worse, by Holm's rule: the chance that any of it is not is ``alpha`` at most."""
    worse: set[str] = set()
    for tried, name in enumerate(sorted(chances, key=lambda one: (chances[one], one))):
        if chances[name] > alpha / (len(chances) - tried):
            break
        worse.add(name)
    return worse


def of_time(one: Compared, *, sure: bool) -> Finding:
    """Judge a time by its share; ``sure`` says that it is certainly more than the noise above the baseline's."""
    shift = shift_of(one.logs)
    estimate, low, high = (math.expm1(value) for value in (shift.estimate, shift.low, shift.high))
    baseline, candidate = (max(median(arm), _SHORTEST) for arm in zip(*one.pairs, strict=True))
    if sure and estimate > one.slower and estimate * baseline > one.least:
        verdict, why = GateVerdict.FAILED, f"is {estimate:+.0%} (at least {low:+.0%})"
    elif high < one.slower or high * baseline < one.least:
        verdict, why = GateVerdict.PASSED, f"is {estimate:+.1%} (at most {high:+.1%})"
    else:
        verdict, why = GateVerdict.INCONCLUSIVE, f"may be {high:+.0%} (as estimated {estimate:+.0%})"
    return found(one.name, "s", (baseline, candidate), Shift(estimate=estimate, low=low, high=high), (verdict, why))


def of_layout(one: Compared, *, sure: bool) -> Finding:
    """Judge a layout's shift by the difference; ``sure`` says that it is certainly above the baseline's."""
    shift = shift_of(one.differences)
    baseline, candidate = (median(arm) for arm in zip(*one.pairs, strict=True))
    if sure and shift.estimate > one.least:
        verdict, why = GateVerdict.FAILED, f"is {candidate:.3f} instead of {baseline:.3f}"
    elif shift.high < one.least:
        verdict, why = GateVerdict.PASSED, f"is {candidate:.3f}, and {baseline:.3f} before"
    else:
        verdict, why = GateVerdict.INCONCLUSIVE, f"may be more: {candidate:.3f} instead of {baseline:.3f}"
    return found(one.name, "score", (baseline, candidate), shift, (verdict, why))


def found(name: str, unit: _Unit, arms: tuple[float, float], shift: Shift, judged: tuple[GateVerdict, str]) -> Finding:
    """Return a finding of the numbers of both arms, with its verdict and why."""
    return Finding(
        name=name,
        verdict=judged[0],
        unit=unit,
        baseline=arms[0],
        candidate=arms[1],
        shift=shift.estimate,
        low=shift.low,
        high=shift.high,
        why=judged[1],
    )
