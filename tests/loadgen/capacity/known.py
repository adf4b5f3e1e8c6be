"""Platforms whose capacity is known: the rate at which 5 % of the requests take longer than 800 ms.

By formula where there is one. M/M/c: a wait is none with probability 1 - C (Erlang) and else exponential. M/G/1 with
phase-type service: the wait is phase-type as well (Neuts), evaluated by a matrix exponential. Two exponential stations
in a row: the two sojourns are independent (Burke, Reich). For the others `python -m tests.loadgen.capacity.known`
prints what a long simulation gives, and the number stands here.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from tests.loadgen.capacity.simulated import (
    LIMIT,
    Platform,
    constant,
    exponential,
    hyperexponential,
    lognormal,
    mixture,
    share_of_slow,
)

SHARE = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A platform, its capacity and the rate at which it saturates, per second."""

    platform: Platform
    capacity: float
    saturation: float


def rate_at(share: Callable[[float], float], *, below: float) -> float:
    """Return the rate at which ``share``, which grows with it, is 5 %."""
    low, high = 0.0, below
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (low, middle) if share(middle) > SHARE else (middle, high)
    return (low + high) / 2


def erlang_c(servers: int, offered: float) -> float:
    """Return the probability of a wait in M/M/c at ``offered`` Erlang."""
    inverse = 1.0
    for k in range(1, servers + 1):
        inverse = 1.0 + inverse * k / offered
    blocked, load = 1 / inverse, offered / servers
    return blocked / (1 - load + load * blocked)


def slow_in_mmc(rate: float, *, mean: float, servers: int) -> float:
    mu, offered = 1 / mean, rate * mean
    rest = servers - 1 - offered
    rest = rest if abs(rest) > 1e-9 else 1e-9
    alone = math.exp(-mu * LIMIT)
    return alone * (1 + erlang_c(servers, offered) * (1 - math.exp(-mu * LIMIT * rest)) / rest)


def slow_in_tandem(rate: float, *, first: float, second: float) -> float:
    a, b = 1 / first - rate, 1 / second - rate
    return (b * math.exp(-a * LIMIT) - a * math.exp(-b * LIMIT)) / (b - a)


def slow_in_mh21(rate: float, *, mean: float, variation: float) -> float:
    share = 0.5 * (1 + math.sqrt((variation - 1) / (variation + 1)))
    first = np.array([share, 1 - share])
    rates = np.diag([2 * share / mean, 2 * (1 - share) / mean])
    service, leaving = -rates, rates @ np.ones(2)
    load, rest = rate * mean, first @ np.linalg.inv(rates) / mean
    waiting = service + load * np.outer(leaving, rest)
    whole = np.block([[waiting, np.outer(-waiting @ np.ones(2), first)], [np.zeros((2, 2)), service]])
    values, vectors = np.linalg.eig(whole)
    survives = vectors @ np.diag(np.exp(values * LIMIT)) @ np.linalg.inv(vectors)
    return float(np.real(np.concatenate([load * rest, (1 - load) * first]) @ survives @ np.ones(4)))


def _mmc(servers: int, mean: float) -> Known:
    saturation = servers / mean
    capacity = rate_at(lambda rate: slow_in_mmc(rate, mean=mean, servers=servers), below=saturation * (1 - 1e-9))
    return Known(
        platform=Platform(servers=servers, service=exponential(mean)), capacity=capacity, saturation=saturation
    )


#: The four that issue and documentation judge by.
JUDGED = {
    "M/M/1": _mmc(1, 0.05),
    "M/M/8": _mmc(8, 0.05),
    "M/M/32": _mmc(32, 0.2),
    "M/H2/1": Known(
        platform=Platform(servers=1, service=hyperexponential(0.02, 4.0)),
        capacity=rate_at(lambda rate: slow_in_mh21(rate, mean=0.02, variation=4.0), below=50 * (1 - 1e-9)),
        saturation=50.0,
    ),
}
#: Others. They were looked at as well while the search was designed, with other seeds.
OTHERS = {
    "M/M/2": _mmc(2, 0.1),
    "two stations": Known(
        platform=Platform(servers=1, service=exponential(0.05), behind=exponential(0.04)),
        capacity=rate_at(lambda rate: slow_in_tandem(rate, first=0.05, second=0.04), below=20 * (1 - 1e-9)),
        saturation=20.0,
    ),
    "M/D/1": Known(platform=Platform(servers=1, service=constant(0.1)), capacity=8.07, saturation=10.0),
    "M/D/4": Known(platform=Platform(servers=4, service=constant(0.1)), capacity=38.0, saturation=40.0),
    "M/lognormal/8": Known(platform=Platform(servers=8, service=lognormal(0.1, 1.0)), capacity=73.9, saturation=80.0),
    "fast and slow requests, 4 servers": Known(
        platform=Platform(servers=4, service=mixture((0.9, exponential(0.02)), (0.1, exponential(0.25)))),
        capacity=79.3,
        saturation=4 / 0.043,
    ),
    "3 % slow without load, 16 servers": Known(
        platform=Platform(servers=16, service=mixture((0.97, exponential(0.06)), (0.03, constant(0.9)))),
        capacity=177.7,
        saturation=16 / 0.0852,
    ),
}


def main() -> None:
    """Print the capacity of each platform by simulation: about a million requests at each of twelve rates."""
    for name, known in (JUDGED | OTHERS).items():
        low, high = 0.3 * known.saturation, known.saturation
        for _ in range(12):
            middle = (low + high) / 2
            found = share_of_slow(known.platform, middle, seconds=round(1e6 / known.saturation))
            low, high = (low, middle) if found > SHARE else (middle, high)
        print(f"{name}: {(low + high) / 2:.2f} here {known.capacity:.2f}")  # noqa: T201


if __name__ == "__main__":
    main()
