"""What a platform reported besides its series."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct, field

from alertproof.tags import Tags
from alertproof.telemetry.records import RecordStore
from alertproof.telemetry.series import SeriesStore

__all__ = ["GIVEN", "GIVEN_RECOVERY", "Evidence", "Known"]

#: The metrics of ``given``: the value itself, and the one over an anomaly's recovery window where it is another.
GIVEN, GIVEN_RECOVERY = "given", "given_recovery"


class Known(Struct, frozen=True, kw_only=True):
    """What is known of the groups that have all of ``tags``: names to texts, or to further names.

    ``where`` it was written is for messages.
    """

    where: str
    tags: Tags
    variables: Mapping[str, object]


class Evidence(Struct, frozen=True, kw_only=True):
    """``records`` are the events by kind: ``logs``, ``spans``, ``rum``, ``events``.

    ``given`` are the values of what cannot be computed, each group's under its tags as the metric `GIVEN`, and as
    `GIVEN_RECOVERY` what recovery thresholds are compared with; None where nothing is.
    ``checks`` are the statuses of checks by name and tags, as numbers: 0 fine, 1 warning,
    2 critical, 3 unknown. ``check_messages`` are what a check says with each of them.
    ``known`` is what else is known of groups.
    """

    records: RecordStore = field(default_factory=RecordStore)
    given: SeriesStore | None = None
    checks: SeriesStore = field(default_factory=lambda: SeriesStore(retention=None))
    check_messages: Mapping[tuple[str, Tags], Mapping[int, str]] = field(default_factory=dict)
    known: tuple[Known, ...] = ()
