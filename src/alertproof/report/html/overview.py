"""The page at a glance: a card for each kind that ran, which leads to its part."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from alertproof.report.model import Report, worst
from alertproof.report.summary import sorted_drills, tallies
from alertproof.report.words import SIGNS, counted
from alertproof.verdict import Verdict

__all__ = ["Card", "cards"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """What became of one kind of check; ``place`` is the anchor of its part."""

    place: str
    name: str
    count: str
    said: str
    verdict: Verdict

    @property
    def sign(self) -> str:
        return SIGNS[self.verdict]


def cards(report: Report) -> tuple[Card, ...]:
    """Return the cards in the order of the page."""
    return tuple(_cards(report))


def _cards(report: Report) -> Iterator[Card]:
    drills = sorted_drills(report)
    if drills:
        alerts: dict[str, set[str]] = {}
        for drill in drills:
            sides = alerts.setdefault(drill.alert, set())
            if drill.verdict is Verdict.PASSED:
                sides.add(drill.side)
        proven = sum(sides == {"fires", "quiet"} for sides in alerts.values())
        verdict = worst(drill.verdict for drill in drills)
        yield Card(
            place="proven",
            name="Alerts",
            count=f"{proven} of {len(alerts)}",
            said=_said([drill.verdict for drill in drills], all_passed=f"proven by {counted(len(drills), 'drill')}"),
            verdict=verdict,
        )
    counts = {tally.kind: tally for tally in tallies(report)}
    for kind, journals, place, name in (
        ("probe", report.probes, "feel", "Probes"),
        ("journey", report.journeys, "feel", "Journeys"),
        ("load", report.loads, "carry", "Load runs"),
    ):
        if tally := counts.get(kind):
            passed = len(tally.having(Verdict.PASSED))
            yield Card(
                place=place if journals else "others",
                name=name,
                count=f"{passed} of {tally.total}",
                said=_said(tally.verdicts.values()),
                verdict=tally.verdict,
            )
    others = [check for check in report.other_checks if check.kind not in {"probe", "journey", "load"}]
    if others:
        passed = sum(check.verdict is Verdict.PASSED for check in others)
        yield Card(
            place="others",
            name="Other checks",
            count=f"{passed} of {len(others)}",
            said=_said([check.verdict for check in others]),
            verdict=worst(check.verdict for check in others),
        )


def _said(verdicts: Iterable[Verdict], *, all_passed: str = "all passed") -> str:
    """Return how many did not pass, of each verdict."""
    counts = Counter(verdicts)
    rest = [f"{counts[verdict]} {verdict}" for verdict in Verdict if counts[verdict] and verdict is not Verdict.PASSED]
    return ", ".join(rest) or all_passed
