"""``alertproof monitors diff``: what an account has otherwise than ``monitoring/`` says."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
import msgspec
from rich.console import Console
from rich.text import Text

from alertproof.errors import ConfigError
from alertproof.requirements import Permission, load_specification
from alertproof.stack import reached

if TYPE_CHECKING:
    from alertproof.sync import Accounts, Plan, Step

__all__ = ["account_options", "diff_command", "opened", "print_plan", "step_as_json"]

_F = TypeVar("_F", bound=Callable[..., Any])
_SIGNS = {"create": "+", "update": "~", "adopt": "~", "delete": "-", "held": "!"}
_STYLES = {"create": "green", "update": "yellow", "adopt": "yellow", "delete": "red", "held": "magenta"}


def account_options(command: _F) -> _F:
    """Add the options that say which account is meant, and what of it."""
    for option in reversed(
        (
            click.option(
                "--target",
                "target_name",
                metavar="NAME",
                required=True,
                help="A name in alertproof.toml, or a file that holds a stack's line (alertproof up --json).",
            ),
            click.option(
                "--monitoring", type=click.Path(path_type=Path), default=Path("monitoring"), show_default=True
            ),
            click.option(
                "--adopt",
                multiple=True,
                metavar="NAME",
                help="Take over what is called so, or has this id, and is not ours. May be given again.",
            ),
            click.option("--delete", is_flag=True, help="Also delete what is ours and has no file any more."),
        )
    ):
        command = option(command)
    return command


@click.command("diff")
@account_options
@click.option("--json", "as_json", is_flag=True, help="Print a line of JSON for each thing that differs.")
def diff_command(*, target_name: str, monitoring: Path, adopt: tuple[str, ...], delete: bool, as_json: bool) -> int:
    """Show what an account has otherwise than monitoring/ says. Only reads.

    Exit code 0 without a difference, 1 with some, 2 for a file or a setting that is wrong, 3 if an account could not
    be read.
    """
    with opened(target_name, monitoring, permission="read") as accounts:
        plan = accounts.plan(adopt=adopt, delete=delete)
        print_plan(plan, accounts, as_json=as_json)
    return 1 if plan.steps else 0


@contextmanager
def opened(name: str, monitoring: Path, *, permission: Permission) -> Iterator[Accounts]:
    """Yield the accounts of a target that allows it; raises `ConfigError` for one that does not."""
    try:
        from alertproof.sync import Accounts, Settings  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise ConfigError("this needs the clients of the vendors: pip install 'alertproof[drill]'") from error
    # Before anything is started: a folder that is not there is the caller's mistake, not the stack's.
    origin = load_specification(monitoring).environment
    with reached(name, targets=Path("alertproof.toml"), monitoring=monitoring) as target:
        if permission not in target.allow:
            raise ConfigError(
                f"target {name!r} does not allow {permission!r}; "
                f"where that is wanted, say so in alertproof.toml: allow = {[*target.allow, permission]}"
            )
        settings = Settings.of(target, name, origin=origin, environment=os.environ)
        with Accounts(settings, monitoring) as accounts:
            yield accounts


def print_plan(plan: Plan, accounts: Accounts, *, as_json: bool) -> None:
    """Print a plan: lines of JSON, notes to the standard error; for people signs, names, and fields old -> new."""
    if as_json:
        for step in plan.steps:
            click.echo(msgspec.json.encode(step_as_json(step)).decode())
        for text in _notes(plan, accounts):
            click.echo(text, err=True)
        return
    console = Console(highlight=False, soft_wrap=True)
    settings = accounts.settings
    places = ", ".join(filter(None, (settings.datadog, settings.pagerduty, settings.sentry)))
    console.print(Text(f"{places}, env:{settings.environment}", style="bold"))
    for step in plan.steps:
        _show(console, step)
    for text in _notes(plan, accounts):
        console.print(Text(text, style="dim"))
    console.print(_summary(plan))


def step_as_json(step: Step) -> dict[str, object]:
    """Return a step as machines read it; ``from`` and ``to`` are null where a field is not set."""
    return {
        "action": step.action,
        "kind": step.kind,
        "key": step.key,
        "name": step.name,
        "id": step.existing.id if step.existing else None,
        "file": step.wanted.written.place() if step.wanted else None,
        "changes": [{"field": one.field, "from": one.old, "to": one.new} for one in step.changes],
        "reason": step.reason,
    }


def _show(console: Console, step: Step) -> None:
    from alertproof.sync import in_words  # noqa: PLC0415 - an extra

    line = Text()
    line.append(f"{_SIGNS[step.action]} {step.action} ", style=_STYLES[step.action])
    line.append(f"{step.kind} {step.name}", style="bold")
    place = (
        step.wanted.written.place() if step.wanted else f"{step.key}, id {step.existing.id if step.existing else ''}"
    )
    line.append(f" ({place})", style="dim")
    console.print(line)
    if step.reason:
        console.print(Text(f"    {step.reason}"))
    for change in step.changes:
        for text in in_words(change):
            console.print(Text(f"    {text}"))


def _notes(plan: Plan, accounts: Accounts) -> Iterator[str]:
    if plan.used:
        yield f"used as they are, though not ours: {', '.join(plan.used)}"
    if plan.orphans:
        yield f"{plan.orphans} of ours have no file any more; --delete deletes them"
    for text in accounts.left_out:
        yield f"left out: {text}"


def _summary(plan: Plan) -> str:
    counts = {action: sum(step.action == action for step in plan.steps) for action in _SIGNS}
    parts = [f"{count} to {action}" for action, count in counts.items() if count and action != "held"]
    parts += [f"{counts['held']} held"] if counts["held"] else []
    same = f"{plan.same} as they should be"
    return f"{', '.join(parts)}; {same}" if parts else f"no difference; {same}"
