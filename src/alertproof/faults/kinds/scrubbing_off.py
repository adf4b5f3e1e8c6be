"""Errors leave the platform unscrubbed: the control of a drill that looks for a leak."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, final

from alertproof.faults.kinds.fault import Door
from alertproof.faults.kinds.requests import of_requests, radius_of_requests

__all__ = ["ScrubbingOff"]


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class ScrubbingOff:
    """What the requests that ``match`` report is not scrubbed."""

    kind: ClassVar[str] = "scrubbing_off"
    door: ClassVar[Door] = "api"
    text: str
    match: Mapping[str, str] = field(default_factory=dict)

    @property
    def blast_radius(self) -> str:
        return radius_of_requests(1.0, self.match)

    def prepare(self) -> Mapping[str, object]:
        return of_requests(1.0, self.match)
