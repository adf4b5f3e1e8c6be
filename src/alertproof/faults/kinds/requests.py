"""What every fault of requests has in common: a share of those that match."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from alertproof.errors import BlastRadiusExceeded
from alertproof.faults.kinds.fault import Door

__all__ = ["OfAllRequests", "of_requests", "radius_of_requests"]


def of_requests(share: float, match: Mapping[str, str]) -> dict[str, object]:
    """Return what the door is told; raises `BlastRadiusExceeded` for a share that is none."""
    if not 0 < share <= 1:
        raise BlastRadiusExceeded(f"a share of requests is above 0 and at most 1, got {share:g}")
    return {"share": share, "match": dict(match)}


def radius_of_requests(share: float, match: Mapping[str, str]) -> str:
    """Say whom it hits. Without a path the API alone is meant, and never logins."""
    whose = " with " + ", ".join(f"{name} {value}" for name, value in sorted(match.items())) if match else " to the API"
    return f"{share * 100:.3g} % of the requests{whose}"


@dataclass(frozen=True, slots=True, kw_only=True)
class OfAllRequests:
    """A fault that hits each request that ``match``, and has nothing more to say than its name."""

    kind: ClassVar[str]
    door: ClassVar[Door] = "api"
    text: str
    match: Mapping[str, str] = field(default_factory=dict)

    @property
    def blast_radius(self) -> str:
        return radius_of_requests(1.0, self.match)

    def prepare(self) -> Mapping[str, object]:
        return of_requests(1.0, self.match)
