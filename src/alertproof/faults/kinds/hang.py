"""The API's process hangs: it takes connections and answers nobody."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, final

from alertproof.faults.kinds.fault import Door
from alertproof.faults.kinds.part import OfPart

__all__ = ["Hang"]


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Hang(OfPart):
    """Who asks the API waits until the revert, or until he gives up."""

    kind: ClassVar[str] = "hang"
    door: ClassVar[Door] = "keeper"
    blast_radius: ClassVar[str] = (
        "every request to the API waits for as long as it stands; none is lost that is waited for"
    )
