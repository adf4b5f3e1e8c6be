"""What a run proved, in plain words: the headline, and one row a drill. Every writer says the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from alertproof.journal import DrillJournal
from alertproof.report.model import Report
from alertproof.report.words import counted, duration, in_both_times, listing
from alertproof.verdict import CheckFinished, Verdict

__all__ = ["Headline", "Row", "headline", "row", "sentence", "sorted_drills"]

_NOTHING = "—"


@dataclass(frozen=True, slots=True, kw_only=True)
class Headline:
    """The verdict on a whole run: one sentence, and what else the reader must know."""

    verdict: Verdict
    sentence: str
    details: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One drill as the summary tables say it."""

    alert: str
    specified: str
    side: str
    fault: str
    detected: str
    paged: str
    resolved: str
    verdict: Verdict


def sorted_drills(report: Report) -> tuple[DrillJournal, ...]:
    """Return the drills by alert, the firing side first."""
    return tuple(sorted(report.drills, key=lambda drill: (drill.alert, drill.side, drill.check, drill.began)))


def row(drill: DrillJournal) -> Row:
    """Return a drill in the words of the summary table."""
    return Row(
        alert=drill.alert,
        specified=drill.specified,
        side="must fire" if drill.side == "fires" else "must stay quiet",
        fault=drill.fault.text if drill.fault else "no fault was injected",
        detected=_detected(drill),
        paged=_paged(drill),
        resolved=_resolved(drill),
        verdict=drill.verdict,
    )


def _judged(drill: DrillJournal) -> bool:
    return drill.verdict in {Verdict.PASSED, Verdict.FAILED}


def _detected(drill: DrillJournal) -> str:
    if drill.time_to_detect is not None:
        return in_both_times(drill.time_to_detect, drill.factor)
    if not _judged(drill):
        return _NOTHING
    return "no alert" if drill.side == "quiet" else "not detected"


def _paged(drill: DrillJournal) -> str:
    if drill.incidents:
        people = _told(drill)
        if drill.time_to_page is None:
            return people
        return f"{people} after {in_both_times(drill.time_to_page, drill.factor)}"
    if not _judged(drill):
        return _NOTHING
    if drill.side == "quiet":
        return "nobody was paged, as specified"
    return "nobody was paged"


def _resolved(drill: DrillJournal) -> str:
    if drill.time_to_resolve is not None:
        return in_both_times(drill.time_to_resolve, drill.factor)
    if not _judged(drill) or (drill.side == "quiet" and not drill.incidents):
        return _NOTHING
    return "not resolved"


def _told(drill: DrillJournal) -> str:
    """Return who was told of a drill's incidents, each once; the services when nobody was."""
    people = dict.fromkeys(person for incident in drill.incidents for person in incident.told)
    services = dict.fromkeys(f"nobody at {incident.service}" for incident in drill.incidents)
    return listing([*people] or [*services])


def sentence(drill: DrillJournal) -> str:
    """Return what a drill proved or did not, in one sentence."""
    fault = f"the fault ({drill.fault.text})" if drill.fault else "no fault"
    reason = drill.reason or "no reason was recorded"
    said = {
        Verdict.PASSED: _proof(drill, fault),
        Verdict.FAILED: f"not proven: {_first_unmet(drill)}",
        Verdict.BROKEN: f"could not be judged: {reason}",
        Verdict.SKIPPED: f"skipped: {reason}",
    }[drill.verdict]
    return _as_sentence(said)


def _as_sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "?", "!")) else ".")


def _proof(drill: DrillJournal, fault: str) -> str:
    if drill.side == "quiet":
        return f"{fault} raised no alert: nobody was paged, as specified"
    steps = []
    if drill.time_to_detect is not None:
        steps.append(f"raised the alert after {duration(drill.time_to_detect)}")
    if drill.incidents:
        after = f" after {duration(drill.time_to_page)}" if drill.time_to_page is not None else ""
        steps.append(f"paged {_told(drill)}{after}")
    if drill.time_to_resolve is not None:
        steps.append(f"was resolved {duration(drill.time_to_resolve)} after its revert")
    return f"{fault} {listing(steps) or 'met every expectation'}"


def _first_unmet(drill: DrillJournal) -> str:
    ordered = sorted(drill.expectations, key=lambda expected: expected.met is None)
    for expected in ordered:
        if not expected.met:
            seen = f" (last seen: {expected.last_seen})" if expected.last_seen else ""
            missed = "was not met" if expected.met is False else "was never reached"
            return f"“{expected.text}” {missed}{seen}"
    return drill.reason or "no reason was recorded"


def headline(report: Report) -> Headline:
    """Return the verdict on a run.

    Nothing passes by looking at nothing: a run without a check, one that did not finish, and one whose
    process failed although its checks passed are *broken*.
    """
    verdicts = Counter(drill.verdict for drill in report.drills)
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
    others = report.other_checks
    if report.drills:
        return Headline(
            verdict=verdict,
            sentence=_drills_sentence(report),
            details=(*doubts, *_one_sided(report), *([_checks_sentence(others)] if others else [])),
        )
    return Headline(verdict=verdict, sentence=_checks_sentence(others), details=doubts)


def _doubts(report: Report) -> Iterable[str]:
    if report.finished is None:
        yield "The run did not finish: this is what it had seen by then."
    yield from map(_as_sentence, report.problems)


def _drills_sentence(report: Report) -> str:
    by_alert: dict[str, list[DrillJournal]] = {}
    for drill in sorted_drills(report):
        by_alert.setdefault(drill.alert, []).append(drill)
    ends: dict[Verdict, list[str]] = {verdict: [] for verdict in Verdict}
    proven: list[str] = []
    halves: list[str] = []
    for name, drills in by_alert.items():
        worst, alert = _worst(drill.verdict for drill in drills), drills[0].specified or name
        if worst is Verdict.PASSED:
            passed = {drill.side for drill in drills if drill.verdict is Verdict.PASSED}
            (proven if passed == {"fires", "quiet"} else halves).append(alert)
        else:
            ends[worst].append(alert)
    rest = [f"one side passed: {listing(halves)}"] if halves else []
    rest += [
        f"{words}: {listing(ends[verdict])}"
        for verdict, words in (
            (Verdict.FAILED, "failed"),
            (Verdict.BROKEN, "could not be judged"),
            (Verdict.SKIPPED, "skipped"),
        )
        if ends[verdict]
    ]
    if not rest:
        return f"{counted(len(proven), 'alert')} proven: {listing(proven)}."
    if proven:
        return f"{len(proven)} of {counted(len(by_alert), 'alert')} proven; {'; '.join(rest)}."
    return f"No alert proven; {'; '.join(rest)}."


def _worst(verdicts: Iterable[Verdict]) -> Verdict:
    found = set(verdicts)
    order = (Verdict.FAILED, Verdict.BROKEN, Verdict.PASSED, Verdict.SKIPPED)
    return next(verdict for verdict in order if verdict in found)


def _one_sided(report: Report) -> Iterable[str]:
    """Name the alerts of which only one side was judged: half a proof is said to be half a proof."""
    sides: dict[str, set[str]] = {}
    names: dict[str, str] = {}
    for drill in sorted_drills(report):
        names.setdefault(drill.alert, drill.specified or drill.alert)
        if drill.verdict is not Verdict.SKIPPED:
            sides.setdefault(drill.alert, set()).add(drill.side)
    for side, words in (("fires", "firing"), ("quiet", "quiet")):
        half = [names[alert] for alert, seen in sides.items() if seen == {side}]
        if half:
            yield f"Only the {words} side was drilled: {listing(half)}."


def _checks_sentence(checks: tuple[CheckFinished, ...]) -> str:
    if not checks:
        return "Nothing ran, so nothing was proven."
    verdicts = Counter(check.verdict for check in checks)
    total = counted(len(checks), "check")
    if verdicts[Verdict.PASSED] == len(checks):
        return f"{total} passed." if len(checks) == 1 else f"All {total} passed."
    if verdicts[Verdict.SKIPPED] == len(checks):
        return "Every check was skipped, so nothing was proven."
    parts = [f"{verdicts[verdict]} {verdict}" for verdict in Verdict if verdicts[verdict]]
    return f"Of {total}: {listing(parts)}."
