"""How often the gate cries wolf, and how often it sleeps: gates between simulated platforms, A/A and A/B."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import pytest
from tests.gate.simulated import Machine, simulated

from alertproof.gate import GateVerdict, Judgement, Pair, Rules, judge

pytestmark = pytest.mark.prove

RULES = Rules()
#: Small and large, idle and busy, on a machine that keeps its speed, wanders, and grows slower by a third.
MACHINES = {
    "8 workers, 60 % busy": Machine(),
    "8 workers, 75 % busy": Machine(load=0.75),
    "2 workers, half busy": Machine(workers=2, service=0.02, load=0.5),
    "8 workers, slowing": Machine(drift=0.3),
}


def ended(pairs: Sequence[Pair]) -> Judgement:
    """What a gate ends with that has these pairs to come."""
    for look in RULES.looks:
        judgement = judge(pairs[:look], RULES)
        if not judgement.open:
            return judgement
    raise AssertionError


def ends(machine: Machine, seed: int, *, slower: float = 1.0, felt_slower: float = 1.0) -> Counter[GateVerdict]:
    gates = simulated(machine, gates=100, pairs=RULES.looks[-1], seed=seed, slower=slower, felt_slower=felt_slower)
    return Counter(ended(pairs).verdict for pairs in gates)


def test_of_400_gates_of_two_alike_two_in_a_hundred_at_most_are_false_alarms() -> None:
    found = {name: ends(machine, 100 + at, slower=1.0) for at, (name, machine) in enumerate(MACHINES.items())}

    print(found)  # noqa: T201 - the rates
    whole = sum(found.values(), Counter())
    assert whole.total() == 400
    assert whole[GateVerdict.FAILED] <= 8, found
    assert whole[GateVerdict.INVALID] == 0, found
    assert whole[GateVerdict.PASSED] >= 360, found  # nor does it ask a person each time


def test_of_400_candidates_that_need_15_percent_more_time_97_in_a_hundred_are_found() -> None:
    found = {name: ends(machine, 200 + at, slower=1.15) for at, (name, machine) in enumerate(MACHINES.items())}

    print(found)  # noqa: T201 - the rates
    whole = sum(found.values(), Counter())
    assert whole[GateVerdict.FAILED] >= 388, found
    assert whole[GateVerdict.PASSED] == 0, found


def test_of_candidates_of_which_only_the_journeys_are_slower_those_by_a_quarter_are_found() -> None:
    found = {
        slower: ends(Machine(), 300 + at, felt_slower=slower) for at, slower in enumerate((1.05, 1.1, 1.15, 1.2, 1.25))
    }

    print(found)  # noqa: T201 - the rates
    assert found[1.25][GateVerdict.FAILED] >= 97, found
    assert found[1.05][GateVerdict.FAILED] <= 5, found
