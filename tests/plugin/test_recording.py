"""What a run writes down about itself, and how its checks are told from other tests."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from alertproof.plugin.environment import command_of, without_credentials

pytest_plugins = ["pytester"]

TARGETS = """
[targets.shop]
url = "https://agent:hunter2@shop.example/base?x=1"
allow = ["read", "write"]
"""
OFFLINE = """
monitors: [errors.json]
tests:
  - name: nothing fails
    interval: 1m
    input_series:
      - {series: 'app.requests{env:prod}', type: count, values: 100x19}
      - {series: 'app.errors{env:prod}', type: count, values: 0x19}
    expect:
      - {monitor: errors, at: 9m, state: OK}
"""
MONITOR = {
    "name": "errors",
    "type": "query alert",
    "query": "sum(last_5m):sum:app.errors{env:prod}.as_count() / sum:app.requests{env:prod}.as_count() > 0.02",
    "message": "too many errors",
    "options": {"thresholds": {"critical": 0.02}},
}


@pytest.fixture
def project(pytester: pytest.Pytester) -> pytest.Pytester:
    (pytester.path / "errors.json").write_text(json.dumps(MONITOR), encoding="utf-8")
    (pytester.path / "errors.alert.yaml").write_text(OFFLINE, encoding="utf-8")
    return pytester


def run(project: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    return project.runpytest_subprocess("-p", "no:locust", "-p", "no:ddtrace", "--reports", "out", *arguments)


def lines(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "run.jsonl").read_text(encoding="utf-8").splitlines()]


def test_a_run_says_where_and_with_what_it_ran_and_no_secret(project: pytest.Pytester) -> None:
    (project.path / "alertproof.toml").write_text(TARGETS, encoding="utf-8")

    run(project, "--target", "shop", "-o", "cache_dir=https://me:hunter3@cache.example/x").assert_outcomes(passed=1)

    written = (project.path / "out" / "run.jsonl").read_text(encoding="utf-8")
    started = lines(project.path / "out")[0]
    facts = dict(started["environment"])
    assert facts["target is"] == "https://shop.example/base?x=1, allowed: read, write"
    assert list(facts) == sorted(facts)
    assert {"machine", "monitoring", "platform", "pytest", "python", "reports"} <= facts.keys()
    assert facts["reports"] == "out"
    assert "hunter" not in written
    assert "https://cache.example/x" in started["command"]
    assert str(project.path) not in json.dumps(facts)


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        (("--api-token=hunter2",), "--api-token=***"),
        (("--password", "hunter2 with hunter3", "tests"), "--password *** tests"),
        (("--password=hunter2 hunter3",), "--password=***"),
        (("-o", "my_secret=hunter2"), "-o my_secret=***"),
        (("--override-ini=my_secret=hunter2",), "--override-ini=my_secret=***"),
        (("--token", "--token", "x"), "--token *** x"),
        (("-k", "token or key", "tests/test_tokens.py"), "-k token or key tests/test_tokens.py"),
        (("-k", "token", "tests"), "-k token tests"),
    ],
)
def test_the_command_is_shown_without_what_may_be_a_secret(arguments: tuple[str, ...], shown: str) -> None:
    given = SimpleNamespace(invocation_params=SimpleNamespace(args=arguments))

    assert command_of(cast("pytest.Config", given)) == f"pytest {shown}"


def test_a_folder_that_cannot_hold_a_report_is_said_before_anything_runs(project: pytest.Pytester) -> None:
    (project.path / "out").touch()

    result = run(project)

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: no report can be written to *out: *; name another: --reports DIR"])
    assert "Traceback" not in result.stderr.str() + result.stdout.str()


def test_a_report_that_could_not_be_written_is_red_and_says_so(project: pytest.Pytester) -> None:
    (project.path / "out" / "report.html" / "in the way").mkdir(parents=True)

    result = run(project)

    result.assert_outcomes(passed=1)
    assert result.ret == pytest.ExitCode.INTERNAL_ERROR
    result.stdout.fnmatch_lines(["alertproof: cannot write the report to *out: *; choose a folder that can be written"])
    assert "Traceback" not in result.stderr.str() + result.stdout.str()


def test_half_of_a_surrogate_pair_in_a_reason_is_no_end_of_the_run(project: pytest.Pytester) -> None:
    (project.path / "alertproof.toml").write_text(
        '[targets.local]\nurl = "http://127.0.0.1:1"\nallow = ["load"]\n', encoding="utf-8"
    )
    project.makepyfile("""
        import json, pytest

        def test_it(load):
            pytest.fail("it answered " + json.loads('"\\\\ud800 hello"'))
    """)

    run(project).assert_outcomes(passed=1, failed=1)

    (check,) = [line for line in lines(project.path / "out") if line.get("kind") == "load"]
    assert "it answered ? hello" in check["reason"]
    assert "it answered ? hello" in (project.path / "out" / "report.html").read_text(encoding="utf-8")


def test_no_traceback_and_no_output_of_a_test_shows_a_secret_of_its_target(
    project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("M3CORE_SEED_PASSWORD", "hunter2-hunter2")
    (project.path / "alertproof.toml").write_text(
        '[targets.local]\nurl = "http://127.0.0.1:1"\nallow = ["load"]\n', encoding="utf-8"
    )
    project.makepyfile("""
        import os

        def log_in(password):
            print("logging in with", password)
            raise KeyError("user")

        def test_it(load):
            log_in(os.environ["M3CORE_SEED_PASSWORD"])
    """)

    result = run(project)

    result.assert_outcomes(passed=1, failed=1)
    assert "password = '***'" in result.stdout.str()
    assert "logging in with ***" in result.stdout.str()
    written = [path.read_bytes() for path in (project.path / "out").rglob("*") if path.is_file()]
    assert not [raw for raw in [result.stdout.str().encode(), *written] if b"hunter2" in raw]


def test_two_runs_of_one_second_are_two_runs_of_the_history(project: pytest.Pytester) -> None:
    run(project)
    first = lines(project.path / "out")[0]["run"]
    run(project)
    second = lines(project.path / "out")[0]["run"]

    assert first != second
    with closing(sqlite3.connect(project.path / "out" / "history.sqlite")) as file:
        rows = file.execute("SELECT run, check_name, kind, verdict FROM runs ORDER BY at").fetchall()
    name = "errors.alert.yaml::nothing fails"
    assert rows == [(first, name, "offline", "passed"), (second, name, "offline", "passed")]
    assert "last 2 runs: all passed" in (project.path / "out" / "report.html").read_text(encoding="utf-8")


def test_a_history_that_cannot_be_used_is_said_in_the_terminal_and_fails_nobody(project: pytest.Pytester) -> None:
    (project.path / "out").mkdir()
    (project.path / "out" / "history.sqlite").write_bytes(b"no database")

    result = run(project)

    result.assert_outcomes(passed=1)
    assert result.ret == 0
    result.stdout.fnmatch_lines(["history.sqlite is not a history of alertproof*moved aside to history.aside-*"])
    assert len(list((project.path / "out").glob("history.aside-*.sqlite"))) == 1


@pytest.mark.parametrize("name", ["drill", "journey", "load", "probe"])
def test_a_fixture_of_the_project_itself_that_has_such_a_name_makes_no_check(
    project: pytest.Pytester, name: str
) -> None:
    project.makepyfile(f"""
        import pytest

        @pytest.fixture
        def {name}():
            return 1

        def test_it({name}):
            assert {name} == 1
    """)

    run(project).assert_outcomes(passed=2)

    assert [line["check"] for line in lines(project.path / "out") if line["type"] == "CheckFinished"] == [
        "errors.alert.yaml::nothing fails"
    ]


def test_a_fixture_that_wraps_ours_still_makes_a_check(project: pytest.Pytester) -> None:
    project.makeconftest("""
        import pytest

        @pytest.fixture(scope="session")
        def platform():
            return None

        @pytest.fixture
        def drill(drill):
            return drill
    """)
    project.makepyfile("def test_it(drill): pass")

    result = run(project)

    assert result.ret == 1
    result.stdout.fnmatch_lines(["*ran no drill: call .fires() or .stays_quiet()*"])


def test_a_check_that_the_target_does_not_allow_is_skipped_with_its_reason_alone(project: pytest.Pytester) -> None:
    (project.path / "alertproof.toml").write_text(TARGETS, encoding="utf-8")
    project.makeconftest("""
        import pytest

        @pytest.fixture(scope="session")
        def specification():
            return None
    """)
    project.makepyfile("def test_it(drill): pass")

    run(project, "--target", "shop").assert_outcomes(passed=1, skipped=1)

    (check,) = [line for line in lines(project.path / "out") if line.get("kind") == "drill"]
    assert check["verdict"] == "skipped"
    assert str(check["reason"]).startswith("target 'shop' does not allow 'faults'; ")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://me:secret@host.example/x", "https://host.example/x"),
        ("--dsn=HTTPS://key@host/1 b", "--dsn=HTTPS://host/1 b"),
        ("https://host.example/a@b", "https://host.example/a@b"),
        ("https://host.example/?q=a@b", "https://host.example/?q=a@b"),
        ("me@host.example", "me@host.example"),
    ],
)
def test_an_address_is_shown_without_user_and_password(text: str, shown: str) -> None:
    assert without_credentials(text) == shown
