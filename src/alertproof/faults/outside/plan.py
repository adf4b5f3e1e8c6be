"""What the process is told by the door that starts it, and what it says of itself, line by line."""

from __future__ import annotations

import msgspec

__all__ = ["PLAN", "AttackPlan", "Done"]

#: The name in the process's environment of its plan.
PLAN = "ALERTPROOF_OUTSIDE_FAULT"


class AttackPlan(msgspec.Struct, frozen=True, kw_only=True):
    """Logins that fail: ``rate`` a second at ``base_url``, for ``lease_seconds`` at the most.

    The ``accounts`` of ``tenant`` are tried in turn, from so many ``sources``.
    """

    base_url: str
    tenant: str
    accounts: tuple[str, ...]
    rate: float
    sources: int
    lease_seconds: float


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """So many logins were tried, of which so many were refused."""

    tried: int
    refused: int
