"""``alertproof drill`` says what is wrong with a file before anything is started."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
GOOD = "drills:\n  - {name: one, alert: api-error-rate, steps: [fault]}\n"


def alertproof(*arguments: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-m", "alertproof", "drill", *arguments],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (GOOD.replace("fault", "falt"), "there is no step 'falt'"),
        (GOOD.replace("api-error-rate", "api-error-rat"), "no alert 'api-error-rat' (did you mean 'api-error-rate'?)"),
        (GOOD.replace("alert:", "alarm:"), "unknown field `alarm`"),
    ],
)
def test_a_file_that_cannot_be_run_is_usage(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "a.drill.yaml"
    path.write_text(text)
    done = alertproof(str(path))

    assert done.returncode == 2
    assert said in done.stderr


def test_where_no_drill_has_the_name_nothing_ran(tmp_path: Path) -> None:
    path = tmp_path / "a.drill.yaml"
    path.write_text(GOOD)
    done = alertproof(str(path), "--only", "two")

    assert done.returncode == 5
    assert "no drill is called 'two'" in done.stderr


def test_a_target_that_is_not_there_is_usage(tmp_path: Path) -> None:
    path = tmp_path / "a.drill.yaml"
    path.write_text(GOOD)
    done = alertproof(str(path), "--target", "nowhere")

    assert done.returncode == 2
    assert "no target 'nowhere'" in done.stderr
