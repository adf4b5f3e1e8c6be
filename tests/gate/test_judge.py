"""The gate's judgement, both sides of each of its rules."""

from __future__ import annotations

import dataclasses
from typing import Any

import msgspec
import pytest
from tests.gate.simulated import Machine, simulated

from alertproof.gate import Arm, Block, GateVerdict, Judgement, Pair, Rules, judge, order_of


def block(arm: Arm, p95: float = 0.1, *, n: int = 1000, slow: int = 0, failed: int = 0, **of: float) -> Block:
    return Block(
        arm=arm,
        n=n,
        slow=slow,
        failed=failed,
        p95={"": p95, **of},
        requests={"": n} | dict.fromkeys(of, n),
    )


def pairs(count: int = 10, *, slower: float = 1.0, baseline: float = 0.1, **candidate: Any) -> list[Pair]:
    """Pairs of which the baseline sways a little, and the candidate's p95 is ``slower`` times the same."""
    sway = [1 + 0.01 * ((7 * number) % 5 - 2) for number in range(count)]
    return [
        (
            block(Arm.BASELINE, baseline * each),
            block(Arm.CANDIDATE, baseline * slower * sway[-1 - number], **candidate),
        )
        for number, each in enumerate(sway)
    ]


def finding(judgement: Judgement, name: str) -> GateVerdict:
    return next(each.verdict for each in judgement.findings if each.name == name)


@pytest.mark.parametrize(
    ("slower", "verdict"),
    [
        (1.0, GateVerdict.PASSED),
        (0.5, GateVerdict.PASSED),
        (1.07, GateVerdict.PASSED),
        (1.098, GateVerdict.INCONCLUSIVE),  # less than ten percent, but the interval reaches above
        (1.12, GateVerdict.FAILED),
        (20.0, GateVerdict.FAILED),
    ],
)
def test_ten_percent_slower_is_worse(slower: float, verdict: GateVerdict) -> None:
    assert judge(pairs(slower=slower), Rules(least_shift=0.001)).verdict is verdict


def test_a_shift_of_fewer_milliseconds_than_matter_passes() -> None:
    assert judge(pairs(slower=1.5, baseline=0.015), Rules(least_shift=0.010)).verdict is GateVerdict.PASSED
    assert judge(pairs(slower=1.5, baseline=0.025), Rules(least_shift=0.010)).verdict is GateVerdict.FAILED


def test_one_slow_endpoint_among_fast_ones_fails_and_is_named() -> None:
    among = [
        (block(Arm.BASELINE, a.p95[""], search=0.2), block(Arm.CANDIDATE, b.p95[""], search=0.2 * (1.3 + 0.001 * at)))
        for at, (a, b) in enumerate(pairs())
    ]

    judgement = judge(among, Rules())

    assert judgement.verdict is GateVerdict.FAILED
    assert judgement.why == "p95 of search is +30% (at least +30%)"
    assert finding(judgement, "p95 of all requests") is GateVerdict.PASSED


def test_an_endpoint_with_too_few_requests_is_said_to_be_left_out() -> None:
    few = [
        (a, msgspec.structs.replace(b, requests={"": 1000, "GET /x": 99}, p95={**b.p95, "GET /x": 9.0}))
        for a, b in pairs()
    ]

    judgement = judge(few, Rules(minimum_samples=100))

    assert judgement.verdict is GateVerdict.PASSED
    assert judgement.left_out == ("GET /x: 0 requests in one of the blocks, of the 100 that it needs",)


@pytest.mark.parametrize(
    ("failed", "verdict"),
    [(0, GateVerdict.PASSED), (2, GateVerdict.PASSED), (4, GateVerdict.PASSED), (8, GateVerdict.FAILED)],
)
def test_half_a_percent_more_failures_is_worse(failed: int, verdict: GateVerdict) -> None:
    assert judge(pairs(failed=failed), Rules()).verdict is verdict


def test_failures_in_two_blocks_of_ten_ask_a_person_even_if_most_blocks_have_none() -> None:
    burst = [
        (a, msgspec.structs.replace(b, failed=100 if number in {3, 4} else 0)) for number, (a, b) in enumerate(pairs())
    ]

    judgement = judge(burst, Rules())

    assert judgement.verdict is GateVerdict.INCONCLUSIVE
    assert judgement.why == "failed requests may be more: 2.00% instead of 0.00%"


def test_too_many_slow_requests_of_the_candidate_fail_by_themselves() -> None:
    judgement = judge(pairs(slow=51), Rules(slow_allowed=0.05))

    assert (judgement.verdict, judgement.why) == (
        GateVerdict.FAILED,
        "slow requests are 5.10%, of which 5% may be",
    )
    assert judge(pairs(slow=50), Rules(slow_allowed=0.05)).verdict is GateVerdict.PASSED


def test_a_baseline_at_its_limit_makes_the_gate_invalid() -> None:
    at_limit = [(msgspec.structs.replace(a, slow=51), b) for a, b in pairs(slower=1.5)]

    judgement = judge(at_limit, Rules())

    assert judgement.verdict is GateVerdict.INVALID
    assert "lower the profile's rate" in judgement.why


def test_too_few_pairs_and_a_block_without_a_request_are_invalid() -> None:
    assert judge(pairs(9), Rules()).why == "9 of the 10 pairs of blocks that it needs at least"
    empty = [*pairs(9), (block(Arm.BASELINE), block(Arm.CANDIDATE, n=0))]
    assert judge(empty, Rules()).why == "pair 10 holds a block without a request"


def test_it_is_open_only_while_more_pairs_may_come() -> None:
    rules = Rules(least_shift=0.001)

    assert judge(pairs(10, slower=1.098), rules).open
    assert not judge(pairs(20, slower=1.098), rules).open
    assert not judge(pairs(10), rules).open


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"alpha": 0.0}, "alpha is a share above 0 and below 1"),
        ({"noise": 0.2, "slower": 0.1}, "noise .0.2. is at most slower .0.1."),
        ({"looks": (5, 10)}, "looks are numbers of pairs that grow, from 6 on"),
        ({"looks": (10, 10)}, "looks are numbers of pairs that grow"),
    ],
)
def test_rules_that_say_nothing_are_refused(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Rules(**wrong)


def test_neighbours_alternate_so_that_what_drifts_meets_both_alike() -> None:
    first = [order_of(pair)[0] for pair in range(16)]

    assert first[:4] == [Arm.BASELINE, Arm.CANDIDATE, Arm.CANDIDATE, Arm.BASELINE]
    assert first.count(Arm.BASELINE) == 8
    weight = [1 if arm is Arm.BASELINE else -1 for arm in first]
    assert (
        sum(sign * at for at, sign in enumerate(weight)) == sum(sign * at * at for at, sign in enumerate(weight)) == 0
    )


def test_a_machine_that_grows_a_third_slower_favours_neither() -> None:
    machine = Machine(load=0.5, wander=0.02, drift=0.3)

    alike = simulated(machine, gates=20, pairs=10, seed=1)
    worse = simulated(machine, gates=20, pairs=10, seed=2, slower=1.25)

    assert not [gate for gate in alike if judge(gate, Rules()).verdict is GateVerdict.FAILED]
    assert sum(judge(gate, Rules()).verdict is GateVerdict.FAILED for gate in worse) >= 19


def test_a_candidate_that_fails_two_requests_of_a_hundred_at_once_is_found() -> None:
    gates = simulated(dataclasses.replace(Machine(), load=0.5), gates=20, pairs=10, seed=3, failing=0.02)

    assert all(judge(gate, Rules()).verdict is GateVerdict.FAILED for gate in gates)
