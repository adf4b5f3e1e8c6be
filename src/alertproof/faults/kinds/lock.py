"""Nobody can write leads: a transaction holds a lock on them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, final

from alertproof.faults.kinds.part import OfPart

__all__ = ["Lock"]


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Lock(OfPart):
    """Whatever writes a lead waits until the revert; reading goes on."""

    kind: ClassVar[str] = "lock"
    blast_radius: ClassVar[str] = "every request and job that writes a lead waits; those that read are answered as ever"
