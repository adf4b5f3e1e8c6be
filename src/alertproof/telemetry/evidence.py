"""What a platform reported besides its series."""

from __future__ import annotations

from dataclasses import dataclass, field

from alertproof.telemetry.records import RecordStore
from alertproof.telemetry.series import SeriesStore

__all__ = ["GIVEN", "GIVEN_RECOVERY", "Evidence"]

#: The metrics of ``given``: the value itself, and the one over an anomaly's recovery window where it is another.
GIVEN, GIVEN_RECOVERY = "given", "given_recovery"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """``records`` are the events by kind: ``logs``, ``spans``, ``rum``, ``events``.

    ``given`` are the values of what cannot be computed, each group's under its tags as the metric `GIVEN`, and as
    `GIVEN_RECOVERY` what recovery thresholds are compared with; None where nothing is.
    ``checks`` are the statuses of checks by name and tags, as numbers: 0 fine, 1 warning,
    2 critical, 3 unknown.
    """

    records: RecordStore = field(default_factory=RecordStore)
    given: SeriesStore | None = None
    checks: SeriesStore = field(default_factory=lambda: SeriesStore(retention=None))
