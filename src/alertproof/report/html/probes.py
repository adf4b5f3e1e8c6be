"""The probes' section: a row for each request, gathered by test, those that did not pass first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from alertproof.journal import Hop, ProbeJournal, ProbeRun
from alertproof.report.html.drawing import PHASES, Drawing, draw_budget, draw_phases
from alertproof.report.html.drawing.bars import spent
from alertproof.report.html.past import PastView, Recall
from alertproof.report.model import Report
from alertproof.report.names import parse_name
from alertproof.report.summary import ProbeGroup, probe_groups, sorted_probes
from alertproof.report.summary.probes import answer, late, own_budget
from alertproof.report.summary.unmet import unmet
from alertproof.report.words import NOTHING, duration, gist, percent
from alertproof.verdict import Expectation, Verdict

__all__ = ["GroupView", "ProbeView", "ProbesView", "RequestView", "probes_view"]

_SHOWN = 60  # requests; beyond, what passed is folded away


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestView:
    """One request. ``phases`` are the spans of `PHASES` in words, for the table of numbers; so are ``hops``.

    ``asked`` is the method and the path, empty where its name is just that.

    ``late`` is how it is marked when it took longer than its budget: ``wrong``, or ``noticed`` when its probe passed
    all the same, for not every request of a test is expected to keep the budget.
    """

    run: ProbeRun
    asked: str
    answer: str
    wrong: bool
    total: str
    budget: str
    late: str
    bar: Drawing | None
    parts: Drawing | None
    mostly: str
    phases: tuple[str, ...]
    hops: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeView:
    """One probe: its requests, what was not met, and its last runs."""

    place: str
    probe: ProbeJournal
    parameters: str
    requests: tuple[RequestView, ...]
    unmet: tuple[Expectation, ...]
    reason: str
    past: PastView | None


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupView:
    """The probes of one test; ``place`` is its anchor, ``bar`` that of the request nearest to its budget or beyond."""

    place: str
    group: ProbeGroup
    bar: Drawing | None
    probes: tuple[ProbeView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbesView:
    """All probes; ``folded`` are those that passed when they are too many to show at once."""

    shown: tuple[GroupView, ...]
    folded: tuple[GroupView, ...]

    @property
    def groups(self) -> tuple[GroupView, ...]:
        return self.shown + self.folded

    @property
    def folded_probes(self) -> int:
        return sum(len(view.probes) for view in self.folded)


def probes_view(report: Report, *, recall: Recall) -> ProbesView:
    """Return the probes of a run as their section shows them."""
    groups = tuple(_views(probe_groups(sorted_probes(report)), recall))
    rows = sum(len(probe.requests) for view in groups for probe in view.probes)
    if rows <= _SHOWN:
        return ProbesView(shown=groups, folded=())
    return ProbesView(
        shown=tuple(view for view in groups if not _plain(view.group)),
        folded=tuple(view for view in groups if _plain(view.group)),
    )


def _plain(group: ProbeGroup) -> bool:
    """Whether all of it passed, and nothing was nearly wrong."""
    return group.verdict is Verdict.PASSED and not any(probe.degraded for probe in group.journals)


def _views(groups: tuple[ProbeGroup, ...], recall: Recall) -> Iterator[GroupView]:
    for number, group in enumerate(groups, start=1):
        place = f"probe-{number}"
        probes = (_probe(probe, f"{place}-{n}", recall) for n, probe in enumerate(group.journals, start=1))
        yield GroupView(place=place, group=group, bar=_nearest(group), probes=tuple(probes))


def _nearest(group: ProbeGroup) -> Drawing | None:
    """Return the bar of the request that used most of its budget; None without a request or a budget."""
    used = [
        (run.total / budget, run.total, budget, probe.verdict is not Verdict.PASSED)
        for probe in group.journals
        for run in probe.runs
        if (budget := own_budget(run, probe))
    ]
    if not used:
        return None
    _, total, budget, judged = max(used)
    return draw_budget(total, budget, judged=judged)


def _probe(probe: ProbeJournal, place: str, recall: Recall) -> ProbeView:
    missed = tuple(unmet(probe.expectations))
    return ProbeView(
        place=place,
        probe=probe,
        parameters=parse_name(probe.check).parameters,
        requests=tuple(_request(run, probe) for run in sorted(probe.runs, key=lambda run: run.at)),
        unmet=missed,
        reason="" if missed or probe.verdict is Verdict.PASSED else gist(probe.reason),
        past=recall.of(probe.check),
    )


def _request(run: ProbeRun, probe: ProbeJournal) -> RequestView:
    judged, asked = probe.verdict is not Verdict.PASSED, f"{run.method} {run.path}"
    budget = own_budget(run, probe)
    return RequestView(
        run=run,
        asked="" if run.name == asked else asked,
        answer=answer(run),
        wrong=bool(run.trouble) or not (run.status or run.answer),
        total=duration(run.total),
        budget=duration(budget) if budget is not None else "",
        late=("wrong" if judged else "noticed") if late(run, budget) else "",
        bar=draw_budget(run.total, budget, judged=judged) if budget is not None else None,
        parts=draw_phases(run),
        mostly=_mostly(run),
        phases=tuple(
            duration(span) if (span := getattr(run.phases, field)) is not None else NOTHING for field, *_ in PHASES
        ),
        hops=tuple(map(_hop, run.hops)),
    )


def _hop(hop: Hop) -> str:
    """Return a redirect with where its time went: ``302 http://.. in 12 ms (connect 1 ms, first byte 10 ms)``."""
    took = ", ".join(f"{name} {duration(span)}" for name, _, span in spent(hop.phases))
    return f"{hop.status} {hop.url} in {duration(hop.total)}" + (f" ({took})" if took else "")


def _mostly(run: ProbeRun) -> str:
    """Name the phase that took most, with its share of the total: ``first byte 92 %``."""
    parts = spent(run.phases)
    if not parts or not run.total:
        return ""
    name, _, span = max(parts, key=lambda part: part[2])
    return f"{name} {percent(round(span / run.total, 2))}"
