"""The API's process is killed, and not started again before the revert."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, final

from alertproof.faults.kinds.fault import Door
from alertproof.faults.kinds.part import OfPart

__all__ = ["Stop"]


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Stop(OfPart):
    """Nobody answers at the API's address; requests under way are lost."""

    kind: ClassVar[str] = "stop"
    door: ClassVar[Door] = "keeper"
    blast_radius: ClassVar[str] = (
        "every request to the API, for as long as it stands and until the API has started again"
    )
