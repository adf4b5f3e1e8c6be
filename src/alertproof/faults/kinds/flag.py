"""A feature flag of the platform is set that makes some of its requests fail, or late."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, final

from alertproof.errors import BlastRadiusExceeded
from alertproof.faults.kinds.fault import Door
from alertproof.requirements import HttpChange

__all__ = ["FeatureFlag"]


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureFlag:
    """``change`` sets the flag, by which a ``share`` (0..1) of all requests suffers; ``undo`` puts it back."""

    kind: ClassVar[str] = "flag"
    door: ClassVar[Door] = "outside"
    text: str
    share: float
    change: HttpChange
    undo: HttpChange | None

    @property
    def blast_radius(self) -> str:
        return f"{self.share * 100:.3g} % of the requests of everybody whom the flag at {self.change.url} is about"

    def prepare(self) -> Mapping[str, object]:
        if not 0 < self.share <= 1:
            raise BlastRadiusExceeded(f"a flag hits a share of requests above 0 and at most 1, got {self.share:g}")
        if self.undo is None:
            raise BlastRadiusExceeded(
                f"the flag at {self.change.url} has no undo; it is not set until alertproof.toml says one"
            )
        return {"change": self.change, "undo": self.undo}
