"""``alertproof monitors explain``: monitors in plain words."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec
from rich.console import Console
from rich.text import Text

from alertproof.cli.monitor_sources import account_option, gather, paths_argument
from alertproof.quality.explain import Explanation, explain

__all__ = ["explain_command"]


@click.command("explain")
@paths_argument
@account_option
@click.option("--json", "as_json", is_flag=True, help="Print a line of JSON for each monitor.")
def explain_command(*, paths: tuple[Path, ...], account: bool, as_json: bool) -> int:
    """Say in plain words what monitors watch, when they fire and who is told.

    Exit code 2 if a file cannot be read.
    """
    sources = gather(paths, account=account)
    console = Console()
    for number, declared in enumerate(sources.declared):
        explanation = explain(declared)
        if as_json:
            click.echo(msgspec.json.encode(explanation).decode())
        else:
            if number:
                console.print()
            _show(console, explanation)
    for reason in sources.unreadable:
        click.echo(f"alertproof: {reason}", err=True)
    return 2 if sources.unreadable else 0


def _show(console: Console, explanation: Explanation) -> None:
    where = f"{explanation.file}: {explanation.address}" if explanation.address else explanation.file
    console.print(Text(explanation.monitor, style="bold"), soft_wrap=True)
    console.print(Text(f"{where} ({explanation.representation}, {explanation.family})", style="dim"), soft_wrap=True)
    console.print(Text(explanation.text))
    for title, items in (
        ("Not written, and so:", explanation.defaults),
        ("An offline test assumes:", explanation.assumptions),
        ("Offline tests do not evaluate it:", [explanation.not_evaluated] if explanation.not_evaluated else []),
    ):
        if items:
            console.print(Text(title, style="dim"))
        for item in items:
            console.print(Text(f"  - {item}", style="dim"), soft_wrap=True)
