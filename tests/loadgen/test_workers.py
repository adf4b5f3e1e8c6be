"""A master and workers of Locust's, each a process: they send what one would, and a crew that is not whole says so."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import psutil
import pytest

from alertproof.clock import SystemClock, wait_until
from alertproof.journal import LoadJournal, LoadTick
from alertproof.loadgen import Crew, find_capacity, read_capacity_profile, read_profile, run_load
from alertproof.verdict import Verdict

from .conftest import SCENARIO, Answer, Server, Write, target_at

pytestmark = pytest.mark.timeout(120)

CLOCK = SystemClock()
PATIENT = {"max_lag": "5s"}  # these tests are not about time


def crew_of(pid: int | None = None) -> list[psutil.Process]:
    """Return the master and its workers, the master first."""
    found = psutil.Process(pid).children(recursive=True)
    return [one for one in found if any("loadgen.bridge" in part for part in one.cmdline())]


def soon(look: Callable[[], object], *, within: float = 20) -> bool:
    found = wait_until(
        lambda: look() or None,
        clock=CLOCK,
        deadline=CLOCK.now() + timedelta(seconds=within),
        every=timedelta(milliseconds=20),
    )
    return bool(found)


def ended(processes: list[psutil.Process]) -> bool:
    return all(not one.is_running() or one.status() == psutil.STATUS_ZOMBIE for one in processes)


def run(
    path: Path, url: str, *, crew: Crew | None = None, watch: Callable[[LoadTick], None] | None = None
) -> LoadJournal:
    return run_load(
        read_profile(path),
        target_at(url),
        check="a test",
        target_name="own",
        crew=crew,
        watch=lambda tick, _: watch(tick) if watch else None,
    )


@pytest.mark.parametrize("workers", [2, 3])
def test_workers_send_each_arrival_once_and_all_is_counted(
    serve: Callable[..., Server], write_profile: Write, workers: int
) -> None:
    server, seen = serve(), list[int]()
    path = write_profile(SCENARIO, rate=31, duration="3s", users=2, workers=workers, **PATIENT)

    journal = run(path, server.url, watch=lambda _: seen.append(len(crew_of())))

    assert journal.verdict is Verdict.PASSED, journal.reason
    assert max(seen) == workers + 1
    assert [tick.arrivals for tick in journal.ticks] == [31, 31, 31]
    assert journal.n == len(server.asked) == 93
    assert {one.name: one.n for one in journal.endpoints} == {"GET /thing": 93}


def test_all_count_from_one_instant(serve: Callable[..., Server], write_profile: Write) -> None:
    """Arrivals that fall to two workers in turn come in turn: neither begins before the other."""
    server = serve()
    scenario = SCENARIO.replace("?n={next(NUMBERS)}", "?n={os.getpid()}").replace(
        "import itertools", "import itertools, os"
    )
    path = write_profile(scenario, rate=10, duration="3s", workers=2, **PATIENT)

    run(path, server.url)

    came = [asked for asked, _ in sorted(server.asked, key=lambda one: one[0].at)]
    first = {pid: next(asked.at for asked in came if asked.number == pid) for pid in {asked.number for asked in came}}
    assert len(first) == 2
    early, late = sorted(first.values())
    assert late - early < timedelta(milliseconds=600), "a tenth of a second, and what a busy machine adds"
    for a, b in zip(came[0::2], came[1::2], strict=True):
        assert abs((b.at - a.at).total_seconds()) < 1


def test_failures_of_all_workers_are_one_table(serve: Callable[..., Server], write_profile: Write) -> None:
    server = serve(lambda _: Answer(status=503))
    journal = run(write_profile(SCENARIO, rate=20, duration="2s", workers=2, **PATIENT), server.url)

    assert journal.verdict is Verdict.FAILED
    assert [(one.name, one.trouble, one.n) for one in journal.failures] == [("GET /thing", "answered 503", 40)]


def test_a_worker_that_is_killed_in_the_middle_makes_the_run_broken_and_says_which_and_when(
    serve: Callable[..., Server], write_profile: Write
) -> None:
    killed: list[psutil.Process] = []

    def kill(tick: LoadTick) -> None:
        if tick.second == 1 and not killed:
            killed.extend(crew_of())
            killed[-1].kill()

    path = write_profile(SCENARIO, rate=20, duration="30s", workers=2, **PATIENT)
    journal = run(path, serve().url, watch=kill)

    assert journal.verdict is Verdict.BROKEN
    assert "of 2 ended with code -9, " in journal.reason
    assert " s into the run: what it had sent and not told is unknown" in journal.reason
    assert [one.last_seen for one in journal.expectations] == ["the run was cut short"] * 2
    assert journal.ticks[0].n == 20, "what was told before is kept"
    assert soon(lambda: ended(killed)), "the others go with it"


def test_a_worker_that_stands_still_makes_the_run_broken(serve: Callable[..., Server], write_profile: Write) -> None:
    stopped: list[psutil.Process] = []

    def stop(tick: LoadTick) -> None:
        if tick.second == 1 and not stopped:
            stopped.extend(crew_of())
            stopped[-1].suspend()

    path = write_profile(SCENARIO, rate=20, duration="60s", workers=2, **PATIENT)
    journal = run(path, serve().url, watch=stop)

    assert journal.verdict is Verdict.BROKEN
    assert "of 2 said nothing for 10 s" in journal.reason
    assert soon(lambda: ended(stopped))


KILLED = """
import sys
from pathlib import Path
from alertproof.loadgen import read_profile, run_load
from alertproof.requirements import ClockWire, Endpoints, Target
target = Target(clock=ClockWire(real=0, stack=0, factor=1), endpoints=Endpoints(m3core=sys.argv[2]))
said = lambda tick, in_flight: print(tick.n, flush=True)
run_load(read_profile(Path(sys.argv[1])), target, check="a test", target_name="own", watch=said)
"""


@pytest.mark.parametrize("who", ["the run", "the master"])
def test_a_kill_takes_master_and_workers_with_it(serve: Callable[..., Server], write_profile: Write, who: str) -> None:
    path = write_profile(SCENARIO, rate=20, duration="60s", workers=2, **PATIENT)
    with subprocess.Popen([sys.executable, "-c", KILLED, str(path), serve().url], stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            assert int(process.stdout.readline()) > 0
            crew = crew_of(process.pid)
            assert len(crew) == 3
            os.kill(process.pid if who == "the run" else crew[0].pid, signal.SIGKILL)
            assert soon(lambda: ended(crew))
        finally:
            process.kill()


def test_what_the_scenario_does_wrong_is_said_as_by_one_process(
    serve: Callable[..., Server], write_profile: Write
) -> None:
    scenario = SCENARIO.replace("self.client.get", "self.client.frobnicate")
    journal = run(write_profile(scenario, rate=20, duration="5s", workers=2, **PATIENT), serve().url)

    assert journal.verdict is Verdict.BROKEN
    assert journal.reason.startswith("the scenario own.py: ask raised AttributeError at own.py:10")


def test_a_search_is_sent_by_workers_too(serve: Callable[..., Server], tmp_path: Path) -> None:
    """Rates that are ordered while all send are the sum of what the workers send, and none is above the ceiling."""
    (tmp_path / "own.py").write_text(SCENARIO, encoding="utf-8")
    (tmp_path / "own.toml").write_text(
        'scenario = "own.py"\nstart = 20\nceiling = 80\nlimit = "100ms"\ntimeout = "1s"\ntick = "100ms"\n'
        'warm_up = "1s"\nduration = "14s"\nlongest = "28s"\narrivals = "even"\nworkers = 2\nmax_lag = "5s"\n',
        encoding="utf-8",
    )

    found = find_capacity(
        read_capacity_profile(tmp_path / "own.toml"), target_at(serve().url), target_name="own", required=10
    )

    assert found.outcome is not None, found.reason
    settled = [
        (before, tick) for before, tick in zip(found.ticks, found.ticks[1:], strict=False) if before.rate == tick.rate
    ]
    assert {tick.rate for _, tick in settled} > {20.0, 80.0}
    n, meant = sum(tick.n for _, tick in settled), sum(tick.rate * 0.1 for _, tick in settled)
    assert n == pytest.approx(meant, rel=0.1)


# -- workers that come from elsewhere ---------------------------------------------------------------------------------


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@pytest.fixture
def project(tmp_path: Path, serve: Callable[..., Server]) -> Path:
    """A folder as on another machine: its own target and its own copy of the scenario."""
    (tmp_path / "load/scenarios").mkdir(parents=True)
    (tmp_path / "load/scenarios/own.py").write_text(SCENARIO, encoding="utf-8")
    (tmp_path / "alertproof.toml").write_text(
        f'[targets.here]\nurl = "{serve().url}"\nallow = ["load"]\n'
        '[targets.other]\nurl = "http://127.0.0.1:9"\nallow = ["load"]\n[targets.shut]\nurl = "http://127.0.0.1:9"\n',
        encoding="utf-8",
    )
    return tmp_path


@contextmanager
def worker(project: Path, port: int, *more: str, target: str = "here") -> Iterator[subprocess.Popen[str]]:
    command = ["load", "worker", "--master-host", "127.0.0.1", "--master-port", str(port), "--target", target, *more]
    with subprocess.Popen(
        [sys.executable, "-m", "alertproof", *command], cwd=project, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def url_of(project: Path) -> str:
    return (project / "alertproof.toml").read_text(encoding="utf-8").split('"')[1]


def elsewhere(port: int, workers: int, *, patience: float = 40) -> Crew:
    return Crew(workers=workers, port=port, elsewhere=True, patience=patience)


def test_workers_of_other_machines_come_to_the_master_and_go_with_the_run(project: Path, write_profile: Write) -> None:
    port = free_port()
    path = write_profile(SCENARIO, rate=20, duration="3s", **PATIENT)
    with worker(project, port) as one, worker(project, port) as other:
        journal = run(path, url_of(project), crew=elsewhere(port, 2))
        assert (one.wait(20), other.wait(20)) == (0, 0)

    assert journal.verdict is Verdict.PASSED, journal.reason
    assert [tick.arrivals for tick in journal.ticks] == [20, 20, 20]


def test_workers_that_do_not_come_are_waited_for_until_the_deadline(project: Path, write_profile: Write) -> None:
    port = free_port()
    path = write_profile(SCENARIO, rate=20, duration="3s", **PATIENT)
    with worker(project, port):
        journal = run(path, url_of(project), crew=elsewhere(port, 2, patience=8))

    assert journal.verdict is Verdict.BROKEN
    assert f"of 2 workers came to the master at 127.0.0.1:{port} within 8 s" in journal.reason
    assert f"alertproof load worker --master-host HOST --master-port {port}" in journal.reason


def test_a_worker_whose_target_is_another_refuses_and_the_run_says_so(project: Path, write_profile: Write) -> None:
    port = free_port()
    path = write_profile(SCENARIO, rate=20, duration="3s", **PATIENT)
    with worker(project, port, target="other") as process:
        journal = run(path, url_of(project), crew=elsewhere(port, 1))
        assert process.wait(20) == 3

    assert journal.verdict is Verdict.BROKEN
    assert "its target is http://127.0.0.1:9, and the master's load goes to" in journal.reason


def test_a_worker_without_a_master_gives_up_in_words(project: Path) -> None:
    port = free_port()
    with worker(project, port, "--within", "3s") as process:
        _, said = process.communicate(timeout=40)

    assert process.returncode == 3
    assert f"no master answered at 127.0.0.1:{port} within 3 s" in said
    assert "Traceback" not in said


def test_a_worker_of_a_target_that_allows_no_load_does_not_start(project: Path) -> None:
    with worker(project, 1, target="shut") as process:
        _, said = process.communicate(timeout=40)

    assert process.returncode == 2
    assert "does not allow 'load'" in said


def test_a_worker_elsewhere_ends_when_its_master_is_killed(project: Path, write_profile: Write) -> None:
    port, server_url = free_port(), url_of(project)
    path = write_profile(SCENARIO, rate=20, duration="60s", **PATIENT)
    leads = KILLED.replace("import read_profile", "import Crew, read_profile").replace(
        "watch=said", f"watch=said, crew=Crew(workers=1, port={port}, elsewhere=True)"
    )
    with (
        worker(project, port) as process,
        subprocess.Popen([sys.executable, "-c", leads, str(path), server_url], stdout=subprocess.PIPE) as master,
    ):
        try:
            assert master.stdout is not None
            assert int(master.stdout.readline()) > 0
        finally:
            master.kill()
        _, said = process.communicate(timeout=30)

    assert process.returncode == 3
    assert "the master said nothing for 5 s" in said


def test_a_port_that_is_taken_is_said(project: Path, write_profile: Write) -> None:
    path = write_profile(SCENARIO, rate=20, duration="3s", **PATIENT)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = int(taken.getsockname()[1])
        journal = run(path, url_of(project), crew=elsewhere(port, 1))

    assert journal.verdict is Verdict.BROKEN
    assert journal.reason.startswith(f"the master cannot listen at 127.0.0.1:{port}")
