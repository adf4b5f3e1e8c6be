"""Journeys of a gate's blocks: each arm has a process of pytest that keeps its browser and walks when it is told to."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, final

from alertproof.cli.pointing import named_for_others
from alertproof.errors import ConfigError
from alertproof.gate import Felt, middle
from alertproof.report.names import parse_name
from alertproof.report.words import gist
from alertproof.verdict import Verdict

if TYPE_CHECKING:
    from alertproof.requirements import Target
    from alertproof.schedule.wire import Ended
    from alertproof.schedule.worker import Pool

__all__ = ["walking"]

#: The longest that one walk of one journey may take, and how long a browser is kept: for a whole gate.
_LONGEST, _KEPT = timedelta(minutes=2), timedelta(days=1)
_LAYOUT = "CLS"


@contextmanager
def walking(
    journeys: str, target: Target, name: str, *, times: int, monitoring: Path, reports: Path
) -> Iterator[Callable[[], Felt]]:
    """Yield what goes ``times`` on each journey of a file, folder or ``FILE::TEST`` and says what is in the middle.

    ``name`` is the target's, ``reports`` a folder of the arm's own for what failed journeys leave. A browser's first
    walk does not count. Raises `ConfigError` where there is no journey, or one is not allowed on this target.
    """
    from alertproof.schedule.worker import Pool  # noqa: PLC0415 - most gates go without

    if not Path(journeys.partition("::")[0]).exists():
        raise ConfigError(f"--journeys: {journeys} is not there")
    with TemporaryDirectory(prefix="alertproof-gate-") as secret:
        arguments = [
            journeys,
            f"--target={named_for_others(target, name, Path(secret))}",
            f"--reports={reports}",
            "--override-ini=alertproof_trace=off",  # it takes from what is measured
            *((f"--monitoring={monitoring}",) if monitoring.is_dir() else ()),
        ]
        pool = Pool(arguments, size=1, renew=_KEPT)
        try:
            checks = [one.name for one in pool.checks if one.kind == "journey"]
            if not checks:
                raise ConfigError(f"--journeys: {journeys} holds no journey (a test with the fixture journey)")
            walker = _Walker(pool=pool, labels=_labels(checks))
            walker.warm_up()
            yield lambda: middle([walker.walk() for _ in range(times)])
        finally:
            pool.stop()


def _labels(checks: list[str]) -> dict[str, str]:
    """Return what each journey is called: no two alike, and as short as that allows."""
    if len(checks) == 1:
        return {checks[0]: "the journey"}
    parts = {check: parse_name(check) for check in checks}
    titles = {check: f"{one.title} [{one.parameters}]" if one.parameters else one.title for check, one in parts.items()}
    return titles if len(set(titles.values())) == len(checks) else {check: check for check in checks}


@final
@dataclass(slots=True, kw_only=True)
class _Walker:
    """Goes on the journeys of one arm."""

    pool: Pool
    labels: dict[str, str]
    _fresh: bool = True  # the browser has not walked yet
    _ids: Iterator[int] = field(default_factory=itertools.count)

    def warm_up(self) -> None:
        """Take the walk that does not count."""
        self._fresh = False
        self._once()

    def walk(self) -> Felt:
        """Go once on each journey; the first that does not pass is why there is nothing to compare."""
        if self._fresh:
            self.warm_up()
        return self._once()

    def _once(self) -> Felt:
        times: dict[str, float] = {}
        layouts: dict[str, float] = {}
        for check, what in self.labels.items():
            ended = self.pool.run(f"walk {next(self._ids)}", check, within=_LONGEST)
            if ended.verdict is Verdict.SKIPPED:
                raise ConfigError(f"--journeys: {what} was skipped: {ended.reason}")
            if ended.verdict is not Verdict.PASSED:
                self._fresh = ended.verdict is Verdict.BROKEN  # a worker at fault was replaced
                return Felt(broken=f"{what} {ended.verdict}: {gist(ended.reason) or 'no reason given'}")
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
