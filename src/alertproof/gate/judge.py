"""Decides from pairs of blocks whether a candidate may go out: values in, a judgement out."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from statistics import median
from typing import Literal

import msgspec

from alertproof.gate.block import Block
from alertproof.gate.shift import shift_above, shift_of

__all__ = ["Finding", "GateVerdict", "Judgement", "Rules", "judge"]

Pair = tuple[Block, Block]
"""A baseline's block and a candidate's that ran beside each other."""


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
    requests that the candidate may have. ``alpha`` is the chance of a false alarm in a whole gate, shared among its
    ``looks``, which are numbers of pairs, and what is compared. An endpoint is compared from ``minimum_samples``
    requests in each block on.
    """

    noise: float = 0.05
    slower: float = 0.10
    least_shift: float = 0.010
    more_failed: float = 0.005
    slow_allowed: float = 0.05
    alpha: float = 0.05
    minimum_samples: int = 100
    looks: tuple[int, ...] = (10, 15, 20)

    def __post_init__(self) -> None:
        shares = ("noise", "slower", "more_failed", "slow_allowed", "alpha")
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

    ``unit`` is ``s``, of which ``shift`` is that of the candidate above the baseline as a share of it, or ``share``, of
    which it is the difference. ``low`` and ``high`` hold it at 95 %.
    """

    name: str
    verdict: GateVerdict
    unit: Literal["s", "share"]
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
    names, left_out = _compared(pairs, rules)
    logs = {name: [math.log(b.p95[name] / a.p95[name]) for a, b in pairs] for name in names}
    shares = [b.failed / b.n - a.failed / a.n for a, b in pairs]
    chances = {name: shift_above(each, math.log1p(rules.noise)) for name, each in logs.items()}
    worse = _certain({**chances, _FAILED: shift_above(shares, 0.0)}, rules.alpha / len(rules.looks))
    findings = (
        *(_of_latency(name, pairs, logs[name], rules, certain=name in worse) for name in names),
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


def _compared(pairs: Sequence[Pair], rules: Rules) -> tuple[list[str], tuple[str, ...]]:
    """Return the names of which the latency is compared, all requests first, and why each other is not."""
    blocks = [block for pair in pairs for block in pair]
    fewest = {
        name: min(block.requests.get(name, 0) for block in blocks)
        for name in sorted({name for block in blocks for name in block.requests})
    }
    names = [name for name, least in fewest.items() if name == "" or least >= rules.minimum_samples]
    return names, tuple(
        f"{name}: {least} requests in one of the blocks, of the {rules.minimum_samples} that it needs"
        for name, least in fewest.items()
        if name not in names
    )


def _certain(chances: Mapping[str, float], alpha: float) -> set[str]:
    """Return what is certainly worse, by Holm's rule: the chance that any of it is not is ``alpha`` at most."""
    found: set[str] = set()
    for tried, name in enumerate(sorted(chances, key=lambda one: (chances[one], one))):
        if chances[name] > alpha / (len(chances) - tried):
            break
        found.add(name)
    return found


def _of_latency(name: str, pairs: Sequence[Pair], logs: Sequence[float], rules: Rules, *, certain: bool) -> Finding:
    shift = shift_of(logs)
    baseline = median(a.p95[name] for a, _ in pairs)
    candidate = median(b.p95[name] for _, b in pairs)
    estimate, low, high = (math.expm1(value) for value in (shift.estimate, shift.low, shift.high))
    if certain and estimate > rules.slower and estimate * baseline > rules.least_shift:
        verdict, why = GateVerdict.FAILED, f"is {estimate:+.0%} (at least {low:+.0%})"
    elif high < rules.slower or high * baseline < rules.least_shift:
        verdict, why = GateVerdict.PASSED, f"is {estimate:+.1%} (at most {high:+.1%})"
    else:
        verdict, why = GateVerdict.INCONCLUSIVE, f"may be {high:+.0%} (as estimated {estimate:+.0%})"
    return Finding(
        name=f"p95 of {name or 'all requests'}",
        verdict=verdict,
        unit="s",
        baseline=baseline,
        candidate=candidate,
        shift=estimate,
        low=low,
        high=high,
        why=why,
    )


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
    return Finding(
        name=_FAILED,
        verdict=verdict,
        unit="share",
        baseline=baseline,
        candidate=candidate,
        shift=shift.estimate,
        low=shift.low,
        high=shift.high,
        why=why,
    )


def _of_slow(pairs: Sequence[Pair], rules: Rules) -> Finding:
    """Judge the candidate by itself: however the baseline fares, so many slow requests are too many."""
    baseline, candidate = (_pooled(blocks, "slow") for blocks in zip(*pairs, strict=True))
    shift = shift_of([b.slow / b.n - a.slow / a.n for a, b in pairs])
    fails = candidate > rules.slow_allowed
    return Finding(
        name=_SLOW,
        verdict=GateVerdict.FAILED if fails else GateVerdict.PASSED,
        unit="share",
        baseline=baseline,
        candidate=candidate,
        shift=shift.estimate,
        low=shift.low,
        high=shift.high,
        why=f"are {candidate:.2%}, of which {rules.slow_allowed:.0%} may be",
    )


def _pooled(blocks: Iterable[Block], counted: Literal["slow", "failed"]) -> float:
    blocks = list(blocks)
    return sum(block.slow if counted == "slow" else block.failed for block in blocks) / sum(block.n for block in blocks)
