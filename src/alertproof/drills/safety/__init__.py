"""What keeps a drill within what a target allows: limits before it starts, and a guard while it runs."""

from __future__ import annotations

from alertproof.drills.safety.guard import Guard, GuardedClock, Quota, Watch, guarded_address, no_real_incident
from alertproof.drills.safety.limits import Planned, beyond_limits, planned, require_allowed, require_within_limits
from alertproof.drills.safety.marking import MARK, marked_payload, marked_specification

__all__ = [
    "MARK",
    "Guard",
    "GuardedClock",
    "Planned",
    "Quota",
    "Watch",
    "beyond_limits",
    "guarded_address",
    "marked_payload",
    "marked_specification",
    "no_real_incident",
    "planned",
    "require_allowed",
    "require_within_limits",
]
