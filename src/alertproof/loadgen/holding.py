"""A share of slow requests, held by real load in the background: what a drill breaks a platform with."""

from __future__ import annotations

import threading
from array import array
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple

from alertproof.clock import Clock, SystemClock
from alertproof.errors import AlertproofError, Broken
from alertproof.journal import LoadTick
from alertproof.loadgen.capacity import Hold, Second
from alertproof.loadgen.final_seconds import FinalSeconds
from alertproof.loadgen.hold_profile import HoldProfile
from alertproof.loadgen.judge import generator_trouble
from alertproof.loadgen.sender import Generator, Sender
from alertproof.loadgen.tally import Tally
from alertproof.loadgen.wire import Batch, LoadPlan, Ready, Trouble
from alertproof.redact import secrets_among, without
from alertproof.requirements import Target

__all__ = ["Counted", "HeldLoad", "HeldTick"]

_READY = timedelta(seconds=30)  # to import Locust and the scenario, and to log in


class Counted(NamedTuple):
    """Requests, and how many of them were slow or failed."""

    n: int = 0
    slow: int = 0


class HeldTick(NamedTuple):
    """A second that is final: the generator's own requests, those of others beside them, and the rate offered."""

    own: LoadTick
    beside: Counted

    @property
    def all(self) -> Counted:
        """The requests of both."""
        return Counted(self.own.n + self.beside.n, self.own.slow + self.beside.slow)


Beside = Callable[[datetime, datetime], Counted]


class HeldLoad:
    """Real load that holds a profile's share, from its making until `end`, or until ``until`` has passed.

    ``beside`` counts the requests that others send meanwhile and that the share is of as well, in a span of real time.
    ``extra`` is what another hold has learned. The child ends with this process, also when that is killed.
    """

    def __init__(
        self,
        profile: HoldProfile,
        target: Target,
        *,
        until: timedelta,
        extra: float | None = None,
        beside: Beside = lambda _since, _until: Counted(),
        watch: Callable[[HeldTick], None] = lambda _tick: None,
        generator: Callable[[LoadPlan], Generator] | None = None,
        clock: Clock | None = None,
    ) -> None:
        self.profile = profile
        self.hold: Hold = profile.hold(extra=extra)
        self.ticks: list[HeldTick] = []
        self.began: datetime | None = None
        self._beside, self._watch = beside, watch
        self._clock = clock or SystemClock()
        self._secrets = secrets_among(target.env)
        self._tally = Tally(profile.schedule(until=until), warm_up=timedelta(0), limit=profile.limit, tick=profile.tick)
        self._final = FinalSeconds(self._tally, limit=profile.limit, tick=profile.tick)
        self._trouble = ""
        self._ended = False
        self._ready = threading.Event()
        plan = profile.load_plan(target.endpoints.m3core, until=until)
        self._sender = (generator or (lambda plan: Sender(plan, environment=target.env)))(plan)
        self._thread = threading.Thread(target=self._run, name="held load", daemon=True)
        self._thread.start()

    def wait_ready(self) -> None:
        """Wait until it sends; raises `Broken` with what the generator says where it does not."""
        if not self._ready.wait(_READY.total_seconds()) or self.began is None:
            raise Broken(self._trouble or f"the load did not start within {_READY.total_seconds():g} s")

    @property
    def running(self) -> bool:
        """Whether it still sends."""
        return self._thread.is_alive() and not self._ended

    def end(self) -> None:
        """Send nothing more, and take in what is under way; harmless when it has ended."""
        self._ended = True
        self._sender.drain()
        self._thread.join(timeout=self.profile.timeout.total_seconds() + 2)
        self._sender.stop()
        self._thread.join(timeout=5)

    def trouble(self) -> str:
        """Return why the generator cannot be believed, empty where it can."""
        tally, profile = self._tally, self.profile
        found = generator_trouble(
            planned=tally.sent + tally.dropped,
            sent=tally.sent,
            dropped=tally.dropped,
            max_in_flight=profile.max_in_flight,
            lag_p99=tally.lag_p99(),
            max_lag=profile.max_lag,
        )
        return without("; ".join([*filter(None, [self._trouble]), *found]), self._secrets)

    def counted(self) -> Counted:
        """Return all requests of the final seconds, those beside included."""
        ticks = self.ticks
        return Counted(sum(tick.all.n for tick in ticks), sum(tick.all.slow for tick in ticks))

    def latencies(self) -> list[tuple[datetime, array[int]]]:
        """Return when each second of the run began, and what the requests took that were to start in it; microseconds.

        A failed request counts with the time after which it failed.
        """
        began, tick = self.began, self.profile.tick
        return [] if began is None else [(began + second * tick, taken) for second, taken in self._tally.taken()]

    def _run(self) -> None:
        try:
            self._follow()
        except AlertproofError as error:
            self._trouble = str(error)
        finally:
            self._ready.set()

    def _follow(self) -> None:
        """Take in what the child says until its last word, and say at each second's beginning what it offers."""
        asked = 0
        for message in self._sender.messages():
            if isinstance(message, Ready):
                self.began = self._clock.now()
                self._sender.offer(self.hold.rate())
                self._ready.set()
            elif isinstance(message, Trouble):
                self._trouble = message.told(self.profile.scenario.name)
            elif isinstance(message, Batch):
                self._tally.add(message)
                for own, _ in self._final.see(message):
                    self._see(own)
                while asked < self._tally.seen:
                    asked += 1
                    rate = self.hold.rate()
                    if asked == self._tally.seen and not self._ended:
                        self._sender.offer(rate)

    def _see(self, own: LoadTick) -> None:
        assert self.began is not None  # noqa: S101 - its first word
        since = self.began + own.second * self.profile.tick
        tick = HeldTick(own, self._beside(since, since + self.profile.tick))
        self.ticks.append(tick)
        self.hold.see(Second(rate=own.target_rate, n=tick.all.n, slow=tick.all.slow))
        self._watch(tick)
