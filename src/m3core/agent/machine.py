"""How full the machine's disk and memory are."""

from __future__ import annotations

from pathlib import Path
from typing import final

import psutil

from m3core.agent.gauges import Gauges

__all__ = ["MachineCollector"]


@final
class MachineCollector:
    """Sends system.disk.in_use and system.mem.usable, as shares of the whole."""

    name = "disk and memory"

    def collect(self, gauges: Gauges) -> None:
        disk = psutil.disk_usage(Path.cwd().anchor)
        memory = psutil.virtual_memory()
        gauges.gauge("system.disk.in_use", disk.percent / 100)
        gauges.gauge("system.mem.usable", memory.available / memory.total)
