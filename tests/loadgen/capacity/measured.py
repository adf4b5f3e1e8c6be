"""How well searches find a known capacity, over many seeds.

``python -m tests.loadgen.capacity.measured`` prints the table of docs/capacity.md.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass

import numpy as np
from tests.loadgen.capacity.known import JUDGED, OTHERS, Known
from tests.loadgen.capacity.simulated import searched

from alertproof.loadgen.capacity import SearchPlan


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """Bias, root mean square error and half-width as shares of the capacity; ``covered`` counts intervals with it."""

    bias: float
    error: float
    covered: int
    of: int
    half_width: float

    def __str__(self) -> str:
        return f"{self.bias:+.1%} | {self.error:.1%} | {self.covered} of {self.of} | ±{self.half_width:.1%}".replace(
            "%", " %"
        )


def measure(known: Known, seeds: range, *, seconds: int = 420) -> Measured:
    """Search a platform from a tenth of its saturation, once for each seed."""
    plan = SearchPlan(start=known.saturation / 10, ceiling=10 * known.saturation, seconds=seconds)
    found = [searched(known.platform, seed, plan).conclude() for seed in seeds]
    off = np.array([(one.rate or 0.0) / known.capacity - 1 for one in found])
    return Measured(
        bias=float(off.mean()),
        error=float(np.sqrt((off**2).mean())),
        covered=sum(one.low <= known.capacity <= one.high for one in found),
        of=len(found),
        half_width=float(np.mean([(one.high - one.low) / 2 / known.capacity for one in found])),
    )


def main() -> None:
    """Print the table of docs/capacity.md."""
    seeds = range(*map(int, sys.argv[1:] or ["50"]))
    print("| platform | capacity | bias | error | covered | interval |\n| --- | --- | --- | --- | --- | --- |")  # noqa: T201
    for name, known in (JUDGED | OTHERS).items():
        print(f"| {name} | {known.capacity:.4g}/s | {measure(known, seeds)} |", flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
