"""The search for the rate at which the allowed share of requests is slow: one second in, the next rate out. Pure.

Three phases. *Bracket*: the rate grows in steps until the platform is overloaded, twice. *Track*: an integral
controller moves the logarithm of the rate by how far the share of slow requests is from the allowed one, so that most
of the time is spent where the answer lies. Then `capacity.estimate` reads the rate off all of it. Nothing here decides
by a single window: near the capacity 30 s say little, for a queue remembers (docs/capacity.md).
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Generator
from typing import TypeAlias

from alertproof.loadgen.capacity.estimate import Estimate, base_share, estimate
from alertproof.loadgen.capacity.finding import Finding, conclude
from alertproof.loadgen.capacity.observed import SearchPlan, Second

__all__ = ["Search"]

_GROWTH = 1.4  # from one step of the bracket to the next
_SETTLE, _LOOK = 2, 6  # seconds of a step that are ignored, and looked at
_OVERLOADED = 0.20  # share of slow requests in a step that ends the climb
_HOPELESS = 0.50  # ... and that needs no whole step, with
_ENOUGH = 20  # requests
_FEW = 12  # requests that a step needs at least, or four times its time
_CERTAIN = 3.0  # standard errors by which the share that is slow without load is too high
_LEAST = 3  # slow requests that are no chance
_DRAIN = 40  # the longest that a backlog is waited for
_CALM = 3  # seconds in a row that hold the allowed share: drained
_DESCENTS = (0.1, 0.01)  # of the start, where that is too much already
_RECOVER = 60  # seconds in which it may recover there
_GAIN = 0.004  # how far one second moves ln(rate), for a share that is 0
_HURRY = 3.0  # times the gain, on the way up to where it was before
_NEAR = 0.10  # of ln(rate): how near to that it slows down
_BELOW = 1.2  # tracking begins by this factor below the last good rate
_LEAVE_ALONE = 20  # seconds of tracking that the estimate leaves out
_MORE = 100  # seconds by which a search is longer that is not precise enough
_LATELY = 5  # seconds that together say whether it is calm
_AT_CEILING = 120  # seconds at the ceiling after which there is no more to be seen

_Course: TypeAlias = Generator[float, Second, None]


class Search:
    """Ask `rate` what to offer now; `see` each second when it is final, in order and with the rate that it had.

    Seconds may come late: each is taken for the rate that it carries. ``done`` says that nothing more is wanted.
    """

    def __init__(self, plan: SearchPlan) -> None:
        self.plan = plan
        self.done = False
        self.phase = "warm-up"
        self.seen: list[Second] = []
        self._overloaded_before = False
        self._calm: list[Second] = []  # those before the first overload
        self._began = 0  # how many of them are of an earlier start, that was too much
        self._tracked_from: int | None = None
        self._overload = math.inf  # a rate that overloads
        self._course = self._search()
        self._rate = next(self._course)

    @property
    def rate(self) -> float:
        """The rate to offer now."""
        return self._rate

    def see(self, second: Second) -> float:
        """Take in the next final second; return the rate to offer from now on."""
        self.seen.append(second)
        if not self.done:
            try:
                self._rate = self._course.send(second)
            except StopIteration:
                self.done = True
        return self._rate

    def estimate(self) -> Estimate | None:
        """Return the estimate from what was seen so far; None while there is too little of it."""
        if self._tracked_from is None:
            return None
        first = self._tracked_from + _LEAVE_ALONE
        return estimate(self.seen, first=first, calm=self._calm, share=self.plan.share, most=self._overload)

    def conclude(self) -> Finding:
        """Return what was found, also when the search was cut short."""
        return conclude(
            self.seen,
            first=None if self._tracked_from is None else self._tracked_from + _LEAVE_ALONE,
            calm=self._calm,
            overload=self._overload,
            plan=self.plan,
        )

    def _search(self) -> _Course:
        plan = self.plan
        for _ in range(plan.warm_up):
            yield plan.start
        self.phase = "bracket"
        good, self._overload = yield from self._bracket()
        if not good:
            return
        self.phase, self._tracked_from = "track", len(self.seen)
        yield from self._track(good, self._overload)

    def _bracket(self) -> Generator[float, Second, tuple[float, float]]:
        """Climb until a rate overloads the platform twice; return the last good rate and the overloading one.

        The good one is 0 where it never recovers, the other infinite where the ceiling does not overload it.
        """
        plan, rate, good, confirmed = self.plan, self.plan.start, 0.0, False
        descending = True
        while True:
            if not (yield from self._overloads(rate)):
                good, confirmed = rate, False
                if rate >= plan.ceiling:
                    return good, math.inf
                if self._slow_without_load():
                    return 0.0, math.inf
                rate = min(plan.ceiling, rate * _GROWTH)
                continue
            if not good:
                if not descending:
                    return 0.0, rate
                descending, rate = False, (yield from self._descend(rate))
                if not rate:
                    return 0.0, plan.start
                self._overloaded_before, self._began = False, len(self.seen)
                continue
            yield from self._drain(0.5 * good)
            if confirmed:
                return good, rate
            confirmed = True  # once more: a burst alone may overload a small platform for a few seconds

    def _slow_without_load(self) -> bool:
        """Return whether more than the allowed share is slow at rates that are no load; no lower rate will help."""
        base, n = base_share(self._calm)
        return base > self.plan.share + _CERTAIN * math.sqrt(2 * self.plan.share / max(1, n))

    def _overloads(self, rate: float) -> Generator[float, Second, bool]:
        settled = n = slow = looked = 0
        while looked < _LOOK or (n < _FEW and looked < 4 * _LOOK):
            second = yield rate
            if second.rate != rate:
                continue  # still one of an earlier rate
            settled += 1
            if settled <= _SETTLE:
                continue
            looked, n, slow = looked + 1, n + second.n, slow + second.slow
            if n >= _ENOUGH and slow > _HOPELESS * n:
                break
        overloads = slow > _OVERLOADED * n and slow >= _LEAST
        if not overloads and not self._overloaded_before:
            self._calm = self.seen[self._began :]
        self._overloaded_before = self._overloaded_before or overloads
        return overloads

    def _drain(self, rate: float, *, within: int = _DRAIN) -> Generator[float, Second, bool]:
        """Offer less until a few seconds in a row hold; return whether they did in time."""
        calm = waited = 0
        while calm < _CALM and waited < within:
            second = yield rate
            if second.rate != rate:
                continue
            waited += 1
            if second.n:  # a second without a request says nothing
                calm = calm + 1 if second.slow <= self.plan.share * second.n else 0
        return calm >= _CALM

    def _descend(self, rate: float) -> Generator[float, Second, float]:
        """Offer a tenth, and a tenth of that, until the platform recovers; return that rate, or 0."""
        for factor in _DESCENTS:
            if (yield from self._drain(rate * factor, within=_RECOVER)):
                return rate * factor
        return 0.0

    def _track(self, good: float, bad: float) -> _Course:
        """Hold the share where it is allowed to be: an integral controller on the logarithm of the rate."""
        share, level = self.plan.share, math.log(good / _BELOW)
        highest = math.log(min(1.5 * bad, self.plan.ceiling))
        aim = math.log(good)  # up to here, and when nothing was slow of late, it climbs fast
        at_ceiling, lately = 0, deque[Second](maxlen=_LATELY)
        until = self._extended(max(self.plan.seconds, len(self.seen) + _LEAVE_ALONE + 100))
        while not until():
            second = yield min(math.exp(level), self.plan.ceiling)
            lately.append(second)
            seen = second.slow / second.n if second.n else 0.0
            calm = sum(one.slow for one in lately) <= share * sum(one.n for one in lately)
            if not calm and level > aim - _NEAR:
                aim = level
            fast = _HURRY if calm and level < aim - _NEAR else 1.0
            level = min(level + fast * _GAIN * (share - seen) / share, highest)
            at_ceiling = at_ceiling + 1 if math.exp(level) >= self.plan.ceiling * 0.999 else 0
            if at_ceiling >= _AT_CEILING:
                return

    def _extended(self, end: int) -> Callable[[], bool]:
        """Return a function that says whether the search is over: at ``end``, or when it is precise enough."""
        ends = [end]

        def over() -> bool:
            if len(self.seen) < ends[0]:
                return False
            if self.plan.precision is None or ends[0] >= self.plan.most_seconds:
                return True
            found = self.estimate()
            if found is not None and found.half_width <= self.plan.precision:
                return True
            ends[0] = min(ends[0] + _MORE, self.plan.most_seconds)
            return False

        return over
