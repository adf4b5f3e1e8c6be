"""The workflows run what a person runs, keep what the run saw, and the linters that watch over them bite."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
SUITE = {"synthetics": "make synthetics", "release-gate": "make gate", "load": "make load", "drill": "make drills"}
#: What drills need besides: the accounts that they read, and what opens the fault doors.
OF_DRILLS = {
    *("DD_API_KEY", "DD_APP_KEY", "PAGERDUTY_API_TOKEN", "SENTRY_AUTH_TOKEN", "SENTRY_ORG", "SENTRY_PROJECT"),
    "M3CORE_FAULT_TOKEN",
}
#: What marks a deploy tests nothing, and has no report.
MARKER = ROOT / ".github" / "workflows" / "release-marker.yml"
TOOLS = Path(sys.executable).parent
RIGHTS = "      actions: read # the history of the last run is an artifact of it\n      contents: read\n"


def steps(path: Path) -> list[dict[str, Any]]:
    jobs = yaml.safe_load(path.read_text(encoding="utf-8"))["jobs"].values()
    return [step for job in jobs for step in job["steps"]]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_runs_one_command_that_a_person_can_run_too(path: Path) -> None:
    commands = [step["run"] for step in steps(path) if "run" in step]
    targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE)

    assert commands == [{**SUITE, MARKER.stem: "make release"}.get(path.stem, "bash .ci/run")]
    assert commands[0] == "bash .ci/run" or commands[0].removeprefix("make ") in targets


@pytest.mark.parametrize("path", [each for each in WORKFLOWS if each != MARKER], ids=lambda path: path.stem)
def test_a_workflow_keeps_its_report_also_when_it_was_red(path: Path) -> None:
    last = steps(path)[-1]

    assert last == {"if": "always()", "uses": "./.github/actions/keep"}


@pytest.mark.parametrize("report", [True, False])
def test_a_run_that_left_no_report_is_red_whatever_else_lies_there(tmp_path: Path, report: bool) -> None:
    *_, last = yaml.safe_load((ROOT / ".github/actions/keep/action.yml").read_text(encoding="utf-8"))["runs"]["steps"]
    (tmp_path / "reports").mkdir()
    for name in ("README.md", "history.sqlite", *(["report.html"] if report else [])):
        (tmp_path / "reports" / name).touch()

    bash = [shutil.which("bash") or "bash", "-e", "-o", "pipefail", "-c", last["run"]]
    done = subprocess.run(bash, cwd=tmp_path, capture_output=True, text=True, timeout=30, check=False)

    assert done.returncode == (0 if report else 1)
    assert ("::error::" in done.stdout) is not report


OURS = {"head_branch": "main", "head_repository_id": 1, "repository_id": 1}
OTHERS = [{**OURS, "head_branch": "theirs"}, {**OURS, "head_repository_id": 2}]
NEWEST = {"id": 7, "expired": False, "created_at": "2026-11-02T00:00:00Z", "workflow_run": OURS}
OLDER = {**NEWEST, "id": 6, "created_at": "2026-11-01T00:00:00Z"}
LATER = {**NEWEST, "id": 8, "created_at": "2026-11-03T00:00:00Z"}


@pytest.mark.parametrize(
    ("artifacts", "chosen"),
    [
        ([OLDER, NEWEST], "7"),
        ([NEWEST, {**LATER, "expired": True}], "7"),
        *[([NEWEST, {**LATER, "workflow_run": run}], "7") for run in OTHERS],
        ([{**LATER, "workflow_run": OTHERS[0]}], ""),
        ([], ""),
    ],
)
def test_the_history_is_that_of_the_newest_run_of_the_main_branch(
    tmp_path: Path, artifacts: list[dict[str, Any]], chosen: str
) -> None:
    (tmp_path / "listed.json").write_text(json.dumps({"artifacts": artifacts}), encoding="utf-8")
    with zipfile.ZipFile(tmp_path / "kept.zip", "w") as archive:
        archive.writestr("history.sqlite", "what was proven")
    gh = tmp_path / "gh"
    gh.write_text(f'#!/bin/sh\ncase "$2" in */{chosen or "none"}/zip) cat kept.zip;; *) cat listed.json;; esac\n')
    gh.chmod(0o755)
    environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "GITHUB_REPOSITORY": "m3/core"}

    bash = [shutil.which("bash") or "bash", str(ROOT / ".ci" / "history.sh"), "ci"]
    done = subprocess.run(bash, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=30, check=False)

    assert done.returncode == 0, done.stderr
    history = tmp_path / "reports" / "history.sqlite"
    assert history.is_file() is bool(chosen)
    assert (f"that of artifact {chosen}" if chosen else "begins a new history") in done.stdout


@pytest.mark.parametrize("name", SUITE)
def test_a_target_and_a_secret_reach_the_command_through_its_environment_alone(name: str) -> None:
    text = (ROOT / ".github" / "workflows" / f"{name}.yml").read_text(encoding="utf-8")
    (step,) = [step for step in steps(ROOT / ".github" / "workflows" / f"{name}.yml") if "run" in step]

    asked = {"TARGET", "BASELINE"} if name == "release-gate" else {"TARGET"}
    assert set(step["env"]) == asked | {"M3CORE_SEED_PASSWORD"} | (OF_DRILLS if name == "drill" else set())
    for setting in asked:
        assert step["env"][setting].startswith(f"${{{{ inputs.{setting.lower()} ")
    for setting in set(step["env"]) - asked:
        source = "vars" if setting in ("SENTRY_ORG", "SENTRY_PROJECT") else "secrets"
        assert step["env"][setting] == f"${{{{ {source}.{setting} }}}}"
    assert not re.search(r"run:.*\$\{\{", text)


@pytest.mark.parametrize("baseline", ["", "prod", 'x"; touch pasted; echo "'])
def test_the_gate_compares_with_a_baseline_only_where_one_is_named(baseline: str) -> None:
    make = [shutil.which("make") or "make", "--dry-run", "gate"]
    said = subprocess.run(
        make, cwd=ROOT, capture_output=True, text=True, timeout=30, check=True, env={**os.environ, "BASELINE": baseline}
    ).stdout

    assert 'test -z "$BASELINE" ||' in said
    compared = (
        'alertproof gate --baseline "$BASELINE" --candidate "$TARGET" --journeys "$FELT" --summary reports/summary.md'
    )
    assert compared in " ".join(said.replace("\\\n", " ").split())
    assert "pasted" not in said


def test_a_deploy_is_marked_by_the_platforms_own_command_with_what_it_reads_and_no_form_is_pasted() -> None:
    (step,) = [step for step in steps(MARKER) if "run" in step]
    make = [shutil.which("make") or "make", "--dry-run", "release", 'VERSION="; touch pasted; echo "']
    said = subprocess.run(make, cwd=ROOT, capture_output=True, text=True, timeout=30, check=True).stdout

    assert '-m m3core release --version "$VERSION" --environment "$ENVIRONMENT" --url "$URL"' in said
    assert "pasted" not in said
    described = (ROOT / "docs" / "agent.md").read_text(encoding="utf-8").partition("m3core release")[2]
    for name in set(step["env"]) - {"VERSION", "ENVIRONMENT", "URL"}:
        assert f"`{name}`" in described, name
    assert {"SENTRY_AUTH_TOKEN", "DD_API_KEY", "PAGERDUTY_ROUTING_KEY"} <= set(step["env"])


def test_a_deploy_of_nothing_is_not_marked(tmp_path: Path) -> None:
    (tmp_path / ".ready").touch()
    make = [shutil.which("make") or "make", "release", f"VENV={tmp_path}", "--old-file", str(tmp_path / ".ready")]
    done = subprocess.run(
        make,
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "VERSION": ""},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )

    assert done.returncode == 2
    assert "say what was deployed: VERSION=2026.12.1" in done.stderr


def test_a_target_from_a_form_is_never_pasted_into_a_command() -> None:
    form = 'local"; touch pasted; echo "'
    said = subprocess.run(
        [shutil.which("make") or "make", "--dry-run", "synthetics", f"TARGET={form}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    ).stdout

    assert '--target "$TARGET"' in said
    assert "pasted" not in said


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / ".github", tmp_path / ".github")
    return tmp_path / ".github"


def zizmor(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [str(TOOLS / "zizmor"), "--offline", "--quiet", "--no-progress", str(folder)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize(
    ("file", "old", "new", "finding"),
    [
        ("actions/keep/action.yml", "@ea165f8d65b6e75b540449e92b4886f43607fa02", "@v4", "unpinned-uses"),
        ("workflows/load.yml", "run: make load", "run: make load TARGET=${{ inputs.target }}", "template-injection"),
        (
            "workflows/ci.yml",
            f"permissions:\n{RIGHTS}",
            "permissions: write-all\n",
            "excessive-permissions",
        ),
        ("workflows/ci.yml", "  pull_request:", "  pull_request_target:", "dangerous-triggers"),
    ],
)
def test_the_linter_refuses_a_dangerous_workflow(copy: Path, file: str, old: str, new: str, finding: str) -> None:
    assert zizmor(copy).returncode == 0
    text = (copy / file).read_text(encoding="utf-8")
    assert old in text
    (copy / file).write_text(text.replace(old, new), encoding="utf-8")

    done = zizmor(copy)

    assert done.returncode != 0
    assert finding in done.stdout


def lint(part: str, *, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run, in a folder, the one command of ``make lint`` that holds a text."""
    make = [shutil.which("make") or "make", "--dry-run", "lint", f"BIN={TOOLS}"]
    shown = subprocess.run(make, cwd=ROOT, capture_output=True, text=True, timeout=30, check=True).stdout
    (command,) = [line for line in shown.splitlines() if part in line]
    return subprocess.run(
        [shutil.which("bash") or "bash", "-c", command],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("schema", ["vendor.github-workflows", "vendor.github-actions", "vendor.dependabot"])
def test_the_schemas_say_nothing_of_what_is_right(copy: Path, schema: str) -> None:
    done = lint(schema, folder=copy.parent)

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_schema_refuses_a_word_that_no_workflow_has(copy: Path) -> None:
    path = copy / "workflows" / "ci.yml"
    path.write_text(path.read_text(encoding="utf-8").replace("timeout-minutes", "time-out-minutes"), encoding="utf-8")

    done = lint("vendor.github-workflows", folder=copy.parent)

    assert done.returncode == 1
    assert "time-out-minutes" in done.stdout
