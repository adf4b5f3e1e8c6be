"""Two platforms that are queues: arms of known speed on a machine whose own speed wanders, all runs side by side."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec
import numpy as np
from numpy.typing import NDArray

from alertproof.gate import Arm, Block, Felt, Pair, order_of

__all__ = ["Machine", "simulated"]

_LIMIT = 0.8
_TIME_OUT = 10.0
#: What the journey of a block feels like on average, in seconds.
_VITALS = {"duration": 2.4, "TTFB": 0.25, "FCP": 0.36, "LCP": 0.5, "INP": 0.1}


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """``workers`` serve in the order of arrival, each in an exponential time of ``service`` seconds on average.

    ``load`` is the share of them that the baseline keeps busy. ``wander`` is how much slower or faster the machine is
    from one block to the next, and ``drift`` how much slower it has grown by the last pair, as shares. ``swing`` is how
    much the vitals of a block's journeys swing besides, each by itself.
    """

    workers: int = 8
    service: float = 0.05
    load: float = 0.6
    wander: float = 0.03
    drift: float = 0.0
    swing: float = 0.12


def simulated(
    machine: Machine,
    *,
    gates: int,
    pairs: int,
    seed: int,
    slower: float = 1.0,
    felt_slower: float = 1.0,
    failing: float = 0.0,
    block: float = 30.0,
) -> list[list[Pair]]:
    """Return the pairs of each of so many gates; the candidate needs ``slower`` times as long for each request.

    Its journeys take ``felt_slower`` times as long besides. ``failing`` is the share of its requests that fail, and at
    once. A block begins with 10 s that do not count.
    """
    random = np.random.default_rng(seed)
    speed = 1 + machine.wander * random.standard_normal((gates, pairs, 2))
    at = (2 * np.arange(pairs)[:, None] + np.arange(2)[None, :]) / (2 * pairs - 1)
    speed *= 1 + machine.drift * at
    is_candidate = np.array([[arm is Arm.CANDIDATE for arm in order_of(pair)] for pair in range(pairs)])
    service = machine.service * speed * np.where(is_candidate, slower, 1.0)
    felt = np.reshape(np.array(list(_VITALS.values())), (-1, 1, 1, 1)) * np.exp(
        machine.swing * random.standard_normal((len(_VITALS), *speed.shape))
    )
    felt *= speed * np.where(is_candidate, slower * felt_slower, 1.0)
    measured = _measured(machine, service.reshape(-1), random, block)
    blocks = [
        msgspec.structs.replace(
            _block(latencies, bool(candidate), random.random(latencies.size) < (failing if candidate else 0.0)),
            felt=Felt(times=dict(zip(_VITALS, map(float, vitals), strict=True))),
        )
        for latencies, candidate, vitals in zip(
            measured,
            np.broadcast_to(is_candidate, service.shape).reshape(-1),
            felt.reshape(len(_VITALS), -1).T,
            strict=True,
        )
    ]
    return [
        [_pair(blocks[2 * (gate * pairs + pair)], blocks[2 * (gate * pairs + pair) + 1]) for pair in range(pairs)]
        for gate in range(gates)
    ]


def _measured(
    machine: Machine, service: NDArray[np.float64], random: np.random.Generator, block: float
) -> list[NDArray[np.float64]]:
    """Return the latencies of each block: many queues at once, one arrival of each at a time."""
    rate = machine.load * machine.workers / machine.service
    skipped, counted = int(rate * 10), int(rate * block)
    free = np.zeros((service.size, machine.workers))
    now = np.zeros(service.size)
    rows = np.arange(service.size)
    kept = np.empty((counted, service.size), dtype=np.float32)
    for arrival in range(skipped + counted):
        now += random.exponential(1 / rate, service.size)
        worker = free.argmin(axis=1)
        end = np.maximum(now, free[rows, worker]) + service * random.standard_exponential(service.size)
        free[rows, worker] = end
        if arrival >= skipped:
            kept[arrival - skipped] = end - now
    return list(kept.T.astype(float))


def _block(latencies: NDArray[np.float64], candidate: bool, failed: NDArray[np.bool_]) -> Block:
    ranked = np.sort(np.where(failed, _TIME_OUT, latencies))
    p95 = float(ranked[int(np.ceil(0.95 * ranked.size)) - 1])
    return Block(
        arm=Arm.CANDIDATE if candidate else Arm.BASELINE,
        n=latencies.size,
        slow=int(np.count_nonzero(failed | (latencies > _LIMIT))),
        failed=int(np.count_nonzero(failed)),
        p95={"": p95},
        requests={"": latencies.size},
    )


def _pair(first: Block, second: Block) -> Pair:
    return (first, second) if first.arm is Arm.BASELINE else (second, first)
