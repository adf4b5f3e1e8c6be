"""A heavy query takes a core of the database."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, final

from alertproof.faults.kinds.part import OfPart

__all__ = ["DatabaseLoad"]


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseLoad(OfPart):
    """One backend computes all the time, at a lower priority than the others."""

    kind: ClassVar[str] = "database_load"
    blast_radius: ClassVar[str] = (
        "one core and one connection of the database; nothing is locked or written, queries may be slower"
    )
