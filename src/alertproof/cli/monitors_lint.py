"""``alertproof monitors lint``: what people get wrong in monitors."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click
import msgspec
from rich.console import Console
from rich.text import Text

from alertproof.cli.monitor_sources import account_option, gather, paths_argument
from alertproof.errors import ConfigError
from alertproof.quality.lint import Finding, Level, lint, page, rule_of

__all__ = ["lint_command"]

_STYLES = {Level.ERROR: "red", Level.WARNING: "yellow", Level.NOTICE: "cyan"}


@click.command("lint")
@paths_argument
@account_option
@click.option("--json", "as_json", is_flag=True, help="Print a line of JSON for each finding.")
@click.option("--github", is_flag=True, help="Print annotations for GitHub Actions.")
@click.option("--explain", "explained", metavar="ID", help="Print the page of a finding and end.")
def lint_command(*, paths: tuple[Path, ...], account: bool, as_json: bool, github: bool, explained: str | None) -> int:
    """Find what is wrong in monitors: JSON, Terraform or the account's own.

    Exit code 0 without findings, 1 with some, 2 if a file cannot be read.
    """
    if explained is not None:
        click.echo(page(rule_of(explained)), nl=False)
        return 0
    if as_json and github:
        raise ConfigError("--json and --github are two ways to print the findings: leave one out")
    sources = gather(paths, account=account)
    findings = lint(sources.declared)
    if as_json:
        for finding in findings:
            click.echo(msgspec.json.encode(finding).decode())
    elif github:
        for finding in findings:
            click.echo(_annotation(finding))
    elif sources.declared:
        _show(findings, len(sources.declared))
    for reason in sources.unreadable:
        click.echo(f"alertproof: {reason}", err=True)
    if sources.unreadable:
        return 2
    return 1 if findings else 0


def _show(findings: Sequence[Finding], monitors: int) -> None:
    console = Console()
    for finding in findings:
        line = Text()
        line.append(f"{finding.file}:{finding.line}:{finding.column}: ", style="bold")
        line.append(str(finding.level), style=_STYLES[finding.level])
        line.append(f": {finding.text} ")
        line.append(f"[{finding.id}]", style="dim")
        console.print(line, soft_wrap=True, highlight=False)
    many = f"{monitors} monitor{'' if monitors == 1 else 's'}"
    if not findings:
        console.print(f"no finding in {many}", highlight=False)
        return
    count = f"{len(findings)} finding{'' if len(findings) == 1 else 's'} in {many}"
    console.print(f"{count}; why: alertproof monitors lint --explain {findings[0].id}", highlight=False, soft_wrap=True)


def _annotation(finding: Finding) -> str:
    """Return a workflow command of GitHub Actions."""
    places = {
        "file": finding.file,
        "line": finding.line,
        "col": finding.column,
        "endLine": finding.end_line,
        "endColumn": finding.end_column,
        "title": f"{finding.id} ({finding.monitor})",
    }
    listed = ",".join(f"{name}={_escaped(str(value), property_=True)}" for name, value in places.items())
    return f"::{finding.level} {listed}::{_escaped(finding.text)}"


def _escaped(text: str, *, property_: bool = False) -> str:
    signs = {"%": "%25", "\r": "%0D", "\n": "%0A"} | ({":": "%3A", ",": "%2C"} if property_ else {})
    return "".join(signs.get(character, character) for character in text)
