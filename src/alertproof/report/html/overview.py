"""The page at a glance: a card for each kind that ran, which leads to its part."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
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
    if report.drills:
        yield _alerts(report)
    counts = {tally.kind: tally for tally in tallies(report)}
    for kind, journals, place, name in (
        ("probe", report.probes, "feel", "Probes"),
        ("journey", report.journeys, "feel", "Journeys"),
        ("load", report.loads, "carry", "Load runs"),
        ("telemetry", report.telemetry, "telemetry", "Telemetry"),
        ("scrubbing", report.proofs, "proof-1", "Scrubbing"),
    ):
        if tally := counts.get(kind):
            yield _card(place if journals else "others", name, tally.verdicts.values())
    others = [check.verdict for check in report.other_checks if check.kind not in counts]
    if others:
        yield _card("others", "Other checks", others)


def _alerts(report: Report) -> Card:
    sides: dict[str, set[str]] = {}
    for drill in sorted_drills(report):
        if drill.side == "course":
            continue
        passed = sides.setdefault(drill.alert, set())
        if drill.verdict is Verdict.PASSED:
            passed.add(drill.side)
    verdicts = [drill.verdict for drill in report.drills]
    proven = sum(passed == {"fires", "quiet"} for passed in sides.values())
    return Card(
        place="proven",
        name="Alerts",
        count=f"{proven} of {len(sides)}",
        said=_said(verdicts, all_passed=f"proven by {counted(len(verdicts), 'drill')}"),
        verdict=worst(verdicts),
    )


def _card(place: str, name: str, verdicts: Collection[Verdict]) -> Card:
    passed = sum(verdict is Verdict.PASSED for verdict in verdicts)
    return Card(
        place=place, name=name, count=f"{passed} of {len(verdicts)}", said=_said(verdicts), verdict=worst(verdicts)
    )


def _said(verdicts: Iterable[Verdict], *, all_passed: str = "all passed") -> str:
    """Return how many did not pass, of each verdict."""
    counts = Counter(verdicts)
    rest = [f"{counts[verdict]} {verdict}" for verdict in Verdict if counts[verdict] and verdict is not Verdict.PASSED]
    return ", ".join(rest) or all_passed
