"""``alertproof report review``: what no drill proves, what never or always fires, and what is sent for nobody."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import click
import msgspec
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from alertproof.clock import SystemClock
from alertproof.errors import ConfigError
from alertproof.report import Finding, History, Paths, review
from alertproof.report.words import counted
from alertproof.requirements import load_specification

__all__ = ["review_command"]


@click.command("review")
@click.option("--reports", type=click.Path(path_type=Path), default=Path("reports"), show_default=True)
@click.option("--monitoring", type=click.Path(path_type=Path), default=Path("monitoring"), show_default=True)
@click.option("--target", default="local", show_default=True, help="The target whose drills count.")
@click.option("--days", default=30, show_default=True, type=click.IntRange(1), help="How long a proof is one.")
@click.option("--json", "as_json", is_flag=True, help="Print a line of JSON for each finding.")
def review_command(*, reports: Path, monitoring: Path, target: str, days: int, as_json: bool) -> int:
    """List the alerts that are not proven, never fired or always fire, and the telemetry that nobody uses.

    Exits with 1 when anything is found.
    """
    history, now = History(Paths.within(reports).history), SystemClock().now()
    if not history.path.is_file():
        raise ConfigError(f"{history.path}: no history here yet; a run of pytest writes it, or name --reports")
    spec = load_specification(monitoring)
    runs = history.alerts(target, until=now)
    found = review(spec, runs, history.signals(target), now=now, stale=timedelta(days=days))
    if as_json:
        for one in found:
            click.echo(msgspec.json.encode(one).decode())
    else:
        _print(found, drills=len(runs), target=target)
    return 1 if found else 0


def _print(found: tuple[Finding, ...], *, drills: int, target: str) -> None:
    console = Console()
    if found:
        table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, header_style="bold")
        for head in ("Which", "What", "In words"):
            table.add_column(head, overflow="fold")
        for one in found:
            table.add_row(Text(one.name), Text(one.kind), Text(one.said))
        console.print(table)
    console.print(Text(f"{counted(len(found), 'finding')} in {counted(drills, 'drill')} on {target}", style="dim"))
