"""What a search says of saturation, degradation and recovery, on platforms in virtual time and on made-up seconds."""

from __future__ import annotations

import pytest
from tests.loadgen.capacity.known import JUDGED
from tests.loadgen.capacity.simulated import Platform, Running, exponential

from alertproof.loadgen import CapacityTick
from alertproof.loadgen.behaviour import Behaviour, behaviour_of, said
from alertproof.loadgen.capacity import Search, SearchPlan


def searched(platform: Platform, *, start: float = 16, ceiling: float = 1000) -> tuple[list[CapacityTick], int]:
    """Return the seconds of a search, each known at once, and the arrivals."""
    running, search = Running(platform, 1), Search(SearchPlan(start=start, ceiling=ceiling))
    ticks: list[CapacityTick] = []
    while not search.done:
        seen = running.second(search.rate)
        search.see(seen)
        ticks.append(
            CapacityTick(
                second=len(ticks),
                phase=search.phase,
                rate=seen.rate,
                n=seen.n,
                slow=seen.slow,
                in_flight=seen.in_flight,
                p95=None,
            )
        )
    return ticks, sum(one.n for one in ticks)


def of(platform: Platform, **bounds: float) -> Behaviour:
    ticks, sent = searched(platform, **bounds)
    return behaviour_of(ticks, sent=sent, tick=1.0, allowed=0.05)


@pytest.mark.parametrize("name", ["M/M/1", "M/M/8", "M/M/32"])  # of M/H2/1 too little is seen in so short a time
def test_a_queue_saturates_at_what_its_servers_do(name: str) -> None:
    known = JUDGED[name]

    found = of(known.platform, start=known.saturation / 10, ceiling=10 * known.saturation)

    assert found.saturation == pytest.approx(known.saturation, rel=0.12)


def test_the_way_up_is_told_step_by_step_and_each_overload_is_recovered_from() -> None:
    found = of(JUDGED["M/M/8"].platform)

    rates = [step.rate for step in found.steps]
    assert rates[0] == 16
    assert rates == sorted(rates)
    assert found.steps[0].share == 0
    assert found.steps[-1].share > 0.2
    assert len(found.recoveries) == 2
    assert all(one is not None and one < 40 for one in found.recoveries)


def test_requests_that_are_several_to_an_arrival_do_not_change_what_is_finished() -> None:
    ticks, sent = searched(JUDGED["M/M/8"].platform)
    doubled = [
        CapacityTick(
            second=one.second,
            phase=one.phase,
            rate=one.rate,
            n=2 * one.n,
            slow=2 * one.slow,
            in_flight=one.in_flight,
            p95=None,
        )
        for one in ticks
    ]

    one = behaviour_of(ticks, sent=sent, tick=1.0, allowed=0.05)
    two = behaviour_of(doubled, sent=sent, tick=1.0, allowed=0.05)

    assert one.saturation is not None
    assert two.saturation == pytest.approx(one.saturation)


def test_a_platform_that_is_never_overloaded_has_no_saturation_and_nothing_to_recover_from() -> None:
    found = of(Platform(servers=100, service=exponential(0.01)), start=16, ceiling=60)

    assert found.saturation is None
    assert found.recoveries == ()
    (words,) = said(found, limit_ms=800)
    assert words.endswith("took longer than 800 ms at 16/s, none at 60/s; more was not tried on the way up")


def test_a_dead_platform_is_said_to_be_one() -> None:
    found = of(Platform(servers=1, service=exponential(1000.0)), start=10, ceiling=100)

    assert found.recoveries
    assert None in found.recoveries
    words = said(found, limit_ms=800)
    assert any("did not keep its limit again" in one for one in words)
    assert any(one.startswith("degradation: already at 10/s ") for one in words)


def test_it_is_said_in_words() -> None:
    words = said(of(JUDGED["M/M/8"].platform), limit_ms=800)

    assert [one.partition(":")[0] for one in words] == ["saturation", "degradation", "recovery"]
    assert "none took longer than 800 ms at 16/s" in words[1]
