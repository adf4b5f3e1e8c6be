"""What a look over all alerts finds: those that nothing proves, those that never or always fire, unused telemetry."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from alertproof.report.alert_history import AlertRun, SignalSeen, last_proven
from alertproof.report.words import ago, counted
from alertproof.requirements import Specification
from alertproof.verdict import Verdict

__all__ = ["ADVICE", "STALE", "WORTH_KNOWING", "Finding", "Kind", "review"]

#: A proof that is older is no longer one: what it proved has changed since.
STALE = timedelta(days=30)
#: An alert that came in so many drills of other alerts, and in all of the last ones, comes always.
_ALWAYS = 5
_SIDES = {"fires": "that it comes", "quiet": "that it stays quiet"}


class Kind(StrEnum):
    """What is wrong; the order is that of the list, the worst first."""

    NEVER_PROVEN = "never proven"
    ALWAYS_FIRES = "always fires"
    STALE = "proven long ago"
    NEVER_FIRED = "never fired"
    OFFLINE_ONLY = "no drill of its own"
    UNUSED = "used by nobody"


#: What to do about all of a kind.
ADVICE: Mapping[Kind, str] = {
    Kind.NEVER_PROVEN: "the specification promises these: make drills",
    Kind.ALWAYS_FIRES: "nobody looks at them any more: raise the threshold, or mend what they see",
    Kind.STALE: "what was proven has changed since: make drills",
    Kind.NEVER_FIRED: "only offline tests speak for these: give what wakes somebody a drill (spec.yaml, drill:)",
    Kind.OFFLINE_ONLY: "they came beside other alerts, as may be; a drill of their own would say when",
    Kind.UNUSED: "metrics that no monitor, SLO or dashboard looks at: use them, or stop sending them",
}
#: What has no drill and what nobody looks at is worth knowing, and breaks no promise.
WORTH_KNOWING = frozenset({Kind.NEVER_FIRED, Kind.OFFLINE_ONLY, Kind.UNUSED})


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One alert or metric and the worst that is wrong with it. ``wakes`` says whether the alert wakes somebody."""

    kind: Kind
    name: str
    said: str
    wakes: bool = False


def review(
    spec: Specification,
    runs: Sequence[AlertRun],
    signals: Sequence[SignalSeen],
    *,
    now: datetime,
    stale: timedelta = STALE,
) -> tuple[Finding, ...]:
    """Return what is found, the worst kind first, in it what wakes somebody, then by name; each thing once.

    ``runs`` are the drills of one target, the oldest first.
    """
    found = [*_unproven(spec, runs, now, stale), *_always(spec, runs), *_undrilled(spec, runs), *_unused(signals)]
    order = [*Kind]
    ranked = sorted(found, key=lambda one: (order.index(one.kind), not one.wakes, one.name))
    worst: dict[str, Finding] = {}
    for one in ranked:
        worst.setdefault(one.name, one)
    return tuple(worst.values())


def _wakes(spec: Specification, name: str) -> bool:
    alert = spec.alerts.get(name) or spec.supporting.get(name)
    return alert is not None and alert.told.urgency == "high"


def _unproven(spec: Specification, runs: Sequence[AlertRun], now: datetime, stale: timedelta) -> Iterator[Finding]:
    proven = last_proven(runs)
    for name in spec.drilled:
        at, wakes = proven.get(name), _wakes(spec, name)
        if at is None:
            yield Finding(kind=Kind.NEVER_PROVEN, name=name, said=_missing(name, runs), wakes=wakes)
        elif now - at > stale:
            yield Finding(kind=Kind.STALE, name=name, said=f"both sides last passed {ago(now - at)}", wakes=wakes)


def _missing(name: str, runs: Sequence[AlertRun]) -> str:
    """Say which side of a specified alert no drill has shown."""
    passed = {run.side for run in runs if run.alert == name and run.verdict is Verdict.PASSED}
    missing = [words for side, words in _SIDES.items() if side not in passed]
    return f"no drill has yet shown {' and '.join(missing)}"


def _undrilled(spec: Specification, runs: Sequence[AlertRun]) -> Iterator[Finding]:
    fired = {name for run in runs for name in run.fired}
    for name in spec.supporting:
        if name in spec.drilled:
            continue
        wakes = _wakes(spec, name)
        if name in fired:
            yield Finding(kind=Kind.OFFLINE_ONLY, name=name, said="it came in a drill of another alert", wakes=wakes)
        else:
            said = f"it came in none of {counted(len(runs), 'drill')}"
            yield Finding(kind=Kind.NEVER_FIRED, name=name, said=said, wakes=wakes)


def _always(spec: Specification, runs: Sequence[AlertRun]) -> Iterator[Finding]:
    """Yield the alerts that came in each of the last drills of other alerts: nobody looks at such a one any more."""
    for name in sorted({name for run in runs for name in run.fired}):
        others = [run for run in runs if run.alert != name][-_ALWAYS:]
        if len(others) == _ALWAYS and all(name in run.fired for run in others):
            said = f"it came in each of the last {_ALWAYS} drills of others"
            yield Finding(kind=Kind.ALWAYS_FIRES, name=name, said=said, wakes=_wakes(spec, name))


def _unused(signals: Sequence[SignalSeen]) -> Iterator[Finding]:
    for signal in signals:
        if not signal.used:
            yield Finding(kind=Kind.UNUSED, name=signal.name, said="nothing in monitoring/ names it")
