"""``alertproof monitors test``: exit codes, JSON, JUnit's XML, and what a failure looks like."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

ROOT = Path(__file__).parents[2]
PASSES = ROOT / "alert_tests" / "offline" / "queue-depth.alert.yaml"
FAILS = ROOT / "tests" / "offline" / "drawings" / "three-failures.yaml"


def monitors_test(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "alertproof", "monitors", "test", *map(str, arguments)]
    done = subprocess.run(
        command, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done


@pytest.fixture
def changed(tmp_path: Path) -> Callable[..., Path]:
    """Write a copy of the passing tests in which something is different."""

    def change(old: str, new: str, name: str = "copy.alert.yaml") -> Path:
        text = PASSES.read_text(encoding="utf-8").replace("../../monitoring", str(ROOT / "monitoring"))
        assert old in text
        path = tmp_path / name
        path.write_text(text.replace(old, new), encoding="utf-8")
        return path

    return change


@pytest.fixture
def one_of_each(changed: Callable[..., Path]) -> dict[str, Path]:
    """A file that passes, one that fails, one that cannot tell, one that cannot be read and one of no monitor."""
    return {
        "passed": PASSES,
        "failed": FAILS,
        "broken": changed("monitor: queue-depth", "monitor: no-such", "broken.alert.yaml"),
        "unreadable": changed("interval:", "intervall:", "unreadable.alert.yaml"),
        "aimless": changed("/queue-depth.json", "/no-such*.json", "aimless.alert.yaml"),
    }


@pytest.mark.parametrize(
    ("kinds", "code"),
    [
        (["passed"], 0),
        (["failed"], 1),
        (["passed", "failed"], 1),
        (["unreadable"], 2),
        (["passed", "unreadable"], 2),
        (["failed", "broken", "unreadable"], 2),
        (["broken"], 3),
        (["broken", "failed"], 3),
        (["aimless"], 3),
        (["aimless", "failed"], 3),
        (["aimless", "unreadable"], 2),
    ],
)
def test_the_worst_of_all_files_is_the_exit_code(kinds: list[str], code: int, one_of_each: dict[str, Path]) -> None:
    done = monitors_test(*(one_of_each[kind] for kind in kinds))
    assert done.returncode == code, done.stdout + done.stderr


def test_a_file_that_cannot_be_read_does_not_hide_what_the_others_came_to(one_of_each: dict[str, Path]) -> None:
    done = monitors_test(one_of_each["unreadable"], one_of_each["passed"])

    assert "passed queue-depth.alert.yaml" in done.stdout
    assert "unknown key 'intervall' (did you mean 'interval'?)" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_failure_is_drawn_without_colours_where_there_is_no_terminal() -> None:
    done = monitors_test(FAILS)

    for name in ("threshold-not-reached", "fires-too-late", "wrong-handle"):
        assert (FAILS.parent / f"{name}.txt").read_text(encoding="utf-8") in done.stdout
    assert "\x1b" not in done.stdout


def test_what_the_verdicts_rest_on_is_told_once_in_text_and_for_each_test_in_json() -> None:
    text = "A window includes its first second and excludes its last; evaluations fall on full minutes."

    assert monitors_test(FAILS).stdout.count(text) == 1
    results = [json.loads(each) for each in monitors_test(FAILS, "--json").stdout.splitlines()]
    assert len(results) == 3
    assert all(text in each["assumptions"] for each in results)


def test_a_line_of_json_has_the_documented_fields() -> None:
    (first, *_) = monitors_test(FAILS, "--json").stdout.splitlines()
    result = json.loads(first)

    documented = (ROOT / "docs" / "offline-tests.md").read_text(encoding="utf-8")
    assert all(f"| `{key}` |" in documented for key in result)
    assert (result["test"], result["verdict"], result["reason"]) == ("threshold not reached", "failed", "")
    assert result["where"].endswith("three-failures.yaml:4")
    assert result["expectations"][1]["met"] is False
    assert result["drawing"] + "\n" == (FAILS.parent / "threshold-not-reached.txt").read_text(encoding="utf-8")


def test_junit_holds_each_test_with_its_verdict_and_what_that_rests_on(
    one_of_each: dict[str, Path], tmp_path: Path
) -> None:
    file = tmp_path / "new" / "junit.xml"
    done = monitors_test(*one_of_each.values(), "--junit", file)
    assert done.returncode == 2

    suites = {Path(each.attrib["name"]).name: each for each in ET.parse(file).getroot()}  # noqa: S314 - our own file
    counted = {
        name: (each.attrib["tests"], each.attrib["failures"], each.attrib["errors"]) for name, each in suites.items()
    }
    tests = counted["queue-depth.alert.yaml"][0]
    assert counted == {
        "queue-depth.alert.yaml": (tests, "0", "0"),
        "three-failures.yaml": ("3", "3", "0"),
        "broken.alert.yaml": (tests, "0", tests),
        "unreadable.alert.yaml": ("1", "0", "1"),
        "aimless.alert.yaml": ("1", "0", "1"),
    }
    (failure,) = suites["three-failures.yaml"].findall("testcase[@name='fires too late']/failure")
    assert failure.attrib["message"].startswith("not met: api-error-rate is Alert at 11m; ")
    assert (failure.text or "") + "\n" == (FAILS.parent / "fires-too-late.txt").read_text(encoding="utf-8")
    assert suites["three-failures.yaml"].findall("testcase/properties/property[@name='assumption']")
    assert "did you mean" in suites["unreadable.alert.yaml"].find("testcase/error").attrib["message"]  # type: ignore[union-attr]


def test_junit_says_what_pytests_own_says_of_the_same_file(tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").touch()
    file = tmp_path / "three.alert.yaml"
    file.write_text(FAILS.read_text(encoding="utf-8").replace("../../../monitoring", str(ROOT / "monitoring")))
    ours, theirs = tmp_path / "ours.xml", tmp_path / "theirs.xml"
    monitors_test(file, "--junit", ours)
    plugins = [argument for name in ("locust", "ddtrace", "playwright") for argument in ("-p", f"no:{name}")]
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        *plugins,
        "-c",
        str(tmp_path / "pytest.ini"),
        str(file),
        f"--junitxml={theirs}",
    ]
    subprocess.run(command, cwd=tmp_path, capture_output=True, timeout=60, check=False)

    def told(path: Path) -> list[tuple[str, str, list[str]]]:
        cases = ET.parse(path).getroot().iter("testcase")  # noqa: S314 - our own file
        return [
            (
                case.attrib["name"],
                case.find("failure").attrib["message"],  # type: ignore[union-attr]
                [each.attrib["value"] for each in case.findall("properties/property")],
            )
            for case in cases
        ]

    assert len(told(ours)) == 3
    assert told(ours) == told(theirs)


def test_a_junit_file_that_cannot_be_written_is_a_mistake_in_one_line(tmp_path: Path) -> None:
    done = monitors_test(PASSES, "--junit", tmp_path)

    assert done.returncode == 2
    assert done.stderr == f"alertproof: --junit {tmp_path}: cannot be written: Is a directory\n"
