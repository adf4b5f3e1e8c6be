"""The API does not reach its database or its cache: connections are reset."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, final

from alertproof.faults.kinds.link import OfLink

__all__ = ["Cut"]


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Cut(OfLink):
    """Connections over the ``link`` are reset, those that are open and those that are tried."""

    kind: ClassVar[str] = "cut"
