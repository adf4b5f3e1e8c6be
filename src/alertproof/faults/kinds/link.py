"""What every fault of the network has in common: a way from the API to one of its servers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal, TypeAlias

from alertproof.faults.kinds.fault import Door

__all__ = ["LinkName", "OfLink"]

#: Where the API's way leads.
LinkName: TypeAlias = Literal["database", "cache"]


@dataclass(frozen=True, slots=True, kw_only=True)
class OfLink:
    """The API's way to the server called ``link`` is broken; other processes have their own."""

    kind: ClassVar[str]
    door: ClassVar[Door] = "keeper"
    text: str
    link: LinkName

    @property
    def blast_radius(self) -> str:
        return f"every request to the API that needs the {self.link}; worker and agent reach it as ever"

    def prepare(self) -> Mapping[str, object]:
        return {"link": self.link}
