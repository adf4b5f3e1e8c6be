"""The database has no connection to spare."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, final

from alertproof.errors import BlastRadiusExceeded
from alertproof.faults.kinds.fault import Door

__all__ = ["Connections"]

_MOST = 1_000


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Connections:
    """So many connections to the database are ``taken``, or as many as there are, and do nothing."""

    kind: ClassVar[str] = "connections"
    door: ClassVar[Door] = "api"
    text: str
    taken: int

    @property
    def blast_radius(self) -> str:
        return "whoever needs a new connection to the database when none is left; those that are open go on"

    def prepare(self) -> Mapping[str, object]:
        if not 0 < self.taken <= _MOST:
            raise BlastRadiusExceeded(f"1 to {_MOST:,} connections are taken, got {self.taken:,}")
        return {"connections": self.taken}
