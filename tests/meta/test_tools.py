"""A missing tool is said, and is red where it must be there."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from alertproof.errors import ConfigError
from alertproof.journeys import find_browser
from alertproof.journeys.browser import PACKAGES, SYSTEM_NAMES

ROOT = Path(__file__).parents[2]


def run_without_tools(**more: str) -> subprocess.CompletedProcess[str]:
    environment = {key: value for key, value in os.environ.items() if key != "ALERTPROOF_BROWSER"}
    environment |= {"PATH": str(Path(sys.executable).parent), "ALERTPROOF_REQUIRE_TOOLS": ""}
    environment["PLAYWRIGHT_BROWSERS_PATH"] = "/nowhere"
    return subprocess.run(
        [sys.executable, "-m", "pytest", "tests/report/html/test_in_browser.py", "-p", "no:cacheprovider"],
        cwd=ROOT,
        env=environment | more,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_test_whose_tool_is_missing_says_why_it_was_not_run() -> None:
    done = run_without_tools()

    assert done.returncode == 0, done.stdout
    assert "not run, because browser is missing; run: sudo apt-get install chromium-headless-shell" in done.stdout
    assert "passed" not in done.stdout.splitlines()[-1]


def test_in_ci_a_missing_tool_is_red() -> None:
    done = run_without_tools(ALERTPROOF_REQUIRE_TOOLS="1")

    assert done.returncode == 1, done.stdout
    assert "error" in done.stdout.splitlines()[-1]
    assert "not run, because browser is missing" in done.stdout


def test_ci_requires_the_tools_and_lets_pytest_speak_last() -> None:
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")

    assert "export ALERTPROOF_REQUIRE_TOOLS=1" in script
    assert script.rstrip().endswith("exec make test")


@pytest.mark.parametrize("root", [True, False])
def test_where_no_browser_can_be_installed_setup_says_what_else_helps(tmp_path: Path, root: bool) -> None:
    for name, does in {
        "apt-get": 'echo "E: Unable to locate package" >&2; exit 100',
        "id": f"echo {0 if root else 1000}",
        "ldconfig": "exit 1",
        "chmod": "exit 0",
        "rm": "exit 0",
    }.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{does}\n", encoding="utf-8")
        (tmp_path / name).chmod(0o755)
    script = (ROOT / ".ci" / "tools.sh").read_text(encoding="utf-8").replace("/usr/sbin/policy-rc.d", f"{tmp_path}/rc")

    done = subprocess.run(
        [shutil.which("bash") or "bash", "-c", script, "tools.sh", "browser"],
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )

    assert done.returncode == 2
    assert ("could not be installed" in done.stderr) is root
    assert ("run: sudo apt-get install" in done.stderr) is not root
    assert "export ALERTPROOF_BROWSER=/path/to/it" in done.stderr


def test_the_variable_outranks_the_system(tmp_path: Path) -> None:
    program = tmp_path / "my-chromium"
    program.touch(mode=0o755)

    assert find_browser({"ALERTPROOF_BROWSER": str(program), "PATH": ""}) == program


@pytest.mark.parametrize("named", ["/nowhere/chromium", "/"])
def test_a_variable_that_names_no_program_is_refused(named: str) -> None:
    with pytest.raises(ConfigError, match="no program there"):
        find_browser({"ALERTPROOF_BROWSER": named, "PATH": ""})


def test_the_headless_shell_is_preferred(tmp_path: Path) -> None:
    for name in ("chromium", "chromium-headless-shell"):
        (tmp_path / name).touch(mode=0o755)

    assert find_browser({"PATH": str(tmp_path)}).name == "chromium-headless-shell"


def test_without_any_browser_the_one_command_that_helps_is_named() -> None:
    with pytest.raises(ConfigError, match="sudo apt-get install"):
        find_browser({"PATH": ""})


def alertproof_browser(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "alertproof", "browser", *arguments],
        cwd=ROOT,
        env=os.environ | environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_command_says_which_browser_is_used_and_its_version(tmp_path: Path) -> None:
    program = tmp_path / "my-chromium"
    program.write_text("#!/bin/sh\necho Chromium 1.2.3\n", encoding="utf-8")
    program.chmod(0o755)

    for install in ([], ["--install"]):  # one that is there is not installed again
        done = alertproof_browser(*install, ALERTPROOF_BROWSER=str(program))
        assert (done.returncode, done.stdout.splitlines()[0]) == (0, f"{program}: Chromium 1.2.3")
    done = alertproof_browser("--json", ALERTPROOF_BROWSER=str(program), PLAYWRIGHT_BROWSERS_PATH="/nowhere")
    assert json.loads(done.stdout) == {"program": str(program), "version": "Chromium 1.2.3", "encoder": None}


def test_the_command_without_a_browser_is_a_matter_of_configuration() -> None:
    done = alertproof_browser(PATH="", ALERTPROOF_BROWSER="", PLAYWRIGHT_BROWSERS_PATH="/nowhere")

    assert done.returncode == 2
    assert "no browser; run: alertproof browser --install" in done.stderr
    assert "Traceback" not in done.stderr


def test_setup_looks_for_the_same_browsers_and_installs_the_same_packages() -> None:
    script = (ROOT / ".ci" / "tools.sh").read_text(encoding="utf-8")

    assert f"for name in {' '.join(SYSTEM_NAMES)}; do" in script
    assert f"missing+=({' '.join(PACKAGES)})" in script
