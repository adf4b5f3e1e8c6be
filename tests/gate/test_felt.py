"""What journeys felt like, compared: both sides of each rule."""

from __future__ import annotations

import msgspec
import pytest
from tests.gate.test_judge import finding, pairs

from alertproof.gate import Felt, GateVerdict, Judgement, Rules, judge, middle
from alertproof.gate.judge import Pair

SWAY = (1.0, 1.02, 0.98, 1.01, 0.99, 1.0, 1.015, 0.985, 1.005, 0.995)


def felt(baseline: float, candidate: float, *, layouts: tuple[float, float] = (0.0, 0.0)) -> list[Pair]:
    """Pairs of arms alike under load, of which the journeys have this LCP in seconds and these layout shifts."""
    return [
        (
            msgspec.structs.replace(a, felt=Felt(times={"LCP": baseline * sway}, layouts={"CLS": layouts[0]})),
            msgspec.structs.replace(b, felt=Felt(times={"LCP": candidate / sway}, layouts={"CLS": layouts[1]})),
        )
        for (a, b), sway in zip(pairs(), SWAY, strict=True)
    ]


def judged(*arms: float, layouts: tuple[float, float] = (0.0, 0.0)) -> Judgement:
    return judge(felt(arms[0], arms[1], layouts=layouts), Rules())


@pytest.mark.parametrize(
    ("baseline", "candidate", "verdict"),
    [
        (1.0, 1.0, GateVerdict.PASSED),
        (1.0, 0.3, GateVerdict.PASSED),
        (1.0, 1.15, GateVerdict.PASSED),  # of a p95 that would be too much
        (1.0, 1.195, GateVerdict.INCONCLUSIVE),
        (1.0, 1.25, GateVerdict.FAILED),
        (0.16, 0.20, GateVerdict.PASSED),  # a quarter more, and nobody notices 40 ms
        (0.3, 0.4, GateVerdict.FAILED),
    ],
)
def test_a_vital_is_worse_from_a_fifth_and_what_a_person_notices_on(
    baseline: float, candidate: float, verdict: GateVerdict
) -> None:
    judgement = judged(baseline, candidate)

    assert finding(judgement, "LCP") is verdict
    assert judgement.verdict is verdict


@pytest.mark.parametrize(
    ("before", "after", "verdict"),
    [
        (0.0, 0.0, GateVerdict.PASSED),
        (0.1, 0.0, GateVerdict.PASSED),
        (0.05, 0.065, GateVerdict.PASSED),
        (0.05, 0.075, GateVerdict.FAILED),
    ],
)
def test_a_layout_that_shifts_more_than_before_is_worse(before: float, after: float, verdict: GateVerdict) -> None:
    judgement = judged(1.0, 1.0, layouts=(before, after))

    assert finding(judgement, "CLS") is verdict
    assert judgement.verdict is verdict


def test_a_vital_that_took_no_time_at_all_is_compared_like_any_other() -> None:
    assert judged(0.0, 0.0).verdict is GateVerdict.PASSED
    assert judged(0.0, 0.2).verdict is GateVerdict.FAILED


def test_what_one_block_did_not_tell_is_not_compared_and_that_is_said() -> None:
    some = felt(1.0, 5.0)
    some[3] = (some[3][0], msgspec.structs.replace(some[3][1], felt=Felt()))

    judgement = judge(some, Rules())

    assert judgement.verdict is GateVerdict.PASSED
    assert judgement.left_out == (
        "LCP: one of the blocks did not tell it",
        "CLS: one of the blocks did not tell it",
    )


def test_a_block_is_the_median_of_its_walks_of_what_each_of_them_has() -> None:
    walks = [
        Felt(times={"LCP": 1.0, "INP": 0.1}, layouts={"CLS": 0.0}),
        Felt(times={"LCP": 9.0}, layouts={"CLS": 0.3}),
        Felt(times={"LCP": 2.0, "INP": 0.2}, layouts={"CLS": 0.1}),
    ]

    assert middle(walks) == Felt(times={"LCP": 2.0}, layouts={"CLS": 0.1})


def test_one_walk_that_did_not_pass_breaks_the_block() -> None:
    assert middle([Felt(times={"LCP": 1.0}), Felt(broken="the journey failed: no")]) == Felt(
        broken="the journey failed: no"
    )


@pytest.mark.parametrize("name", ["felt_slower", "more_layout"])
@pytest.mark.parametrize("wrong", [0.0, 1.0])
def test_shares_of_what_is_felt_are_shares(name: str, wrong: float) -> None:
    with pytest.raises(ValueError, match=f"{name} is a share above 0 and below 1"):
        msgspec.convert({name: wrong}, Rules)
