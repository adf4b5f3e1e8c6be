"""A tenant has used up its requests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, final

from alertproof.faults.kinds.requests import OfAllRequests

__all__ = ["RateLimit"]


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimit(OfAllRequests):
    """The requests that ``match`` are refused as those of a tenant that has used up its requests."""

    kind: ClassVar[str] = "rate_limit"
