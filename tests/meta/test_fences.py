"""The import contracts bite: each is broken once, in a copy, and import-linter must say so."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LINTER = Path(sys.executable).with_name("lint-imports")


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for folder in ("src", "alert_tests", "synthetics"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [LINTER, "--no-cache"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": f"{folder / 'src'}:{folder}", "COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


def append(path: Path, line: str) -> None:
    path.write_text(path.read_text(encoding="utf-8") + f"\n{line}\n", encoding="utf-8")


def test_the_contracts_are_kept(copy: Path) -> None:
    done = lint(copy)

    assert done.returncode == 0, done.stdout
    assert "0 broken" in done.stdout


def test_two_test_modules_never_have_one_name() -> None:
    """A folder that is a package of its own is a root to pytest: the second ``broken.test_catalogue`` is the first."""
    packages = list((ROOT / "tests").rglob("__init__.py"))

    assert packages == []


def test_a_process_that_drills_holds_nothing_of_a_stand_in() -> None:
    program = (
        "import sys, alertproof.plugin, alertproof.drills, alertproof.cli; "
        "sys.exit(any(name.startswith('alertproof.standins') for name in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)

    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("file", "line", "contract"),
    [
        ("alert_tests/drills/test_error_rate.py", "import alertproof.standins.sentry.store", "know stand-ins only as"),
        ("synthetics/probes/test_leads.py", "import alertproof.standins.sentry.store", "know stand-ins only as"),
        ("src/alertproof/drills/drill.py", "import alertproof.standins.process", "know stand-ins only as"),
        ("src/alertproof/vendors/sentry.py", "import alertproof.standins.sentry.store", "know stand-ins only as"),
        ("src/alertproof/datadog/slo.py", "import httpx", "without input and output"),
        ("src/m3core/faults.py", "import alertproof.clock", "never import each other"),
        ("src/alertproof/loadgen/traffic.py", "import locust", "Locust patches sockets"),
        ("src/alertproof/loadgen/sender.py", "import gevent", "Locust patches sockets"),
        ("src/alertproof/loadgen/sender.py", "import alertproof.loadgen.bridge.dispatch", "in Locust's child process"),
        ("src/alertproof/drills/drill.py", "import pytest", "Only the plugin imports pytest"),
        ("src/alertproof/probes/check.py", "import pytest", "Only the plugin imports pytest"),
        ("src/alertproof/probes/check.py", "import alertproof.loadgen", "imports only what stands below"),
        ("src/alertproof/plugin/journeys.py", "import playwright.sync_api", "Only journeys drive a browser"),
        ("src/alertproof/journeys/judging.py", "import pytest", "Only the plugin imports pytest"),
        ("src/alertproof/telemetry/series.py", "import alertproof.drills", "imports only what stands below"),
    ],
)
def test_an_import_over_a_fence_is_refused(copy: Path, file: str, line: str, contract: str) -> None:
    append(copy / file, line)

    done = lint(copy)

    assert done.returncode == 1, done.stdout
    assert any(contract in row and "BROKEN" in row for row in done.stdout.splitlines()), done.stdout
