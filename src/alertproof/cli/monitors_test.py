"""``alertproof monitors test``: runs ``*.alert.yaml`` without pytest."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Sequence
from pathlib import Path

import click
import msgspec

from alertproof.cli.drawn import show_drawing
from alertproof.clock import SystemClock
from alertproof.errors import AlertproofError, Broken, ConfigError
from alertproof.offline import FileResult, TestResult, run_file
from alertproof.verdict import Verdict

__all__ = ["alert_files", "test_command"]


@click.command("test")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print a line of JSON for each test.")
@click.option("--junit", metavar="FILE", type=click.Path(path_type=Path), help="Also write the results as JUnit's XML.")
def test_command(*, paths: tuple[Path, ...], as_json: bool, junit: Path | None) -> int:
    """Run the offline tests in *.alert.yaml files or folders of them.

    Exit code 0 when all passed, 1 when an expectation failed, 2 for a file that cannot be read, 3 when a test could
    not tell or a file would look at nothing, 5 when there was none.
    """
    # What is read of a file lives until it is judged: to look for cycles in it meanwhile finds none.
    gc.set_threshold(1_000_000)
    files = list(_run(alert_files(paths)))
    for each in files:
        _print(each, as_json=as_json)
    if junit is not None:
        _write(junit, files)
    if not as_json:
        _print_assumptions(files)
    for each in files:
        if each.unreadable:
            click.echo(f"alertproof: {each.unreadable}", err=True)
    return _exit_code(files)


def alert_files(paths: tuple[Path, ...]) -> list[Path]:
    """Return the files and those in folders, in the order given; raises `ConfigError` for a folder without any."""
    files: list[Path] = []
    for path in paths:
        found = sorted(path.rglob("*.alert.y*ml")) if path.is_dir() else [path]
        if not found:
            raise ConfigError(f"{path}: no *.alert.yaml in this folder")
        files += found
    return files


def _run(files: Sequence[Path]) -> Iterator[FileResult]:
    clock = SystemClock()
    for file in files:
        began = clock.monotonic()
        results: tuple[TestResult, ...] = ()
        unreadable, verifies_nothing = "", False
        try:
            results = run_file(file)
        except AlertproofError as error:
            unreadable, verifies_nothing = str(error), isinstance(error, Broken)
        wall = clock.monotonic() - began
        yield FileResult(
            file=file, wall=wall, results=results, unreadable=unreadable, verifies_nothing=verifies_nothing
        )


def _exit_code(files: Sequence[FileResult]) -> int:
    if any(each.unreadable and not each.verifies_nothing for each in files):
        return 2
    verdicts = {result.verdict for each in files for result in each.results}
    verdicts |= {Verdict.BROKEN for each in files if each.verifies_nothing}
    if not verdicts:
        return 5
    if Verdict.BROKEN in verdicts:
        return 3
    return 1 if Verdict.FAILED in verdicts else 0


def _print(each: FileResult, *, as_json: bool) -> None:
    for result in each.results:
        if as_json:
            click.echo(msgspec.json.encode(_as_json(each.file, result)).decode())
        else:
            _show(each.file, result)


def _as_json(file: Path, result: TestResult) -> dict[str, object]:
    return {
        "file": str(file),
        "test": result.name,
        "where": result.where,
        "verdict": result.verdict,
        "reason": result.reason,
        "expectations": result.expectations,
        "idle": result.idle,
        "assumptions": result.assumptions,
        "drawing": result.drawn,
    }


def _show(file: Path, result: TestResult) -> None:
    verdict = click.style(result.verdict, fg="green" if result.verdict is Verdict.PASSED else "red")
    click.echo(f"{verdict} {file.name}: {result.name}")
    if result.reason:
        click.echo(f"  {result.reason}")
    show_drawing(result.drawing)
    if result.drawing:
        click.echo()
    for name in result.idle:
        click.echo(f"  idle: {name} never came to a value here, so this says nothing about it")


def _print_assumptions(files: Sequence[FileResult]) -> None:
    """Print once what all of the verdicts rest on."""
    texts = dict.fromkeys(text for each in files for result in each.results for text in result.assumptions)
    if texts:
        click.secho("These verdicts rest on readings of what Datadog does not document:", dim=True)
    for text in texts:
        click.secho(f"  - {text}", dim=True)


def _write(path: Path, files: Sequence[FileResult]) -> None:
    from alertproof.offline.junit import junit_xml  # noqa: PLC0415 - only for who asks for it

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(junit_xml(files))
    except OSError as error:
        raise ConfigError(f"--junit {path}: cannot be written: {error.strerror or error}") from error
