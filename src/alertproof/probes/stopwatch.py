"""Where the time of one request goes, and how much of it is left."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from alertproof.clock import Clock, SystemClock
from alertproof.errors import ConfigError
from alertproof.journal import Phases
from alertproof.probes.trouble import NoAnswer, Trouble
from alertproof.probes.wording import span

__all__ = ["Limits", "Secured", "Stopwatch", "running", "timing"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How long each part of a request may take, how large an answer may be, and how many are sent at once.

    ``read`` is the longest silence of the platform, before its first byte and between two others; ``total`` ends
    an answer that trickles. ``idle`` is how long a kept connection is kept. These bound what a probe waits; what a
    user may have to wait is the budget in ``spec.yaml``.
    """

    dns: timedelta = timedelta(seconds=5)
    connect: timedelta = timedelta(seconds=5)
    tls: timedelta = timedelta(seconds=5)
    write: timedelta = timedelta(seconds=5)
    read: timedelta = timedelta(seconds=10)
    total: timedelta = timedelta(seconds=30)
    idle: timedelta = timedelta(seconds=2)
    body: int = 10_000_000
    at_once: int = 4

    def __post_init__(self) -> None:
        for name in ("dns", "connect", "tls", "write", "read", "total"):
            if getattr(self, name) <= timedelta(0):
                raise ConfigError(f"a probe's limit {name!r} is above 0, got {getattr(self, name)}")
        if self.at_once < 1 or self.body < 0:
            raise ConfigError("a probe's limits: 'at_once' is at least 1 and 'body' not below 0")


class Secured(NamedTuple):
    """What is known of a secured connection: its version and cipher as OpenSSL calls them, its certificates (DER)."""

    version: str = ""
    cipher: str = ""
    chain: tuple[bytes, ...] = ()


class Stopwatch:
    """The marks of one request. Spans are of the clock's monotonic time."""

    def __init__(self, limits: Limits, clock: Clock, family: str = "") -> None:
        self.limits = limits
        self.family = family
        self.dns: timedelta | None = None
        self.connect: timedelta | None = None
        self.tls: timedelta | None = None
        self.peer = ""
        self.secured = Secured()
        self.opened = False
        self.ended = False
        self._clock = clock
        self._sent: timedelta | None = None
        self._first: timedelta | None = None
        self._last: timedelta | None = None
        self._began = clock.monotonic()

    def now(self) -> timedelta:
        """Return the present mark."""
        return self._clock.monotonic()

    def left(self, limit: timedelta, trouble: Trouble, what: str) -> tuple[float, NoAnswer]:
        """Return the seconds that a step may take, and what it means when they are over."""
        rest = self._began + self.limits.total - self.now()
        if rest < limit:
            state = "the answer still trickles in, " if self.answered else ""
            over = NoAnswer(Trouble.TOTAL_TIMEOUT, f"{state}not done within {span(self.limits.total)}")
            if rest <= timedelta(0):
                raise over
            return rest.total_seconds(), over
        return limit.total_seconds(), NoAnswer(trouble, f"{what} within {span(limit)}")

    def sending(self) -> None:
        """Mark the request's first byte."""
        if self._sent is None:
            self._sent = self.now()

    def received(self, count: int, *, answers: bool = True, at: datetime | None = None) -> None:
        """Mark bytes; 0 is the end by the platform. Some are no ``answers`` yet: HTTP/2 talks about itself first.

        ``at`` is when they came by real time, where that is known: earlier than now by as much as nobody read them.
        """
        now = self.now()
        before = self._last or self._sent or self._began
        late = self._clock.now() - at if at is not None and isinstance(self._clock, SystemClock) else timedelta(0)
        # Real time may be set meanwhile: nothing comes before what was marked before it, or after now.
        self._last = now - late if timedelta(0) <= late <= now - before else now
        self.ended = count == 0
        if count and answers and self._first is None:
            self._first = self._last

    @property
    def answered(self) -> bool:
        """Whether a byte of the answer has come."""
        return self._first is not None

    def phases(self, *, whole: bool) -> Phases:
        """Return where the time went; the transfer only of an answer that is ``whole``."""
        first_byte = transfer = None
        if self._sent is not None and self._first is not None and self._last is not None:
            first_byte = self._first - self._sent
            transfer = self._last - self._first if whole else None
        return Phases(dns=self.dns, connect=self.connect, tls=self.tls, first_byte=first_byte, transfer=transfer)

    def total(self, *, whole: bool) -> timedelta:
        """Return the time from the start to the last byte, or to now when there is none to come."""
        end = self._last if whole and self._last is not None else self.now()
        return end - self._began


_running: ContextVar[Stopwatch] = ContextVar("alertproof_probe")


def running() -> Stopwatch:
    """Return the stopwatch of the request that this thread is sending."""
    return _running.get()


@contextmanager
def timing(watch: Stopwatch) -> Iterator[None]:
    """Let ``watch`` measure what this thread sends."""
    token = _running.set(watch)
    try:
        yield
    finally:
        _running.reset(token)
