"""What a platform reported besides its series."""

from __future__ import annotations

from dataclasses import dataclass, field

from alertproof.telemetry.records import RecordStore

__all__ = ["Evidence"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """``records`` are the events by kind: ``logs``, ``spans``, ``rum``, ``events``."""

    records: RecordStore = field(default_factory=RecordStore)
