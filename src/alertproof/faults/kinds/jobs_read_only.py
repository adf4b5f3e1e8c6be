"""The database takes no writes of jobs, as a standby does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, final

from alertproof.faults.kinds.requests import OfAllRequests, radius_of_requests

__all__ = ["JobsReadOnly"]


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class JobsReadOnly(OfAllRequests):
    """What the jobs write that the requests which ``match`` queue is refused by the database."""

    kind: ClassVar[str] = "jobs_read_only"

    @property
    def blast_radius(self) -> str:
        return f"the jobs of {radius_of_requests(1.0, self.match)}"
