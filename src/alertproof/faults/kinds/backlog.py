"""The worker is stopped, and the queue is full of jobs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, final

from alertproof.errors import BlastRadiusExceeded
from alertproof.faults.kinds.fault import Door

__all__ = ["Backlog"]

_MOST = 50_000  # jobs, of about 0.6 kB each in the queue's memory


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """The queue holds so many ``jobs``, the drill's own and others' together, and nobody does any."""

    kind: ClassVar[str] = "backlog"
    door: ClassVar[Door] = "api"
    text: str
    jobs: int

    @property
    def blast_radius(self) -> str:
        return "every job waits until the revert, none is lost; requests are answered as ever"

    def prepare(self) -> Mapping[str, object]:
        if not 0 < self.jobs <= _MOST:
            raise BlastRadiusExceeded(f"a backlog has 1 to {_MOST:,} jobs, got {self.jobs:,}")
        return {"jobs": self.jobs}
