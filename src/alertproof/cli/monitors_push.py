"""``alertproof monitors push``: brings an account to what ``monitoring/`` says."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from alertproof.cli.monitors_diff import account_options, opened, print_plan, step_as_json
from alertproof.errors import ConfigError

if TYPE_CHECKING:
    from alertproof.sync import Accounts, Done, Plan

__all__ = ["push_command"]

_WORDS = {"create": "created", "update": "updated", "adopt": "adopted", "delete": "deleted"}


@click.command("push")
@account_options
@click.option("--yes", is_flag=True, help="Do not ask before anything is changed.")
@click.option("--json", "as_json", is_flag=True, help="Print a line of JSON for each thing, and one for its outcome.")
def push_command(
    *, target_name: str, monitoring: Path, adopt: tuple[str, ...], delete: bool, yes: bool, as_json: bool
) -> int:
    """Create and update in an account what monitoring/ says, after showing the plan and asking.

    What is not ours is never touched, and nothing is deleted without --delete. If Datadog refuses a monitor, nothing
    is changed; one that needs what this push creates first is validated after that.

    Exit code 0 if the account now has what monitoring/ says, 1 if something was held back, declined or failed on the
    way (what was done is said), 2 for a file or a setting that is wrong, 3 if an account could not be read.
    """
    with opened(target_name, monitoring, permission="monitors") as accounts:
        plan = accounts.plan(adopt=adopt, delete=delete)
        print_plan(plan, accounts, as_json=as_json)
        if not plan.doable:
            return 1 if plan.held else 0
        if _is_refused(plan, accounts):
            return 2
        if not yes and not _agreed(len(plan.doable)):
            click.echo("nothing was changed", err=True)
            return 1
        now = accounts.plan(adopt=adopt, delete=delete)
        if not now.does_the_same(plan):
            click.echo(
                "alertproof: the account has changed since the plan was made: nothing was changed; run it again",
                err=True,
            )
            return 1
        done = _carry_out(plan, accounts, as_json=as_json)
    return 0 if done and not plan.held else 1


def _is_refused(plan: Plan, accounts: Accounts) -> bool:
    from alertproof.sync import refusals  # noqa: PLC0415 - an extra

    refused = list(refusals(plan, accounts.kinds, accounts.ids))
    for each in refused:
        click.echo(f"alertproof: {each.place}: refused: {each.error}", err=True)
    if refused:
        click.echo("alertproof: nothing was changed", err=True)
    return bool(refused)


def _agreed(count: int) -> bool:
    try:
        return click.confirm(f"Do {'this' if count == 1 else f'these {count}'}?", err=True)
    except click.Abort as error:
        raise ConfigError("nobody answered, and nothing was changed; say --yes where nobody can be asked") from error


def _carry_out(plan: Plan, accounts: Accounts, *, as_json: bool) -> bool:
    from alertproof.sync import apply  # noqa: PLC0415 - an extra

    def told(done: Done) -> None:
        step = done.step
        if as_json:
            error = None if done.error is None else str(done.error)
            outcome = {"done": error is None, "error": error}
            made = {"id": done.id} if done.id else {}
            click.echo(msgspec.json.encode({**step_as_json(step), **made, **outcome}).decode())
        elif done.error is None:
            click.echo(f"{_WORDS[step.action]} {step.kind} {step.name}, id {done.id}")
        if done.error is not None:
            click.echo(f"alertproof: not {_WORDS[step.action]}: {step.kind} {step.name}: {done.error}", err=True)

    done = apply(plan, accounts.kinds, accounts.ids, told)
    if not done:
        click.echo("alertproof: what is not said to be done was not; run it again to go on", err=True)
    return done
