"""What counts as worse."""

from __future__ import annotations

import msgspec

__all__ = ["FEWEST", "Rules"]


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """What counts as worse.

    A p95 is worse if it is certainly more than ``noise`` above the baseline's (a share: 0.05), by ``slower`` as it is
    best estimated, and by ``least_shift`` seconds; it is as good if it is certainly less than ``slower`` or
    ``least_shift`` above. The share of failed requests is worse if it is certainly above the baseline's and by
    ``more_failed`` as it is best estimated, or by that over all blocks together. ``slow_allowed`` is the share of slow
    requests that the candidate may have.

    What a journey felt like swings more from one to the next, and matters from what a person notices on: it is judged
    as a p95 is, by ``felt_slower`` and ``felt_least`` seconds, and a layout's shift is worse if it is certainly above
    the baseline's and by ``more_layout`` as it is best estimated.

    ``alpha`` is the chance of a false alarm in a whole gate, shared among its ``looks``, which are numbers of pairs, by
    halves between load and journeys, and among what is compared. An endpoint is compared from ``minimum_samples``
    requests in each block on.
    """

    noise: float = 0.05
    slower: float = 0.10
    least_shift: float = 0.010
    more_failed: float = 0.005
    slow_allowed: float = 0.05
    felt_slower: float = 0.20
    felt_least: float = 0.050
    more_layout: float = 0.02
    alpha: float = 0.05
    minimum_samples: int = 100
    looks: tuple[int, ...] = (10, 15, 20)

    def __post_init__(self) -> None:
        shares = ("noise", "slower", "more_failed", "slow_allowed", "felt_slower", "more_layout", "alpha")
        if wrong := [name for name in shares if not 0 < getattr(self, name) < 1]:
            raise ValueError(f"{wrong[0]} is a share above 0 and below 1, as 0.05; got {getattr(self, wrong[0])}")
        if self.felt_least <= 0:
            raise ValueError(f"felt_least is a span above 0, in seconds; got {self.felt_least}")
        if self.noise > self.felt_slower:
            raise ValueError(f"noise ({self.noise}) is at most felt_slower ({self.felt_slower})")
        if self.noise > self.slower:
            raise ValueError(f"noise ({self.noise}) is at most slower ({self.slower})")
        if not self.looks or list(self.looks) != sorted(set(self.looks)) or self.looks[0] < FEWEST:
            raise ValueError(f"looks are numbers of pairs that grow, from {FEWEST} on; got {list(self.looks)}")


FEWEST = 6
"""With fewer pairs no order of them is rare enough to be told from chance, at 5 % among three looks."""
