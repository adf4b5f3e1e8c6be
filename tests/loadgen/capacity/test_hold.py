"""A held share makes "p95 over ten minutes" fire on one side and stay quiet on the other, whatever the platform."""

from __future__ import annotations

import math
from collections import deque

import pytest
from tests.loadgen.capacity.known import JUDGED, Known
from tests.loadgen.capacity.simulated import Running

from alertproof.loadgen.capacity import Hold, Second

WINDOW = 600


def held(known: Known, share: float, *, seconds: int, seed: int = 1) -> list[Second]:
    """Return ten minutes of light load, and then the share held; a second is known two seconds late."""
    platform, hold = Running(known.platform, seed), Hold(rate=0.85 * known.capacity, share=share, ceiling=1000)
    seen = [platform.second(0.6 * known.capacity) for _ in range(WINDOW)]
    coming = deque[Second]()
    for _ in range(seconds):
        coming.append(platform.second(hold.rate))
        seen.append(coming[-1])
        if len(coming) > 2:
            hold.see(coming.popleft())
    return seen


def fires_after(seen: list[Second]) -> int | None:
    """Return how many seconds after the light load a minute's evaluation of the pooled window is above 5 %."""
    for end in range(WINDOW, len(seen) + 1, 60):
        window = seen[end - WINDOW : end]
        if sum(one.slow for one in window) > 0.05 * sum(one.n for one in window):
            return end - WINDOW
    return None


@pytest.mark.parametrize("name", JUDGED)
def test_a_tenth_slow_fires_within_the_window_and_three_minutes(name: str) -> None:
    after = fires_after(held(JUDGED[name], 0.10, seconds=WINDOW + 180))

    assert after is not None
    assert after >= 120  # not by a burst at its beginning


@pytest.mark.parametrize("name", JUDGED)
def test_a_fortieth_slow_is_quiet_for_two_windows(name: str) -> None:
    seen = held(JUDGED[name], 0.025, seconds=2 * WINDOW)

    assert fires_after(seen) is None
    last = seen[-WINDOW:]
    assert 0.01 < sum(one.slow for one in last) / sum(one.n for one in last) < 0.05  # and that not for want of load


@pytest.mark.parametrize("share", [0.025, 0.10])
def test_the_mean_share_is_the_wanted_one_whatever_the_platform_does(share: float) -> None:
    """The identity of the module's first lines, on a platform that is slow by no rule at all."""
    first = 100.0
    hold = Hold(rate=first, share=share, ceiling=1e12)
    seconds = [Second(rate=hold.rate, n=40, slow=(7 * index) % 11 if index % 3 else 0) for index in range(500)]
    shares = [one.slow / one.n for one in seconds]

    for second in seconds:
        hold.see(second)

    moved = math.log(hold.rate) - math.log(first)
    assert sum(shares) / 500 == pytest.approx(share - 0.05 * moved / (0.004 * 500))


def test_no_rate_is_above_the_ceiling_and_it_comes_down_from_there_at_once() -> None:
    hold = Hold(rate=90, share=0.10, ceiling=100)
    for _ in range(1000):
        hold.see(Second(rate=hold.rate, n=100, slow=0))
    assert hold.rate == pytest.approx(100)

    assert hold.see(Second(rate=hold.rate, n=100, slow=100)) < 100


@pytest.mark.parametrize("wrong", [{"rate": 0.0}, {"rate": 200.0}, {"share": 0.0}, {"share": 1.0}])
def test_what_cannot_be_held_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Hold(**{"rate": 10.0, "share": 0.1, "ceiling": 100.0, **wrong})
