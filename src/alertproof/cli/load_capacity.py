"""``alertproof load find-capacity``: the rate at which p95 reaches its limit."""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import click
import msgspec
from rich.console import Console

from alertproof.cli.load_crew import crew_asked_for, crew_options
from alertproof.cli.load_limits import ceiling_of, demand
from alertproof.cli.load_view import SearchView
from alertproof.cli.options import load_options, target_option
from alertproof.loadgen import (
    CapacityRun,
    Ceiling,
    find_capacity,
    find_profile,
    read_capacity_profile,
)
from alertproof.loadgen.behaviour import said
from alertproof.loadgen.capacity import Outcome
from alertproof.report.capacity import write_capacity_page
from alertproof.stack import reached
from alertproof.verdict import Verdict

__all__ = ["find_capacity_command"]

_CODES = {Verdict.PASSED: 0, Verdict.FAILED: 1, Verdict.BROKEN: 3}
_COLOURS = {Outcome.PASS: "green", Outcome.FAIL: "red", Outcome.INCONCLUSIVE: "yellow", None: "magenta"}


@click.command("find-capacity")
@click.option("--require", "required", type=float, required=True, help="The arrivals per second that must be taken.")
@click.option("--headroom", default=1.0, show_default=True, help="... so many times over.")
@click.option("--precision", type=float, help="Go on until half of the interval is that share of the rate, as 0.05.")
@click.option("--profile", "profile_name", default="find-capacity", show_default=True, help="Its name, or its file.")
@target_option
@load_options("search")
@crew_options
@click.option("--html", "page", type=click.Path(path_type=Path), help="Write the knee and the course there, as a page.")
@click.option("--json", "as_json", is_flag=True, help="Print what was found as one line of JSON.")
def find_capacity_command(
    *,
    required: float,
    headroom: float,
    precision: float | None,
    profile_name: str,
    target_name: str,
    monitoring: Path,
    profiles: Path,
    max_rate: float,
    max_duration: str,
    kill_switch: Path,
    page: Path | None,
    as_json: bool,
    **crew: Any,
) -> int:
    """Find the highest rate at which the limit is kept, with a 95 % interval, in about 7 minutes.

    Exit code 0 PASS, 1 FAIL, 3 INCONCLUSIVE or broken.
    """
    path = find_profile(profile_name, folder=profiles, base=Path())
    profile = read_capacity_profile(path, precision=precision)
    ceiling: Ceiling = ceiling_of(max_rate, max_duration)
    asked = crew_asked_for(**crew)
    progress = Console(stderr=True, quiet=not sys.stderr.isatty())
    with reached(
        target_name,
        targets=Path("alertproof.toml"),
        monitoring=monitoring,
        capacity=profile.platform_capacity,
    ) as target:
        demand(target, profile, target_name)
        progress.print(f"{profile.name}: {profile.describe()}, at {target.endpoints.m3core}", highlight=False)
        with SearchView(profile, progress, required=required * headroom) as view:
            found = find_capacity(
                profile,
                target,
                target_name=target_name,
                required=required,
                headroom=headroom,
                ceiling=ceiling,
                kill_switch=kill_switch,
                crew=asked,
                watch=view.see,
            )
    if page is not None:
        write_capacity_page(found, page)
        progress.print(f"page: {page}", markup=False, highlight=False, soft_wrap=True)
    if as_json:
        click.echo(msgspec.json.encode(found).decode())
    else:
        _show(found, Console())
    return _CODES[found.verdict]


def _show(found: CapacityRun, console: Console) -> None:
    say = found.outcome or "broken"
    for one in found.failures[:5]:
        text = f"failed: {one.n} x {one.name} {one.trouble} (one has correlation id {one.correlation_id})"
        console.print(text, markup=False, highlight=False, soft_wrap=True)
    console.print(f"[{_COLOURS[found.outcome]}]{say}[/]: ", end="", highlight=False)
    console.print(found.reason, markup=False, highlight=False, soft_wrap=True)
    for doubt in (one for one in found.doubts if one not in found.reason):
        console.print(f"doubt: {doubt}", markup=False, highlight=False, soft_wrap=True)
    if found.behaviour is not None:
        for words in said(found.behaviour, limit_ms=found.limit / timedelta(milliseconds=1)):
            console.print(words, markup=False, highlight=False, soft_wrap=True)
