"""Load runs in words: one row each, and one sentence."""

from __future__ import annotations

from dataclasses import dataclass

from alertproof.journal import LoadJournal, LoadTick
from alertproof.report.model import Report, badness
from alertproof.report.summary.unmet import judgement
from alertproof.report.words import NOTHING, as_sentence, counted, duration, number, share
from alertproof.verdict import Verdict

__all__ = ["LoadRow", "load_row", "load_sentence", "measured_ticks", "rate", "sorted_loads"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadRow:
    """One load run as the summary tables say it."""

    profile: str
    scenario: str
    rate: str
    requests: str
    p95: str
    limit: str
    slow: str
    failed: str
    verdict: Verdict


def sorted_loads(report: Report) -> tuple[LoadJournal, ...]:
    """Return the load runs, those that did not pass first, then by profile and name."""
    return tuple(
        sorted(
            report.loads,
            key=lambda load: (badness(load.verdict), load.profile, load.check, load.began),
        )
    )


def load_row(load: LoadJournal) -> LoadRow:
    """Return a load run in the words of the summary table."""
    return LoadRow(
        profile=load.profile,
        scenario=load.scenario,
        rate=rate(load),
        requests=f"{load.n:,}",
        p95=duration(load.p95) if load.p95 is not None else NOTHING,
        limit=duration(load.limit),
        slow=share(load.slow, load.n),
        failed=share(load.failed, load.n),
        verdict=load.verdict,
    )


def load_sentence(load: LoadJournal) -> str:
    """Return what a load run showed, in one sentence."""
    if load.verdict is not Verdict.PASSED:
        return judgement(load)
    p95 = f"p95 was {duration(load.p95)} with a limit of {duration(load.limit)}" if load.p95 is not None else "no p95"
    return as_sentence(
        f"{counted(load.n, 'request')} at {rate(load)}: {p95}, and {share(load.slow, load.n)} were slow or failed"
    )


def measured_ticks(load: LoadJournal) -> tuple[LoadTick, ...]:
    """Return the seconds after the warm-up."""
    return tuple(tick for tick in load.ticks if tick.second >= load.warm_up.total_seconds())


def rate(load: LoadJournal) -> str:
    """Return the rate of arrivals that was wanted after the warm-up: ``40/s``, ``10–60/s``."""
    rates = [tick.target_rate for tick in measured_ticks(load)]
    if not rates:
        return NOTHING
    low, high = number(min(rates)), number(max(rates))
    return f"{high}/s" if low == high else f"{low}–{high}/s"
