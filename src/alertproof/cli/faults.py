"""``alertproof faults``: what a dead run may have left behind."""

from __future__ import annotations

import os
from pathlib import Path

import click
import msgspec
from rich.console import Console
from rich.table import Table

from alertproof.faults import FaultDoor, Ledger, sweep
from alertproof.redact import Secret
from alertproof.requirements import read_stack_line

__all__ = ["faults"]

_REPORTS = click.option(
    "--reports",
    type=click.Path(path_type=Path),
    default=Path("reports"),
    show_default=True,
    help="Where the ledger is.",
)


@click.group()
def faults() -> None:
    """Faults that may still stand: the ledger that every drill keeps."""


@faults.command("list")
@_REPORTS
@click.option("--json", "as_json", is_flag=True)
def list_(*, reports: Path, as_json: bool) -> int:
    """List the faults in the ledger, the oldest first."""
    entries = Ledger(reports / "ledger").pending()
    if as_json:
        click.echo(msgspec.json.encode(entries).decode())
        return 0
    table = Table("opened", "fault", "target", "lease ends", "owner")
    for entry in entries:
        table.add_row(
            f"{entry.opened_at:%Y-%m-%d %H:%M:%S}",
            entry.text,
            entry.target,
            f"{entry.lease_ends:%H:%M:%S}",
            str(entry.owner),
        )
    Console().print(table if entries else "no fault is in the ledger")
    return 0


@faults.command()
@_REPORTS
@click.option(
    "--target",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="The stack's line (alertproof up --json), for the token of its fault door; else M3CORE_FAULT_TOKEN.",
)
@click.option("--all", "everything", is_flag=True, help="Also those whose owner still runs.")
def revert(*, reports: Path, target: Path | None, everything: bool) -> int:
    """Revert the faults that dead runs left behind and close their entries."""
    token = os.environ.get("M3CORE_FAULT_TOKEN", "")
    if target is not None:
        stack = read_stack_line(target.read_text(encoding="utf-8"), source=str(target))
        token = stack.env.get("M3CORE_FAULT_TOKEN", token)
    ledger = Ledger(reports / "ledger")
    swept = sweep(
        ledger,
        door_at=lambda url: FaultDoor(base_url=url, token=Secret(token)),
        entries=ledger.pending() if everything else None,
    )
    for one in swept:
        click.echo(str(one))
    if not swept:
        click.echo("nothing to revert")
    return 0
