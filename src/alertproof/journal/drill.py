"""What a drill saw, in order.

Every instant is stack time (aware, UTC). ``wall`` spans are real.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Literal, TypeAlias

import msgspec

from alertproof.verdict import Expectation, Verdict

__all__ = [
    "Budgets",
    "DrillJournal",
    "EventSeen",
    "FaultWindow",
    "IncidentSeen",
    "Reading",
    "Repeats",
    "Side",
    "Spread",
    "TransitionSeen",
    "Try",
]


Side: TypeAlias = Literal["fires", "quiet", "course"]
#: An instant says its offset from UTC: a reader of the journal must not have to guess it.
Instant: TypeAlias = Annotated[datetime, msgspec.Meta(tz=True)]


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """The indicator's value over the evaluation window that ends at ``at``."""

    at: Instant
    value: float


class FaultWindow(msgspec.Struct, frozen=True, kw_only=True):
    """When the fault stood, and what it was, in words (``5 % of API requests fail``)."""

    text: str
    began: Instant
    ended: Instant | None = None


class TransitionSeen(msgspec.Struct, frozen=True, kw_only=True):
    """A monitor's group changed state. ``old`` and ``new`` are spelled as Datadog's API spells them."""

    at: Instant
    monitor: str
    group: str
    old: str
    new: str


class EventSeen(msgspec.Struct, frozen=True, kw_only=True):
    """A Sentry event of the fault; ``correlation_id`` finds its request in traces and logs."""

    at: Instant
    id: str
    title: str
    correlation_id: str = ""


class IncidentSeen(msgspec.Struct, frozen=True, kw_only=True):
    """A PagerDuty incident."""

    id: str
    title: str
    service: str
    urgency: str
    severity: str
    dedup_key: str
    told: tuple[str, ...]
    opened_at: Instant
    acknowledged_at: Instant | None = None  # the first time
    resolved_at: Instant | None = None


class Budgets(msgspec.Struct, frozen=True, kw_only=True):
    """How long the specification lets it take, both ends included, as the times of a drill are counted.

    ``detect_from`` and ``detect`` are the earliest and the latest Alert after the fault, ``page`` is the latest page
    after it, ``resolve`` the latest end of the incident after the revert.
    """

    detect_from: timedelta
    detect: timedelta
    page: timedelta
    resolve: timedelta


class Try(msgspec.Struct, frozen=True, kw_only=True):
    """How one of several repeats of a drill ended, with its times; ``reason`` is empty where it passed."""

    verdict: Verdict
    reason: str = ""
    time_to_detect: timedelta | None = None
    time_to_page: timedelta | None = None
    time_to_acknowledge: timedelta | None = None
    time_to_resolve: timedelta | None = None


class Spread(msgspec.Struct, frozen=True, kw_only=True):
    """A time of several repeats: half of them took at most ``p50``, 95 % ``p95`` (nearest rank), of ``count``."""

    p50: timedelta
    p95: timedelta
    count: int


class Repeats(msgspec.Struct, frozen=True, kw_only=True):
    """A drill that was repeated: ``needed`` of its ``tries`` have to pass. A time that no try had is None."""

    needed: int
    tries: tuple[Try, ...]
    detect: Spread | None = None
    page: Spread | None = None
    acknowledge: Spread | None = None
    resolve: Spread | None = None

    @property
    def passed(self) -> int:
        """How many passed."""
        return sum(one.verdict is Verdict.PASSED for one in self.tries)


class DrillJournal(msgspec.Struct, frozen=True, kw_only=True):
    """One drill from steady state to resolve.

    ``side`` is ``fires`` when the alert must come, ``quiet`` when nothing may, and ``course`` when what comes after the
    page was proven, on a signal and not on a fault: that proves nothing of the platform's own telemetry. The indicator
    is a fraction when ``unit`` is ``%`` (0.05 is shown as 5 %), else it is in ``unit``. With ``repeats`` the verdict is
    that of all tries, and the rest is what the last try of that verdict saw.
    """

    check: str
    alert: str
    specified: str
    side: Side
    target: str
    environment: str
    factor: float
    verdict: Verdict
    reason: str = ""
    began: Instant
    ended: Instant
    wall: timedelta
    fault: FaultWindow | None = None
    indicator: str
    unit: str
    threshold: float
    readings: tuple[Reading, ...] = ()
    first_failed_request: Instant | None = None
    first_delayed_request: Instant | None = None
    first_shown: Instant | None = None  # the indicator's first value that shows the fault
    events: tuple[EventSeen, ...] = ()
    transitions: tuple[TransitionSeen, ...] = ()
    incidents: tuple[IncidentSeen, ...] = ()
    expectations: tuple[Expectation, ...] = ()
    time_to_detect: timedelta | None = None
    time_to_page: timedelta | None = None
    time_to_acknowledge: timedelta | None = None  # after the page
    time_to_resolve: timedelta | None = None
    budgets: Budgets | None = None
    allowed: str = ""  # the interval of spec.yaml in words, such as "2 to 4 min after the fault"
    computed: str = ""  # the time computed from the monitor's own query, in words
    assumptions: tuple[str, ...] = ()  # undocumented vendor behaviours that the verdict relied on
    repeats: Repeats | None = None
    notes: tuple[str, ...] = ()  # such as "windows began with one hour of written history"
