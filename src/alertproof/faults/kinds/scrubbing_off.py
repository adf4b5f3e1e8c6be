"""Errors leave the platform unscrubbed: the control of a drill that looks for a leak."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, final

from alertproof.faults.kinds.requests import OfAllRequests

__all__ = ["ScrubbingOff"]


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class ScrubbingOff(OfAllRequests):
    """What the requests that ``match`` report is not scrubbed."""

    kind: ClassVar[str] = "scrubbing_off"
