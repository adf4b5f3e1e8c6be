"""``alertproof report review``: what no drill proves, what never or always fires, and what is sent for nobody."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from itertools import groupby
from pathlib import Path

import click
import msgspec
from rich.console import Console
from rich.text import Text

from alertproof.cli.options import monitoring_option
from alertproof.clock import SystemClock
from alertproof.errors import ConfigError
from alertproof.report import Finding, History, Paths, review
from alertproof.report.review import ADVICE, WORTH_KNOWING
from alertproof.report.words import counted
from alertproof.requirements import load_specification

__all__ = ["review_command"]


@click.command("review")
@click.option("--reports", type=click.Path(path_type=Path), default=Path("reports"), show_default=True)
@monitoring_option
@click.option("--target", default="local", show_default=True, help="The target whose drills count.")
@click.option("--days", default=30, show_default=True, type=click.IntRange(1), help="How long a proof is one.")
@click.option("--all", "everything", is_flag=True, help="Name also what is otherwise only counted.")
@click.option("--json", "as_json", is_flag=True, help="Print a line of JSON for each finding.")
def review_command(*, reports: Path, monitoring: Path, target: str, days: int, everything: bool, as_json: bool) -> int:
    """List the alerts that are not proven, never fired or always fire, and the telemetry that nobody uses.

    Each thing stands in one line, under the worst that is wrong with it. What breaks no promise of the specification is
    counted, but for alerts that wake somebody. Exits with 1 when an alert is not proven, or always fires.
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
        _print(found, drills=len(runs), target=target, everything=everything)
    return 1 if any(one.kind not in WORTH_KNOWING for one in found) else 0


def _print(found: Sequence[Finding], *, drills: int, target: str, everything: bool) -> None:
    console = Console(highlight=False)
    for kind, group in groupby(found, key=lambda one: one.kind):
        members = [*group]
        console.print(Text(f"{kind}: {len(members)}", style="bold"), Text(f"- {ADVICE[kind]}", style="dim"))
        shown = [one for one in members if everything or one.wakes or kind not in WORTH_KNOWING]
        width = max((len(one.name) for one in shown), default=0)
        for one in shown:
            wakes = " (wakes somebody)" if one.wakes else ""
            console.print(Text(f"  {one.name:{width}}  {one.said}{wakes}"))
        if len(shown) < len(members):
            more = f"{len(members) - len(shown)} more" if shown else f"{len(members)}"
            console.print(Text(f"  {more} not named: --all", style="dim"))
    broken = sum(one.kind not in WORTH_KNOWING for one in found)
    said = f"{broken} to do, {len(found) - broken} worth knowing, in {counted(drills, 'drill')} on {target}"
    console.print(Text(said, style="dim"))
