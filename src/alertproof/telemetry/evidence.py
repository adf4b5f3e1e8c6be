"""What a platform reported besides its series."""

from __future__ import annotations

from dataclasses import dataclass, field

from alertproof.telemetry.records import RecordStore
from alertproof.telemetry.series import SeriesStore

__all__ = ["Evidence"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """``records`` are the events by kind: ``logs``, ``spans``, ``rum``, ``events``.

    ``checks`` are the statuses of checks by name and tags, as numbers: 0 fine, 1 warning, 2 critical, 3 unknown.
    """

    records: RecordStore = field(default_factory=RecordStore)
    checks: SeriesStore = field(default_factory=lambda: SeriesStore(retention=None))
