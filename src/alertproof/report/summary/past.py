"""A check's last runs in words: ``last 12 runs: 11 passed, 1 failed 3 days ago``."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from alertproof.report.history import PastRun
from alertproof.report.words import ago, counted
from alertproof.verdict import Verdict

__all__ = ["past_words"]


def past_words(runs: Sequence[PastRun], *, now: datetime, run: str = "") -> str:
    """Return how a check's last runs ended. ``run`` is the one that is being told of, ``now`` its end."""
    if not runs:
        return "no earlier run is known"
    if len(runs) == 1 and runs[0].run == run:
        return "first run on this target"
    head = f"last {counted(len(runs), 'run')}" if len(runs) > 1 else "1 run"
    ended = [(verdict, [past for past in runs if past.verdict is verdict]) for verdict in Verdict]
    parts = [_part(verdict, some, now=now, run=run) for verdict, some in ended if some]
    if len(parts) == 1 and len(runs) > 1:
        return f"{head}: all {next(verdict for verdict, some in ended if some)}{_degraded(runs)}"
    return f"{head}: {', '.join(parts)}"


def _part(verdict: Verdict, some: Sequence[PastRun], *, now: datetime, run: str) -> str:
    if verdict is Verdict.PASSED:
        return f"{len(some)} passed{_degraded(some)}"
    newest = max(some, key=lambda past: past.at)
    count = f"{len(some)} {verdict}"
    if newest.run == run:
        return f"{count}, this one" if len(some) == 1 else f"{count}, the last is this one"
    return f"{count} {ago(now - newest.at)}" if len(some) == 1 else f"{count}, the last {ago(now - newest.at)}"


def _degraded(runs: Sequence[PastRun]) -> str:
    some = sum(run.degraded for run in runs)
    return f", {some} of them degraded" if some else ""
