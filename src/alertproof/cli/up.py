"""``alertproof up``: the embedded stack, until it is interrupted."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sys
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec
from rich.console import Console
from rich.table import Column, Table

from alertproof.addresses import is_loopback, own_address
from alertproof.cli.options import monitoring_option
from alertproof.cli.pointing import control_line, in_code, shell_lines
from alertproof.clock import SystemClock
from alertproof.errors import ConfigError, StackError
from alertproof.requirements import Target, load_specification
from alertproof.sentry.scrub import scrubbing_statement

if TYPE_CHECKING:
    from alertproof.stack.supervisor import StackPlan, Supervisor

__all__ = ["up"]

_MOST_CAPACITY = 100_000  # requests per second: as much as the platform's own setting takes
_LOOK = timedelta(seconds=0.5)  # real, between two looks at the parts


_EXPOSED = (
    "The stand-ins listen on {host}, beyond this machine: whoever reaches that address reads all that arrives there "
    "and changes it, for any key is right. Their control doors, the page and the platform stay on 127.0.0.1."
)


class _Ended(Exception):
    """A signal asked the stack to end while it was starting."""


class _End:
    """Remembers that a signal asked for the end. It interrupts the start, once, and never the end itself."""

    def __init__(self) -> None:
        self.asked = False
        self.interrupts = True
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._ask)

    def _ask(self, *_: object) -> None:
        self.asked = True
        if self.interrupts:
            self.interrupts = False
            raise _Ended


def _show(target: Target) -> None:
    table = Table("part", Column("answers at", overflow="fold"), title=f"stack at factor {target.clock.factor:g}")
    for name, address in sorted(msgspec.structs.asdict(target.endpoints).items()):
        if address and name != "page":
            table.add_row(name, address)
    console = Console(stderr=True)
    console.print(table)
    _lines(console, "To point an SDK of any language at it, paste these into its shell:", shell_lines(target))
    _lines(console, "Where a client reads none of them, it takes them in code:", in_code(target))
    _lines(console, "To ask for what arrived, or let a vendor fail (docs/stand-ins.md):", [control_line(target)])
    if target.endpoints.page:
        _lines(console, "To look on, open this page; its token is this stack's alone:", [target.endpoints.page])
    console.print(f"{scrubbing_statement()}.", highlight=False, markup=False, soft_wrap=True)
    if not target.endpoints.m3core:
        console.print("No platform runs here. Ctrl-C ends it.")
        return
    console.print(
        f"Log in at {target.pages}/ as tenant acme, agent@acme.example, "
        f"password {target.env['M3CORE_SEED_PASSWORD']} (made for this stack). Ctrl-C ends it.",
        highlight=False,
        soft_wrap=True,
    )


def _lines(console: Console, title: str, lines: Iterable[str]) -> None:
    console.print(title, highlight=False)
    for line in lines:
        console.print(f"  {line}", highlight=False, markup=False, soft_wrap=True)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON when every part answers.")
@click.option("--factor", default=1.0, show_default=True, help="Stack seconds that pass in a real second.")
@monitoring_option
@click.option("--host", default="127.0.0.1", show_default=True, help="The stand-ins' address, for containers and VMs.")
@click.option("--host-name", "host_names", multiple=True, help="A name with dots by which clients reach that address.")
@click.option("--page/--no-page", default=None, help="Serve a page that shows what arrives [default: unless --json].")
@click.option("--unscrubbed", is_flag=True, help="Run a second platform with its scrubbing off: the canaries' control.")
@click.option(
    "--capacity", type=float, help="Requests per second that the platform lets pass, by waiting [default: all it can]."
)
@click.option("--without-platform", is_flag=True, help="Start the vendors alone: for drills that send signals.")
@click.option("--empty", is_flag=True, help="Leave the accounts empty, for drills: monitoring/ is not pushed to them.")
@click.option("--until-eof", is_flag=True, help="End when standard input closes, as it does when its owner dies.")
def up(
    *,
    as_json: bool,
    factor: float,
    monitoring: Path,
    host: str,
    host_names: tuple[str, ...],
    page: bool | None,
    unscrubbed: bool,
    capacity: float | None,
    without_platform: bool,
    empty: bool,
    until_eof: bool,
) -> int:
    """Start the stack (stand-ins, M3CoreCRM's API, pages and worker), print its endpoints, stay until interrupted.

    Its accounts then have what monitoring/ says, as after monitors push, unless --empty is given.
    """
    try:
        from alertproof.stack.supervisor import StackPlan  # noqa: PLC0415 - needs an extra
    except ModuleNotFoundError as error:
        raise ConfigError(f"the embedded stack needs {error.name}: pip install 'alertproof[drill,embedded]'") from error

    if not factor > 0:
        raise ConfigError(f"--factor {factor:g}: must be above 0; 60 makes a minute of a second")
    if unscrubbed and without_platform:
        raise ConfigError(
            "--unscrubbed is a second platform, and --without-platform starts none: leave one of them out"
        )
    if capacity is not None and without_platform:
        raise ConfigError("--capacity is of the platform, and --without-platform starts none: leave one of them out")
    if capacity is not None and not 1 <= capacity <= _MOST_CAPACITY:
        raise ConfigError(
            f"--capacity {capacity:g}: from 1 to {_MOST_CAPACITY:,} requests per second; 60 suits two cores"
        )
    shown = not as_json if page is None else page
    plan = StackPlan(
        specification=load_specification(monitoring),
        factor=factor,
        host=own_address(host),
        host_names=host_names,
        page=shown,
        unscrubbed=unscrubbed,
        platform=not without_platform,
        capacity=capacity,
    )
    if not is_loopback(f"http://{host}"):
        Console(stderr=True).print(_EXPOSED.format(host=host), style="bold red", highlight=False)
    _run(plan, monitoring=None if empty else monitoring, as_json=as_json, until_eof=until_eof)
    return 0


def _run(plan: StackPlan, *, monitoring: Path | None, as_json: bool, until_eof: bool) -> None:
    """Start a stack, push a folder to it if one is given, say where it is, and stay until the end was asked for."""
    from alertproof.stack.supervisor import Supervisor  # noqa: PLC0415 - needs an extra

    end = _End()
    with contextlib.suppress(_Ended), Supervisor(plan) as supervisor:
        target = supervisor.start()
        if monitoring is not None:
            _push(target, monitoring)
        end.interrupts = False
        if as_json:
            click.echo(msgspec.json.encode(target).decode())
        else:
            _show(target)
        _watch(supervisor, end, until_eof=until_eof)


def _push(target: Target, monitoring: Path) -> None:
    """Bring the stack's accounts to what the folder says; says what did not get there. The stack is of use without."""
    from alertproof.sync import Settings, fill  # noqa: PLC0415 - an extra

    origin = load_specification(monitoring).environment
    done = fill(Settings.of(target, "this stack", origin=origin, environment={}), monitoring)
    for each in done:
        if each.error is not None:
            click.echo(f"alertproof: not pushed: {each.step.kind} {each.step.name}: {each.error}", err=True)
    pushed = sum(each.error is None for each in done)
    click.echo(f"{pushed} of the {len(done)} things of {monitoring}/ are in the stack's accounts", err=True)


def _watch(supervisor: Supervisor, end: _End, *, until_eof: bool) -> None:
    """Return when the end was asked for or the input closes; raise `StackError` when a part ends by itself."""
    while not end.asked:
        if not until_eof:
            SystemClock().sleep(_LOOK)
        elif select.select([sys.stdin], [], [], _LOOK.total_seconds())[0] and not os.read(sys.stdin.fileno(), 1024):
            return
        killed = supervisor.revive()
        if killed is not None:
            signal_name = signal.Signals(-(killed.exit_code or 0)).name
            click.echo(f"{killed.name} was killed ({signal_name}); it goes on where it was", err=True)
        dead = supervisor.dead_part()
        if dead is not None and not end.asked:
            raise StackError(f"{dead.name} ended with code {dead.exit_code}{dead.last_words()}")
