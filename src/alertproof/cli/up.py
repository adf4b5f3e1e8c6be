"""``alertproof up``: the embedded stack, until it is interrupted."""

from __future__ import annotations

import os
import select
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec
from rich.console import Console
from rich.table import Table

from alertproof.errors import ConfigError, StackError
from alertproof.requirements import Target, load_specification

if TYPE_CHECKING:
    from alertproof.stack.supervisor import Supervisor

__all__ = ["up"]

_LOOK = 0.5  # real seconds between two looks at the parts


class _Ended(Exception):
    """A signal asked the stack to end."""


def _end(*_: object) -> None:
    raise _Ended


def _show(target: Target) -> None:
    table = Table("part", "answers at", title=f"stack at factor {target.clock.factor:g}")
    for name, address in sorted(msgspec.structs.asdict(target.endpoints).items()):
        if address:
            table.add_row(name, address)
    Console(stderr=True).print(table, "Ctrl-C ends it.")


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON when every part answers.")
@click.option("--factor", default=1.0, show_default=True, help="Stack seconds that pass in a real second.")
@click.option("--monitoring", type=click.Path(path_type=Path), default=Path("monitoring"), show_default=True)
@click.option("--until-eof", is_flag=True, help="End when standard input closes, as it does when its owner dies.")
def up(*, as_json: bool, factor: float, monitoring: Path, until_eof: bool) -> int:
    """Start the stack (stand-ins, M3CoreCRM, its worker), print its endpoints, stay until interrupted."""
    try:
        from alertproof.stack.supervisor import StackPlan, Supervisor  # noqa: PLC0415 - needs an extra
    except ModuleNotFoundError as error:
        raise ConfigError(f"the embedded stack needs {error.name}: pip install 'alertproof[drill,embedded]'") from error

    if not factor > 0:
        raise ConfigError(f"--factor {factor:g}: must be above 0; 60 makes a minute of a second")
    plan = StackPlan(specification=load_specification(monitoring), factor=factor)
    signal.signal(signal.SIGTERM, _end)
    signal.signal(signal.SIGINT, _end)
    try:
        with Supervisor(plan) as supervisor:
            target = supervisor.start()
            if as_json:
                click.echo(msgspec.json.encode(target).decode())
            else:
                _show(target)
            _watch(supervisor, until_eof=until_eof)
    except _Ended:
        return 0
    return 0


def _watch(supervisor: Supervisor, *, until_eof: bool) -> None:
    """Return when the input closes; raise `StackError` when a part ends by itself."""
    while True:
        if until_eof and select.select([sys.stdin], [], [], _LOOK)[0]:
            if not os.read(sys.stdin.fileno(), 1024):
                return
        elif not until_eof:
            signal.sigtimedwait({signal.SIGUSR1}, _LOOK)  # a pause that the signals above interrupt
        dead = supervisor.dead_part()
        if dead is not None:
            raise StackError(f"{dead.name} ended with code {dead.exit_code}{dead.last_words()}")
