"""``alertproof gate``: a candidate against a baseline, block by block."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import click
import msgspec
from rich.box import SIMPLE
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from alertproof.cli.gate_journeys import walking
from alertproof.cli.load_limits import ceiling_of, demand
from alertproof.cli.options import load_options
from alertproof.errors import ConfigError
from alertproof.faults.shield import ended_by_signals
from alertproof.gate import Arm, Block, Felt, Finding, GateRun, GateVerdict, Rules, run_gate, summary
from alertproof.journal import LoadJournal
from alertproof.loadgen import Profile, find_profile, read_profile, run_load
from alertproof.requirements import Target, parse_span
from alertproof.stack import reached

__all__ = ["gate"]

_CODES = {GateVerdict.PASSED: 0, GateVerdict.FAILED: 1, GateVerdict.INCONCLUSIVE: 3, GateVerdict.INVALID: 3}
_COLOURS = {
    GateVerdict.PASSED: "green",
    GateVerdict.FAILED: "red",
    GateVerdict.INCONCLUSIVE: "yellow",
    GateVerdict.INVALID: "magenta",
}
#: What journeys leave that failed in a gate, a folder for each arm.
_EVIDENCE = Path("reports/gate")


@click.command("gate")
@click.option("--baseline", metavar="TARGET", required=True, help="What is in production: a name in alertproof.toml.")
@click.option("--candidate", metavar="TARGET", required=True, help="What is to be released; may stand beside it.")
@click.option("--profile", "profile_name", default="gate", show_default=True, help="The load of one block.")
@click.option("--pairs", default="10,15,20", show_default=True, help="Numbers of pairs after which it is looked.")
@click.option("--slower", default=10.0, show_default=True, help="So many percent slower is worse.")
@click.option("--least-shift", default="10ms", show_default=True, help="A smaller shift of a p95 does not matter.")
@click.option("--minimum-samples", default=100, show_default=True, help="Requests an endpoint needs in each block.")
@click.option(
    "--journeys", metavar="PATH", help="A folder, FILE or FILE::TEST of journeys: their vitals are compared too."
)
@click.option("--walks", type=click.IntRange(1, 50), default=3, show_default=True, help="Of each journey in a block.")
@click.option("--summary", "summary_file", type=click.Path(path_type=Path), help="Append it there, as Markdown.")
@load_options("block")
@click.option("--json", "as_json", is_flag=True, help="Print the whole gate as one line of JSON.")
def gate(
    *,
    baseline: str,
    candidate: str,
    profile_name: str,
    pairs: str,
    slower: float,
    least_shift: str,
    minimum_samples: int,
    journeys: str | None,
    walks: int,
    summary_file: Path | None,
    monitoring: Path,
    profiles: Path,
    max_rate: float,
    max_duration: str,
    kill_switch: Path,
    as_json: bool,
) -> int:
    """Compare a candidate with a baseline under the same load and on the same journeys, in alternating blocks.

    Exit code 0 passed, 1 the candidate is worse, 3 inconclusive (a person decides) or invalid (nothing was measured).
    """
    profile = read_profile(find_profile(profile_name, folder=profiles, base=Path()))
    ceiling = ceiling_of(max_rate, max_duration)
    ceiling.check(profile)
    _demand_no(kill_switch)
    rules = _rules(profile, pairs, slower, least_shift, minimum_samples)
    progress = Console(stderr=True, quiet=not sys.stderr.isatty())
    names = {Arm.BASELINE: baseline, Arm.CANDIDATE: candidate}
    with ended_by_signals(), ExitStack() as stack:
        send: dict[Arm, Callable[[], LoadJournal]] = {}
        walk: dict[Arm, Callable[[], Felt]] = {}
        for arm, name in names.items():
            target = stack.enter_context(reached(name, targets=Path("alertproof.toml"), monitoring=monitoring))
            demand(target, profile, name)
            send[arm] = _sender(profile, target, arm, name, ceiling=ceiling, kill_switch=kill_switch)
            if journeys:
                go = stack.enter_context(
                    walking(journeys, target, name, times=walks, monitoring=monitoring, reports=_EVIDENCE / arm)
                )
                walk[arm] = _unless(kill_switch, go)
        progress.print(
            f"{profile.name}: {profile.describe()} a block, {rules.looks[0]} to {rules.looks[-1]} pairs, "
            f"{candidate} against {baseline}",
            highlight=False,
        )
        ran = run_gate(
            send,
            rules,
            profile=profile.name,
            names=names,
            timeout=profile.timeout,
            walk=walk,
            watch=lambda pair, block: progress.print(_line(pair, block), highlight=False),
        )
    if summary_file:
        with summary_file.open("a", encoding="utf-8") as file:
            file.write(summary(ran))
    if as_json:
        click.echo(msgspec.json.encode(ran).decode())
    else:
        _show(ran, Console())
    return _CODES[ran.judgement.verdict]


def _rules(profile: Profile, pairs: str, slower: float, least_shift: str, minimum_samples: int) -> Rules:
    try:
        looks = tuple(int(number) for number in pairs.split(","))
    except ValueError as error:
        raise ConfigError(f"--pairs: numbers with commas between them, as 10,15,20; got {pairs!r}") from error
    try:
        shift = parse_span(least_shift)
    except ValueError as error:
        raise ConfigError(f"--least-shift: {error}") from error
    try:
        return Rules(
            looks=looks,
            slower=slower / 100,
            noise=min(slower / 200, Rules().noise),
            least_shift=shift / timedelta(seconds=1),
            minimum_samples=minimum_samples,
            slow_allowed=profile.slow_allowed,
        )
    except ValueError as error:
        raise ConfigError(f"the gate's rules: {error}") from error


def _sender(profile: Profile, target: Target, arm: Arm, name: str, **limits: Any) -> Callable[[], LoadJournal]:
    return lambda: run_load(profile, target, check=f"gate {arm}", target_name=name, **limits)


def _unless(kill_switch: Path, go: Callable[[], Felt]) -> Callable[[], Felt]:
    """Return what goes on journeys unless the kill switch is there."""

    def checked() -> Felt:
        _demand_no(kill_switch)
        return go()

    return checked


def _demand_no(kill_switch: Path) -> None:
    if kill_switch.exists():
        raise ConfigError(f"the kill switch {kill_switch} is there: nothing is sent until it is removed")


def _line(pair: int, block: Block) -> str:
    if block.broken:
        return f"[red]pair {pair:>2}  {block.arm:<9}  broken[/]: {escape(block.broken.splitlines()[0])}"
    if block.felt and block.felt.broken:
        return f"[red]pair {pair:>2}  {block.arm:<9}[/]  {escape(block.felt.broken)}"
    return f"pair {pair:>2}  {block.arm:<9}  {block.n} done  {block.failed} failed  p95 {1000 * block.p95['']:.1f} ms"


def _show(ran: GateRun, console: Console) -> None:
    judgement = ran.judgement
    table = Table("compared", box=SIMPLE)
    for column in ("baseline", "candidate", "shift", "95 % interval"):
        table.add_column(column, justify="right", no_wrap=True)
    table.add_column("verdict")
    for finding in judgement.findings:
        table.add_row(escape(finding.name), *_numbers(finding), f"[{_COLOURS[finding.verdict]}]{finding.verdict}[/]")
    if judgement.findings:
        console.print(table)
    for one in judgement.left_out:
        console.print(f"not compared: {one}", markup=False, highlight=False, soft_wrap=True)
    console.print(
        f"[{_COLOURS[judgement.verdict]}]{judgement.verdict}[/] after {judgement.pairs} pairs: ",
        end="",
        highlight=False,
    )
    console.print(judgement.why, markup=False, highlight=False, soft_wrap=True)


def _numbers(one: Finding) -> tuple[str, str, str, str]:
    if one.unit == "s":
        arms = (f"{1000 * one.baseline:.1f} ms", f"{1000 * one.candidate:.1f} ms")
        return *arms, f"{one.shift:+.1%}", f"{one.low:+.1%} to {one.high:+.1%}"
    if one.unit == "score":
        arms = (f"{one.baseline:.3f}", f"{one.candidate:.3f}")
        return *arms, f"{one.shift:+.3f}", f"{one.low:+.3f} to {one.high:+.3f}"
    arms = (f"{one.baseline:.2%}", f"{one.candidate:.2%}")
    return *arms, f"{100 * one.shift:+.2f} pp", f"{100 * one.low:+.2f} to {100 * one.high:+.2f} pp"
