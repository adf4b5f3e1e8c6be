"""The network between the API and its database or its cache loses packets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, final

from alertproof.errors import BlastRadiusExceeded
from alertproof.faults.kinds.link import OfLink

__all__ = ["Loss"]


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Loss(OfLink):
    """A ``share`` (0..1) of what goes over the ``link`` is lost and sent again, exactly."""

    kind: ClassVar[str] = "loss"
    share: float

    def prepare(self) -> Mapping[str, object]:
        if not 0 < self.share <= 1:
            raise BlastRadiusExceeded(f"a share of what is sent is above 0 and at most 1, got {self.share:g}")
        return {"link": self.link, "share": self.share}
