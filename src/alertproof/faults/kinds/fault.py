"""What a kind of fault has to say of itself, so that it can be injected, written down and put back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, Protocol, TypeAlias

__all__ = ["Door", "Fault"]

#: Which of the platform's processes breaks itself or others: the API, the one that keeps the API running, or the one
#: that keeps the agent running. What comes from outside is done by a process of the run, a header is carried by its
#: traffic, load is sent by it, and signals break nothing: the drill sends them itself.
Door: TypeAlias = Literal["api", "keeper", "agent_keeper", "outside", "traffic", "load", "signals"]


class Fault(Protocol):
    """A change for the worse inside the platform. It stands for a lease at the most, which the platform enforces."""

    @property
    def kind(self) -> str:
        """Its name at the platform's fault door."""

    @property
    def door(self) -> Door:
        """Which of the platform's doors takes it."""

    @property
    def text(self) -> str:
        """What is broken, in words."""

    @property
    def blast_radius(self) -> str:
        """Whom it hits, and what it leaves alone."""

    def prepare(self) -> Mapping[str, object]:
        """Return what the door is told besides the fault's id, kind and lease.

        Raises `BlastRadiusExceeded` for more than a drill may break; nothing is broken yet.
        """
