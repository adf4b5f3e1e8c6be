"""A heavy query takes a core of the database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, final

from alertproof.faults.kinds.fault import Door

__all__ = ["DatabaseLoad"]


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseLoad:
    """One backend computes all the time, at a lower priority than the others."""

    kind: ClassVar[str] = "database_load"
    door: ClassVar[Door] = "api"
    text: str

    @property
    def blast_radius(self) -> str:
        return "one core and one connection of the database; nothing is locked or written, queries may be slower"

    def prepare(self) -> Mapping[str, object]:
        return {}
