"""``alertproof schedule`` and ``alertproof status-page`` as their users meet them."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pytest
from tests.cli.test_command_line import alertproof
from tests.schedule.conftest import AccessLog, Project, access, ended, project

from alertproof.verdict import Verdict

__all__ = ["access", "project"]
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
ONE = """
from alertproof.probes import status

def test_the_platform_answers(probe):
    probe.get("/healthz").expect(status(200))
"""


def asked(access: AccessLog, times: int, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 60
    while len(access.seen) < times:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline, f"asked {len(access.seen)} times in 60 s"
        time.sleep(0.02)


def test_checks_run_on_their_schedule_until_sigterm_and_their_page_shows_them(
    project: Project, access: AccessLog
) -> None:
    access.down.add("/leads")
    process = project.start("--json", "--network", "office")
    asked(access, 6, process)
    code, out, err = ended(process)

    assert code == 0, err
    lines = [json.loads(line) for line in out.splitlines()]
    assert {line["verdict"] for line in lines} == {"passed", "failed"}
    assert {(line["location"], line["network"]) for line in lines} == {("dublin", "office")}
    assert "expected status 200, last seen: 503" in next(
        line["reason"] for line in lines if line["verdict"] == "failed"
    )
    store = project.store()
    runs = store.runs(since=LONG_AGO)
    assert [run.id for run in runs] == [line["run"] for line in sorted(lines, key=lambda line: str(line["began"]))]
    assert all("ProbeJournal" in "".join(store.records(run.id)) for run in runs)
    store.close()

    page = alertproof("status-page", "--output", "public/status.html", cwd=project.folder)
    assert page.returncode == 0, page.stderr
    assert "Failing: leads are listed" in (project.folder / "public" / "status.html").read_text(encoding="utf-8")


def test_a_project_that_takes_warnings_for_errors_is_watched_like_any_other(
    project: Project, access: AccessLog
) -> None:
    (project.folder / "pyproject.toml").write_text('[tool.pytest.ini_options]\nfilterwarnings = ["error"]\n')
    project.write(ONE)
    code, out, err = project.run("--once")

    assert (code, err) == (0, "")
    assert out.startswith("passed")
    assert len(access.seen) == 1


def test_the_end_waits_for_what_is_under_way(project: Project, access: AccessLog) -> None:
    project.write(ONE)
    access.slow["/healthz"] = 2.0
    process = project.start()
    asked(access, 1, process)
    code, out, _ = ended(process)

    assert code == 0
    assert "passed" in out
    store = project.store()
    assert [run.verdict for run in store.runs(since=LONG_AGO)] == [Verdict.PASSED]
    store.close()


def test_a_second_signal_ends_what_is_under_way_as_broken(project: Project, access: AccessLog) -> None:
    project.write(ONE)
    access.slow["/healthz"] = 8.0
    process = project.start()
    asked(access, 1, process)
    began = time.monotonic()
    process.send_signal(signal.SIGTERM)
    time.sleep(0.8)
    code, out, err = ended(process)

    assert code == 0
    assert time.monotonic() - began < 7
    assert "broken" in out
    assert "what is under way is ended and counts as broken" in err


def test_once_runs_what_is_due_and_says_by_its_exit_code_how_it_went(project: Project, access: AccessLog) -> None:
    project.write(ONE)
    arguments = ("--once", "--every", "1d")

    assert project.run(*arguments)[0] == 0
    code, _, err = project.run(*arguments)
    assert code == 5, "the slot of this day has been run"
    assert "nothing was due" in err
    access.down.add("/healthz")
    assert project.run("--once", "--every", "1d", "--location", "ohio")[0] == 1
    assert len(access.seen) == 2


def test_a_check_that_takes_longer_than_its_interval_is_never_run_twice_at_once(
    project: Project, access: AccessLog
) -> None:
    project.write(ONE)
    access.slow["/healthz"] = 1.5
    process = project.start("--every", "1s", "--workers", "2")
    asked(access, 3, process)
    code, _, err = ended(process)

    assert code == 0
    assert "the run before was still under way" in err
    store = project.store()
    runs = store.runs(since=LONG_AGO)
    assert all(one.ended is not None and one.ended <= other.began for one, other in pairwise(runs))
    assert sum(gap.slots for gap in store.gaps(since=LONG_AGO)) >= 2
    store.close()


def test_a_check_that_never_ends_is_broken_and_the_next_runs(project: Project, access: AccessLog) -> None:
    project.write("import time\n" + ONE + "\n\ndef test_it_hangs():\n    time.sleep(600)\n")
    process = project.start("--longest", "2s", "--every", "3s")
    asked(access, 2, process)
    code, out, _ = ended(process)

    assert code == 0
    assert "test_it_hangs did not end within 2 s" in out
    assert out.count("passed") >= 2


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        ("", 5, "nothing ran"),
        ("import nowhere\n", 2, "No module named 'nowhere'"),
        ("import pytest\n@pytest.mark.every('often')\ndef test_it():\n    pass\n", 2, "not a duration: 'often'"),
        (
            "import pytest\n@pytest.mark.every('2s', jitter='3s')\ndef test_it():\n    pass\n",
            2,
            "not between 0 and half",
        ),
        ("import pytest\n@pytest.mark.quarantine(owner='me')\ndef test_it():\n    pass\n", 2, "all three"),
        ("def test_it(drill):\n    pass\n", 2, "a drill is not run on a schedule"),
    ],
)
def test_what_cannot_be_run_is_refused_and_named(project: Project, text: str, code: int, said: str) -> None:
    project.write(text)

    found, _, err = project.run()

    assert found == code, err
    assert said in err


def test_two_schedulers_of_one_location_are_refused(project: Project, access: AccessLog) -> None:
    process = project.start()
    asked(access, 1, process)
    code, _, err = project.run()
    assert code == 2
    assert "a scheduler of location 'dublin' runs already" in err
    assert project.run("--location", "ohio", "--once")[0] == 0
    assert ended(process)[0] == 0


def test_a_page_of_no_history_is_usage_and_of_an_empty_one_nothing_ran(tmp_path: Path) -> None:
    done = alertproof("status-page", cwd=tmp_path)
    assert done.returncode == 2
    assert "no such history" in done.stderr
