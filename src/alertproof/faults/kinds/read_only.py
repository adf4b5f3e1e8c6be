"""The database takes no writes of requests, as a standby does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, final

from alertproof.faults.kinds.requests import OfAllRequests

__all__ = ["ReadOnly"]


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class ReadOnly(OfAllRequests):
    """What the requests that ``match`` write is refused by the database, in its own words."""

    kind: ClassVar[str] = "read_only"
