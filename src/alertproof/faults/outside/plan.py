"""What the process is told by the door that starts it, and what it says of itself, line by line."""

from __future__ import annotations

import msgspec

from alertproof.requirements import HttpChange

__all__ = ["PLAN", "AttackPlan", "Done", "FlagPlan", "Kept"]

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


class FlagPlan(msgspec.Struct, frozen=True, kw_only=True):
    """A flag that ``change`` sets, and that ``undo`` puts back after ``lease_seconds`` at the latest."""

    change: HttpChange
    undo: HttpChange
    lease_seconds: float


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """How a flag stands, and why it could not be changed, empty when it could."""

    stands: bool
    trouble: str = ""
