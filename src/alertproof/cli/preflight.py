"""``alertproof preflight``: what drills would do to a target, and all that keeps them from starting."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from alertproof.cli.options import monitoring_option
from alertproof.errors import ConfigError
from alertproof.requirements import load_specification
from alertproof.stack import reached

if TYPE_CHECKING:
    from collections.abc import Sequence

    from alertproof.drills.problem import Problem
    from alertproof.drills.safety import Planned

__all__ = ["preflight_command"]


@click.command("preflight")
@click.argument("alerts", nargs=-1, metavar="[ALERT]...")
@click.option("--target", "target_name", metavar="NAME", required=True, help="A name in alertproof.toml.")
@monitoring_option
@click.option("--production", is_flag=True, help="The target is production, and drills there are meant.")
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON: the plan, and the problems.")
def preflight_command(
    *, alerts: tuple[str, ...], target_name: str, monitoring: Path, production: bool, as_json: bool
) -> int:
    """Show what drills of these alerts (all without a name) would do, and all that is wrong, at once.

    It only reads. Exit code 0 if drills may start, 1 if something is wrong, 2 for a file or a setting that cannot be
    read.
    """
    try:
        from alertproof.drills.preflight import preflight, surveyed  # noqa: PLC0415 - an extra
        from alertproof.drills.safety import beyond_limits, planned  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise ConfigError("this needs the clients of the vendors: pip install 'alertproof[drill]'") from error
    spec = load_specification(monitoring)
    with (
        reached(target_name, targets=Path("alertproof.toml"), monitoring=monitoring) as target,
        surveyed(target, name=target_name, spec=spec, alerts=alerts) as survey,
    ):
        plan = planned(target, spec, survey.alerts)
        found = beyond_limits(target, target_name, plan, production=production) + preflight(survey)
    if as_json:
        problems = [{"where": one.where, "what": one.what, "do": one.do} for one in found]
        click.echo(msgspec.json.encode({"plan": plan, "problems": problems}).decode())
    else:
        _show(plan, found, target_name)
    return 1 if found else 0


def _show(plan: Sequence[Planned], found: Sequence[Problem], name: str) -> None:
    click.echo(f"what drills would do to {name}:")
    for each in plan:
        told = f"{each.told} ({each.urgency} urgency)" if each.urgency else each.told
        where = each.door or "a door that is not known"
        click.echo(f"  {each.alert}, {each.side}: {each.fault}; at {where}, {each.lease_s:.0f} s at most; pages {told}")
    for problem in found:
        click.echo(f"{problem.where}: {problem.what}\n    {problem.do}")
    count = len(found)
    click.echo(f"{count} problem{'s' if count != 1 else ''}; nothing was touched" if found else "drills may start")
