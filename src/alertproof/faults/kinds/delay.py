"""Requests are answered late."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, final

from alertproof.faults.kinds.fault import Door
from alertproof.faults.kinds.requests import of_requests, radius_of_requests

__all__ = ["Delay"]


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Delay:
    """A ``share`` (0..1) of the requests that ``match`` takes ``seconds`` longer, exactly."""

    kind: ClassVar[str] = "delay"
    door: ClassVar[Door] = "api"
    text: str
    seconds: float
    share: float = 1.0
    match: Mapping[str, str] = field(default_factory=dict)

    @property
    def blast_radius(self) -> str:
        return radius_of_requests(self.share, self.match)

    def prepare(self) -> Mapping[str, object]:
        return of_requests(self.share, self.match) | {"seconds": self.seconds}
