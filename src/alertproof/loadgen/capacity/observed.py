"""What a search sees of one second, and what it is told beforehand."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["SearchPlan", "Second"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Second:
    """The requests that were to start in one second, once each is known to be good, slow or failed.

    ``rate`` is the rate that was offered (arrivals per second), ``n`` the requests, ``slow`` how many of them took
    longer than the limit or failed, ``in_flight`` the arrivals under way at its end.
    """

    rate: float
    n: int
    slow: int
    in_flight: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchPlan:
    """How to search: rates are arrivals per second, times are whole seconds.

    ``start`` is the first rate, far below the capacity that is hoped for; ``ceiling`` is never exceeded. ``share`` of
    the requests may be slow: 0.05 is "p95 at most the limit". The search takes about ``seconds``; where ``precision``
    is given and the half-width of the interval is not yet that share of the rate, up to ``most_seconds``.
    """

    start: float
    ceiling: float
    share: float = 0.05
    warm_up: int = 15
    seconds: int = 420
    precision: float | None = None
    most_seconds: int = 1020

    def __post_init__(self) -> None:
        """Raise `ValueError` for a plan that cannot be followed."""
        if not 0 < self.start <= self.ceiling:
            raise ValueError(f"start is above 0 and at most the ceiling of {self.ceiling:g}, got {self.start:g}")
        if not 0 < self.share < 0.5:
            raise ValueError(f"share is between 0 and 0.5, got {self.share:g}")
        if self.warm_up < 0 or self.seconds < self.warm_up + 120:
            raise ValueError(f"seconds are at least the warm-up and 120, got {self.seconds}")
        if self.precision is not None and not 0 < self.precision < 1:
            raise ValueError(f"precision is a share between 0 and 1, got {self.precision:g}")
