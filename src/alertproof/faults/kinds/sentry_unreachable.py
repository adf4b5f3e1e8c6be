"""Errors do not reach Sentry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, final

from alertproof.faults.kinds.part import OfPart

__all__ = ["SentryUnreachable"]


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class SentryUnreachable(OfPart):
    """What the API reports to Sentry finds nobody there, and is lost."""

    kind: ClassVar[str] = "sentry_unreachable"
    blast_radius: ClassVar[str] = "errors of the API are lost for good; users see nothing of it, metrics and logs go on"
