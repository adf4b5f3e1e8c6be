"""The platform in the box at a capacity that is set: p95 has its knee there, and the generator keeps half a core."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import psutil
import pytest

from alertproof.clock import SystemClock
from alertproof.journal import LoadJournal
from alertproof.loadgen import read_profile, run_load
from alertproof.requirements import Target
from alertproof.stack import reached
from alertproof.verdict import Verdict

pytestmark = [pytest.mark.prove, pytest.mark.timeout(300)]

ROOT = Path(__file__).parents[2]
CLOCK = SystemClock()
CAPACITY = 60
PROFILE = """
scenario = "{scenario}"
users = 3
rate = {rate}
warm_up = "3s"
duration = "15s"
arrivals = "poisson"
limit = "800ms"
timeout = "30s"
[thresholds]
slow = ["rate<=0.05"]
failed = ["rate<=0"]
"""


@pytest.fixture(scope="module")
def bounded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    """The embedded stack at its capacity; its clock is real, so that its own pace takes little."""
    none = tmp_path_factory.mktemp("targets") / "alertproof.toml"
    monitoring = ROOT / "monitoring"
    with reached("local", targets=none, monitoring=monitoring, fastest=1.0, capacity=CAPACITY) as target:
        yield target


def send(target: Target, folder: Path, *, rate: float) -> LoadJournal:
    path = folder / "own.toml"
    path.write_text(PROFILE.format(scenario=ROOT / "load/scenarios/leads.py", rate=rate), encoding="utf-8")
    return run_load(read_profile(path), target, check="a test", target_name="own")


def used(family: list[psutil.Process]) -> float:
    """Return the processor seconds of processes so far."""
    return sum(sum(one.cpu_times()[:2]) for one in family if one.is_running())


def test_below_its_capacity_the_platform_is_quick(bounded: Target, tmp_path: Path) -> None:
    journal = send(bounded, tmp_path, rate=25)  # an arrival of this scenario is 1.2 requests

    assert journal.verdict is Verdict.PASSED, journal.reason
    assert journal.p95 is not None
    assert journal.p95 < timedelta(milliseconds=500)


def test_above_it_p95_is_far_beyond_the_limit_and_the_generator_keeps_half_a_core(
    bounded: Target, tmp_path: Path
) -> None:
    family = psutil.Process().children(recursive=True)
    before, began = used(family), CLOCK.monotonic()

    journal = send(bounded, tmp_path, rate=60)

    busy = (used(family) - before) / (CLOCK.monotonic() - began).total_seconds()
    assert journal.verdict is Verdict.FAILED, journal.reason  # not broken: the generator kept its rate
    assert journal.p95 is not None
    assert journal.p95 > timedelta(milliseconds=1600)
    # Until the last answer, and from the generator's start on, which takes a second or two.
    passed = sum(tick.n for tick in journal.ticks) / journal.wall.total_seconds()
    assert passed == pytest.approx(CAPACITY, rel=0.15)
    assert busy < (os.cpu_count() or 1) - 0.5, f"the stack alone took {busy:.2f} cores"
