"""``alertproof monitors eval``: what monitors do over given data."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from alertproof.cli.drawn import show_drawing
from alertproof.cli.monitor_sources import account_option, gather, paths_argument
from alertproof.errors import AlertproofError, Broken, ConfigError
from alertproof.offline.document import read_span
from alertproof.offline.drawing import draw_run
from alertproof.offline.evaluate import Evaluated, evaluate, read_data
from alertproof.offline.script import Monitor, monitor_of
from alertproof.offline.words import told

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from alertproof.datadog import Notification
    from alertproof.offline.timeline import Run
    from alertproof.tags import Group

__all__ = ["eval_command"]

_MOST_GROUPS = 8


@click.command("eval")
@paths_argument
@account_option
@click.option("--data", metavar="FILE", type=click.Path(path_type=Path), help="The inputs of a test, in YAML or JSON.")
@click.option("--series", multiple=True, metavar="TEXT", help="A series: 'count api.errors{env:prod} 0x9 5x10'.")
@click.option("--interval", metavar="SPAN", help="The time between values of --series, 1m without --data.")
@click.option("--json", "as_json", is_flag=True, help="Print a line of JSON for each monitor.")
def eval_command(
    *,
    paths: tuple[Path, ...],
    account: bool,
    data: Path | None,
    series: tuple[str, ...],
    interval: str | None,
    as_json: bool,
) -> int:
    """Evaluate monitors over given data: their values, states, transitions and notifications over time.

    Exit code 2 if something cannot be read or is not modelled, 3 if the data say nothing about a monitor.
    """
    if data is not None and interval is not None:
        raise ConfigError(f"--interval: {data} has an interval of its own, which holds for --series too")
    given = read_data(data, series, _interval("1m" if interval is None else interval))
    sources = gather(paths, account=account)
    problems: list[AlertproofError] = [ConfigError(text) for text in sources.unreadable]
    monitors: list[Monitor] = []
    for declared in sources.declared:
        try:
            monitors.append(monitor_of(declared, {monitor.stem for monitor in monitors}))
        except AlertproofError as error:
            problems.append(error)
    for each in evaluate(monitors, given):
        if each.problem is not None:
            kind = Broken if isinstance(each.problem, Broken) else ConfigError
            problems.append(kind(f"{each.monitor.stem}: {each.problem}"))
        if each.run is None:
            continue
        if as_json:
            click.echo(msgspec.json.encode(_as_json(each, each.run)).decode())
        else:
            _show(each, each.run)
    for problem in problems:
        click.echo(f"alertproof: {problem}", err=True)
    if not all(isinstance(problem, Broken) for problem in problems):
        return 2
    return 3 if problems else 0


def _interval(text: str) -> timedelta:
    try:
        span = read_span(text)
    except ConfigError as error:
        raise ConfigError(f"--interval: {error}") from error
    if not span:
        raise ConfigError("--interval: an interval is longer than nothing")
    return span


# --- for people ---------------------------------------------------------------------------------------


def _show(each: Evaluated, run: Run) -> None:
    groups = run.timeline.observations.groups
    for group in groups[:_MOST_GROUPS]:
        show_drawing(draw_run(run, group))
        click.echo()
    if len(groups) > _MOST_GROUPS:
        click.echo(
            f"{len(groups) - _MOST_GROUPS} more groups of {each.monitor.stem} are not drawn; --json has them all\n"
        )
    for notification in run.notifications:
        click.secho(told(notification, run.start), bold=True)
        for line in (notification.title, *notification.body.strip().splitlines()):
            click.echo(f"    {line}".rstrip())
    if not run.notifications:
        click.echo(f"{each.monitor.stem} tells nobody anything")
    for text in each.assumptions:
        click.secho(f"assumed: {text}", dim=True)
    click.echo()


# --- for machines -------------------------------------------------------------------------------------


def _as_json(each: Evaluated, run: Run) -> dict[str, object]:
    return {
        "monitor": each.monitor.stem,
        "name": each.monitor.definition.name,
        "at": [int(at - run.start.timestamp()) for at in run.instants],
        "groups": [_group(run, group) for group in run.timeline.observations.groups],
        "notifications": [_notification(notification, run) for notification in run.notifications],
        "assumptions": each.assumptions,
    }


def _group(run: Run, group: Group) -> dict[str, object]:
    return {
        "group": {tag.key: tag.value for tag in group},
        "values": [None if math.isnan(value) else value for value in run.values(group).tolist()],
        "states": list(_states(run, group)),
        "transitions": [
            {"at": _seconds(step.at, run), "from": step.old, "to": step.new, "value": step.value}
            for step in run.transitions
            if step.group == group
        ],
    }


def _states(run: Run, group: Group) -> Iterator[str | None]:
    for number in range(len(run.instants)):
        status = run.timeline.status(group, number)
        yield status.state if status else None


def _notification(each: Notification, run: Run) -> dict[str, object]:
    return {
        "at": _seconds(each.at, run),
        "group": {tag.key: tag.value for tag in each.group},
        "transition": each.transition,
        "state": each.state,
        "handles": each.handles,
        "title": each.title,
        "body": each.body,
        "value": each.value,
    }


def _seconds(at: datetime, run: Run) -> int:
    return int((at - run.start).total_seconds())
