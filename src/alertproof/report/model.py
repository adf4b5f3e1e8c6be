"""What a report is made of, and the sink that gathers it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TypeVar, final

import msgspec

from alertproof.journal import (
    DrillJournal,
    Journal,
    JourneyJournal,
    LoadJournal,
    ProbeJournal,
    ScrubbingJournal,
    TelemetryJournal,
)
from alertproof.verdict import CheckFinished, RunEvent, RunFinished, RunStarted, Verdict

__all__ = ["Recorder", "Report", "badness", "report_of", "worst"]

_T = TypeVar("_T")


# A check that was judged outranks one that was skipped.
_BADNESS = (Verdict.FAILED, Verdict.BROKEN, Verdict.PASSED, Verdict.SKIPPED)


def badness(verdict: Verdict) -> int:
    """Return a verdict's place among all, 0 for the worst: failed, broken, passed, skipped."""
    return _BADNESS.index(verdict)


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """Return the worst of some verdicts; raises `ValueError` for none."""
    return min(verdicts, key=badness)


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """A run as the writers see it.

    ``checks`` holds every check that ended, those with a journal among them: the two carry the same name
    (``CheckFinished.check == journal.check``), and a check may have several journals. ``started`` and
    ``finished`` are None when the run's first or last record is missing: it was killed, or is still going.
    ``problems`` says what is wrong with the record itself.
    """

    started: RunStarted | None = None
    checks: tuple[CheckFinished, ...] = ()
    journals: tuple[Journal, ...] = ()
    finished: RunFinished | None = None
    problems: tuple[str, ...] = ()

    @property
    def drills(self) -> tuple[DrillJournal, ...]:
        return tuple(journal for journal in self.judged if isinstance(journal, DrillJournal))

    @property
    def probes(self) -> tuple[ProbeJournal, ...]:
        return tuple(journal for journal in self.judged if isinstance(journal, ProbeJournal))

    @property
    def journeys(self) -> tuple[JourneyJournal, ...]:
        return tuple(journal for journal in self.judged if isinstance(journal, JourneyJournal))

    @property
    def loads(self) -> tuple[LoadJournal, ...]:
        return tuple(journal for journal in self.judged if isinstance(journal, LoadJournal))

    @property
    def telemetry(self) -> tuple[TelemetryJournal, ...]:
        return tuple(journal for journal in self.judged if isinstance(journal, TelemetryJournal))

    @property
    def proofs(self) -> tuple[ScrubbingJournal, ...]:
        return tuple(journal for journal in self.judged if isinstance(journal, ScrubbingJournal))

    @property
    def judged(self) -> tuple[Journal, ...]:
        """The journals with the verdicts of their checks.

        A test may fail, or its teardown, after what it measured passed: then its last journal carries the check's
        verdict and reason, so that no red check is shown in green.
        """
        ends = _worst_ends(self.checks)
        measured: dict[str, list[int]] = {}
        for place, journal in enumerate(self.journals):
            measured.setdefault(journal.check, []).append(place)
        judged = list(self.journals)
        for check, places in measured.items():
            end, seen = ends.get(check), worst(judged[place].verdict for place in places)
            if end is not None and worst((end.verdict, seen)) is not seen:
                last = judged[places[-1]]
                judged[places[-1]] = msgspec.structs.replace(last, verdict=end.verdict, reason=end.reason)
        return tuple(judged)

    @property
    def other_checks(self) -> tuple[CheckFinished, ...]:
        """The checks that no journal tells about, by kind and name."""
        told = {journal.check for journal in self.journals}
        others = (check for check in self.checks if check.check not in told)
        return tuple(sorted(others, key=lambda check: (check.kind, check.check, check.at)))

    @property
    def ended(self) -> datetime | None:
        """The run's last known instant; None for a run that left nothing."""
        if self.finished is not None:
            return self.finished.at
        return max((check.at for check in self.checks), default=self.started.at if self.started else None)


def _worst_ends(checks: Iterable[CheckFinished]) -> dict[str, CheckFinished]:
    """Return how each check ended; of several ends (a rerun, a failing teardown) the worst."""
    ends: dict[str, CheckFinished] = {}
    for check in checks:
        other = ends.get(check.check)
        if other is None or worst((check.verdict, other.verdict)) is not other.verdict:
            ends[check.check] = check
    return ends


@final
class Recorder:
    """Gathers a run's events and journals in memory; a `Sink`."""

    def __init__(self) -> None:
        self._records: list[RunEvent | Journal] = []

    def emit(self, event: RunEvent) -> None:
        """Keep an event."""
        self._records.append(event)

    def record(self, journal: Journal) -> None:
        """Keep a check's journal."""
        self._records.append(journal)

    def report(self) -> Report:
        """Return what was gathered so far."""
        return report_of(self._records)


def report_of(records: list[RunEvent | Journal], *, problems: tuple[str, ...] = ()) -> Report:
    """Sort a run's records into a report; of several beginnings or ends the last one counts."""
    return Report(
        started=_last([record for record in records if isinstance(record, RunStarted)]),
        checks=tuple(record for record in records if isinstance(record, CheckFinished)),
        journals=tuple(record for record in records if not isinstance(record, RunEvent)),
        finished=_last([record for record in records if isinstance(record, RunFinished)]),
        problems=problems,
    )


def _last(found: list[_T]) -> _T | None:
    return found[-1] if found else None
