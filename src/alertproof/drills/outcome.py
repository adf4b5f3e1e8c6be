"""What a drill saw, and the order in which it must have happened."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise

from alertproof.drills.checklist import Checklist
from alertproof.drills.rehearsal import Rehearsal
from alertproof.drills.words import minutes
from alertproof.journal import FaultWindow
from alertproof.sentry.verify import SentryEvent
from alertproof.vendors import Incident, MonitorTransition

__all__ = ["Outcome", "expect_in_order"]


@dataclass(slots=True, kw_only=True)
class Outcome:
    """The moments of a drill, filled as they come; ``broken`` says why the drill could not go on.

    ``failed`` and ``delayed`` are the first requests of the traffic that did, ``shown`` is the indicator's first value
    under the fault that shows it, by the target's clock. ``broke`` is how many things the platform said that it broke,
    just before the revert; None when the fault did not stand any more.
    """

    fired: bool = False
    fault: FaultWindow | None = None
    failed: datetime | None = None
    delayed: datetime | None = None
    shown: datetime | None = None
    broke: int | None = None
    event: SentryEvent | None = None
    alerted: MonitorTransition | None = None
    incident: Incident | None = None
    recovered: MonitorTransition | None = None
    rehearsal: Rehearsal | None = None
    notes: list[str] = field(default_factory=list)
    broken: str = ""


def expect_in_order(seen: Outcome, checklist: Checklist, effect: Sequence[tuple[str, datetime | None]]) -> None:
    """Decide that every cause came before its effect, by the vendors' own timestamps.

    ``effect`` names the moments between the fault and the alert.
    """
    moments = [
        ("fault", seen.fault.began if seen.fault else None),
        *effect,
        ("Alert", seen.alerted.at if seen.alerted else None),
        ("incident", seen.incident.opened_at if seen.incident else None),
        ("revert", seen.fault.ended if seen.fault else None),
        ("recovery", seen.recovered.at if seen.recovered else None),
        ("resolve", seen.incident.resolved_at if seen.incident else None),
    ]
    text = "cause comes before effect: " + ", ".join(name for name, _ in moments)
    if any(at is None for _, at in moments):
        checklist.announce(text)
        return
    stamps = [(name, at) for name, at in moments if at is not None]
    wrong = [
        f"{later} came {minutes(early_at - later_at)} before {early}"
        for (early, early_at), (later, later_at) in pairwise(stamps)
        if later_at < early_at
    ]
    first = stamps[0][1]
    seen_text = "; ".join(wrong) or ", ".join(f"{name} +{minutes(at - first)}" for name, at in stamps)
    checklist.expect(text, not wrong, seen_text)
