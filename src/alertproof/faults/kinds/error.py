"""Requests are answered with an error."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, final

from alertproof.errors import BlastRadiusExceeded
from alertproof.faults.kinds.fault import Door
from alertproof.faults.kinds.requests import of_requests, radius_of_requests
from alertproof.redact import Secret

__all__ = ["Error"]

_LEAST, _MOST = 400, 599


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Error:
    """A ``share`` (0..1) of the requests that ``match`` fails, exactly, and so many ``times`` at the most.

    ``match`` may name path, method, tenant and correlation_id; ``plant`` is a secret that the failing code then holds.
    With a ``status`` (400..599) that is the answer, and no code fails.
    """

    kind: ClassVar[str] = "error"
    door: ClassVar[Door] = "api"
    text: str
    share: float = 1.0
    times: int | None = None
    plant: Secret | None = None
    status: int | None = None
    match: Mapping[str, str] = field(default_factory=dict)

    @property
    def blast_radius(self) -> str:
        return radius_of_requests(self.share, self.match)

    def prepare(self) -> Mapping[str, object]:
        told = of_requests(self.share, self.match)
        if self.times is not None:
            told["times"] = self.times
        if self.status is not None:
            if not _LEAST <= self.status <= _MOST or self.plant is not None:
                raise BlastRadiusExceeded(
                    f"an error is answered with {_LEAST} to {_MOST}, and then no code fails that could hold a plant; "
                    f"got {self.status}"
                )
            told["status"] = self.status
        if self.plant is not None:
            told["plant"] = self.plant.reveal()
        return told
