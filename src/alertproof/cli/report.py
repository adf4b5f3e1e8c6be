"""``alertproof report``: what the last run proved, and how its checks ended before."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from alertproof.cli.options import monitoring_option
from alertproof.cli.report_review import review_command
from alertproof.clock import SystemClock
from alertproof.journal import dump_schema
from alertproof.report import History, PastRun, Paths, Report, print_summary, proof_page, read_lines, render_report
from alertproof.report.names import parse_name
from alertproof.report.summary.past import past_words
from alertproof.report.table import VERDICT_STYLES
from alertproof.report.words import NOTHING, SIGNS, counted, duration
from alertproof.requirements import load_specification
from alertproof.verdict import Verdict

__all__ = ["report"]

_REPORTS = click.option(
    "--reports",
    type=click.Path(path_type=Path),
    default=Path("reports"),
    show_default=True,
    help="Where the reports are.",
)


@click.group()
def report() -> None:
    """The last run's report, made again, and the history of its checks."""


report.add_command(review_command)


def _read(reports: Path) -> Report:
    return read_lines(Paths.within(reports).jsonl)


@report.command()
@_REPORTS
def show(*, reports: Path) -> int:
    """Print the summary of the last run."""
    last = _read(reports)
    console = Console()
    print_summary(last, console)
    if last.started is not None:
        console.print(Text(f"  Run {last.started.run} on {last.started.target}: {last.started.command}", style="dim"))
    return 0


@report.command()
@_REPORTS
def render(*, reports: Path) -> int:
    """Make report.html and summary.md of the last run again, from its run.jsonl."""
    paths = render_report(_read(reports), reports)
    for note in paths.notes:
        click.echo(note, err=True)
    for path in (paths.html, paths.markdown):
        click.echo(path)
    return 0


@report.command()
def schema() -> None:
    """Print the JSON schema of a drill's journal, as docs/drill-journal.schema.json has it."""
    click.echo(dump_schema(), nl=False)


@report.command()
@_REPORTS
@monitoring_option
def proven(*, reports: Path, monitoring: Path) -> int:
    """Print the page of the specified alerts with the times of the last run, as docs/proven-alerts.md has it."""
    click.echo(proof_page(_read(reports), load_specification(monitoring)), nl=False)
    return 0


@report.command()
@click.argument("check", default="")
@_REPORTS
@click.option("--target", default="", help="Only the runs on this target.")
@click.option("--runs", default=20, show_default=True, type=click.IntRange(1, 500), help="How many runs of each check.")
@click.option("--json", "as_json", is_flag=True, help="Print a line of JSON for each run, the oldest first.")
def history(*, check: str, reports: Path, target: str, runs: int, as_json: bool) -> int:
    """List the last runs of the checks whose name holds CHECK; all without one.

    Exits with 5 when there are none.
    """
    found = History(Paths.within(reports).history).find(part=check, target=target, most=runs)
    if as_json:
        for past in found:
            for run in past:
                click.echo(msgspec.json.encode(run).decode())
    elif found:
        _print(found)
    else:
        click.echo(f"no run of a check like {check!r}" + (f" on {target}" if target else ""), err=True)
    return 0 if found else 5


def _print(found: tuple[tuple[PastRun, ...], ...]) -> None:
    """Print a row for each check: its verdicts, the newest at the right, and what it took last."""
    now = SystemClock().now()
    console = Console()
    several = len({runs[-1].target for runs in found}) > 1
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, header_style="bold")
    for head in ("Check", "Kind", *(["Target"] if several else []), "Last runs", "Took", "In words"):
        table.add_column(head, overflow="fold", justify="right" if head == "Took" else "left")
    for runs in found:
        last, name = runs[-1], parse_name(runs[-1].check)
        table.add_row(
            Text(f"{name.title} [{name.parameters}]" if name.parameters else name.title),
            Text(last.kind),
            *([Text(last.target)] if several else []),
            Text.assemble(*((SIGNS[run.verdict], VERDICT_STYLES[run.verdict]) for run in runs)),
            Text(duration(last.span) if last.span is not None else NOTHING),
            Text(past_words(runs, now=now)),
        )
    console.print(table)
    unpassed = sum(runs[-1].verdict in {Verdict.FAILED, Verdict.BROKEN} for runs in found)
    console.print(Text(f"{counted(len(found), 'check')}, {unpassed} red in the last run", style="dim"))
