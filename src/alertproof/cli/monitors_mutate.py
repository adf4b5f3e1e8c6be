"""``alertproof monitors mutate``: whether offline tests see a monitor that is put wrong on purpose."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Sequence
from pathlib import Path
from secrets import randbelow

import click
import msgspec

from alertproof.cli.monitors_test import alert_files
from alertproof.offline import load_script
from alertproof.quality.mutation import Outcome, defects_of, monitors_of, require_green, run_defect, sample

__all__ = ["mutate_command"]

_SEEDS = 1_000_000


@click.command("mutate")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--sample", "count", metavar="N", type=click.IntRange(min=1), help="Draw so many defects, not all.")
@click.option("--seed", type=int, help="Draw the same as a run that printed this seed.  [default: drawn]")
@click.option("--json", "as_json", is_flag=True, help="Print a line of JSON for each defect.")
def mutate_command(*, paths: tuple[Path, ...], count: int | None, seed: int | None, as_json: bool) -> int:
    """Put the monitors of *.alert.yaml files wrong, one thing at a time, and look whether the tests turn red.

    Exit code 0 when each defect turns a test or the linter red, 1 when one does not, 2 for a file that cannot be read,
    3 when a test is red without any defect.
    """
    # What is read of a file lives until the end: to look for cycles in it meanwhile finds none.
    gc.set_threshold(1_000_000)
    scripts = [load_script(path) for path in alert_files(paths)]
    require_green(scripts)
    defects = [defect for monitor in monitors_of(scripts) for defect in defects_of(monitor)]
    drawn = randbelow(_SEEDS) if seed is None else seed
    chosen = sample(defects, seed=drawn, count=len(defects) if count is None else count)
    outcomes = [run_defect(defect, scripts) for defect in sorted(chosen, key=lambda each: each.name)]
    for each in outcomes if as_json else ():
        click.echo(msgspec.json.encode(_as_json(each)).decode())
    for line in () if as_json else _lines(outcomes):
        click.echo(line)
    if count is not None and not as_json:
        click.echo(f"{len(outcomes)} of {len(defects)} were drawn; the same again: --sample {count} --seed {drawn}")
    return 0 if all(each.seen for each in outcomes) else 1


def _lines(outcomes: Sequence[Outcome]) -> Iterator[str]:
    survived = [each for each in outcomes if not each.seen]
    for each in survived:
        yield f"{click.style('survived', fg='red')} {each.defect.name}"
        yield f"  no test turns red; missing is {each.defect.change.missing}"
    for each in outcomes:
        if each.seen and not each.seen_as_named:
            yield f"{click.style('seen otherwise', fg='yellow')} {each.defect.name}"
            yield f"  {each.by}"
            yield f"  missing is {each.defect.change.missing}"
    yield f"{len(outcomes) - len(survived)} of {len(outcomes)} defects turn a test or the linter red"


def _as_json(each: Outcome) -> dict[str, object]:
    change = each.defect.change
    return {
        "monitor": each.defect.monitor,
        "operator": each.defect.operator,
        "change": change.text,
        "seen": each.seen,
        "seen_as_named": each.seen_as_named,
        "named": sorted(change.wanted),
        "by": each.by,
        "missing": "" if each.seen_as_named else change.missing,
    }
