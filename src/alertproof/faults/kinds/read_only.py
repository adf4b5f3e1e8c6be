"""The database takes no writes, as a standby does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, final

from alertproof.faults.kinds.fault import Door
from alertproof.faults.kinds.requests import of_requests, radius_of_requests

__all__ = ["JobsReadOnly", "ReadOnly"]


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class ReadOnly:
    """What the requests that ``match`` write is refused by the database, in its own words."""

    kind: ClassVar[str] = "read_only"
    door: ClassVar[Door] = "api"
    text: str
    match: Mapping[str, str] = field(default_factory=dict)

    @property
    def blast_radius(self) -> str:
        return radius_of_requests(1.0, self.match)

    def prepare(self) -> Mapping[str, object]:
        return of_requests(1.0, self.match)


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class JobsReadOnly:
    """What the jobs write that the requests which ``match`` queue is refused by the database."""

    kind: ClassVar[str] = "jobs_read_only"
    door: ClassVar[Door] = "api"
    text: str
    match: Mapping[str, str] = field(default_factory=dict)

    @property
    def blast_radius(self) -> str:
        return f"the jobs of {radius_of_requests(1.0, self.match)}"

    def prepare(self) -> Mapping[str, object]:
        return of_requests(1.0, self.match)
