from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest

from m3core.agent.machine import MachineCollector

if TYPE_CHECKING:
    from tests.m3core.agent.conftest import Measure


def test_disk_and_memory_are_shares_of_the_whole(measure: Measure) -> None:
    values = {point.metric: point.value for point in measure(MachineCollector())}
    assert values.keys() == {"system.disk.in_use", "system.mem.usable"}
    disk = shutil.disk_usage(Path.cwd().anchor)
    assert values["system.disk.in_use"] == pytest.approx(disk.used / (disk.used + disk.free), abs=0.01)
    memory = psutil.virtual_memory()
    assert values["system.mem.usable"] == pytest.approx(memory.available / memory.total, abs=0.1)
