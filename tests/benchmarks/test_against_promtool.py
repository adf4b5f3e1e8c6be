"""Our offline tests against `promtool test rules`: the same alerts and series, whole processes from file to verdict.

Run by `make bench`, on a machine that does nothing else; prints its tables.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.benchmarks.workload import Workload

from alertproof.clock import SystemClock

pytestmark = [pytest.mark.bench, pytest.mark.needs("promtool"), pytest.mark.timeout(3600)]
ROOT = Path(__file__).parents[2]
OURS = str(Path(sys.executable).parent / "alertproof")
#: The part of promtool's wall time that ours may take, and how long a file of one monitor may.
MOST_OF_PEER = 0.025
MOST_FOR_ONE = 0.5


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What a process cost: wall and processor seconds, and its peak of memory in MiB."""

    wall: float
    cpu: float
    memory: float

    def __str__(self) -> str:
        return f"{self.wall:8.2f} s wall {self.cpu:8.2f} s CPU {self.memory:7.0f} MiB"


def cost_of(*command: str | Path) -> Cost:
    """Run a command to its end, which has to be a good one."""
    began = SystemClock().monotonic()
    with subprocess.Popen([str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        assert process.stdout is not None
        output = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    wall = (SystemClock().monotonic() - began).total_seconds()
    assert process.returncode == 0, output.decode()[-2000:]
    return Cost(wall=wall, cpu=usage.ru_utime + usage.ru_stime, memory=usage.ru_maxrss / 1024)


def ours(folder: Path, workload: Workload) -> Cost:
    return cost_of(OURS, "monitors", "test", workload.write_ours(folder))


def test_a_hundred_alerts_over_a_day_take_a_fortieth_of_promtools_time(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    workload = Workload(alerts=100, groups=20, minutes=24 * 60)
    # The best of five: what disturbs a run of two seconds is a sixth of it, and averages out in promtool's minute.
    mine = min((ours(tmp_path / str(number), workload) for number in range(5)), key=lambda cost: cost.wall)
    promtool = shutil.which("promtool")
    assert promtool is not None
    peer = cost_of(promtool, "test", "rules", workload.write_peers(tmp_path / "peer"))
    with capsys.disabled():
        print(f"\n  promtool    {peer}\n  alertproof  {mine}")  # noqa: T201 - the benchmark's table
        print(f"  {mine.wall / peer.wall:.4f} of the wall time, {mine.memory / peer.memory:.2f} of the memory")  # noqa: T201
    assert mine.wall <= MOST_OF_PEER * peer.wall
    assert mine.memory < peer.memory


@pytest.mark.parametrize("grows", ["minutes", "groups", "alerts"])
def test_the_cost_grows_linearly(grows: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    base = {"alerts": 12, "groups": 8, "minutes": 360}
    start = cost_of(OURS, "--version").cpu + 0.25  # numpy and the engine, which --version does not load
    costs = {}
    for factor in (1, 4, 16):
        workload = Workload(**{**base, grows: base[grows] * factor})
        costs[factor] = min((ours(tmp_path / f"{factor}-{n}", workload) for n in range(2)), key=lambda cost: cost.cpu)
    with capsys.disabled():
        for factor, cost in costs.items():
            print(f"\n  {grows:8} x{factor:<3} {cost}", end="")  # noqa: T201 - the benchmark's table
    least = max(0.1, costs[1].cpu - start)
    assert costs[4].cpu - start <= 1.5 * 4 * least
    assert costs[16].cpu - start <= 1.5 * 16 * least


def test_a_file_of_one_monitor_starts_and_ends_within_half_a_second(capsys: pytest.CaptureFixture[str]) -> None:
    file = ROOT / "alert_tests" / "offline" / "queue-depth.alert.yaml"
    best = min((cost_of(OURS, "monitors", "test", file) for _ in range(5)), key=lambda cost: cost.wall)
    with capsys.disabled():
        print(f"\n  one monitor {best}")  # noqa: T201 - the benchmark's table
    assert best.wall < MOST_FOR_ONE
