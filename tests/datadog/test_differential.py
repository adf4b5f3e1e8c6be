"""Every minute of every group is as a slow evaluator has it, written from the reference without reading the engine."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from tests.datadog.reference.cases import cases
from tests.datadog.reference.compare import Fragile, difference
from tests.datadog.reference.model import Case

from alertproof.errors import NotModelled

#: The part of the examples that may be refused, or not compared to their end.
REFUSED, FRAGILE = 0.2, 0.1


def verdict(case: Case, seen: Counter[str]) -> str:
    """Compare one case to its end; say how it went."""
    interesting: set[str] = set()
    try:
        found = difference(case, interesting)
    except NotModelled as error:
        return f"refused: {error}"
    except Fragile:
        return "fragile"
    seen.update(interesting)
    assert not found, found
    return "same"


def part(went: Counter[str], prefix: str) -> float:
    return sum(count for how, count in went.items() if how.startswith(prefix)) / went.total()


@pytest.mark.timeout(1800)  # of thousands of examples in the profile prove
def test_every_minute_is_as_the_slow_evaluator_has_it() -> None:
    """The cases are also worth comparing: most come to a value, many move, and every state and word occurs."""
    went: Counter[str] = Counter()
    seen: Counter[str] = Counter()

    @settings(suppress_health_check=list(HealthCheck))
    @given(cases())
    def compare(case: Case) -> None:
        went[verdict(case, seen)] += 1

    compare()
    assert part(went, "refused") <= REFUSED, went
    assert part(went, "fragile") <= FRAGILE, went
    assert seen["a value"] > 0.6 * went["same"], seen
    assert seen["a transition"] > 0.6 * went["same"], seen
    assert seen["groups"] > 0.05 * went["same"], seen
    assert {"is OK", "is Warn", "is Alert", "is No Data"} <= seen.keys(), seen
    assert {"told Triggered", "told Warn", "told Recovered", "told No Data", "told Renotify"} <= seen.keys(), seen
