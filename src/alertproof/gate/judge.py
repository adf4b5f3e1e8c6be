"""Decides from pairs of blocks whether a candidate may go out: values in, a judgement out."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import median
from typing import Literal, TypeAlias

import msgspec

from alertproof.gate.block import Block
from alertproof.gate.shift import Shift, shift_above, shift_of

__all__ = ["Finding", "GateVerdict", "Judgement", "Rules", "judge"]

Pair = tuple[Block, Block]
"""A baseline's block and a candidate's that ran beside each other."""


_Unit: TypeAlias = Literal["s", "share", "score"]


class GateVerdict(StrEnum):
    """How the gate ended. *inconclusive*: it may be worse, a person decides; *invalid*: nothing was measured."""

    PASSED = "passed"
    FAILED = "failed"
    INCONCLUSIVE = "inconclusive"
    INVALID = "invalid"


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """What counts as worse.

    A p95 is worse if it is certainly more than ``noise`` above the baseline's (a share: 0.05), by ``slower`` as it is
    best estimated, and by ``least_shift`` seconds; it is as good if it is certainly less than ``slower`` or
    ``least_shift`` above. The share of failed requests is worse if it is certainly above the baseline's and by
    ``more_failed`` as it is best estimated, or by that over all blocks together. ``slow_allowed`` is the share of slow
    requests that the candidate may have.

    What a journey felt like swings more from one to the next, and matters from what a person notices on: it is judged
    as a p95 is, by ``felt_slower`` and ``felt_least`` seconds, and a layout's shift is worse if it is certainly above
    the baseline's and by ``more_layout`` as it is best estimated.

    ``alpha`` is the chance of a false alarm in a whole gate, shared among its
    ``looks``, which are numbers of pairs, and what is compared. An endpoint is compared from ``minimum_samples``
    requests in each block on.
    """

    noise: float = 0.05
    slower: float = 0.10
    least_shift: float = 0.010
    more_failed: float = 0.005
    slow_allowed: float = 0.05
    felt_slower: float = 0.20
    felt_least: float = 0.050
    more_layout: float = 0.02
    alpha: float = 0.05
    minimum_samples: int = 100
    looks: tuple[int, ...] = (10, 15, 20)

    def __post_init__(self) -> None:
        shares = ("noise", "slower", "more_failed", "slow_allowed", "felt_slower", "more_layout", "alpha")
        if wrong := [name for name in shares if not 0 < getattr(self, name) < 1]:
            raise ValueError(f"{wrong[0]} is a share above 0 and below 1, as 0.05; got {getattr(self, wrong[0])}")
        if self.noise > self.slower:
            raise ValueError(f"noise ({self.noise}) is at most slower ({self.slower})")
        if not self.looks or list(self.looks) != sorted(set(self.looks)) or self.looks[0] < _FEWEST:
            raise ValueError(f"looks are numbers of pairs that grow, from {_FEWEST} on; got {list(self.looks)}")


_FEWEST = 6
"""With fewer pairs no order of them is rare enough to be told from chance, at 5 % among three looks."""


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


class Judgement(msgspec.Struct, frozen=True, kw_only=True):
    """The verdict and what it rests on; ``left_out`` is what was not compared, ``open`` says that more may decide."""

    verdict: GateVerdict
    pairs: int
    why: str
    findings: tuple[Finding, ...] = ()
    left_out: tuple[str, ...] = ()
    open: bool = False


def judge(pairs: Sequence[Pair], rules: Rules) -> Judgement:
    """Return the judgement on pairs of blocks, none of which is broken."""
    if len(pairs) < rules.looks[0]:
        why = f"{len(pairs)} of the {rules.looks[0]} pairs of blocks that it needs at least"
        return Judgement(verdict=GateVerdict.INVALID, pairs=len(pairs), why=why)
    if trouble := _trouble_of_baseline(pairs, rules):
        return Judgement(verdict=GateVerdict.INVALID, pairs=len(pairs), why=trouble)
    times, layouts, left_out = _compared(pairs, rules)
    shares = [b.failed / b.n - a.failed / a.n for a, b in pairs]
    chances = {one.name: shift_above(one.logs, math.log1p(rules.noise)) for one in times}
    chances |= {one.name: shift_above(one.differences, 0.0) for one in layouts}
    worse = _certain({**chances, _FAILED: shift_above(shares, 0.0)}, rules.alpha / len(rules.looks))
    findings = (
        *(_of_time(one, certain=one.name in worse) for one in times),
        *(_of_layout(one, certain=one.name in worse) for one in layouts),
        _of_failures(pairs, shares, rules, certain=_FAILED in worse),
        _of_slow(pairs, rules),
    )
    verdict = max((each.verdict for each in findings), key=_BY_WEIGHT.index)
    told = [f"{each.name} {each.why}" for each in findings if each.verdict is verdict]
    return Judgement(
        verdict=verdict,
        pairs=len(pairs),
        findings=findings,
        left_out=left_out,
        why="nothing is slower, and nothing fails more" if verdict is GateVerdict.PASSED else "; ".join(told),
        open=verdict is GateVerdict.INCONCLUSIVE and len(pairs) < rules.looks[-1],
    )


#: What took no time at all took this, in seconds: it has a logarithm.
_SHORTEST = 0.001
_FAILED = "failed requests"
_SLOW = "slow requests"
_BY_WEIGHT = (GateVerdict.PASSED, GateVerdict.INCONCLUSIVE, GateVerdict.FAILED)


def _trouble_of_baseline(pairs: Sequence[Pair], rules: Rules) -> str:
    """Return why nothing can be compared at this rate; empty where it can."""
    if empty := [number for number, pair in enumerate(pairs, 1) if not all(block.n for block in pair)]:
        return f"pair {empty[0]} holds a block without a request"
    slow = _pooled([a for a, _ in pairs], "slow")
    if slow > rules.slow_allowed:
        return (
            f"of the baseline's own requests {slow:.1%} are slow, of which {rules.slow_allowed:.1%} may be: at this "
            "rate it stands at its limit, where every number swings; lower the profile's rate"
        )
    return ""


@dataclass(frozen=True, slots=True)
class _Compared:
    """A number that every block has, the baseline's beside the candidate's; worse from a share and an amount on."""

    name: str
    pairs: Sequence[tuple[float, float]]
    slower: float
    least: float

    @property
    def logs(self) -> list[float]:
        return [math.log(b / a) for a, b in self.pairs]

    @property
    def differences(self) -> list[float]:
        return [b - a for a, b in self.pairs]


def _compared(pairs: Sequence[Pair], rules: Rules) -> tuple[list[_Compared], list[_Compared], tuple[str, ...]]:
    """Return the times that are compared, all requests first, the layouts, and why each other is not."""
    blocks = [block for pair in pairs for block in pair]
    fewest = {
        name: min(block.requests.get(name, 0) for block in blocks)
        for name in sorted({name for block in blocks for name in block.requests})
    }
    names = [name for name, least in fewest.items() if name == "" or least >= rules.minimum_samples]
    few = [
        f"{name}: {least} requests in one of the blocks, of the {rules.minimum_samples} that it needs"
        for name, least in fewest.items()
        if name not in names
    ]
    times = [
        _Compared(
            f"p95 of {name or 'all requests'}",
            [(a.p95[name], b.p95[name]) for a, b in pairs],
            rules.slower,
            rules.least_shift,
        )
        for name in names
    ]
    felt, untold = _of_each([(a.felt.times, b.felt.times) for a, b in pairs])
    for name, found in felt.items():
        longer = [(max(a, _SHORTEST), max(b, _SHORTEST)) for a, b in found]
        times.append(_Compared(name, longer, rules.felt_slower, rules.felt_least))
    layouts, unsaid = _of_each([(a.felt.layouts, b.felt.layouts) for a, b in pairs])
    left_out = (*few, *(f"{name}: one of the blocks did not tell it" for name in (*untold, *unsaid)))
    return times, [_Compared(name, found, 0.0, rules.more_layout) for name, found in layouts.items()], left_out


def _of_each(
    pairs: Sequence[tuple[dict[str, float], dict[str, float]]],
) -> tuple[dict[str, list[tuple[float, float]]], list[str]]:
    """Return, by name, the numbers that every block has, and the names of those that only some have."""
    named = list(dict.fromkeys(name for pair in pairs for one in pair for name in one))
    held = [name for name in named if all(name in one for pair in pairs for one in pair)]
    return {name: [(a[name], b[name]) for a, b in pairs] for name in held}, [one for one in named if one not in held]


def _certain(chances: Mapping[str, float], alpha: float) -> set[str]:
    """Return what is certainly worse, by Holm's rule: the chance that any of it is not is ``alpha`` at most."""
    found: set[str] = set()
    for tried, name in enumerate(sorted(chances, key=lambda one: (chances[one], one))):
        if chances[name] > alpha / (len(chances) - tried):
            break
        found.add(name)
    return found


def _of_time(one: _Compared, *, certain: bool) -> Finding:
    shift = shift_of(one.logs)
    estimate, low, high = (math.expm1(value) for value in (shift.estimate, shift.low, shift.high))
    baseline, candidate = (median(arm) for arm in zip(*one.pairs, strict=True))
    if certain and estimate > one.slower and estimate * baseline > one.least:
        verdict, why = GateVerdict.FAILED, f"is {estimate:+.0%} (at least {low:+.0%})"
    elif high < one.slower or high * baseline < one.least:
        verdict, why = GateVerdict.PASSED, f"is {estimate:+.1%} (at most {high:+.1%})"
    else:
        verdict, why = GateVerdict.INCONCLUSIVE, f"may be {high:+.0%} (as estimated {estimate:+.0%})"
    return _found(one.name, "s", (baseline, candidate), Shift(estimate=estimate, low=low, high=high), (verdict, why))


def _of_layout(one: _Compared, *, certain: bool) -> Finding:
    shift = shift_of(one.differences)
    baseline, candidate = (median(arm) for arm in zip(*one.pairs, strict=True))
    if certain and shift.estimate > one.least:
        verdict, why = GateVerdict.FAILED, f"is {candidate:.3f} instead of {baseline:.3f}"
    elif shift.high < one.least:
        verdict, why = GateVerdict.PASSED, f"is {candidate:.3f}, and {baseline:.3f} before"
    else:
        verdict, why = GateVerdict.INCONCLUSIVE, f"may be more: {candidate:.3f} instead of {baseline:.3f}"
    return _found(one.name, "score", (baseline, candidate), shift, (verdict, why))


def _of_failures(pairs: Sequence[Pair], shares: Sequence[float], rules: Rules, *, certain: bool) -> Finding:
    shift = shift_of(shares)
    baseline, candidate = (_pooled(blocks, "failed") for blocks in zip(*pairs, strict=True))
    more = candidate - baseline
    if certain and max(shift.estimate, more) > rules.more_failed:
        verdict, why = GateVerdict.FAILED, f"are {candidate:.2%} instead of {baseline:.2%}"
    elif more <= rules.more_failed and shift.high < max(rules.more_failed, 2 * baseline):
        verdict, why = GateVerdict.PASSED, f"are {candidate:.2%}, and {baseline:.2%} before"
    else:
        verdict, why = GateVerdict.INCONCLUSIVE, f"may be more: {candidate:.2%} instead of {baseline:.2%}"
    return _found(_FAILED, "share", (baseline, candidate), shift, (verdict, why))


def _of_slow(pairs: Sequence[Pair], rules: Rules) -> Finding:
    """Judge the candidate by itself: however the baseline fares, so many slow requests are too many."""
    baseline, candidate = (_pooled(blocks, "slow") for blocks in zip(*pairs, strict=True))
    shift = shift_of([b.slow / b.n - a.slow / a.n for a, b in pairs])
    fails = candidate > rules.slow_allowed
    verdict = GateVerdict.FAILED if fails else GateVerdict.PASSED
    why = f"are {candidate:.2%}, of which {rules.slow_allowed:.0%} may be"
    return _found(_SLOW, "share", (baseline, candidate), shift, (verdict, why))


def _found(name: str, unit: _Unit, arms: tuple[float, float], shift: Shift, judged: tuple[GateVerdict, str]) -> Finding:
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


def _pooled(blocks: Iterable[Block], counted: Literal["slow", "failed"]) -> float:
    blocks = list(blocks)
    return sum(block.slow if counted == "slow" else block.failed for block in blocks) / sum(block.n for block in blocks)
