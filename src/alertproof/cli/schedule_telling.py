"""What the command line says of scheduled runs, and how it waits for its end."""

from __future__ import annotations

import signal
import threading
from collections.abc import Sequence
from datetime import timedelta
from types import FrameType
from typing import TYPE_CHECKING, final

import click
import msgspec

from alertproof.errors import Broken
from alertproof.verdict import Verdict

if TYPE_CHECKING:
    from alertproof.schedule.record import Gap
    from alertproof.schedule.scheduler import RunTold, Scheduler
    from alertproof.schedule.worker import Pool

__all__ = ["Told", "until_told"]

_LOOK = 0.5  # seconds
_COLOURS = {Verdict.PASSED: "green", Verdict.FAILED: "red", Verdict.BROKEN: "yellow", Verdict.SKIPPED: "white"}


@final
class Told:
    """Prints a line for each run; a `Listener`."""

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json
        self._seen: set[Verdict] = set()
        self._lock = threading.Lock()

    @property
    def exit_code(self) -> int:
        """0 passed, 1 a check failed, 3 one could not tell, 5 nothing ran or all was skipped."""
        if not self._seen - {Verdict.SKIPPED}:
            return 5
        return 1 if Verdict.FAILED in self._seen else 3 if Verdict.BROKEN in self._seen else 0

    def ran(self, run: RunTold) -> None:
        """Print how it ended."""
        ended = run.ended
        with self._lock:
            if not (run.quarantined and ended.verdict is Verdict.FAILED):
                self._seen.add(ended.verdict)
            if self._as_json:
                click.echo(msgspec.json.encode(_line(run)).decode())
                return
            took = "" if ended.took is None else f"  {ended.took / timedelta(milliseconds=1):.0f} ms"
            notes = "".join(
                [
                    f"  flaky: {len(ended.earlier)} attempts before" if ended.earlier else "",
                    f"  degraded: {ended.reason}" if ended.degraded else "",
                    "  quarantined" if run.quarantined else "",
                ]
            )
            click.secho(f"{ended.verdict:<8}", fg=_COLOURS[ended.verdict], nl=False)
            click.echo(f"{run.began:%H:%M:%S}  {run.check.name}{took}{notes}")
            if ended.verdict in {Verdict.FAILED, Verdict.BROKEN} and ended.reason:
                click.echo(f"         {ended.reason.partition(chr(10))[0]}")

    def missed(self, gap: Gap) -> None:
        """Print what was not run."""
        click.secho(f"not run: {gap.check}, {gap.slots} slots since {gap.since:%Y-%m-%d %H:%M:%S}: {gap.why}", err=True)

    def alive(self, *, healthy: bool) -> None:
        """Say nothing: that lines come says it."""


def _line(run: RunTold) -> dict[str, object]:
    ended = run.ended
    return {
        "run": ended.run,
        "check": run.check.name,
        "location": run.check.location,
        "network": run.network,
        "due": run.due,
        "began": run.began,
        "verdict": ended.verdict,
        "took": ended.took,
        "reason": ended.reason,
        "earlier": ended.earlier,
        "quarantined": run.quarantined,
    }


def until_told(scheduler: Scheduler, pools: Sequence[Pool], *, drain: timedelta) -> None:
    """Run until SIGTERM or Ctrl-C, then wait for what is under way; at a second signal, or after ``drain``, kill it.

    Raises `Broken` where the scheduler itself failed, as when its history cannot be written any more.
    """
    told, again = threading.Event(), threading.Event()

    def hear(_number: int, _frame: FrameType | None) -> None:
        (again if told.is_set() else told).set()

    before = {number: signal.signal(number, hear) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        scheduler.start()
        while not told.wait(_LOOK) and scheduler.trouble is None:
            pass
        drained = threading.Thread(target=scheduler.drain, name="drain")
        drained.start()
        _wait(drained, again, drain)
        if drained.is_alive():
            click.echo("what is under way is ended and counts as broken", err=True)
            for pool in pools:
                pool.abort()
        drained.join()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if scheduler.trouble is not None:
        raise Broken(f"the scheduler could not go on: {scheduler.trouble}") from scheduler.trouble


def _wait(drained: threading.Thread, again: threading.Event, drain: timedelta) -> None:
    left = drain.total_seconds()
    while drained.is_alive() and left > 0 and not again.is_set():
        drained.join(min(_LOOK, left))
        left -= _LOOK
