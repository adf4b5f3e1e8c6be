"""``alertproof load``: profiles, without pytest."""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import click
from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table
from rich.text import Text

from alertproof.cli.load_capacity import find_capacity_command
from alertproof.cli.load_crew import crew_asked_for, crew_options, worker_command
from alertproof.cli.load_launch import capacity_of, told_of_launch
from alertproof.cli.load_limits import ceiling_of, demand
from alertproof.cli.options import load_options, target_option
from alertproof.gate import words
from alertproof.journal import LoadJournal, LoadTick
from alertproof.loadgen import find_profile, read_profile, run_load
from alertproof.report import encode_record
from alertproof.stack import reached
from alertproof.verdict import Verdict

__all__ = ["load"]

_CODES = {Verdict.PASSED: 0, Verdict.FAILED: 1, Verdict.BROKEN: 3}


@click.group()
def load() -> None:
    """Load profiles: open-loop arrivals, thresholds with a minimum of samples; and the search for the capacity."""


load.add_command(find_capacity_command)
load.add_command(worker_command)


@load.command("run")
@click.argument("profile")
@target_option
@load_options("run")
@crew_options
@click.option("--before-launch", is_flag=True, help="Say what it means: alerts, capacity, the platform's own view.")
@click.option("--capacity", type=click.Path(path_type=Path), help="What find-capacity --json printed, for that.")
@click.option("--json", "as_json", is_flag=True, help="Print the whole journal as one line of JSON.")
def run(
    *,
    profile: str,
    target_name: str,
    monitoring: Path,
    profiles: Path,
    max_rate: float,
    max_duration: str,
    kill_switch: Path,
    before_launch: bool,
    capacity: Path | None,
    as_json: bool,
    **crew: Any,
) -> int:
    """Run a profile: its name, or the path of its file. Exit code 0 passed, 1 a threshold did not hold, 3 broken."""
    wanted = read_profile(find_profile(profile, folder=profiles, base=Path()))
    ceiling = ceiling_of(max_rate, max_duration)
    ceiling.check(wanted)
    asked, known = crew_asked_for(**crew), capacity_of(capacity)
    progress = Console(stderr=True, quiet=not sys.stderr.isatty())
    with reached(
        target_name,
        targets=Path("alertproof.toml"),
        monitoring=monitoring,
        capacity=wanted.platform_capacity,
    ) as target:
        demand(target, wanted, target_name)
        progress.print(f"{wanted.name}: {wanted.describe()}, at {target.endpoints.m3core}", highlight=False)
        journal = run_load(
            wanted,
            target,
            check=f"load run {wanted.name}",
            target_name=target_name,
            ceiling=ceiling,
            kill_switch=kill_switch,
            drains=True,
            crew=asked,
            watch=lambda tick, in_flight: progress.print(_line(tick, in_flight), highlight=False),
        )
        report = None
        if before_launch and journal.verdict is not Verdict.BROKEN:
            report = told_of_launch(journal, target, monitoring=monitoring, capacity=known)
    if as_json:
        click.echo(encode_record(journal).decode())
    else:
        _show(journal, Console())
    if report is not None:
        for line in words(report):
            click.echo(line, err=as_json)
    return _CODES[journal.verdict]


def _line(tick: LoadTick, in_flight: int) -> str:
    p95 = "-" if tick.p95 is None else _ms(tick.p95)
    colour = "red" if tick.failed or tick.dropped else "yellow" if tick.slow else "green"
    return (
        f"[{colour}]{tick.second:>4} s[/]  {tick.target_rate:g}/s  {tick.n} done  {tick.slow} slow  "
        f"{tick.failed} failed  p95 {p95}  {in_flight} under way"
    )


def _ms(span: timedelta | None) -> str:
    return "-" if span is None else f"{span / timedelta(milliseconds=1):.0f} ms"


def _show(journal: LoadJournal, console: Console) -> None:
    table = Table("endpoint", box=SIMPLE)
    for name in ("n", "slow", "failed", "p50", "p95", "p99", "max"):
        table.add_column(name, justify="right")
    for column in table.columns:
        column.no_wrap = True
    for one in journal.endpoints:
        spans = (_ms(span) for span in (one.p50, one.p95, one.p99, one.longest))
        table.add_row(Text(one.name), str(one.n), str(one.slow), str(one.failed), *spans)
    if journal.endpoints:
        console.print(table)
    for met in (one for one in journal.expectations if one.met):
        console.print(f"met: {met.text}; last seen: {met.last_seen}", markup=False, highlight=False, soft_wrap=True)
    if journal.reason:
        console.print(journal.reason, markup=False, highlight=False, soft_wrap=True)
    colour = "green" if journal.verdict is Verdict.PASSED else "red"
    console.print(f"[{colour}]{journal.verdict}[/]: {journal.profile} at {journal.target}", highlight=False)
