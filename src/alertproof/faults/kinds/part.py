"""What every fault of a whole part has in common: it needs no more than its name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from alertproof.faults.kinds.fault import Door

__all__ = ["OfPart"]


@dataclass(frozen=True, slots=True, kw_only=True)
class OfPart:
    """A part of the platform is broken, and there is nothing to choose."""

    kind: ClassVar[str]
    door: ClassVar[Door] = "api"
    blast_radius: ClassVar[str]
    text: str

    def prepare(self) -> Mapping[str, object]:
        return {}
