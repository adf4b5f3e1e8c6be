"""Sentry takes no more errors: it answers 429."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, final

from alertproof.faults.kinds.part import OfPart

__all__ = ["SentryLimited"]


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class SentryLimited(OfPart):
    """What the API reports to Sentry is refused as one too many, and is lost."""

    kind: ClassVar[str] = "sentry_limited"
    blast_radius: ClassVar[str] = "errors of the API are lost for good; users see nothing of it, metrics and logs go on"
