"""What a look over all alerts finds: those that nothing proves, those that never or always fire, unused telemetry."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from alertproof.report.alert_history import AlertRun, SignalSeen, last_proven
from alertproof.report.words import ago, counted
from alertproof.requirements import Specification
from alertproof.verdict import Verdict

__all__ = ["STALE", "Finding", "Kind", "review"]

#: A proof that is older is no longer one: what it proved has changed since.
STALE = timedelta(days=30)
#: An alert that came in so many drills of other alerts, and in all of the last ones, comes always.
_ALWAYS = 5
_SIDES = {"fires": "that it comes", "quiet": "that it stays quiet"}


class Kind(StrEnum):
    """What is wrong; the order is that of the list."""

    NEVER_PROVEN = "never proven"
    STALE = "proven long ago"
    NEVER_FIRED = "never fired"
    ALWAYS_FIRES = "always fires"
    UNUSED = "used by nobody"


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One alert or metric, what is wrong with it, and what to do."""

    kind: Kind
    name: str
    said: str


def review(
    spec: Specification,
    runs: Sequence[AlertRun],
    signals: Sequence[SignalSeen],
    *,
    now: datetime,
    stale: timedelta = STALE,
) -> tuple[Finding, ...]:
    """Return what is found, by kind and name; ``runs`` are the drills of one target, the oldest first."""
    found = [*_unproven(spec, runs, now, stale), *_never_fired(spec, runs), *_always(runs), *_unused(signals)]
    order = [*Kind]
    return tuple(sorted(found, key=lambda one: (order.index(one.kind), one.name)))


def _unproven(spec: Specification, runs: Sequence[AlertRun], now: datetime, stale: timedelta) -> Iterator[Finding]:
    proven = last_proven(runs)
    for name in spec.alerts:
        at = proven.get(name)
        if at is None:
            yield Finding(kind=Kind.NEVER_PROVEN, name=name, said=_missing(name, runs))
        elif now - at > stale:
            said = f"both sides last passed {ago(now - at)}; drill it again: make drills"
            yield Finding(kind=Kind.STALE, name=name, said=said)
    for name in spec.supporting:
        if name not in proven:
            yield Finding(
                kind=Kind.NEVER_PROVEN, name=name, said="no drill of its own: only offline tests speak for it"
            )


def _missing(name: str, runs: Sequence[AlertRun]) -> str:
    """Say which side of a specified alert no drill has shown."""
    passed = {run.side for run in runs if run.alert == name and run.verdict is Verdict.PASSED}
    missing = [words for side, words in _SIDES.items() if side not in passed]
    return f"no drill has yet shown {' and '.join(missing)}; drill it: make drills"


def _never_fired(spec: Specification, runs: Sequence[AlertRun]) -> Iterator[Finding]:
    fired = {name for run in runs for name in run.fired}
    for name in (*spec.alerts, *spec.supporting):
        if name not in fired:
            said = f"it came in none of {counted(len(runs), 'drill')} that are known"
            yield Finding(kind=Kind.NEVER_FIRED, name=name, said=said)


def _always(runs: Sequence[AlertRun]) -> Iterator[Finding]:
    """Yield the alerts that came in each of the last drills of other alerts: nobody looks at such a one any more."""
    for name in sorted({name for run in runs for name in run.fired}):
        others = [run for run in runs if run.alert != name][-_ALWAYS:]
        if len(others) == _ALWAYS and all(name in run.fired for run in others):
            said = f"it came in each of the last {_ALWAYS} drills of others; raise its threshold, or mend what it sees"
            yield Finding(kind=Kind.ALWAYS_FIRES, name=name, said=said)


def _unused(signals: Sequence[SignalSeen]) -> Iterator[Finding]:
    for signal in signals:
        if not signal.used:
            said = "no monitor, SLO or dashboard looks at this metric; use it, or stop sending it"
            yield Finding(kind=Kind.UNUSED, name=signal.name, said=said)
