"""What a report is made of, and the sink that gathers it."""

from __future__ import annotations

from typing import TypeVar, final

import msgspec

from alertproof.journal import DrillJournal, Journal, JourneyJournal, LoadJournal, ProbeJournal
from alertproof.verdict import CheckFinished, RunEvent, RunFinished, RunStarted

__all__ = ["Recorder", "Report", "report_of"]

_T = TypeVar("_T")


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
        return tuple(journal for journal in self.journals if isinstance(journal, DrillJournal))

    @property
    def probes(self) -> tuple[ProbeJournal, ...]:
        return tuple(journal for journal in self.journals if isinstance(journal, ProbeJournal))

    @property
    def journeys(self) -> tuple[JourneyJournal, ...]:
        return tuple(journal for journal in self.journals if isinstance(journal, JourneyJournal))

    @property
    def loads(self) -> tuple[LoadJournal, ...]:
        return tuple(journal for journal in self.journals if isinstance(journal, LoadJournal))

    @property
    def other_checks(self) -> tuple[CheckFinished, ...]:
        """The checks that no journal tells about, by kind and name."""
        told = {journal.check for journal in self.journals}
        others = (check for check in self.checks if check.check not in told)
        return tuple(sorted(others, key=lambda check: (check.kind, check.check, check.at)))


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
