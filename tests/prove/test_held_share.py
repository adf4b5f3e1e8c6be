"""How often the drill under load would flake: its own course in virtual time, on the platform in the box, 50 seeds.

A clock five times as fast makes of the window of ten minutes 120 real seconds, which are twenty waves. The platform
lets 60 requests a second pass by waiting (a queue M/M/4), 30 of them are the drill's own traffic.
"""

from __future__ import annotations

import heapq
import random
from collections import deque
from pathlib import Path

import pytest
from tests.loadgen.capacity.simulated import LIMIT

from alertproof.loadgen import HoldProfile, read_hold_profile
from alertproof.loadgen.capacity import Hold, Second

pytestmark = [pytest.mark.prove, pytest.mark.timeout(600)]

SEEDS = range(50)
STEADY = 30.0
WINDOW, EVALUATION, EVALUATED = 120, 12, 7  # real seconds; the fault begins so long before an evaluation
SERVERS, SERVICE = 4, 4 / 60
PROFILES = Path(__file__).parents[2] / "load" / "profiles"


class Course:
    """The seconds of one drill: all requests, and how many were slow."""

    def __init__(self, seed: int) -> None:
        self.seen: list[Second] = []
        self._chance = random.Random(seed)
        self._free = [0.0] * SERVERS

    def steady(self, seconds: int) -> None:
        for _ in range(seconds):
            self.seen.append(self._second(0.0))

    def _second(self, rate: float) -> Second:
        """Let a second pass with the steady traffic and the load's rate: both come evenly, as the drill sends them."""
        now, chance = float(len(self.seen)), self._chance
        arrivals = [now + index / STEADY for index in range(round(STEADY))]
        begins = chance.random() / max(rate, 1.0)
        arrivals += [at for index in range(round(rate)) if (at := now + begins + index / rate) < now + 1]
        slow = 0
        for at in sorted(arrivals):
            done = max(self._free[0], at) + chance.expovariate(1 / SERVICE)
            heapq.heapreplace(self._free, done)
            slow += done - at > LIMIT
        return Second(rate=rate, n=len(arrivals), slow=slow)

    def held(self, hold: Hold, seconds: int) -> None:
        """Offer what the hold says beside the steady traffic; a second is known two seconds late."""
        coming = deque[Second]()
        for _ in range(seconds):
            coming.append(self._second(hold.rate()))
            self.seen.append(coming[-1])
            if len(coming) > 2:
                hold.see(coming.popleft())

    def above(self, since: int, first: int) -> list[int]:
        """Return at which evaluations, in seconds after ``since``, more than a twentieth of the window was slow."""
        found = []
        for end in range(since + first, len(self.seen) + 1, EVALUATION):
            window = self.seen[end - WINDOW : end]
            if sum(one.slow for one in window) > 0.05 * sum(one.n for one in window):
                found.append(end - since)
        return found


def settled(seed: int, profile: HoldProfile) -> tuple[Course, int, Hold]:
    """Let it settle below, and then the window forget it; return the course, where it stands, and the hold to come."""
    course = Course(seed)
    course.steady(60)
    settling = Hold(low=profile.start, share=0.025, ceiling=profile.ceiling)
    course.held(settling, 70)
    course.steady(140)
    return course, len(course.seen), profile.hold(extra=settling.extra)


def test_a_tenth_slow_fires_in_the_interval_of_the_specification() -> None:
    profile = read_hold_profile(PROFILES / "alert-above.toml")
    minutes = []
    for seed in SEEDS:
        course, began, hold = settled(seed, profile)
        course.steady(3)  # the load's process starts
        course.held(hold, WINDOW)
        minutes.append(next(iter(course.above(began, EVALUATED)), 999) * 5 / 60)

    assert sum(3 <= one <= 6 for one in minutes) >= 45, sorted(minutes)


def test_a_fortieth_slow_is_quiet_for_two_windows() -> None:
    profile = read_hold_profile(PROFILES / "alert-below.toml")
    loud, shares = [], []
    for seed in SEEDS:
        course, began, hold = settled(seed, profile)
        course.held(hold, 2 * WINDOW)
        loud += [seed] if course.above(began, EVALUATED) else []
        lately = course.seen[began:]
        shares.append(sum(one.slow for one in lately) / sum(one.n for one in lately))

    assert len(loud) <= 3, loud
    assert min(shares) > 0.0125, "quiet for want of load"
