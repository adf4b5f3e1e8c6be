"""Decides from pairs of blocks whether a candidate may go out: values in, a judgement out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

import msgspec

from alertproof.gate.block import Block, Pair
from alertproof.gate.finding import Compared, Finding, GateVerdict, certain, found, of_time
from alertproof.gate.judge_felt import judge_felt, trouble_of_journeys
from alertproof.gate.rules import Rules
from alertproof.gate.shift import shift_above, shift_of

__all__ = ["Judgement", "judge"]


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
    if trouble := _trouble_of_baseline(pairs, rules) or trouble_of_journeys(pairs):
        return Judgement(verdict=GateVerdict.INVALID, pairs=len(pairs), why=trouble)
    alpha = rules.alpha / len(rules.looks)
    felt = judge_felt(pairs, rules, alpha / 2)
    load, left_out = _judge_load(pairs, rules, alpha / 2 if felt.findings else alpha)
    findings = (*load, *felt.findings)
    verdict = max((each.verdict for each in findings), key=_BY_WEIGHT.index)
    told = [f"{each.name} {each.why}" for each in findings if each.verdict is verdict]
    return Judgement(
        verdict=verdict,
        pairs=len(pairs),
        findings=findings,
        left_out=(*left_out, *felt.left_out),
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


def _judge_load(pairs: Sequence[Pair], rules: Rules, alpha: float) -> tuple[tuple[Finding, ...], tuple[str, ...]]:
    """Return what was found of the requests, all of them first, and why an endpoint was not compared."""
    blocks = [block for pair in pairs for block in pair]
    fewest = {
        name: min(block.requests.get(name, 0) for block in blocks)
        for name in sorted({name for block in blocks for name in block.requests})
    }
    names = [name for name, least in fewest.items() if name == "" or least >= rules.minimum_samples]
    times = [
        Compared(
            name=f"p95 of {name or 'all requests'}",
            pairs=[(a.p95[name], b.p95[name]) for a, b in pairs],
            slower=rules.slower,
            least=rules.least_shift,
        )
        for name in names
    ]
    shares = [b.failed / b.n - a.failed / a.n for a, b in pairs]
    worse = certain({one.name: one.chance(rules.noise) for one in times} | {_FAILED: shift_above(shares, 0.0)}, alpha)
    return (
        *(of_time(one, sure=one.name in worse) for one in times),
        _of_failures(pairs, shares, rules, sure=_FAILED in worse),
        _of_slow(pairs, rules),
    ), tuple(
        f"{name}: {least} requests in one of the blocks, of the {rules.minimum_samples} that it needs"
        for name, least in fewest.items()
        if name not in names
    )


def _of_failures(pairs: Sequence[Pair], shares: Sequence[float], rules: Rules, *, sure: bool) -> Finding:
    shift = shift_of(shares)
    baseline, candidate = (_pooled(blocks, "failed") for blocks in zip(*pairs, strict=True))
    more = candidate - baseline
    if sure and max(shift.estimate, more) > rules.more_failed:
        verdict, why = GateVerdict.FAILED, f"are {candidate:.2%} instead of {baseline:.2%}"
    elif more <= rules.more_failed and shift.high < max(rules.more_failed, 2 * baseline):
        verdict, why = GateVerdict.PASSED, f"are {candidate:.2%}, and {baseline:.2%} before"
    else:
        verdict, why = GateVerdict.INCONCLUSIVE, f"may be more: {candidate:.2%} instead of {baseline:.2%}"
    return found(_FAILED, "share", (baseline, candidate), shift, (verdict, why))


def _of_slow(pairs: Sequence[Pair], rules: Rules) -> Finding:
    """Judge the candidate by itself: however the baseline fares, so many slow requests are too many."""
    baseline, candidate = (_pooled(blocks, "slow") for blocks in zip(*pairs, strict=True))
    shift = shift_of([b.slow / b.n - a.slow / a.n for a, b in pairs])
    fails = candidate > rules.slow_allowed
    verdict = GateVerdict.FAILED if fails else GateVerdict.PASSED
    why = f"are {candidate:.2%}, of which {rules.slow_allowed:.0%} may be"
    return found(_SLOW, "share", (baseline, candidate), shift, (verdict, why))


def _pooled(blocks: Iterable[Block], counted: Literal["slow", "failed"]) -> float:
    blocks = list(blocks)
    return sum(block.slow if counted == "slow" else block.failed for block in blocks) / sum(block.n for block in blocks)
