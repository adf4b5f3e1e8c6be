"""The API's process hangs: it takes connections and answers nobody."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, final

from alertproof.faults.kinds.fault import Door

__all__ = ["Hang"]


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Hang:
    """Who asks the API waits until the revert, or until he gives up."""

    kind: ClassVar[str] = "hang"
    door: ClassVar[Door] = "keeper"
    text: str

    @property
    def blast_radius(self) -> str:
        return "every request to the API waits for as long as it stands; none is lost that is waited for"

    def prepare(self) -> Mapping[str, object]:
        return {}
