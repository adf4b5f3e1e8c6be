"""A drill asks the platform before the revert whether the fault still stands: one that does not has proven nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from tests.drills.conftest import Bench
from tests.faults.test_injection import TOKEN, Door
from tests.faults.test_injection import platform as platform_with_a_door

from alertproof.drills import Drill
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
