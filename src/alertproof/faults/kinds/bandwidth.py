"""The network between the API and its database or its cache is narrow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, final

from alertproof.errors import BlastRadiusExceeded
from alertproof.faults.kinds.link import OfLink

__all__ = ["Bandwidth"]

_LEAST, _MOST = 1_000, 1_000_000_000


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Bandwidth(OfLink):
    """No more than ``bytes_per_second`` go through each way of a connection over the ``link``."""

    kind: ClassVar[str] = "bandwidth"
    bytes_per_second: int

    def prepare(self) -> Mapping[str, object]:
        if not _LEAST <= self.bytes_per_second <= _MOST:
            raise BlastRadiusExceeded(
                f"a link takes {_LEAST:,} to {_MOST:,} bytes a second, got {self.bytes_per_second:,}"
            )
        return {"link": self.link, "bytes_per_second": self.bytes_per_second}
