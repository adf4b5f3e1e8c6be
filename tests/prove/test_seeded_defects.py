"""A sample of 60 generated defects turns the suite red, each by what its operator names beforehand: 95 % or more.

The seed is drawn by the run and printed; `ALERTPROOF_DEFECTS_SEED` repeats a run. Defects of monitors and of what
governs them are judged by `alert_tests/offline`, of what is declared by `tests/monitoring`, of what the platform emits
by `alert_tests/telemetry`, of addresses, sampling and faults by the drills and `alert_tests/sentry`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from secrets import randbelow
from typing import TypeVar

import pytest
from tests.prove.seeded.declarations import DeclaredDefect, declared_defects, write
from tests.prove.seeded.governing import GoverningDefect, governing_defects, told_of
from tests.prove.seeded.instrumentation import CodeDefect, apply, asked_tags, code_defects
from tests.prove.seeded.platform import PlatformDefect, platform_defects, said_of
from tests.prove.seeded.table import PAGE, Row, page
from tests.prove.test_telemetry_defects import run_the_suite

from alertproof.offline import Script, load_script
from alertproof.quality.contract import read_watched
from alertproof.quality.mutation import Defect, defects_of, monitors_of, require_green, run_defect, sample

pytestmark = [pytest.mark.prove, pytest.mark.timeout(3600)]

_D = TypeVar("_D")
ROOT = Path(__file__).parents[2]
COUNT, WANTED = 60, 0.95
MONITORING_TEST = "tests/monitoring/test_alerts.py"


def scripts() -> list[Script]:
    return [load_script(path) for path in sorted((ROOT / "alert_tests" / "offline").glob("*.alert.yaml"))]


def all_defects(
    loaded: Sequence[Script],
) -> list[Defect | GoverningDefect | DeclaredDefect | CodeDefect | PlatformDefect]:
    watched = read_watched(ROOT / "monitoring", origin="prod", environment="prod")
    return [
        *(defect for monitor in monitors_of(loaded) for defect in defects_of(monitor)),
        *governing_defects(ROOT),
        *declared_defects(ROOT),
        *code_defects(ROOT, asked_tags(watched)),
        *platform_defects(),
    ]


def offline_rows(defects: Sequence[Defect], loaded: Sequence[Script]) -> Iterator[Row]:
    for defect in defects:
        outcome = run_defect(defect, loaded)
        yield Row(
            name=defect.name,
            judge="alert_tests/offline",
            by=outcome.by.replace(f"{ROOT}/alert_tests/offline/", ""),
            named=outcome.seen_as_named,
            missing=defect.change.missing,
        )


def governing_rows(defects: Sequence[GoverningDefect], at: Path) -> Iterator[Row]:
    for number, defect in enumerate(defects):
        yield _judged(defect, "alert_tests/offline", told_of(defect, ROOT, at / f"run-{number}"))


def rounds(defects: Sequence[_D], about: Callable[[_D], set[str]]) -> list[list[_D]]:
    """Return them in as few runs as may be: independent are those that are about nothing in common."""
    found: list[list[_D]] = []
    for defect in defects:
        free = next((each for each in found if all(about(defect).isdisjoint(about(other)) for other in each)), None)
        if free is None:
            found.append(free := [])
        free.append(defect)
    return found


def declared_rows(defects: Sequence[DeclaredDefect], at: Path) -> Iterator[Row]:
    for number, together in enumerate(rounds(defects, lambda each: set(each.says))):
        folder = at / f"run-{number}"
        for part in ("monitoring", "docs/runbooks", "alert_tests/drills", "alert_tests/offline"):
            shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
        (folder / MONITORING_TEST).parent.mkdir(parents=True)
        shutil.copy(ROOT / MONITORING_TEST, folder / MONITORING_TEST)
        for defect in together:
            write(defect, folder)
        options = ["-q", "--rootdir", str(folder), "-c", os.devnull]
        done = subprocess.run(
            [sys.executable, "-m", "pytest", MONITORING_TEST, *options],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)])},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 1, done.stdout + done.stderr
        failed = "\n".join(line for line in done.stdout.splitlines() if line.startswith("FAILED"))
        yield from (_judged(defect, "tests/monitoring", failed) for defect in together)


def code_rows(defects: Sequence[CodeDefect], at: Path) -> Iterator[Row]:
    for number, together in enumerate(rounds(defects, lambda each: {each.metric})):
        folder = at / f"run-{number}"
        for part in ("monitoring", "src/m3core"):
            shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
        apply(together, folder)
        done = run_the_suite(folder)
        (at / f"run-{number}.txt").write_text(done.stdout + done.stderr, encoding="utf-8")
        assert done.returncode in (0, 1), done.stdout + done.stderr
        yield from (_judged(defect, "alert_tests/telemetry", done.stdout) for defect in together)


def platform_rows(defects: Sequence[PlatformDefect], at: Path) -> Iterator[Row]:
    for defect in defects:
        told = said_of(defect, at / defect.operator / defect.name)
        judge = "alert_tests/drills" if defect.drill else "alert_tests/sentry"
        seen = all(text in told for text in defect.says)
        by = defect.says[0] if seen else ""
        yield Row(name=f"{defect.operator}: {defect.name}", judge=judge, by=by, named=seen, missing=defect.says[0])


def _judged(defect: GoverningDefect | DeclaredDefect | CodeDefect, judge: str, told: str) -> Row:
    lines = [line.strip().removeprefix("E ").strip() for line in told.splitlines()]
    by = next((line for line in lines if any(text in line for text in defect.says)), "")
    missing = f"one that sees: {defect.name}"
    return Row(name=defect.name, judge=judge, by=by, named=bool(by), missing=missing)


def test_of_60_defects_drawn_from_all_95_percent_turn_the_suite_red_by_what_was_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    seed = int(os.environ.get("ALERTPROOF_DEFECTS_SEED", randbelow(1_000_000)))
    loaded = scripts()
    require_green(loaded)
    defects = all_defects(loaded)
    drawn = sample(defects, seed=seed, count=COUNT)

    rows = [
        *offline_rows([each for each in drawn if isinstance(each, Defect)], loaded),
        *governing_rows([each for each in drawn if isinstance(each, GoverningDefect)], tmp_path / "governing"),
        *declared_rows([each for each in drawn if isinstance(each, DeclaredDefect)], tmp_path / "declared"),
        *code_rows([each for each in drawn if isinstance(each, CodeDefect)], tmp_path / "code"),
        *platform_rows([each for each in drawn if isinstance(each, PlatformDefect)], tmp_path / "platform"),
    ]

    said = page(rows, of=len(defects), seed=seed)
    PAGE.write_text(said, encoding="utf-8")
    with capsys.disabled():
        sys.stdout.write(
            f"\nseed {seed}\n" + "\n".join(f"{each.name}: missing is {each.missing}" for each in rows if not each.named)
        )
    assert len(rows) == COUNT
    assert sum(row.named for row in rows) >= WANTED * COUNT, said
