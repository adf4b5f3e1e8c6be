"""Where and with what a run ran, and which undocumented behaviour its verdicts relied on."""

from __future__ import annotations

from dataclasses import dataclass

from alertproof.report.model import Report
from alertproof.report.words import duration, instant, listing, number

__all__ = ["Assumption", "assumptions", "environment"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumption:
    """Something that a vendor does not document, and the alerts whose verdicts relied on it."""

    text: str
    alerts: str


def environment(report: Report) -> tuple[tuple[str, str], ...]:
    """Return names and values, the run's own first; nothing in them is a secret."""
    facts: dict[str, str] = {}
    if report.started is not None:
        started = report.started
        facts |= {"run": started.run, "command": started.command, "alertproof": started.version}
        facts |= {"target": started.target, "started": instant(started.at)}
    if report.finished is not None:
        facts |= {"took": duration(report.finished.wall), "exit code": str(report.finished.exit_code)}
    factors = sorted({drill.factor for drill in report.drills} | {seen.factor for seen in report.telemetry})
    if factors:
        facts["clock"] = listing([_factor(factor) for factor in factors])
    browsers = sorted({journey.browser for journey in report.journeys if journey.browser})
    if browsers:
        facts["browser"] = listing(browsers)
    given = dict(report.started.environment) if report.started is not None else {}
    # What a journal saw is nearer to the truth than what was known before the run.
    return tuple(facts.items()) + tuple(sorted((name, value) for name, value in given.items() if name not in facts))


def _factor(factor: float) -> str:
    return "real time" if factor == 1 else f"{number(factor)} times as fast as real time"


def assumptions(report: Report) -> tuple[Assumption, ...]:
    """Return what verdicts relied on, each once, sorted."""
    relied: dict[str, set[str]] = {}
    for drill in report.drills:
        for text in drill.assumptions:
            relied.setdefault(text, set()).add(drill.alert)
    return tuple(Assumption(text=text, alerts=listing(sorted(alerts))) for text, alerts in sorted(relied.items()))
