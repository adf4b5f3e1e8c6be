"""A file of drills is collected as tests that take the fixture they need."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

ROOT = Path(__file__).parents[2]
DRILLS = """
drills:
  - {name: a course, alert: api-error-rate, steps: [fault, revert]}
  - {name: a side, alert: api-error-rate, side: quiet}
"""
#: Shows which fixture each drill asks for, without a stack: the fixtures are a project's own here.
CONFTEST = """
import pytest

@pytest.fixture
def course():
    return lambda alert, *steps, may=(): print("course of", alert, [type(step).__name__ for step in steps])

@pytest.fixture
def drill():
    class Runner:
        def __init__(self, alert):
            self.alert = alert
        def fires(self):
            print("fires", self.alert)
        def stays_quiet(self):
            print("stays quiet", self.alert)
    return Runner
"""


@pytest.fixture
def project(pytester: pytest.Pytester) -> pytest.Pytester:
    pytester.makeconftest(CONFTEST)
    (pytester.path / "my.drill.yaml").write_text(DRILLS, encoding="utf-8")
    return pytester


def run(project: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    return project.runpytest_subprocess("-p", "no:locust", "-p", "no:ddtrace", *arguments)


def test_each_drill_is_a_test_by_its_name(project: pytest.Pytester) -> None:
    result = run(project, "-s", "-v")

    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(["*course of api-error-rate*Fault*Revert*"])
    result.stdout.fnmatch_lines(["*stays quiet api-error-rate*"])


def test_one_drill_is_chosen_by_its_name(project: pytest.Pytester) -> None:
    run(project, "-k", "course").assert_outcomes(passed=1, deselected=1)


def test_a_file_that_cannot_be_read_is_an_error_of_collection(project: pytest.Pytester) -> None:
    path = project.path / "my.drill.yaml"
    path.write_text(DRILLS.replace("revert", "revrt"), encoding="utf-8")
    result = run(project)

    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.fnmatch_lines(["*my.drill.yaml: 'a course': step 2: there is no step 'revrt'*"])
