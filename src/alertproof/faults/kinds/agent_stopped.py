"""The agent's process is killed, and not started again before the revert."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, final

from alertproof.faults.kinds.fault import Door
from alertproof.faults.kinds.part import OfPart

__all__ = ["AgentStopped"]


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class AgentStopped(OfPart):
    """Nobody measures the platform's servers, and nobody ships its logs; its users see nothing of it."""

    kind: ClassVar[str] = "agent_stopped"
    door: ClassVar[Door] = "agent_keeper"
    blast_radius: ClassVar[str] = (
        "gauges of the servers are missing for good, logs come after the revert; what others report goes on"
    )
