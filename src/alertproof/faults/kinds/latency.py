"""The network between the API and its database or its cache is slow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, final

from alertproof.errors import BlastRadiusExceeded
from alertproof.faults.kinds.link import OfLink

__all__ = ["Latency"]

_MOST = 60


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Latency(OfLink):
    """All that goes over the ``link`` takes ``seconds`` longer, there and back again."""

    kind: ClassVar[str] = "latency"
    seconds: float

    def prepare(self) -> Mapping[str, object]:
        if not 0 < self.seconds <= _MOST:
            raise BlastRadiusExceeded(f"a latency is above 0 s and at most {_MOST} s, got {self.seconds:g} s")
        return {"link": self.link, "seconds": self.seconds}
