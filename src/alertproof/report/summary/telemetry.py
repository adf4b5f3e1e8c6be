"""What was seen of the telemetry in words: one row for each look at it."""

from __future__ import annotations

from dataclasses import dataclass

from alertproof.journal import TelemetryJournal
from alertproof.report.model import Report, badness
from alertproof.report.names import parse_name
from alertproof.report.summary.unmet import judgement
from alertproof.report.words import as_sentence, gist
from alertproof.verdict import Verdict

__all__ = ["TelemetryRow", "sorted_telemetry", "telemetry_row", "telemetry_sentence"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TelemetryRow:
    """One look at the telemetry as the summary tables say it; ``title`` is what it expected."""

    title: str
    seen: str
    verdict: Verdict


def sorted_telemetry(report: Report) -> tuple[TelemetryJournal, ...]:
    """Return the looks at the telemetry, those that did not pass first, then by name."""
    return tuple(sorted(report.telemetry, key=lambda seen: (badness(seen.verdict), seen.check, seen.began)))


def telemetry_row(journal: TelemetryJournal) -> TelemetryRow:
    """Return a look at the telemetry in the words of the summary table."""
    seen = filter(None, (gist(expected.last_seen) for expected in journal.expectations))
    return TelemetryRow(
        title="; ".join(expected.text for expected in journal.expectations) or parse_name(journal.check).title,
        seen="; ".join(seen) or gist(journal.reason),
        verdict=journal.verdict,
    )


def telemetry_sentence(journal: TelemetryJournal) -> str:
    """Return what a look at the telemetry showed, in one sentence."""
    if journal.verdict is not Verdict.PASSED:
        return judgement(journal)
    return as_sentence(telemetry_row(journal).seen)
