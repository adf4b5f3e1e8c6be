"""What the HTML page shows, in the order it shows it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from alertproof.report import words
from alertproof.report.alert_history import AlertRun
from alertproof.report.history import Past
from alertproof.report.html.drawing import PHASES
from alertproof.report.html.drills import drill_view, incident_times
from alertproof.report.html.facts import assumptions, environment
from alertproof.report.html.journeys import journey_view
from alertproof.report.html.loads import load_view
from alertproof.report.html.overview import cards
from alertproof.report.html.past import Recall
from alertproof.report.html.probes import probes_view
from alertproof.report.html.proofs import proof_view
from alertproof.report.html.telemetry import telemetry_view
from alertproof.report.model import Report
from alertproof.report.ratings import VITALS
from alertproof.report.summary import alert_table, headline, sorted_drills, sorted_journeys, sorted_loads, sorted_proofs
from alertproof.verdict import Expectation

__all__ = ["render_html", "templates"]

_FORBIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_AMOUNT = re.compile(r"(?:[<>] )?\(?\d[\d,.]*(?: (?:ms|s|min|h|d|%)(?!\w)(?: \d+ (?:s|min|h)\b)?)(?: real\))?")


def render_html(
    report: Report, *, past: Past | None = None, notes: Sequence[str] = (), alerts: Sequence[AlertRun] = ()
) -> str:
    """Return the report as one self-contained HTML page.

    ``past`` holds the last runs of each check, ``alerts`` the drills on the target that the history knows, ``notes``
    what the reader must know beside the run itself. Every text is escaped. The page forbids itself every request and
    script by its own Content-Security-Policy.
    """
    recall = Recall(report, past or {})
    drills = sorted_drills(report)
    # The place in the sorted list is the anchor: names of checks may hold anything.
    return (
        templates()
        .get_template("report.html.j2")
        .render(
            report=report,
            headline=headline(report),
            notes=notes,
            cards=cards(report),
            alerts=alert_table(report, alerts),
            drills=[drill_view(drill, place=f"drill-{n}", recall=recall) for n, drill in enumerate(drills, start=1)],
            factors=sorted({drill.factor for drill in drills if drill.factor != 1}),
            probes=probes_view(report, recall=recall),
            journeys=[
                journey_view(journey, place=f"journey-{n}", recall=recall)
                for n, journey in enumerate(sorted_journeys(report), start=1)
            ],
            loads=[
                load_view(load, place=f"load-{n}", recall=recall)
                for n, load in enumerate(sorted_loads(report), start=1)
            ],
            telemetry=telemetry_view(report, recall=recall),
            proofs=[
                proof_view(proof, place=f"proof-{n}", recall=recall)
                for n, proof in enumerate(sorted_proofs(report), start=1)
            ],
            others=[(check, recall.of(check.check)) for check in report.other_checks],
            recalled=bool(recall),
            environment=environment(report),
            assumptions=assumptions(report),
        )
    )


@cache
def templates() -> Environment:
    """Return the templates of all pages, with their filters."""
    jinja = Environment(
        loader=PackageLoader("alertproof.report.html", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_visible,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    jinja.filters.update(
        duration=words.duration,
        gist=words.gist,
        instant=words.instant,
        marked=words.marked,
        number=words.number,
        percent=words.percent,
        unbroken=_unbroken,
    )
    jinja.globals.update(
        degraded_words=words.DEGRADED,
        incident_times=incident_times,
        met_class=_met_class,
        met_words=_met_words,
        phases=PHASES,
        vitals=VITALS,
    )
    return jinja


def _visible(value: object) -> object:
    """Return a text with a mark for each character that neither HTML nor SVG may hold."""
    return _FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", value) if type(value) is str else value


def _unbroken(text: str) -> str:
    """Return a text whose numbers keep to their units: ``2 min 40 s`` stays on one line."""
    return _AMOUNT.sub(lambda amount: amount[0].replace(" ", "\N{NO-BREAK SPACE}"), text)


def _met_class(expected: Expectation) -> str:
    return {True: "met", False: "unmet", None: "unreached"}[expected.met]


def _met_words(expected: Expectation) -> str:
    return {True: "✓ met", False: "✗ not met", None: "○ not reached"}[expected.met]
