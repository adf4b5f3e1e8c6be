"""A course that expects what does not happen is red, and by the expectation that says so."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import msgspec
import pytest

from alertproof.drills.course import (
    Acknowledge,
    Alerts,
    Budget,
    Course,
    Downtime,
    Errors,
    Escalates,
    Fault,
    Flaps,
    Joins,
    Maintenance,
    Pages,
    Readable,
    Recovers,
    Refused,
    ResolveIssue,
    Resolves,
    Revert,
    Signalled,
    Silence,
    Step,
    Unacknowledges,
    span,
)
from alertproof.drills.course.joining import URGENCY_RISES
from alertproof.requirements import DrillLimits, Interval
from alertproof.verdict import Verdict

if TYPE_CHECKING:
    from alertproof.journal import DrillJournal

pytestmark = pytest.mark.alone
ALERT = "api-error-rate"
PAGED = (Fault(), Alerts(), Pages())
OVER = (Revert(), Recovers(), Resolves())


def run(watched: Signalled, *steps: Step) -> DrillJournal:
    return Course(watched, ALERT, steps, name="red").run()


def unmet(journal: DrillJournal) -> list[str]:
    return [one.text for one in journal.expectations if one.met is False]


@pytest.mark.parametrize(
    ("steps", "by"),
    [
        ((*PAGED, Escalates(level=2, after=span("12m")), *OVER), "escalates to level 2 12 min after"),
        ((*PAGED, Escalates(level=1, after=span("15m")), *OVER), "who is on call at level 1 is told"),
        ((*PAGED, Silence(lasts=span("16m")), *OVER), "nobody is told of anything for 16 min"),
        ((*PAGED, Acknowledge(), Escalates(level=2, after=span("15m")), *OVER), "escalates to level 2 15 min after"),
        ((Fault(level=0.01), Alerts()), "goes to Alert 2 min to 4 min after the fault"),
        ((Fault(level=0.5), Alerts()), "goes to Alert 2 min to 4 min after the fault"),
        ((*PAGED, Revert(), Recovers(within=span("1m")), Resolves()), "OK again within 1 min of the revert"),
        ((Fault(), Silence(lasts=span("10m"))), "nobody is told of anything for 10 min"),
        ((*PAGED, Revert(), Silence(lasts=span("8m"))), "the monitor changes state in those steps alone"),
        ((Maintenance(lasts=span("1m")), Fault(), Alerts(), Silence(lasts=span("5m"))), "told of anything for 5 min"),
        ((Maintenance(lasts=span("30m")), Fault(), Alerts(), Pages()), "one high-urgency incident opens"),
        ((Downtime(lasts=span("1m")), Fault(), Silence(lasts=span("9m"))), "told of anything for 9 min"),
        ((Downtime(lasts=span("40m")), Fault(), Pages(within=span("20m"))), "one high-urgency incident opens"),
        ((Flaps(times=3, lasts=span("6m"), notifications=2, incidents=9),), "of the fault notify at most 2 times"),
        ((Flaps(times=3, lasts=span("6m"), notifications=9, incidents=2),), "they open at most 2 incidents"),
        (
            (Flaps(times=1, lasts=span("1m"), notifications=9, incidents=9, level=0.01),),
            "of the fault notify at most 9 times",
        ),
        ((*PAGED, Acknowledge(), Unacknowledges(after=span("25m"))), "times out 25 min after it was given"),
        ((*PAGED, Acknowledge(), Unacknowledges(after=span("30m"), level=2)), "call at level 2 is told again"),
        ((*PAGED, Resolves(after=span("1h"))), "resolved by itself 60 min after it opened"),
        ((*PAGED, Joins(severity="warning"), *OVER), "takes in what is warning"),
        ((*PAGED, Joins(severity="critical", urgency="high"), *OVER), "who is on call at level 1 is told anew"),
        ((*PAGED, Budget(detect=span("1m"))), "the alert comes within 1 min of the fault"),
        ((*PAGED, Budget(page=span("1m"))), "the page comes within 1 min of the fault"),
        ((*PAGED, Budget(acknowledge=span("1h"))), "somebody acknowledges within 60 min of the page"),
        ((*PAGED, *OVER, Budget(resolve=span("1m"))), "the incident ends within 1 min of the revert"),
        ((Fault(), Alerts(after=Interval(start=span("5m"), end=span("8m")))), "5 min to 8 min after the fault"),
    ],
)
def test_a_wrong_expectation_fails(signalled: Signalled, steps: tuple[Step, ...], by: str) -> None:
    journal = run(signalled, *steps)

    assert journal.verdict is Verdict.FAILED, journal.reason
    assert any(by in text for text in unmet(journal)), unmet(journal)


@pytest.mark.parametrize(
    ("told", "by"),
    [
        ({"severity": "warning"}, "severity warning"),
        ({"urgency": "low"}, "one low-urgency incident"),
        ({"pagerduty": "m3core-web"}, "opens on m3core-web"),
        ({"text": "latency"}, "the page says 'latency'"),
    ],
)
def test_a_page_other_than_specified_fails(signalled: Signalled, told: dict[str, str], by: str) -> None:
    alert = signalled.spec.alert(ALERT)
    other = msgspec.structs.replace(alert, told=msgspec.structs.replace(alert.told, **told))
    specified, signalled.spec = signalled.spec, msgspec.structs.replace(signalled.spec, alerts={ALERT: other})
    try:
        journal = run(signalled, *PAGED, *OVER)
    finally:
        signalled.spec = specified

    assert journal.verdict is Verdict.FAILED, journal.reason
    (text,) = unmet(journal)
    assert by in text


def test_a_page_of_sentry_that_is_wanted_to_resolve_itself_fails(signalled: Signalled) -> None:
    paged = (Errors(each=4), Pages(within=span("8m"), text="a drill's error"))
    journal = Course(
        signalled, "sentry-error-spike", (*paged, Revert(), ResolveIssue(), Resolves(after=span("30m"))), name="red"
    ).run()

    assert unmet(journal) == ["the incident is resolved by itself 30 min after it opened"]


def test_the_journal_says_which_undocumented_behaviours_its_verdict_relied_on(signalled: Signalled) -> None:
    alone = run(signalled, Fault(), Revert()).assumptions
    both = Course(signalled, ALERT, (Fault(), Revert()), name="red", may=("api-latency-p95",)).run().assumptions

    assert any("evaluations fall on full minutes" in text for text in alone)
    assert set(alone) < set(both)
    assert any("ercentiles" in text for text in set(both) - set(alone))
    assert len(set(both)) == len(both)
    of_steps = run(signalled, *PAGED, Joins(severity="critical", urgency="high")).assumptions
    assert URGENCY_RISES in of_steps
    assert URGENCY_RISES not in both


def test_a_page_whose_runbook_is_not_there_fails(signalled: Signalled) -> None:
    alert = signalled.spec.alert(ALERT)
    other = msgspec.structs.replace(alert, runbook="docs/runbooks/none.md")
    specified, signalled.spec = signalled.spec, msgspec.structs.replace(signalled.spec, alerts={ALERT: other})
    try:
        journal = run(signalled, *PAGED, Readable(), *OVER)
    finally:
        signalled.spec = specified

    assert unmet(journal) == ["the page names its runbook, docs/runbooks/none.md", "the runbook is there"]


def test_events_that_are_refused_longer_than_datadog_tries_make_it_broken(signalled: Signalled) -> None:
    journal = run(signalled, Refused(events=9), Fault(), Alerts(), Pages())

    assert journal.verdict is Verdict.BROKEN
    assert "undelivered" in journal.reason


@contextmanager
def limited(watched: Signalled, limits: DrillLimits) -> Iterator[None]:
    free = watched.target
    watched.target = msgspec.structs.replace(free, drills=limits)
    try:
        yield
    finally:
        watched.target = free


def test_a_target_that_does_not_allow_signals_is_sent_none(signalled: Signalled) -> None:
    with limited(signalled, DrillLimits(faults=("error",))):
        journal = run(signalled, Fault(), Silence(lasts=span("1m")))

    assert journal.verdict is Verdict.BROKEN
    assert "does not allow the fault 'signal'" in journal.reason


def test_signals_that_end_with_their_lease_make_it_broken(signalled: Signalled) -> None:
    with limited(signalled, DrillLimits(faults=("signal",), longest=span("200ms"))):
        journal = run(signalled, Fault(level=0.01), Silence(lasts=span("5m")), Revert())

    assert journal.verdict is Verdict.BROKEN
    assert "ended with their lease" in journal.reason


def test_a_step_that_was_never_reached_is_said(signalled: Signalled) -> None:
    journal = run(signalled, Fault(level=0.01), Alerts(), Pages())

    assert [one.last_seen for one in journal.expectations if one.met is None][:1] == ["never reached"]


def test_a_step_about_an_incident_that_no_step_expects_is_broken(signalled: Signalled) -> None:
    journal = run(signalled, Fault(), Acknowledge())

    assert journal.verdict is Verdict.BROKEN
    assert "put 'pages' before it" in journal.reason
