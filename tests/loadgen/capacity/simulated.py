"""Platforms in virtual time: queues with a known capacity, and ones that misbehave. Arrivals are Poisson."""

from __future__ import annotations

import heapq
import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from alertproof.loadgen.capacity import Search, SearchPlan, Second

LIMIT = 0.8

Draw: TypeAlias = Callable[[np.random.Generator, int], NDArray[np.float64]]


def exponential(mean: float) -> Draw:
    return lambda chance, n: chance.exponential(mean, n)


def constant(seconds: float) -> Draw:
    return lambda _, n: np.full(n, seconds)


def lognormal(mean: float, sigma: float) -> Draw:
    return lambda chance, n: chance.lognormal(math.log(mean) - sigma**2 / 2, sigma, n)


def mixture(*parts: tuple[float, Draw]) -> Draw:
    """Service times of several kinds of requests, each with its share."""
    shares = [share for share, _ in parts]

    def draw(chance: np.random.Generator, n: int) -> NDArray[np.float64]:
        kinds = chance.choice(len(parts), size=n, p=shares)
        return np.choose(kinds, [part(chance, n) for _, part in parts])

    return draw


def hyperexponential(mean: float, variation: float) -> Draw:
    """Two kinds of exponential times with balanced means; ``variation`` is the squared coefficient."""
    share = 0.5 * (1 + math.sqrt((variation - 1) / (variation + 1)))
    return mixture((share, exponential(mean / (2 * share))), (1 - share, exponential(mean / (2 * (1 - share)))))


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """Servers in front of one queue, first come first served, and perhaps a second station behind.

    ``pace`` multiplies service times by the time since the start. ``most_inside``: a request more is refused at once.
    ``errors`` is the share of requests that fail, whatever the load.
    """

    servers: int
    service: Draw
    pace: Callable[[float], float] = lambda _: 1.0
    most_inside: int | None = None
    errors: float = 0.0
    behind: Draw | None = None


class Running:
    """A platform that runs, from empty."""

    def __init__(self, platform: Platform, seed: int) -> None:
        self._platform = platform
        self._chance = np.random.default_rng(seed)
        self._free = [0.0] * platform.servers
        self._free_behind = 0.0
        self._inside: list[float] = []
        self._now = 0.0

    def second(self, rate: float) -> Second:
        """Offer a rate for a second, and look as far ahead as its requests need."""
        platform, chance = self._platform, self._chance
        n = int(chance.poisson(rate))
        arrivals = (np.sort(chance.random(n)) + self._now).tolist()
        services = (platform.service(chance, n) * platform.pace(self._now)).tolist()
        behind = platform.behind(chance, n).tolist() if platform.behind else None
        failing = chance.random(n) < platform.errors
        slow = 0
        for index, (arrival, service) in enumerate(zip(arrivals, services, strict=True)):
            if platform.most_inside is not None and self._count_inside(arrival) >= platform.most_inside:
                slow += 1
                continue
            done = max(self._free[0], arrival) + service
            heapq.heapreplace(self._free, done)
            if behind is not None:
                self._free_behind = done = max(self._free_behind, done) + behind[index]
            heapq.heappush(self._inside, done)
            slow += done - arrival > LIMIT or bool(failing[index])
        self._now += 1.0
        return Second(rate=rate, n=n, slow=slow, in_flight=self._count_inside(self._now))

    def _count_inside(self, now: float) -> int:
        while self._inside and self._inside[0] <= now:
            heapq.heappop(self._inside)
        return len(self._inside)


def searched(platform: Platform, seed: int, plan: SearchPlan, *, late: int = 2) -> Search:
    """Search a platform; a second is known ``late`` seconds after its end, as in a real run."""
    running, search, coming = Running(platform, seed), Search(plan), deque[Second]()
    while not search.done:
        coming.append(running.second(search.rate))
        if len(coming) > late:
            search.see(coming.popleft())
    return search


def share_of_slow(platform: Platform, rate: float, *, seconds: int, seed: int = 1) -> float:
    """Return the share of slow requests at a fixed rate over a long time: the simulator against the formulas."""
    running = Running(platform, seed)
    for _ in range(100):
        running.second(rate)
    seen = [running.second(rate) for _ in range(seconds)]
    return sum(one.slow for one in seen) / sum(one.n for one in seen)
