"""What every fault of requests has in common: a share of those that match."""

from __future__ import annotations

from collections.abc import Mapping

from alertproof.errors import BlastRadiusExceeded

__all__ = ["of_requests", "radius_of_requests"]


def of_requests(share: float, match: Mapping[str, str]) -> dict[str, object]:
    """Return what the door is told; raises `BlastRadiusExceeded` for a share that is none."""
    if not 0 < share <= 1:
        raise BlastRadiusExceeded(f"a share of requests is above 0 and at most 1, got {share:g}")
    return {"share": share, "match": dict(match)}


def radius_of_requests(share: float, match: Mapping[str, str]) -> str:
    """Say whom it hits. Without a path the API alone is meant, and never logins."""
    whose = " with " + ", ".join(f"{name} {value}" for name, value in sorted(match.items())) if match else " to the API"
    return f"{share * 100:.3g} % of the requests{whose}"
