"""The cache is empty, and stays so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, final

from alertproof.faults.kinds.part import OfPart

__all__ = ["CacheFlushed"]


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class CacheFlushed(OfPart):
    """What the API puts into its cache is gone a moment later; the queue on the same server is left alone."""

    kind: ClassVar[str] = "cache_flushed"
    blast_radius: ClassVar[str] = "requests that the cache would answer ask the database; none fails, no job is lost"
