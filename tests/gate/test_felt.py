"""What journeys felt like, compared: both sides of each rule."""

from __future__ import annotations

import msgspec
import pytest
from tests.gate.test_judge import finding, pairs

from alertproof.gate import Felt, GateVerdict, Judgement, Pair, Rules, judge, middle

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


def without(pairs: list[Pair], *, of: int, times: int) -> list[Pair]:
    """The pairs, of which so many have an arm (0 or 1) that tells nothing."""
    silent = [list(pair) for pair in pairs]
    for pair in silent[:times]:
        pair[of] = msgspec.structs.replace(pair[of], felt=Felt())
    return [(a, b) for a, b in silent]


@pytest.mark.parametrize(
    ("silent", "verdict", "name"),
    [
        (0, GateVerdict.FAILED, "LCP"),
        (1, GateVerdict.FAILED, "LCP"),  # of the other nine it is sure
        (2, GateVerdict.INCONCLUSIVE, "LCP"),  # and of eight it is not yet
        (3, GateVerdict.INCONCLUSIVE, "blocks that tell LCP"),
        (10, GateVerdict.INCONCLUSIVE, "blocks that tell LCP"),
    ],
)
def test_a_candidate_that_does_not_tell_never_passes_for_it(silent: int, verdict: GateVerdict, name: str) -> None:
    judgement = judge(without(felt(1.0, 5.0), of=1, times=silent), Rules())

    assert judgement.verdict is verdict
    assert finding(judgement, name) is verdict


def test_what_the_baseline_does_not_tell_is_not_compared_and_that_is_said() -> None:
    judgement = judge(without(felt(1.0, 5.0), of=0, times=5), Rules())

    assert judgement.verdict is GateVerdict.PASSED
    assert judgement.left_out == (
        "LCP: 50% of the blocks of an arm told it",
        "CLS: 50% of the blocks of an arm told it",
    )


def test_journeys_that_tell_nothing_at_all_are_said_to() -> None:
    some = without(without(felt(1.0, 1.0), of=0, times=10), of=1, times=10)

    assert judge(some, Rules()).left_out == (
        "the journeys: they have no step and no page, so there is nothing to compare",
    )


def failing(pairs: list[Pair], *, of: int, times: int) -> list[Pair]:
    broken = [list(pair) for pair in pairs]
    for pair in broken[:times]:
        pair[of] = msgspec.structs.replace(pair[of], felt=Felt(broken="the journey failed: no heading"))
    return [(a, b) for a, b in broken]


@pytest.mark.parametrize(
    ("times", "verdict"), [(0, GateVerdict.PASSED), (1, GateVerdict.INCONCLUSIVE), (10, GateVerdict.FAILED)]
)
def test_a_candidate_whose_journeys_fail_does_not_pass(times: int, verdict: GateVerdict) -> None:
    judgement = judge(failing(felt(1.0, 1.0), of=1, times=times), Rules())

    assert finding(judgement, "blocks with a journey that fails") is verdict
    assert judgement.verdict is verdict
    assert ("the journey failed: no heading" in judgement.why) == (times > 0)


@pytest.mark.parametrize(("times", "verdict"), [(4, GateVerdict.PASSED), (5, GateVerdict.INVALID)])
def test_a_baseline_whose_own_journeys_fail_is_nothing_to_compare_with(times: int, verdict: GateVerdict) -> None:
    judgement = judge(failing(felt(1.0, 1.0), of=0, times=times), Rules())

    assert judgement.verdict is verdict
    if verdict is GateVerdict.INVALID:
        assert judgement.why == (
            "in 5 of 10 blocks the baseline's own journeys fail, the last: the journey failed: no heading"
        )


@pytest.mark.parametrize(("names", "said"), [(7, False), (9, True)])
def test_more_numbers_than_so_few_pairs_can_tell_apart_are_said_to_be(names: int, said: bool) -> None:
    many = Felt(times={f"LCP {number}": 1.0 for number in range(names)})
    some = [(msgspec.structs.replace(a, felt=many), msgspec.structs.replace(b, felt=many)) for a, b in pairs()]

    left_out = judge(some, Rules()).left_out

    assert any("can be in 10 pairs; take fewer journeys or more pairs" in one for one in left_out) == said


def test_a_block_is_the_median_of_its_walks_of_what_more_than_half_of_them_have() -> None:
    walks = [
        Felt(times={"LCP": 1.0}, layouts={"CLS": 0.0}),
        Felt(times={"LCP": 9.0, "INP": 0.25, "TTFB": 0.3}, layouts={"CLS": 0.3}),
        Felt(times={"LCP": 2.0, "INP": 0.75}, layouts={"CLS": 0.1}),
    ]

    assert middle(walks) == Felt(times={"LCP": 2.0, "INP": 0.5}, layouts={"CLS": 0.1})
    assert middle([]) == Felt()


def test_one_walk_that_did_not_pass_breaks_the_block() -> None:
    assert middle([Felt(times={"LCP": 1.0}), Felt(broken="the journey failed: no")]) == Felt(
        broken="the journey failed: no"
    )


@pytest.mark.parametrize("name", ["felt_slower", "more_layout"])
@pytest.mark.parametrize("wrong", [0.0, 1.0])
def test_shares_of_what_is_felt_are_shares(name: str, wrong: float) -> None:
    with pytest.raises(ValueError, match=f"{name} is a share above 0 and below 1"):
        msgspec.convert({name: wrong}, Rules)
