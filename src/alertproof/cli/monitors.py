"""``alertproof monitors``: the definitions, on a virtual clock."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec
from rich.console import Console

from alertproof.cli.monitors_explain import explain_command
from alertproof.cli.monitors_lint import lint_command
from alertproof.errors import AlertproofError, ConfigError
from alertproof.offline import TestResult, run_file
from alertproof.verdict import Verdict

__all__ = ["monitors"]


@click.group()
def monitors() -> None:
    """Monitor definitions: tested on a virtual clock, without any account."""


monitors.add_command(explain_command)
monitors.add_command(lint_command)


def _files(paths: tuple[Path, ...]) -> list[Path]:
    files: list[Path] = []
    for path in paths:
        found = sorted(path.rglob("*.alert.y*ml")) if path.is_dir() else [path]
        if not found:
            raise ConfigError(f"{path}: no *.alert.yaml in this folder")
        files += found
    return files


def _show(console: Console, file: Path, result: TestResult) -> None:
    mark = {Verdict.PASSED: "[green]passed[/]", Verdict.FAILED: "[red]failed[/]"}
    console.print(
        f"{mark.get(result.verdict, '[red]broken[/]')} {file.name}: {result.name}", highlight=False, soft_wrap=True
    )
    if result.reason:
        console.print(f"  {result.reason}", markup=False, highlight=False, soft_wrap=True)
    for complaint in filter(None, (one.complaint() for one in result.expectations)):
        console.print(f"  {complaint}", markup=False, highlight=False, soft_wrap=True)
    for name in result.idle:
        console.print(
            f"  idle: {name} never came to a value here, so this says nothing about it", markup=False, highlight=False
        )


@monitors.command("test")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print a line of JSON for each test.")
def test(*, paths: tuple[Path, ...], as_json: bool) -> int:
    """Run the offline tests in *.alert.yaml files or folders of them."""
    console = Console()
    verdicts = []
    for file in _files(paths):
        try:
            results = run_file(file)
        except AlertproofError as error:
            raise ConfigError(str(error)) from error
        for result in results:
            verdicts.append(result.verdict)
            if as_json:
                shown = {"file": str(file), "test": result.name, "verdict": result.verdict, "reason": result.reason}
                click.echo(msgspec.json.encode({**shown, "expectations": result.expectations}).decode())
            else:
                _show(console, file, result)
    if not verdicts:
        return 5
    if Verdict.BROKEN in verdicts:
        return 3
    return 1 if Verdict.FAILED in verdicts else 0
