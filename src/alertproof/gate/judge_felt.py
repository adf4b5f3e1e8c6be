"""What journeys felt like, compared: vitals, durations, layouts, and whether the journeys passed at all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from alertproof.gate.block import Pair
from alertproof.gate.felt import Felt
from alertproof.gate.finding import Compared, Finding, GateVerdict, certain, found, of_layout, of_time
from alertproof.gate.rules import FEWEST, Rules
from alertproof.gate.shift import shift_above, shift_of

__all__ = ["FeltJudged", "judge_felt", "trouble_of_journeys"]

_FAILING = "blocks with a journey that fails"
#: A number is compared where both arms have it in so many of the pairs.
_ENOUGH = 0.75


@dataclass(frozen=True, slots=True, kw_only=True)
class FeltJudged:
    """What was found; empty where no block went on a journey. ``left_out`` is what could not be compared, and why."""

    findings: tuple[Finding, ...] = ()
    left_out: tuple[str, ...] = ()


def trouble_of_journeys(pairs: Sequence[Pair]) -> str:
    """Return why nothing can be compared where the baseline's own journeys fail in half of the blocks; else empty."""
    reasons = [a.felt.broken for a, _ in pairs if a.felt and a.felt.broken]
    if 2 * len(reasons) < len(pairs) or not reasons:
        return ""
    return f"in {len(reasons)} of {len(pairs)} blocks the baseline's own journeys fail, the last: {reasons[-1]}"


def judge_felt(pairs: Sequence[Pair], rules: Rules, alpha: float) -> FeltJudged:
    """Return what was found of the journeys; the chance that any of it fails wrongly is ``alpha`` at most."""
    felt = [(a.felt, b.felt) for a, b in pairs if a.felt is not None and b.felt is not None]
    if not felt:
        return FeltJudged()
    times = [(a.times, b.times) for a, b in felt]
    layouts = [(a.layouts, b.layouts) for a, b in felt]
    compared = [
        *(
            Compared(name=name, pairs=both, slower=rules.felt_slower, least=rules.felt_least)
            for name, both in _told(times)
        ),
    ]
    shifting = [Compared(name=name, pairs=both, slower=0.0, least=rules.more_layout) for name, both in _told(layouts)]
    failing = [bool(b.broken) - bool(a.broken) for a, b in felt]
    chances = {one.name: one.chance(rules.noise) for one in compared}
    chances |= {one.name: shift_above(one.differences, 0.0) for one in shifting} | {_FAILING: shift_above(failing, 0.0)}
    worse = certain(chances, alpha)
    silent, left_out = list[Finding](), list[str]()
    for name, told in (*_untold(times), *_untold(layouts)):
        baseline, candidate = (sum(arm) / len(told) for arm in zip(*told, strict=True))
        if candidate < baseline:
            silent.append(_of_silence(name, told, baseline, candidate))
        else:
            left_out.append(f"{name}: {min(baseline, candidate):.0%} of the blocks of an arm told it")
    if not _names(times) and not any(a.broken or b.broken for a, b in felt):
        left_out.append("the journeys: they have no step and no page, so there is nothing to compare")
    if 0.5 ** len(felt) > alpha / len(chances):
        left_out.append(
            f"whether a journey is certainly worse: of {len(chances)} numbers none can be in {len(felt)} pairs; "
            "take fewer journeys or more pairs"
        )
    return FeltJudged(
        findings=(
            *(of_time(one, sure=one.name in worse) for one in compared),
            *(of_layout(one, sure=one.name in worse) for one in shifting),
            *silent,
            _of_failing(felt, failing, sure=_FAILING in worse),
        ),
        left_out=tuple(left_out),
    )


def _told(
    pairs: Sequence[tuple[dict[str, float], dict[str, float]]],
) -> Iterator[tuple[str, list[tuple[float, float]]]]:
    """Yield, by name, the numbers of the pairs in which both arms have it, where those are enough."""
    for name in _names(pairs):
        both = [(a[name], b[name]) for a, b in pairs if name in a and name in b]
        if _enough(len(both), len(pairs)):
            yield name, both


def _untold(
    pairs: Sequence[tuple[dict[str, float], dict[str, float]]],
) -> Iterator[tuple[str, list[tuple[bool, bool]]]]:
    """Yield the names that too few pairs have, with which blocks of the two arms tell it."""
    for name in _names(pairs):
        told = [(name in a, name in b) for a, b in pairs]
        if not _enough(sum(map(all, told)), len(pairs)):
            yield name, told


def _names(pairs: Sequence[tuple[dict[str, float], dict[str, float]]]) -> list[str]:
    return list(dict.fromkeys(name for pair in pairs for one in pair for name in one))


def _enough(count: int, pairs: int) -> bool:
    return count >= max(FEWEST, _ENOUGH * pairs)


def _of_silence(name: str, told: Sequence[tuple[bool, bool]], baseline: float, candidate: float) -> Finding:
    """Judge a number that the candidate tells less often than the baseline: nobody knows what it is where it is not."""
    why = f"are {candidate:.0%} instead of {baseline:.0%}"
    shift = shift_of([b - a for a, b in told])
    return found(f"blocks that tell {name}", "share", (baseline, candidate), shift, (GateVerdict.INCONCLUSIVE, why))


def _of_failing(felt: Sequence[tuple[Felt, Felt]], failing: Sequence[int], *, sure: bool) -> Finding:
    baseline, candidate = (sum(bool(one.broken) for one in arm) / len(felt) for arm in zip(*felt, strict=True))
    reason = next((b.broken for _, b in reversed(felt) if b.broken), "")
    if sure:
        verdict, why = GateVerdict.FAILED, f"are {candidate:.0%} instead of {baseline:.0%}, the last: {reason}"
    elif candidate <= baseline:
        verdict, why = GateVerdict.PASSED, f"are {candidate:.0%}, and {baseline:.0%} before"
    else:
        verdict, why = GateVerdict.INCONCLUSIVE, f"may be more: {candidate:.0%} instead of {baseline:.0%}: {reason}"
    return found(_FAILING, "share", (baseline, candidate), shift_of(failing), (verdict, why))
