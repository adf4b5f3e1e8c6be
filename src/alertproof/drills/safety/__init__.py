"""What keeps a drill within what a target allows: limits before it starts, and a guard while it runs."""

from __future__ import annotations

from alertproof.drills.safety.limits import Planned, beyond_limits, planned, require_within_limits

__all__ = ["Planned", "beyond_limits", "planned", "require_within_limits"]
