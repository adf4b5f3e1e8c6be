"""What every fault of the network has in common: a way from the API or the agent to one of its servers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal, TypeAlias

from alertproof.faults.kinds.fault import Door

__all__ = ["LinkName", "OfLink"]

#: Where the way leads: to a server of the API, or to the vendor's intake of logs, which the agent ships.
LinkName: TypeAlias = Literal["database", "cache", "logs"]


@dataclass(frozen=True, slots=True, kw_only=True)
class OfLink:
    """The way to the server called ``link`` is broken; other processes have their own."""

    kind: ClassVar[str]
    text: str
    link: LinkName

    @property
    def door(self) -> Door:
        return "agent_keeper" if self.link == "logs" else "keeper"

    @property
    def blast_radius(self) -> str:
        if self.link == "logs":
            return "the logs of all services come late, or not before the revert; none is lost, metrics go on"
        return f"every request to the API that needs the {self.link}; worker and agent reach it as ever"

    def prepare(self) -> Mapping[str, object]:
        return {"link": self.link}
