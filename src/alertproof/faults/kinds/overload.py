"""More real requests than the platform takes in time: a share of all of them is slower than a limit, and held there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, final

from alertproof.errors import BlastRadiusExceeded
from alertproof.faults.kinds.fault import Door

__all__ = ["LOAD", "Overload"]

#: What the ledger says in the place of a door's address.
LOAD = "the load of this run"


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Overload:
    """The load of a ``profile`` (a file's path) holds a ``share`` (0..1) of all requests slow."""

    kind: ClassVar[str] = "overload"
    door: ClassVar[Door] = "load"
    text: str
    share: float
    profile: str

    @property
    def blast_radius(self) -> str:
        return f"all who use the platform: {self.share * 100:.3g} % of their requests wait"

    def prepare(self) -> Mapping[str, object]:
        if not 0 < self.share <= 0.5:
            raise BlastRadiusExceeded(f"a share of slow requests is above 0 and at most 0.5, got {self.share:g}")
        return {"profile": self.profile}
