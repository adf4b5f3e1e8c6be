"""The summary of a run as Markdown, made for GitHub's job summary."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from alertproof.journal import DrillJournal, Journal, JourneyJournal, LoadJournal, ScrubbingJournal, TelemetryJournal
from alertproof.report.alert_history import AlertRun
from alertproof.report.model import Report
from alertproof.report.names import parse_name
from alertproof.report.ratings import Rating, VitalSeen
from alertproof.report.summary import (
    AlertRow,
    ProbeGroup,
    alert_table,
    headline,
    journey_row,
    load_row,
    probe_groups,
    proof_row,
    row,
    sentence,
    sorted_drills,
    sorted_journeys,
    sorted_loads,
    sorted_probes,
    sorted_proofs,
    sorted_telemetry,
    telemetry_row,
)
from alertproof.report.summary.unmet import judgement, unmet
from alertproof.report.words import NOTHING, counted, duration, gist, instant, marked
from alertproof.verdict import Expectation, Verdict

__all__ = ["render_markdown"]

_ICONS = {Verdict.PASSED: "✅", Verdict.FAILED: "❌", Verdict.BROKEN: "⚠️", Verdict.SKIPPED: "⏭️"}
_SPECIAL = re.compile(r"([\\`*_\[\]|~#])")
_DRILLS = ("Alert", "Fault", "Detected after", "Paged", "Resolved after", "Verdict")
_ALERTS = ("Alert", "Must come after", "Came", "Paged", "Resolved", "Quiet side", "Last proven")
_PROBES = ("Probe", "Tenants", "Requests", "Took", "Budget", "Verdict")
_JOURNEYS = ("Journey", "Tenant", "Steps", "Took", "TTFB", "FCP", "LCP", "INP", "CLS", "Verdict")
_LOADS = ("Load run", "Scenario", "Rate", "Requests", "p95", "Limit", "Slow", "Failed", "Verdict")
_TELEMETRY = ("Telemetry", "Seen", "Verdict")
_PROOFS = ("Scrubbing", "Classes", "Doors", "Seen without", "Leaked", "Searched", "Took", "Verdict")
_TOLD = 20  # a summary of a job is cut off at a megabyte, and nobody reads so many


def render_markdown(report: Report, *, notes: Sequence[str] = (), alerts: Sequence[AlertRun] = ()) -> str:
    """Return the summary: the headline, a table for each kind, and what did not pass, with its reason.

    ``alerts`` are the drills of the target that the history knows. ``notes`` stand below the headline: what the reader
    must know beside the run itself.
    """
    return "\n\n".join(filter(None, _blocks(report, notes, alerts))) + "\n"


def _blocks(report: Report, notes: Sequence[str], alerts: Sequence[AlertRun]) -> Iterator[str]:
    top = headline(report)
    yield f"## {_ICONS[top.verdict]} {_plain(top.sentence)}"
    yield "\n".join(f"- {_plain(detail)}" for detail in (*top.red, *top.details, *notes))
    yield _run(report)
    known = alert_table(report, alerts)
    if known:
        yield _table(_ALERTS, map(_alert_cells, known))
    yield from _tables(report)
    yield from _unproven(report)
    unpassed = [check for check in report.other_checks if check.verdict is not Verdict.PASSED]
    if unpassed:
        cells = ((check.check, check.kind, gist(check.reason), marked(check.verdict)) for check in unpassed)
        yield _table(("Check", "Kind", "Reason", "Verdict"), cells)
    assumptions = sorted({text for drill in report.drills for text in drill.assumptions})
    if assumptions:
        lines = "\n".join(f"- {_plain(text)}" for text in assumptions)
        summary = "<summary>Undocumented vendor behaviour relied on</summary>"
        yield f"<details>{summary}\n\n{lines}\n\n</details>"


def _run(report: Report) -> str:
    if report.started is None:
        return ""
    took = f", took {duration(report.finished.wall)}" if report.finished else ""
    started = report.started
    return (
        f"Target {_plain(started.target)}, started {instant(started.at)}{took}, alertproof {_plain(started.version)}."
    )


def _tables(report: Report) -> Iterator[str]:
    if report.drills:
        yield _table(_DRILLS, map(_drill_cells, sorted_drills(report)))
    if report.probes:
        yield _table(_PROBES, map(_probe_cells, probe_groups(sorted_probes(report))))
    if report.journeys:
        yield _table(_JOURNEYS, map(_journey_cells, sorted_journeys(report)))
    if report.loads:
        yield _table(_LOADS, map(_load_cells, sorted_loads(report)))
    if report.telemetry:
        yield _table(_TELEMETRY, map(_telemetry_cells, sorted_telemetry(report)))
    if report.proofs:
        yield _table(_PROOFS, map(_proof_cells, sorted_proofs(report)))


def _alert_cells(known: AlertRow) -> tuple[str, ...]:
    times = (known.detected, known.paged, known.resolved)
    return (known.specified, known.allowed, *times, known.quiet, known.proven)


def _drill_cells(drill: DrillJournal) -> tuple[str, ...]:
    said = row(drill)
    return (
        f"{said.alert} ({said.side})",
        said.about,
        said.detected,
        said.paged,
        said.resolved,
        marked(said.verdict),
    )


def _probe_cells(group: ProbeGroup) -> tuple[str, ...]:
    return (group.title, group.tenants, str(group.requests), group.took, group.budget, group.verdict_words)


def _journey_cells(journey: JourneyJournal) -> tuple[str, ...]:
    said = journey_row(journey)
    vitals = (_vital(seen) for _, seen in said.vitals)
    return (said.title, said.tenant, said.steps, said.took, *vitals, marked(said.verdict))


def _load_cells(load: LoadJournal) -> tuple[str, ...]:
    said = load_row(load)
    numbers = (said.rate, said.requests, said.p95, said.limit, said.slow, said.failed)
    return (said.profile, said.scenario, *numbers, marked(said.verdict))


def _telemetry_cells(journal: TelemetryJournal) -> tuple[str, ...]:
    said = telemetry_row(journal)
    return (said.title, said.seen, marked(said.verdict))


def _proof_cells(proof: ScrubbingJournal) -> tuple[str, ...]:
    said = proof_row(proof)
    numbers = (said.classes, said.doors, said.seen, said.leaked, said.searched, said.took)
    return (said.title, *numbers, marked(said.verdict))


def _vital(seen: VitalSeen | None) -> str:
    if seen is None:
        return NOTHING
    return seen.words if seen.rating is Rating.GOOD else f"{seen.words} ({seen.rating})"


def _unproven(report: Report) -> Iterator[str]:
    """Yield a block for each check that did not pass; of a drill also for one that was skipped."""
    for drill in sorted_drills(report):
        if drill.verdict is not Verdict.PASSED:
            yield _block(drill, row(drill).name, sentence(drill))
    rest: list[Journal] = [
        *sorted_probes(report),
        *sorted_journeys(report),
        *sorted_loads(report),
        *sorted_telemetry(report),
        *sorted_proofs(report),
    ]
    red = [journal for journal in rest if journal.verdict not in {Verdict.PASSED, Verdict.SKIPPED}]
    for journal in red[:_TOLD]:
        name = parse_name(journal.check)
        title = f"{name.title} ({name.parameters})" if name.parameters else name.title
        yield _block(journal, title, judgement(journal))
    if len(red) > _TOLD:
        yield f"And {counted(len(red) - _TOLD, 'check')} more; the HTML report has them all."


def _block(journal: Journal, title: str, said: str) -> str:
    lines = "\n".join(map(_missed, unmet(journal.expectations)))
    return "\n\n".join(filter(None, (f"### {_ICONS[journal.verdict]} {_plain(title)}", _plain(said), lines)))


def _missed(expected: Expectation) -> str:
    seen = f" (last seen: {_plain(expected.last_seen)})" if expected.last_seen else ""
    return f"- {'not met' if expected.met is False else 'not reached'}: {_plain(expected.text)}{seen}"


def _table(head: tuple[str, ...], lines: Iterable[tuple[str, ...]]) -> str:
    rows = [head, ("---",) * len(head)]
    rows += [tuple(_plain(cell) for cell in line) for line in lines]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in rows)


def _plain(text: str) -> str:
    """Return a text of the report so that Markdown and HTML show it as it is, in one line."""
    one_line = " ".join(text.split())
    escaped = one_line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _SPECIAL.sub(r"\\\1", escaped)
