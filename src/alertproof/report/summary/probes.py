"""Probes in words: one row for each parametrised test, and one for each request."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from alertproof.journal import ProbeJournal, ProbeRun
from alertproof.report.model import Report, badness, worst
from alertproof.report.names import parse_name
from alertproof.report.words import NOTHING, between, counted, duration, listing, marked
from alertproof.verdict import Verdict

__all__ = ["ProbeGroup", "answer", "late", "own_budget", "probe_groups", "slowest", "sorted_probes"]

_TENANTS = 4  # more are counted


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeGroup:
    """The probes of one test: as many as it has parameters."""

    title: str
    journals: tuple[ProbeJournal, ...]

    @property
    def verdict(self) -> Verdict:
        return worst(journal.verdict for journal in self.journals)

    @property
    def verdict_words(self) -> str:
        """``✓ passed``, how many of them were degraded, or how many ended as the worst did: ``✗ 1 of 3 failed``."""
        some = sum(journal.verdict is self.verdict for journal in self.journals)
        words = marked(self.verdict)
        if some == len(self.journals):
            late = sum(bool(journal.degraded) for journal in self.journals)
            return f"{words}, {late} degraded" if late else words
        sign, _, ended = words.partition(" ")
        return f"{sign} {some} of {len(self.journals)} {ended}"

    @property
    def tenants(self) -> str:
        names = sorted({run.tenant for journal in self.journals for run in journal.runs if run.tenant})
        if len(names) > _TENANTS:
            return counted(len(names), "tenant")
        return listing(names) or NOTHING

    @property
    def requests(self) -> int:
        return sum(len(journal.runs) for journal in self.journals)

    @property
    def took(self) -> str:
        """The quickest and the slowest request: ``12–48 ms``."""
        totals = [run.total for journal in self.journals for run in journal.runs]
        return between(min(totals), max(totals)) if totals else NOTHING

    @property
    def budget(self) -> str:
        """The tightest budget of the group."""
        found = (own_budget(run, journal) for journal in self.journals for run in journal.runs)
        budgets = [budget for budget in found if budget is not None]
        return duration(min(budgets)) if budgets else "none"


def sorted_probes(report: Report) -> tuple[ProbeJournal, ...]:
    """Return the probes, those that did not pass first, then by name."""
    return tuple(sorted(report.probes, key=lambda probe: (badness(probe.verdict), probe.check, probe.began)))


def probe_groups(probes: Iterable[ProbeJournal]) -> tuple[ProbeGroup, ...]:
    """Gather the probes of one test into one group, in the order given."""
    groups: dict[tuple[str, str], list[ProbeJournal]] = {}
    for probe in probes:
        groups.setdefault(parse_name(probe.check).group, []).append(probe)
    return tuple(
        ProbeGroup(title=parse_name(members[0].check).title, journals=tuple(members)) for members in groups.values()
    )


def slowest(probe: ProbeJournal) -> timedelta | None:
    """Return the longest total of a probe's requests."""
    return max((run.total for run in probe.runs), default=None)


def answer(run: ProbeRun) -> str:
    """Return a request's status, or what came where there is none, or the trouble that it had instead."""
    return str(run.status) if run.status else run.trouble or run.answer or "no answer"


def own_budget(run: ProbeRun, probe: ProbeJournal) -> timedelta | None:
    """Return what a request was expected to take: that of its probe where no request has a budget of its own.

    A probe's own budget is the longest of them: a request that had to be quicker would look as if it had been.
    """
    return run.budget if any(one.budget is not None for one in probe.runs) else probe.budget


def late(run: ProbeRun, budget: timedelta | None) -> bool:
    """Whether a request took longer than its budget; exactly the budget is within it."""
    return budget is not None and run.total > budget
