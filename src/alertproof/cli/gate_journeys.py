"""Journeys of a gate's blocks: each arm has a process of pytest that keeps its browser and walks when it is told to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from alertproof.cli.pointing import named_for_others
from alertproof.errors import Broken, ConfigError
from alertproof.gate import Felt, middle
from alertproof.report.names import parse_name
from alertproof.verdict import Verdict

if TYPE_CHECKING:
    from alertproof.requirements import Target
    from alertproof.schedule.wire import Ended
    from alertproof.schedule.worker import Worker

__all__ = ["walking"]

#: The longest that one walk of one journey may take.
_LONGEST = timedelta(minutes=2)
_LAYOUT = "CLS"


@contextmanager
def walking(
    journeys: str, target: Target, name: str, *, times: int, monitoring: Path, folder: Path
) -> Iterator[Callable[[], Felt]]:
    """Yield what goes ``times`` on each journey of a file, folder or ``FILE::TEST`` and says what is in the middle.

    ``name`` is the target's, ``folder`` the arm's own for what workers leave. Each journey is taken once beforehand:
    what a browser and a platform do once is not compared. Raises `ConfigError` where there is no journey, or one is
    not allowed on this target.
    """
    from alertproof.schedule.worker import Worker  # noqa: PLC0415 - most gates go without

    if not Path(journeys.partition("::")[0]).exists():
        raise ConfigError(f"--journeys: {journeys} is not there")
    folder.mkdir(parents=True, exist_ok=True)
    arguments = [journeys, f"--target={named_for_others(target, name, folder)}", f"--reports={folder}"]
    worker = Worker([*arguments, *((f"--monitoring={monitoring}",) if monitoring.is_dir() else ())])
    try:
        checks = [one.name for one in worker.checks if one.kind == "journey"]
        if not checks:
            raise ConfigError(f"--journeys: {journeys} holds no journey (a test with the fixture journey)")
        _walk(worker, checks)
        yield lambda: middle([_walk(worker, checks) for _ in range(times)])
    finally:
        worker.stop()


def _walk(worker: Worker, checks: list[str]) -> Felt:
    """Go once on each journey; the first that does not pass is why there is nothing to compare."""
    times: dict[str, float] = {}
    layouts: dict[str, float] = {}
    for number, check in enumerate(checks):
        try:
            ended = worker.run(f"walk {number}", check, within=_LONGEST)
        except Broken as error:
            return Felt(broken=str(error))
        what = f"journey {parse_name(check).title!r}" if len(checks) > 1 else "the journey"
        if ended.verdict is Verdict.SKIPPED:
            raise ConfigError(f"--journeys: {what} was skipped: {ended.reason}")
        if ended.verdict is not Verdict.PASSED:
            return Felt(broken=f"{what} {ended.verdict}: {ended.reason or 'no reason given'}")
        for vital, value in _numbers(ended):
            (layouts if vital == _LAYOUT else times)[f"{vital} of {what}"] = value
    return Felt(times=times, layouts=layouts)


def _numbers(ended: Ended) -> Iterator[tuple[str, float]]:
    if ended.took is not None:
        yield "duration", ended.took.total_seconds()
    vitals = ended.vitals
    if vitals is None:
        return
    for name, milliseconds in (("TTFB", vitals.ttfb), ("FCP", vitals.fcp), ("LCP", vitals.lcp), ("INP", vitals.inp)):
        if milliseconds is not None:
            yield name, milliseconds / 1000
    if vitals.cls is not None:
        yield _LAYOUT, vitals.cls
