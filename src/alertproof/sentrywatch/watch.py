"""One project of Sentry, watched from an instant on.

Events travel in real time, also where the target's clock runs faster: deadlines are real, and what is asked of Sentry
is asked by the target's clock. Sentry counts its callers' questions, so that pauses grow while nothing comes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TypeVar, final

from alertproof.clock import Clock, ScaledClock, SystemClock, wait_until
from alertproof.errors import Broken, VendorUnavailable
from alertproof.sentry.verify import Allowance, Judged, Outcomes, ReleaseHealth, SentryEvent, unexpected_events
from alertproof.vendors import Sentry

__all__ = ["SentryWatch", "Waited"]

_FIRST_PAUSE = timedelta(milliseconds=50)
_LONGEST_PAUSE = timedelta(seconds=2)
#: The platform's clock and Sentry's may be this far ahead of the target's.
_AHEAD = timedelta(minutes=5)
_ROUNDED = timedelta(minutes=1)
_SHOWN = 5
#: Each event is a question of its own. Where there were more, the others have not been looked at.
_LOOKED_AT = 100
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Waited:
    """What was waited for: the events, newest first, or why there are too few of them. ``took`` is real time."""

    events: tuple[SentryEvent, ...]
    took: timedelta
    missing: str = ""


@dataclass(slots=True)
class _Looks:
    """What became of the looks so far."""

    number: int = 0
    trouble: str = ""
    found: list[SentryEvent] = field(default_factory=list)


@final
class SentryWatch:
    """A project as it is seen from now on.

    ``clock`` is the target's, ``within`` the real deadline of a wait; of all events the newest ``most`` are looked at.
    """

    def __init__(
        self,
        sentry: Sentry,
        *,
        clock: ScaledClock,
        within: timedelta,
        system: Clock | None = None,
        most: int = _LOOKED_AT,
    ) -> None:
        self.sentry = sentry
        self.within = within
        self.since = clock.now()
        self.claimed: set[str] = set()
        self.slowest = timedelta(0)
        self._most = most
        self._clock = clock
        self._system = system or SystemClock()
        self._before = self._outcomes()

    # -- events -------------------------------------------------------------------------------------------

    def wait_for(self, tags: Mapping[str, str], *, count: int = 1, within: timedelta | None = None) -> Waited:
        """Wait for so many events that carry the tags; those are claimed. Raises `Broken` when Sentry is silent."""
        limit = self.within if within is None else within
        began, looks = self._system.now(), _Looks()

        def look() -> list[SentryEvent] | None:
            looks.number += 1
            try:
                looks.found, looks.trouble = self.sentry.events(tags), ""
            except VendorUnavailable as error:  # it may answer before the deadline
                looks.trouble = str(error)
            return looks.found if len(looks.found) >= count else None

        found = self._wait(look, limit)
        took = self._system.now() - began
        if found is None and looks.trouble:
            raise Broken(f"Sentry could not be read for {limit.total_seconds():g} s: {looks.trouble}")
        if found is None:
            return Waited(events=tuple(looks.found), took=took, missing=self._missing(tags, count, limit, looks))
        self.slowest = max(self.slowest, took)
        taken = tuple(found[:count])  # one more than was waited for is one that nobody expected
        self.claimed.update(event.id for event in taken)
        return Waited(events=taken, took=took)

    def unexpected(self, allowed: Sequence[Allowance], *, settle: timedelta) -> tuple[SentryEvent, ...]:
        """Return the events since the beginning that nobody claimed or allowed.

        Waits first for what is still under way: ``settle``, and twice as long as the slowest event took to arrive.
        Raises `Broken` when there were too many to look at all of them, and none of those looked at is unexpected.
        """
        self._system.sleep(max(settle, 2 * self.slowest))
        found = self._since_the_beginning()
        unexpected = unexpected_events(found, claimed=self.claimed, allowed=allowed)
        if not unexpected and len(found) >= self._most:
            raise Broken(
                f"the newest {self._most} events since {self.since:%H:%M:%S} were expected, and there may be older "
                "ones that are not: have fewer events in one test that is strict"
            )
        return unexpected

    def _since_the_beginning(self) -> list[SentryEvent]:
        return self.sentry.events(since=self.since, until=self._clock.now() + _AHEAD, most=self._most)

    def _missing(self, tags: Mapping[str, str], count: int, limit: timedelta, looks: _Looks) -> str:
        """Say what was looked for and what was there instead: another event, or one that the SDK dropped."""
        wanted = ", ".join(f"{name} {value!r}" for name, value in tags.items()) or "any tags"
        came = [str(event) for event in self._since_the_beginning()]
        lost = self.outcomes().of("error").lost()
        place = f"project {self.sentry.project} of {self.sentry.organization}"
        what = f"{len(looks.found)} of {_events(count)} with {wanted}"
        lines = [
            f"{what} within {limit.total_seconds():g} s",
            f"  looked    {looks.number} times in {place}",
            f"  last seen {_events(len(came))} since {self.since:%H:%M:%S}"
            + "".join(f"\n            {text}" for text in came[:_SHOWN]),
            f"  lost      {lost or 'nothing, as far as the SDKs have reported: they do so at times, or when flushed'}",
        ]
        return "\n".join(lines)

    # -- counts -------------------------------------------------------------------------------------------

    def outcomes(self) -> Outcomes:
        """Return what became of everything that was sent since the beginning."""
        return self._outcomes().since(self._before)

    def health(self, *, release: str, environment: str) -> ReleaseHealth:
        """Return the sessions of a release since the hour in which the watch began: Sentry counts whole hours.

        SDKs round the beginning of the sessions that they count down to a minute of real time.
        """
        since, until = self.since - _ROUNDED * self._clock.anchor.factor, self._clock.now() + _AHEAD
        return self.sentry.health(release=release, environment=environment, since=since, until=until)

    def until_met(self, judged: Callable[[], Sequence[Judged]], *, within: timedelta | None = None) -> Sequence[Judged]:
        """Judge again and again until all is met or the deadline has passed; returns the last judgement."""
        last: list[Sequence[Judged]] = []
        trouble: list[str] = []

        def look() -> Sequence[Judged] | None:
            try:
                last[:], trouble[:] = [judged()], []
            except VendorUnavailable as error:
                trouble[:] = [str(error)]
                return None
            return last[0] if all(one.met for one in last[0]) else None

        limit = self.within if within is None else within
        self._wait(look, limit)
        if trouble or not last:
            raise Broken(f"Sentry could not be read for {limit.total_seconds():g} s: {', '.join(trouble)}")
        return last[0]

    def _outcomes(self) -> Outcomes:
        return self.sentry.outcomes(since=self.since, until=self._clock.now() + _AHEAD)

    def _wait(self, look: Callable[[], _T | None], limit: timedelta) -> _T | None:
        return wait_until(
            look, clock=self._system, deadline=self._system.now() + limit, every=_FIRST_PAUSE, at_most=_LONGEST_PAUSE
        )


def _events(number: int) -> str:
    return f"{number} event" if number == 1 else f"{number} events"
