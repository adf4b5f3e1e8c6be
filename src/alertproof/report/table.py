"""The summary of a run as tables for the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from alertproof.journal import (
    DrillJournal,
    JourneyJournal,
    LoadJournal,
    ProbeJournal,
    ScrubbingJournal,
    TelemetryJournal,
)
from alertproof.report.model import Report
from alertproof.report.ratings import Rating, VitalSeen
from alertproof.report.summary import (
    ProbeGroup,
    headline,
    journey_row,
    journey_sentence,
    load_row,
    load_sentence,
    probe_groups,
    proof_row,
    proof_sentence,
    row,
    sentence,
    sorted_drills,
    sorted_journeys,
    sorted_loads,
    sorted_probes,
    sorted_proofs,
    sorted_telemetry,
    telemetry_row,
    telemetry_sentence,
)
from alertproof.report.summary.unmet import judgement
from alertproof.report.words import NOTHING, gist, marked
from alertproof.verdict import Verdict

__all__ = ["VERDICT_STYLES", "print_summary", "summary_table"]

_WIDE, _NARROW = 120, 100
VERDICT_STYLES = {
    Verdict.PASSED: "green",
    Verdict.FAILED: "bold red",
    Verdict.BROKEN: "bold yellow",
    Verdict.SKIPPED: "dim",
}
_RATING_STYLES = {Rating.GOOD: "", Rating.NEEDS_IMPROVEMENT: "yellow", Rating.POOR: "red"}
_VITALS = ("LCP", "INP", "CLS")  # the core ones; the page has all five
_RED = {Verdict.FAILED, Verdict.BROKEN}


def summary_table(report: Report, *, width: int = 100) -> Table:
    """Return a row for each drill, sorted by alert; times in stack time and, in brackets, in real time.

    ``width`` is that of the terminal: in a narrow one a mail address is broken before its ``@``.
    """
    names = ("Alert", "Fault or course", "Detected after", "Paged", "Resolved after", "Verdict")
    rows = [_drill_cells(drill, width) for drill in sorted_drills(report)]
    return _table(names, rows, width=width, least={0: 15, 3: 16}, spare=(4,))


def _table(
    names: Sequence[str],
    rows: Sequence[Sequence[Text]],
    *,
    width: int,
    least: Mapping[int, int],
    numbers: Sequence[int] = (),
    spare: Sequence[int] = (),
) -> Table:
    """Return a table whose last column is a verdict, which is never broken.

    ``least`` are the least widths of columns, ``numbers`` the columns of numbers, and ``spare`` those that a narrow
    terminal goes without.
    """
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, header_style="bold")
    kept = [place for place in range(len(names)) if width >= _NARROW or place not in spare]
    for place in kept:
        last = place == len(names) - 1
        table.add_column(
            names[place],
            overflow="fold",
            no_wrap=last,
            min_width=max((len(cells[place]) for cells in rows), default=None) if last else least.get(place),
            justify="right" if place in numbers else "left",
        )
    for cells in rows:
        table.add_row(*(cells[place] for place in kept))
    return table


def _drill_cells(drill: DrillJournal, width: int) -> tuple[Text, ...]:
    said = row(drill)
    paged = said.paged if width >= _WIDE else said.paged.replace("@", "\n@")
    # Text, never markup: a title may hold [brackets].
    return (
        Text.assemble(said.alert, "\n", (said.side, "dim")),
        Text(said.about),
        Text(_on_two_lines(said.detected)),
        Text(_on_two_lines(paged)),
        Text(_on_two_lines(said.resolved)),
        _verdict(said.verdict),
    )


def _on_two_lines(text: str) -> str:
    return text.replace(" after ", "\nafter ").replace(" (", "\n(")


def _verdict(verdict: Verdict, words: str = "") -> Text:
    return Text(words or marked(verdict), style=VERDICT_STYLES[verdict])


def _probe_table(probes: Sequence[ProbeJournal], width: int) -> Table:
    names = ("Probe", "Tenants", "Requests", "Took", "Budget", "Verdict")
    rows = [_probe_cells(group) for group in probe_groups(probes)]
    return _table(names, rows, width=width, least={0: 16}, numbers=(2, 3, 4), spare=(1,))


def _probe_cells(group: ProbeGroup) -> tuple[Text, ...]:
    texts = (group.title, group.tenants, str(group.requests), group.took, group.budget)
    return (*map(Text, texts), _verdict(group.verdict, group.verdict_words))


def _journey_table(journeys: Sequence[JourneyJournal], width: int) -> Table:
    names = ("Journey", "Tenant", "Steps", "Took", *_VITALS, "Verdict")
    rows = [_journey_cells(journey) for journey in journeys]
    return _table(names, rows, width=width, least={0: 16}, numbers=(2, 3, 4, 5, 6), spare=(1,))


def _journey_cells(journey: JourneyJournal) -> tuple[Text, ...]:
    said = journey_row(journey)
    vitals = dict(said.vitals)
    texts = (said.title, said.tenant, said.steps, said.took)
    return (*map(Text, texts), *(_vital(vitals[short]) for short in _VITALS), _verdict(said.verdict))


def _vital(seen: VitalSeen | None) -> Text:
    """Return a vital's value, with its rating in words where it is not good."""
    if seen is None:
        return Text(NOTHING)
    if seen.rating is Rating.GOOD:
        return Text(seen.words)
    rating = str(seen.rating).replace(" ", "\n")
    return Text(f"{seen.words}\n{rating}", style=_RATING_STYLES[seen.rating])


def _load_table(loads: Sequence[LoadJournal], width: int) -> Table:
    names = ("Load run", "Scenario", "Rate", "Requests", "p95", "Limit", "Slow", "Failed", "Verdict")
    rows = [_load_cells(load) for load in loads]
    return _table(names, rows, width=width, least={0: 10}, numbers=(2, 3, 4, 5, 6, 7), spare=(1, 7))


def _load_cells(load: LoadJournal) -> tuple[Text, ...]:
    said = load_row(load)
    texts = (said.profile, said.scenario, said.rate, said.requests, said.p95, said.limit, said.slow, said.failed)
    return (*map(Text, texts), _verdict(said.verdict))


def _telemetry_table(looks: Sequence[TelemetryJournal], width: int) -> Table:
    rows = [_telemetry_cells(journal) for journal in looks]
    return _table(("Telemetry", "Seen", "Verdict"), rows, width=width, least={0: 24})


def _telemetry_cells(journal: TelemetryJournal) -> tuple[Text, ...]:
    said = telemetry_row(journal)
    return (Text(said.title), Text(said.seen), _verdict(said.verdict))


def _proof_table(proofs: Sequence[ScrubbingJournal], width: int) -> Table:
    names = ("Scrubbing", "Classes", "Doors", "Seen without", "Leaked", "Searched", "Took", "Verdict")
    rows = [_proof_cells(proof) for proof in proofs]
    return _table(names, rows, width=width, least={0: 16}, numbers=(1, 2, 3, 4, 5, 6))


def _proof_cells(proof: ScrubbingJournal) -> tuple[Text, ...]:
    said = proof_row(proof)
    texts = (said.title, said.classes, said.doors, said.seen, said.leaked, said.searched, said.took)
    return (*map(Text, texts), _verdict(said.verdict))


def print_summary(report: Report, console: Console, *, notes: Sequence[str] = ()) -> None:
    """Print a table for each kind that ran, what did not pass, and the headline last, where the eye ends up.

    ``notes`` follow the headline: what the reader must know beside the run itself.
    """
    top = headline(report)
    for table in _tables(report, console.width):
        console.print(table)
        console.print()
    for verdict, text in _lines(report):
        if verdict in _RED:
            console.print(_line(verdict, text))
    console.print(_line(top.verdict, top.sentence))
    for detail in (*top.details, *notes):
        console.print(Text(f"  {detail}"))


def _tables(report: Report, width: int) -> Iterator[Table]:
    if report.drills:
        yield summary_table(report, width=width)
    if report.probes:
        yield _probe_table(sorted_probes(report), width)
    if report.journeys:
        yield _journey_table(sorted_journeys(report), width)
    if report.loads:
        yield _load_table(sorted_loads(report), width)
    if report.telemetry:
        yield _telemetry_table(sorted_telemetry(report), width)
    if report.proofs:
        yield _proof_table(sorted_proofs(report), width)


def _lines(report: Report) -> Iterator[tuple[Verdict, str]]:
    """Yield what became of each check; of the red probes of one test only the first, and how many more there are."""
    for drill in sorted_drills(report):
        yield drill.verdict, f"{row(drill).name}: {sentence(drill)}"
    for group in probe_groups(sorted_probes(report)):
        red = [probe for probe in group.journals if probe.verdict in _RED]
        if red:
            more = f" And {len(red) - 1} more like it." if len(red) > 1 else ""
            yield red[0].verdict, f"{group.title}: {judgement(red[0])}{more}"
    for journey in sorted_journeys(report):
        yield journey.verdict, f"{journey_row(journey).title}: {journey_sentence(journey)}"
    for load in sorted_loads(report):
        yield load.verdict, f"{load.profile}: {load_sentence(load)}"
    for seen in sorted_telemetry(report):
        yield seen.verdict, telemetry_sentence(seen)
    for proof in sorted_proofs(report):
        yield proof.verdict, f"{proof_row(proof).title}: {proof_sentence(proof)}"
    for check in report.other_checks:
        yield check.verdict, f"{check.check}: {gist(check.reason) or 'no reason was recorded'}"


def _line(verdict: Verdict, text: str) -> Text:
    return Text.assemble((marked(verdict), VERDICT_STYLES[verdict]), "  ", text)
