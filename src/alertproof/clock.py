"""The only module that reads or waits on real time.

A *stack* runs on a clock of its own: an :class:`Anchor` ties one real instant to one stack instant and
says how many stack seconds pass in a real one. Processes of a stack get the anchor in the environment
(:data:`ENVIRONMENT_KEY`); latency and leases stay real on every rung.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta
from typing import Protocol, TypeVar, final

from msgspec import Struct

from alertproof.errors import ConfigError

__all__ = [
    "ENVIRONMENT_KEY",
    "Anchor",
    "AnchoredClock",
    "Clock",
    "ScaledClock",
    "SystemClock",
    "VirtualClock",
    "standing_at",
    "wait_until",
]

ENVIRONMENT_KEY = "ALERTPROOF_CLOCK"
_T = TypeVar("_T")
_STANDING: ContextVar[datetime | None] = ContextVar("standing", default=None)


class Clock(Protocol):
    """A source of time that can also be waited on."""

    def now(self) -> datetime:
        """Return the current instant, in UTC."""
        ...

    def monotonic(self) -> timedelta:
        """Return the span since some fixed origin; only differences mean anything."""
        ...

    def sleep(self, delay: timedelta) -> None:
        """Wait until ``delay`` has passed on this clock."""
        ...


@final
class Anchor(Struct, frozen=True, kw_only=True):
    """Ties a real instant to a stack instant; ``factor`` stack seconds pass in a real second."""

    real: datetime
    stack: datetime
    factor: float

    def __post_init__(self) -> None:
        if self.real.tzinfo is None or self.stack.tzinfo is None:
            raise ConfigError("a clock's anchor needs aware datetimes")
        if not self.factor > 0:
            raise ConfigError(f"a clock's factor must be above 0, got {self.factor}")

    @classmethod
    def at_now(cls, factor: float) -> Anchor:
        """Return an anchor at the present instant: stack time starts as real time and runs ahead."""
        now = SystemClock().now()
        return cls(real=now, stack=now, factor=factor)

    def to_stack(self, real: datetime) -> datetime:
        """Map a real instant to stack time."""
        return self.stack + (real - self.real) * self.factor

    def to_real(self, stack: datetime) -> datetime:
        """Map a stack instant to real time."""
        return self.real + (stack - self.stack) / self.factor

    def encode(self) -> dict[str, float]:
        """Return the wire form ``{"real": epoch seconds, "stack": epoch seconds, "factor": f}``."""
        return {"real": self.real.timestamp(), "stack": self.stack.timestamp(), "factor": self.factor}

    @classmethod
    def decode(cls, wire: Mapping[str, float]) -> Anchor:
        """Read what :meth:`encode` wrote; raises `ConfigError` for anything else."""
        try:
            return cls(
                real=datetime.fromtimestamp(wire["real"], UTC),
                stack=datetime.fromtimestamp(wire["stack"], UTC),
                factor=float(wire["factor"]),
            )
        except (KeyError, TypeError, ValueError, OverflowError, OSError) as error:
            raise ConfigError(f"not a clock: {wire!r}; expected {{'real': .., 'stack': .., 'factor': ..}}") from error

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Anchor:
        """Read the anchor that a stack gives its processes; real time (factor 1) without one."""
        text = environment.get(ENVIRONMENT_KEY)
        if not text:
            return cls.at_now(1.0)
        try:
            return cls.decode(json.loads(text))
        except json.JSONDecodeError as error:
            raise ConfigError(f"{ENVIRONMENT_KEY} is not JSON: {text!r}") from error


class AnchoredClock(Clock, Protocol):
    """A stack's clock: it says how its time and real time go together."""

    @property
    def anchor(self) -> Anchor: ...


@final
class SystemClock:
    """Real time."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> timedelta:
        return timedelta(seconds=time.monotonic())

    def sleep(self, delay: timedelta) -> None:
        time.sleep(max(0.0, delay.total_seconds()))


@final
class ScaledClock:
    """A stack's time: real time stretched by an anchor's factor.

    Runs on the monotonic clock after its start, so that a step of the machine's wall clock moves no alert. A test can
    put it wrong: ``skew`` is by how much, ``set_at`` what it showed right after that.
    """

    def __init__(self, anchor: Anchor) -> None:
        self.anchor = anchor
        self.skew = timedelta(0)
        self._started = anchor.to_stack(datetime.now(UTC))
        self._origin = time.monotonic()
        # Before that there was nobody to be late; after it a process that was killed was meant to be there.
        self.set_at = anchor.stack

    def now(self) -> datetime:
        return _STANDING.get() or self._started + self.monotonic()

    def put_wrong(self, skew: timedelta) -> None:
        """Show from now on ``skew`` more than is right, in stack time."""
        self._started += skew - self.skew
        self.skew, self.set_at = skew, self.now()

    def monotonic(self) -> timedelta:
        return timedelta(seconds=(time.monotonic() - self._origin) * self.anchor.factor)

    def sleep(self, delay: timedelta) -> None:
        time.sleep(max(0.0, delay.total_seconds() / self.anchor.factor))


@contextlib.contextmanager
def standing_at(instant: datetime) -> Iterator[None]:
    """Let scaled clocks say ``instant`` for all that is done within, by this task or thread alone.

    So that what is done at one instant bears one time, also when it is done again later.
    """
    before = _STANDING.set(instant)
    try:
        yield
    finally:
        _STANDING.reset(before)


@final
class VirtualClock:
    """Time that stands still until it is moved by hand."""

    def __init__(self, start: datetime) -> None:
        if start.tzinfo is None:
            raise ValueError(f"a clock needs an aware datetime, got the naive {start!r}")
        self._origin = self._now = start.astimezone(UTC)

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> timedelta:
        return self._now - self._origin

    def sleep(self, delay: timedelta) -> None:
        self.advance(delay)

    def advance(self, delta: timedelta) -> None:
        """Move forward by ``delta``; raises `ValueError` for a negative one."""
        if delta < timedelta(0):
            raise ValueError(f"time cannot go backwards (delta={delta!r})")
        self._now += delta


def wait_until(
    look: Callable[[], _T | None],
    *,
    clock: Clock,
    deadline: datetime,
    every: timedelta,
    at_most: timedelta | None = None,
) -> _T | None:
    """Call ``look`` each ``every`` of ``clock`` until it returns something or ``deadline`` has passed.

    Looks once more at the deadline itself, and at least once. With ``at_most`` each pause is twice the last one up to
    that: a vendor counts its callers' questions. Returns None when nothing was there: the caller says what it last saw.
    """
    while True:
        last = clock.now() >= deadline
        found = look()
        if found is not None or last:
            return found
        clock.sleep(min(every, deadline - clock.now()))
        if at_most is not None:
            every = min(2 * every, at_most)
