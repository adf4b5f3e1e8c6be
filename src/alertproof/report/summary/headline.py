"""The verdict on a whole run in one sentence: what is red first, then what is proven."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from alertproof.journal import DrillJournal
from alertproof.report.model import Report, badness, worst
from alertproof.report.names import parse_name
from alertproof.report.summary.drills import sorted_drills
from alertproof.report.words import as_sentence, counted, listing
from alertproof.verdict import CheckFinished, Verdict

__all__ = ["Headline", "Tally", "headline", "tallies"]

_NOUNS = {
    "drill": "drill",
    "probe": "probe",
    "journey": "journey",
    "load": "load run",
    "telemetry": "telemetry check",
    "scrubbing": "scrubbing proof",
}
_RED = ((Verdict.FAILED, "failed"), (Verdict.BROKEN, "could not be judged"))
_NAMED = 4  # more names than this make nobody wiser


@dataclass(frozen=True, slots=True, kw_only=True)
class Headline:
    """The verdict on a whole run: one sentence, what is red by name, and what else the reader must know."""

    verdict: Verdict
    sentence: str
    red: tuple[str, ...] = ()
    details: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """The checks of one kind, each once, by name."""

    kind: str
    verdicts: Mapping[str, Verdict]

    @property
    def total(self) -> int:
        return len(self.verdicts)

    @property
    def noun(self) -> str:
        return _NOUNS[self.kind]

    @property
    def verdict(self) -> Verdict:
        return worst(self.verdicts.values())

    def having(self, verdict: Verdict) -> list[str]:
        """Return the names of the checks that ended so, sorted."""
        return sorted(name for name, ended in self.verdicts.items() if ended is verdict)


def tallies(report: Report) -> tuple[Tally, ...]:
    """Return what became of the checks of each kind that has a noun; kinds that did not run are left out.

    A drill with a journal is told by its alert and not counted here; one that ended before it had a journal is.
    """
    kinds: dict[str, dict[str, list[Verdict]]] = {kind: {} for kind in _NOUNS}
    for kind, journals in (
        ("probe", report.probes),
        ("journey", report.journeys),
        ("load", report.loads),
        ("telemetry", report.telemetry),
        ("scrubbing", report.proofs),
    ):
        for journal in journals:
            kinds[kind].setdefault(journal.check, []).append(journal.verdict)
    for check in report.other_checks:
        if check.kind in kinds:
            kinds[check.kind].setdefault(check.check, []).append(check.verdict)
    return tuple(
        Tally(kind=kind, verdicts={name: worst(ends) for name, ends in sorted(found.items())})
        for kind, found in kinds.items()
        if found
    )


def headline(report: Report) -> Headline:
    """Return the verdict on a run.

    Nothing passes by looking at nothing: a run without a check, one that did not finish, and one whose
    process failed although its checks passed are *broken*.
    """
    verdicts = Counter(journal.verdict for journal in report.judged)
    verdicts.update(check.verdict for check in report.other_checks)
    doubts = tuple(_doubts(report))
    if verdicts[Verdict.FAILED]:
        verdict = Verdict.FAILED
    elif verdicts[Verdict.BROKEN] or not verdicts[Verdict.PASSED] or doubts:
        verdict = Verdict.BROKEN
    elif report.finished is not None and report.finished.exit_code != 0:
        verdict = Verdict.BROKEN
        doubts = (f"No check failed, yet the run ended with exit code {report.finished.exit_code}.",)
    else:
        verdict = Verdict.PASSED
    found = tallies(report)
    others = tuple(check for check in report.other_checks if check.kind not in _NOUNS)
    parts = [*_alerts(report), *_counts(found)]
    if parts:
        parts = sorted([*parts, *_red_others(others)], key=lambda part: badness(part[0]))
    if parts and set(verdicts) == {Verdict.SKIPPED}:
        parts.append((Verdict.SKIPPED, "nothing was proven"))
    if not parts:
        return Headline(verdict=verdict, sentence=_checks_sentence(others, alone=True), details=doubts)
    return Headline(
        verdict=verdict,
        sentence=as_sentence("; ".join(text for _, text in parts)),
        red=tuple(_names(found)),
        details=(
            *doubts,
            *_degraded(report),
            *_one_sided(report),
            *_unjudged(report),
            *([_checks_sentence(others, alone=False)] if others else []),
        ),
    )


def _doubts(report: Report) -> Iterator[str]:
    if report.finished is None:
        yield "The run did not finish: this is what it had seen by then."
    yield from map(as_sentence, report.problems)


def _degraded(report: Report) -> Iterator[str]:
    """Yield what was nearly wrong with probes that passed, as long as they are few."""
    said = [text for probe in report.probes for text in probe.degraded]
    if said and len(said) <= _NAMED:
        yield from (as_sentence(f"degraded: {text}") for text in said)
    elif said:
        yield as_sentence(f"{counted(len(said), 'request')} of probes degraded, such as {said[0]}")


def _unjudged(report: Report) -> Iterator[str]:
    """Yield which budgets of journeys that passed were not judged, the same of several journeys once."""
    said = Counter(one for journey in report.journeys if journey.verdict is Verdict.PASSED for one in journey.unjudged)
    for text, many in said.items():
        yield as_sentence(f"{counted(many, 'journey')}: {text}")


def _counts(found: Sequence[Tally]) -> Iterator[tuple[Verdict, str]]:
    """Yield what became of the kinds, those that ended alike in one breath."""
    for verdict, words in (*_RED, (Verdict.SKIPPED, "skipped")):
        some = [_of(len(tally.having(verdict)), tally) for tally in found if tally.having(verdict)]
        if some:
            yield verdict, f"{listing(some)} {words}"
    green = [tally for tally in found if tally.verdict is Verdict.PASSED]
    passed = [_of(len(tally.having(Verdict.PASSED)), tally, every=not place) for place, tally in enumerate(green)]
    if passed:
        yield Verdict.PASSED, f"{listing(passed)} passed"


def _red_others(checks: Sequence[CheckFinished]) -> Iterator[tuple[Verdict, str]]:
    """Yield the other checks that are red: a sentence of what passed must not stand alone beside a red sign."""
    for verdict, words in _RED:
        some = sum(check.verdict is verdict for check in checks)
        if some:
            of = f"{some} of " if some < len(checks) else ""
            yield verdict, f"{of}{counted(len(checks), 'other check')} {words}"


def _of(some: int, tally: Tally, *, every: bool = True) -> str:
    """Return ``2 of 14 probes``, ``all 14 probes``, ``1 probe``; without ``every`` there is no *all*."""
    if some < tally.total:
        return f"{some} of {counted(tally.total, tally.noun)}"
    return f"{'all ' if some > 1 and every else ''}{counted(some, tally.noun)}"


def _names(found: Iterable[Tally]) -> Iterator[str]:
    """Name the red ones, as long as they are few."""
    for tally in found:
        for verdict, words in _RED:
            titles = sorted({parse_name(name).title for name in tally.having(verdict)})
            if titles and len(titles) <= _NAMED:
                yield f"{_capital(tally.noun)}{'s' if len(titles) > 1 else ''} that {words}: {listing(titles)}."


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _alerts(report: Report) -> Iterator[tuple[Verdict, str]]:
    """Yield what is proven of the alerts."""
    by_alert: dict[str, list[DrillJournal]] = {}
    courses = [drill for drill in report.drills if drill.side == "course"]
    for drill in sorted_drills(report):
        if drill.side != "course":
            by_alert.setdefault(drill.alert, []).append(drill)
    if courses:
        as_said = sum(drill.verdict is Verdict.PASSED for drill in courses)
        said = f"{as_said} of {counted(len(courses), 'course')} after a page as specified"
        yield worst(drill.verdict for drill in courses), said
    if not by_alert:
        return
    ends: dict[Verdict, list[str]] = {verdict: [] for verdict in Verdict}
    halves: list[str] = []
    for name, drills in by_alert.items():
        ended, alert = worst(drill.verdict for drill in drills), drills[0].specified or name
        passed = {drill.side for drill in drills if drill.verdict is Verdict.PASSED}
        half = ended is Verdict.PASSED and passed != {"fires", "quiet"}
        (halves if half else ends[ended]).append(alert)
    rest = [f"one side passed: {listing(halves)}"] if halves else []
    rest += [
        f"{words}: {listing(ends[verdict])}"
        for verdict, words in (*_RED, (Verdict.SKIPPED, "skipped"))
        if ends[verdict]
    ]
    place = worst(drill.verdict for drill in report.drills if drill.side != "course")
    proven = ends[Verdict.PASSED]
    if not rest:
        yield place, f"{counted(len(proven), 'alert')} proven: {listing(proven)}"
    elif proven:
        yield place, f"{len(proven)} of {counted(len(by_alert), 'alert')} proven; {'; '.join(rest)}"
    else:
        yield place, f"no alert proven; {'; '.join(rest)}"


def _one_sided(report: Report) -> Iterator[str]:
    """Name the alerts of which only one side was judged: half a proof is said to be half a proof."""
    sides: dict[str, set[str]] = {}
    names: dict[str, str] = {}
    for drill in sorted_drills(report):
        names.setdefault(drill.alert, drill.specified or drill.alert)
        if drill.verdict is not Verdict.SKIPPED and drill.side != "course":
            sides.setdefault(drill.alert, set()).add(drill.side)
    for side, words in (("fires", "firing"), ("quiet", "quiet")):
        half = [names[alert] for alert, seen in sides.items() if seen == {side}]
        if half:
            yield f"Only the {words} side was drilled: {listing(half)}."


def _checks_sentence(checks: tuple[CheckFinished, ...], *, alone: bool) -> str:
    """Return what became of the checks; beside alerts that may be red, "all" would say too much."""
    if not checks:
        return "Nothing ran, so nothing was proven."
    verdicts = Counter(check.verdict for check in checks)
    total = counted(len(checks), "check")
    if verdicts[Verdict.PASSED] == len(checks):
        return f"All {total} passed." if alone and len(checks) > 1 else f"{total} passed."
    if verdicts[Verdict.SKIPPED] == len(checks):
        return "Every check was skipped, so nothing was proven."
    parts = [f"{verdicts[verdict]} {verdict}" for verdict in Verdict if verdicts[verdict]]
    return f"Of {total}: {listing(parts)}."
