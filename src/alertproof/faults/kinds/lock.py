"""Nobody can write leads: a transaction holds a lock on them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, final

from alertproof.faults.kinds.fault import Door

__all__ = ["Lock"]


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """Whatever writes a lead waits until the revert; reading goes on."""

    kind: ClassVar[str] = "lock"
    door: ClassVar[Door] = "api"
    text: str

    @property
    def blast_radius(self) -> str:
        return "every request and job that writes a lead waits; those that read are answered as ever"

    def prepare(self) -> Mapping[str, object]:
        return {}
