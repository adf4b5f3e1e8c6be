"""The summary of a run as a table for the terminal."""

from __future__ import annotations

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from alertproof.journal import DrillJournal
from alertproof.report.model import Report
from alertproof.report.summary import headline, row, sentence, sorted_drills
from alertproof.report.words import marked
from alertproof.verdict import Verdict

__all__ = ["print_summary", "summary_table"]

_WIDE = 120
_STYLES = {
    Verdict.PASSED: "green",
    Verdict.FAILED: "bold red",
    Verdict.BROKEN: "bold yellow",
    Verdict.SKIPPED: "dim",
}


def summary_table(report: Report, *, width: int = 100) -> Table:
    """Return a row for each drill, sorted by alert; times in stack time and, in brackets, in real time.

    ``width`` is that of the terminal: in a narrow one a mail address is broken before its ``@``.
    """
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, header_style="bold")
    table.add_column("Alert", overflow="fold", min_width=15)
    table.add_column("Fault", overflow="fold")
    table.add_column("Detected after", overflow="fold")
    table.add_column("Paged", overflow="fold", min_width=16)
    table.add_column("Resolved after", overflow="fold")
    table.add_column("Verdict", no_wrap=True)
    for drill in sorted_drills(report):
        table.add_row(*_cells(drill, width))
    return table


def _cells(drill: DrillJournal, width: int) -> tuple[Text, ...]:
    said = row(drill)
    paged = said.paged if width >= _WIDE else said.paged.replace("@", "\n@")
    # Text, never markup: a title may hold [brackets].
    return (
        Text.assemble(said.alert, "\n", (said.side, "dim")),
        Text(said.fault),
        Text(_on_two_lines(said.detected)),
        Text(_on_two_lines(paged)),
        Text(_on_two_lines(said.resolved)),
        Text(marked(said.verdict), style=_STYLES[said.verdict]),
    )


def _on_two_lines(text: str) -> str:
    return text.replace(" after ", "\nafter ").replace(" (", "\n(")


def print_summary(report: Report, console: Console) -> None:
    """Print the table, what did not pass with its reason, and the headline last, where the eye ends up."""
    top = headline(report)
    if report.drills:
        console.print(summary_table(report, width=console.width))
        console.print()
    for drill in sorted_drills(report):
        if drill.verdict in {Verdict.FAILED, Verdict.BROKEN}:
            console.print(_line(drill.verdict, f"{drill.alert} ({row(drill).side}): {sentence(drill)}"))
    for check in report.other_checks:
        if check.verdict in {Verdict.FAILED, Verdict.BROKEN}:
            console.print(_line(check.verdict, f"{check.check}: {check.reason or 'no reason was recorded'}"))
    console.print(_line(top.verdict, top.sentence))
    for detail in top.details:
        console.print(Text(f"  {detail}"))


def _line(verdict: Verdict, text: str) -> Text:
    return Text.assemble((marked(verdict), _STYLES[verdict]), "  ", text)
