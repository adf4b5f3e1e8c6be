"""What a process of this machine burns and holds, whichever part of the platform it is."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import final

import psutil

from m3core.agent.gauges import Gauges
from m3core.agent.rounds import NotHere

__all__ = ["Meter", "ProcessCollector"]

#: How long it is measured before it is looked for once more: a second worker may have come.
_SEARCH_AGAIN = 30.0
#: How long nothing is looked for after a search that found nothing: it costs more than a measurement.
_SEARCH_PAUSE = 5.0


@final
class Meter:
    """The CPU time and the memory of some processes, and of their direct children when ``families``."""

    def __init__(self, roots: list[psutil.Process], *, families: bool) -> None:
        self.roots = roots
        self._families = families
        self._before = self._burnt()
        self._at = time.monotonic()

    def percent(self) -> float:
        """Return what was burnt since the last call, in percent of one core.

        A process that began since then counts from its start; the last moments of one that ended are lost.
        """
        burnt, now = self._burnt(), time.monotonic()
        new = sum(seconds - self._before.get(process, 0.0) for process, seconds in burnt.items())
        elapsed = now - self._at
        self._before, self._at = burnt, now
        return 100 * max(0.0, new) / elapsed if elapsed > 0 else 0.0

    def memory(self) -> int:
        """Return the bytes held: each process's own, and once what they share, of which the largest part is known."""
        own = shared = 0
        for process in self._processes():
            try:
                info = process.memory_info()
            except psutil.NoSuchProcess:
                continue
            common = getattr(info, "shared", 0)
            own += info.rss - common
            shared = max(shared, common)
        return own + shared

    def _burnt(self) -> dict[tuple[int, float], float]:
        burnt = {}
        for process in self._processes():
            try:
                times = process.cpu_times()
                burnt[process.pid, process.create_time()] = times.user + times.system
            except psutil.NoSuchProcess:
                continue
        return burnt

    def _processes(self) -> Iterator[psutil.Process]:
        for root in self.roots:
            yield root
            if self._families:
                yield from _children(root)


def _children(root: psutil.Process) -> Iterator[psutil.Process]:
    """Yield a process's direct children. Linux says them; elsewhere all of the machine is searched, for 15 ms."""
    try:
        numbers = Path(f"/proc/{root.pid}/task/{root.pid}/children").read_text(encoding="ascii").split()
    except OSError:
        with suppress(psutil.NoSuchProcess):
            yield from root.children()
        return
    for number in numbers:
        with suppress(psutil.NoSuchProcess):
            yield psutil.Process(int(number))


@final
class ProcessCollector:
    """Sends process.cpu and process.memory of one part of the platform, and what ``also`` makes of the two values.

    A part of which ``several`` may run is looked for again and again. One that is a single server is not while it
    lives: it would be asked itself where it is, and what it burns counts most while it answers nobody.
    """

    def __init__(
        self,
        part: str,
        find: Callable[[], list[psutil.Process]],
        *,
        families: bool = False,
        several: bool = False,
        also: Callable[[Gauges, float, int], None] | None = None,
    ) -> None:
        self.name = f"processes of {part}"
        self._part = part
        self._find = find
        self._families = families
        self._several = several
        self._also = also
        self._meter: Meter | None = None
        self._searched = float("-inf")

    def collect(self, gauges: Gauges) -> None:
        meter = self._current()
        if meter is None:
            return
        percent, held = meter.percent(), meter.memory()
        gauges.gauge("process.cpu", percent, part=self._part)
        gauges.gauge("process.memory", held, part=self._part)
        if self._also is not None:
            self._also(gauges, percent, held)

    def _current(self) -> Meter | None:
        """Return a meter that has a time to look back on, or None before there is one."""
        known, since = self._meter, time.monotonic() - self._searched
        alive = known is not None and all(root.is_running() for root in known.roots)
        if alive and (not self._several or since < _SEARCH_AGAIN):
            return known
        if not alive and known is None and since < _SEARCH_PAUSE:
            raise NotHere(f"no process of this platform on this machine is its {self._part}")
        self._searched = time.monotonic()
        try:
            roots = self._find()
        except Exception:
            if alive:  # Whoever knows where it is may be away; where it was it still is.
                return known
            self._meter = None
            raise
        if alive and known is not None and set(roots) == set(known.roots):
            return known
        self._meter = Meter(roots, families=self._families) if roots else None
        if self._meter is None:
            raise NotHere(f"no process of this platform on this machine is its {self._part}")
        return None
