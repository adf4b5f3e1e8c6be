"""How many requests a tenant may send: one tenant's burst must not be the others' outage."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn, final

from m3core.context import current_work
from m3core.suspicion import note_suspicion
from m3core.telemetry.metrics import Metrics

__all__ = ["TenantLimit", "TooManyRequests"]

_MINUTE = 60.0


@final
class TooManyRequests(Exception):
    """The tenant has used up its requests; ``retry_after`` whole seconds from now there are some again."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"too many requests; again in {retry_after} s")
        self.retry_after = retry_after


@final
@dataclass(slots=True)
class _Window:
    """What was counted in the minute that began at ``began``, and in the one before."""

    began: float
    before: int = 0
    now: int = 0

    def take(self, instant: float, most: int) -> float:
        """Count one and return 0, or leave it uncounted and return the seconds until one more is allowed."""
        minutes = int((instant - self.began) // _MINUTE)
        if minutes > 0:
            self.began += minutes * _MINUTE
            self.before, self.now = (self.now if minutes == 1 else 0), 0
        wait = self._wait(instant - self.began, most)
        self.now += not wait
        return wait

    def _wait(self, passed: float, most: int) -> float:
        """The minute before counts less and less, evenly, until it is as long ago as a minute."""
        if self.now >= most:
            return _MINUTE - passed
        if not self.before:
            return 0.0
        return max(0.0, _MINUTE * (1 - (most - self.now) / self.before) - passed)


@final
class TenantLimit:
    """So many requests a minute and tenant, 0 for no limit. Each process of the API counts for itself.

    Counted here and not in the cache: a script there would cost each request a ninth of its processor time, and the
    limit must hold while the cache is away. A sliding window: a burst at the turn of a minute does not get twice as
    much. Who was refused as often as it may send at all abuses the rate, which is noted once a minute. Belongs to the
    event loop: nothing here waits or locks.
    """

    def __init__(self, a_minute: int, metrics: Metrics, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = a_minute
        self._metrics = metrics
        self._clock = clock
        self._windows: dict[tuple[str, str], _Window] = {}

    def take(self, tenant: str) -> None:
        """Count a request of the tenant; raises `TooManyRequests` for one too many, which is not counted."""
        if current_work().over_limit:  # by a fault
            self._refuse(tenant, 1)
        wait = self._take("sent", tenant, self._most) if self._most else 0.0
        if wait:
            self._refuse(tenant, max(1, math.ceil(wait)))

    def _refuse(self, tenant: str, retry_after: int) -> NoReturn:
        self._metrics.count("api.rate_limited", tenant=tenant)
        if self._most and self._take("refused", tenant, self._most) and not self._take("abused", tenant, 1):
            note_suspicion(self._metrics, "rate-abuse", tenant=tenant)
        raise TooManyRequests(retry_after)

    def _take(self, what: str, tenant: str, most: int) -> float:
        now = self._clock()
        return self._windows.setdefault((what, tenant), _Window(now)).take(now, most)
