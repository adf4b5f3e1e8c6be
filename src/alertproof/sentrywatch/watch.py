"""One project of Sentry, watched from an instant on.

Events travel in real time, also where the target's clock runs faster: deadlines are real, and what is asked of Sentry
is asked by the target's clock. Sentry counts its callers' questions, so that pauses grow while nothing comes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar, final

from alertproof.clock import AnchoredClock, Clock, SystemClock, wait_until
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
#: Of so many only the ids are asked for, a hundred at a time.
_LISTED = 1000
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
    ``behind`` is how far, in real time, the platform's clock may be behind the target's: events are in the order of
    the platform's, so whatever says that it was earlier by less, and was not there yet, came since. Without it,
    what a clock that is behind has stamped is taken for older than the watch.
    """

    def __init__(
        self,
        sentry: Sentry,
        *,
        clock: AnchoredClock,
        within: timedelta,
        system: Clock | None = None,
        most: int = _LOOKED_AT,
        behind: timedelta = timedelta(0),
    ) -> None:
        self.sentry = sentry
        self.within = within
        self.since = clock.now()
        self.claimed: set[str] = set()
        self.slowest = timedelta(0)
        self._most = most
        self._clock = clock
        self._system = system or SystemClock()
        self._from = self.since - behind * clock.anchor.factor
        self._there_before = frozenset(self._listed()) if behind else frozenset[str]()
        self._before = self._outcomes()

    def ago(self, span: timedelta) -> datetime:
        """Return the instant so long ago on the target's clock."""
        return self._clock.now() - span

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
        Raises `Broken` when not all could be looked at, and none of those looked at is unexpected; and when Sentry
        has heard nothing at all since the beginning, for then nothing could have been seen.
        """
        self._system.sleep(max(settle, 2 * self.slowest))
        listed = self._listed()
        if len(listed) >= _LISTED:
            raise Broken(
                f"Sentry has {_LISTED} events or more since {self._from:%H:%M:%S}, which are too many to tell new ones "
                "from old: have fewer before a test that is strict, and in it"
            )
        ids = [each for each in listed if each not in self._there_before]
        others = [each for each in ids if each not in self.claimed]
        unexpected = unexpected_events(self._shown(others[: self._most]), claimed=self.claimed, allowed=allowed)
        if not unexpected and len(others) > self._most:
            raise Broken(
                f"the newest {self._most} events since {self.since:%H:%M:%S} that were not waited for are allowed, and "
                "there may be older ones that are not: have fewer events in one test that is strict"
            )
        if not (ids or self.claimed):
            self._need_a_sign()
        return unexpected

    def _shown(self, ids: Sequence[str]) -> list[SentryEvent]:
        """Return the events; what is listed and not shown yet is asked for until the deadline, then `Broken`."""
        trouble: list[str] = []

        def look() -> list[SentryEvent] | None:
            try:
                return [self.sentry.shown(each) for each in ids]
            except VendorUnavailable as error:
                trouble[:] = [str(error)]
                return None

        found = self._wait(look, self.within)
        if found is None:
            raise Broken(f"Sentry could not be read for {self.within.total_seconds():g} s: {trouble[0]}")
        return found

    def _need_a_sign(self) -> None:
        """Wait for any outcome at all: a platform whose SDK is off is as quiet as one that is well."""
        if self._wait(lambda: self.outcomes().counts or None, self.within) is None:
            raise Broken(
                f"Sentry has heard nothing of the platform since {self.since:%H:%M:%S}: no event, transaction, session "
                "or report, so that nothing unexpected came says nothing; is its SDK started? Wait for an event that "
                "the test causes, or have the platform flush its SDK"
            )

    def _listed(self) -> list[str]:
        return self.sentry.listed(since=self._from, until=self._clock.now() + _AHEAD, most=_LISTED)

    def _came(self) -> list[str]:
        """Return in words how many events came since the beginning, and which."""
        try:
            found = self.sentry.events(since=self.since, until=self._clock.now() + _AHEAD, most=self._most)
        except VendorUnavailable as error:
            return [f"could not be read ({error})"]
        return [_events(len(found)), *map(str, found)]

    def _missing(self, tags: Mapping[str, str], count: int, limit: timedelta, looks: _Looks) -> str:
        """Say what was looked for and what was there instead: another event, or one that the SDK dropped."""
        wanted = ", ".join(f"{name} {value!r}" for name, value in tags.items()) or "any tags"
        came = self._came()
        lost = self.outcomes().of("error").lost()
        place = f"project {self.sentry.project} of {self.sentry.organization}"
        what = f"{len(looks.found)} of {_events(count)} with {wanted}"
        lines = [
            f"{what} within {limit.total_seconds():g} s",
            f"  looked    {looks.number} times in {place}",
            f"  last seen {came[0]} since {self.since:%H:%M:%S}"
            + "".join(f"\n            {text}" for text in came[1 : _SHOWN + 1]),
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
