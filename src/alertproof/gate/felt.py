"""What journeys through an arm felt like in one block: the numbers of the vitals that are compared."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

import msgspec

__all__ = ["Felt", "middle"]


class Felt(msgspec.Struct, frozen=True, kw_only=True):
    """Vitals and durations of journeys by name, each the worst of a journey's pages.

    ``times`` are seconds, ``layouts`` are layout shifts (CLS), which have no unit. ``broken`` says why there are none:
    a journey that did not pass says nothing of how quick it was.
    """

    times: dict[str, float] = {}
    layouts: dict[str, float] = {}
    broken: str = ""


def middle(walks: Sequence[Felt]) -> Felt:
    """Return the median of each number over the walks of a block, of those that more than half of them have."""
    if broken := next((walk.broken for walk in walks if walk.broken), ""):
        return Felt(broken=broken)
    return Felt(times=_medians([walk.times for walk in walks]), layouts=_medians([walk.layouts for walk in walks]))


def _medians(walks: Sequence[dict[str, float]]) -> dict[str, float]:
    told = {name: [walk[name] for walk in walks if name in walk] for walk in walks for name in walk}
    return {name: median(values) for name, values in told.items() if len(values) > len(walks) / 2}
