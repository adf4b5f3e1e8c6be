"""A drill asks the platform before the revert whether the fault still stands: one that does not has proven nothing."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from tests.drills.conftest import SPEC, Bench, at
from tests.faults.test_injection import TOKEN, Door
from tests.faults.test_injection import platform as platform_with_a_door

from alertproof.drills import Drill
from alertproof.drills.safety import Quota
from alertproof.errors import Broken
from alertproof.faults import Backlog, FaultDoor, Ledger
from alertproof.redact import Secret

STOOD = "the fault stood until the revert"
FAULT = Backlog(text="many jobs wait", jobs=15_000)

served = platform_with_a_door


@pytest.fixture
def held(served: Door, bench: Callable[[str], Bench], tmp_path: Path) -> Iterator[Callable[[], Any]]:
    """Return what holds a fault as a drill does, and after it yields what was expected of it."""
    platform = cast("Any", bench("queue-depth").scene.platform)
    door = FaultDoor(base_url=served.url, token=Secret(TOKEN))
    platform.door_of, platform.ledger = lambda _: door, Ledger(tmp_path)
    drill = Drill(platform, "queue-depth", name="n")

    @contextmanager
    def hold() -> Iterator[Callable[[], tuple[bool | None, str]]]:
        def said() -> tuple[bool | None, str]:
            return next((one.met, one.last_seen) for one in drill._list.all() if one.text == STOOD)

        with drill._fault(cast("Any", SimpleNamespace(fault=FAULT)), lasts=timedelta(minutes=5)):
            yield said

    yield hold
    door.close()


def test_a_fault_that_stands_until_the_revert_is_said_with_what_it_breaks(
    served: Door, held: Callable[[], Any]
) -> None:
    served.broken = 15_000
    with held() as said:
        assert len(served.faults) == 1

    assert said() == (True, "the platform's door says 15000")
    assert served.faults == {}


def test_a_fault_whose_lease_ended_before_is_not_met(served: Door, held: Callable[[], Any]) -> None:
    served.broken = 15_000
    with held() as said:
        served.faults.clear()

    assert said() == (False, "the platform's door did not list it any more")


def test_a_fault_that_breaks_nothing_is_not_met(served: Door, held: Callable[[], Any]) -> None:
    with held() as said:
        pass

    assert said() == (False, "the platform's door says 0")


@pytest.mark.parametrize("side", ["fires", "stays_quiet"])
def test_a_drill_counts_its_requests_from_its_own_beginning(bench: Callable[[str], Bench], side: str) -> None:
    platform = cast("Any", bench("queue-depth").scene.platform)
    platform.quota = Quota(lambda: 40, run=100, drill=30)
    assert "40 requests were sent by this drill" in platform.quota()

    def ends_here() -> None:
        raise Broken("far enough")

    monitor = SPEC.folder / SPEC.alert("queue-depth").monitor
    platform.datadog.monitor = lambda _: json.loads(monitor.read_text(encoding="utf-8"))
    platform.lost = ends_here

    journal = getattr(Drill(platform, "queue-depth", name="n"), side)()

    assert "far enough" in str(journal)
    assert platform.quota() == ""


@pytest.mark.parametrize("delay", [0, 300])
def test_a_monitor_that_looks_at_what_was_is_judged_later_by_as_much(
    served: Door, bench: Callable[[str], Bench], tmp_path: Path, delay: int
) -> None:
    made = bench("queue-depth")
    platform, clock = cast("Any", made.scene.platform), made.clock
    made.datadog.send("queue.depth{env:drill}", -120, 240, 9900)
    for second in range(-60, 3600):
        made.traffic.answer(at(second / 60))
    door = FaultDoor(base_url=served.url, token=Secret(TOKEN))
    payload = json.loads((SPEC.folder / SPEC.alert("queue-depth").monitor).read_text(encoding="utf-8"))
    payload["options"]["evaluation_delay"] = delay
    judged: list[datetime] = []

    def states(_monitor_id: int) -> dict[str, str]:
        judged.append(clock.now())
        return {"*": "OK"}

    platform.datadog.monitor = lambda _: payload
    platform.datadog.group_states = states
    platform.door_of, platform.ledger = lambda _: door, Ledger(tmp_path)
    platform.lost, platform.trouble = dict, lambda **_: []
    served.broken = 9900

    journal = Drill(platform, "queue-depth", name="n").stays_quiet()
    door.close()

    assert journal.fault is not None
    assert journal.fault.ended is not None
    after = judged[-1] - journal.fault.ended - timedelta(seconds=delay)
    assert timedelta(seconds=20) < after < timedelta(seconds=90)
