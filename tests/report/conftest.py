"""A run that has everything: both sides of an alert, a failed drill, a broken one, and other checks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import strategies as st

from alertproof.journal import (
    DrillJournal,
    EventSeen,
    FaultWindow,
    IncidentSeen,
    Reading,
    TransitionSeen,
)
from alertproof.report import Report
from alertproof.verdict import CheckFinished, Expectation, RunFinished, RunStarted, Verdict

FAULT = datetime(2026, 3, 2, 14, 5, 20, tzinfo=UTC)
ERROR_RATE = "M3CoreCRM API error rate above 2 %"
LATENCY = "M3CoreCRM API p95 latency above 800 ms"


def after(*, minutes: float = 0, seconds: float = 0) -> datetime:
    return FAULT + timedelta(minutes=minutes, seconds=seconds)


def readings(values: list[float], *, first: float = -1.333) -> tuple[Reading, ...]:
    return tuple(Reading(at=after(minutes=first + place), value=value) for place, value in enumerate(values))


@pytest.fixture
def firing() -> DrillJournal:
    """The firing side of the error rate, passed: detected after 2 min 40 s of stack time."""
    return DrillJournal(
        check="error-rate-fires",
        alert="api-error-rate",
        specified="error rate > 2 % for 5 min",
        side="fires",
        target="local",
        environment="drill-7f3a",
        factor=60.0,
        verdict=Verdict.PASSED,
        began=after(minutes=-2),
        ended=after(minutes=11),
        wall=timedelta(seconds=14.2),
        fault=FaultWindow(text="5 % of API requests fail", began=FAULT, ended=after(minutes=4, seconds=10)),
        indicator="error rate",
        unit="%",
        threshold=0.02,
        readings=readings([0, 0, 0.0066, 0.0167, 0.0266, 0.0366, 0.041, 0.034, 0.024, 0.014, 0.004, 0, 0]),
        first_failed_request=after(seconds=2),
        events=(EventSeen(at=after(seconds=9), id="9f1c", title="LeadIndexUnavailable: canary 5b1e"),),
        transitions=(
            TransitionSeen(at=after(minutes=-1, seconds=-20), monitor=LATENCY, group="*", old="No Data", new="OK"),
            TransitionSeen(at=after(minutes=-1, seconds=-20), monitor=ERROR_RATE, group="*", old="No Data", new="OK"),
            TransitionSeen(at=after(minutes=2, seconds=40), monitor=ERROR_RATE, group="*", old="OK", new="Alert"),
            TransitionSeen(at=after(minutes=7, seconds=40), monitor=ERROR_RATE, group="*", old="Alert", new="OK"),
        ),
        incidents=(
            IncidentSeen(
                id="Q1B2C3",
                title="[Triggered] M3CoreCRM API error rate above 2 %",
                service="m3core-api",
                urgency="high",
                severity="critical",
                dedup_key="b8a61c7e0f2d4a39",
                told=("on-call-first@m3core.example",),
                opened_at=after(minutes=2, seconds=43),
                resolved_at=after(minutes=7, seconds=42),
            ),
        ),
        expectations=(
            Expectation(text="the monitor goes to Alert 2 to 4 min after the fault", met=True),
            Expectation(
                text="a high-urgency incident at m3core-api names the error rate",
                met=True,
                last_seen="Q1B2C3, high",
            ),
            Expectation(
                text="a Sentry event with the canary scrubbed",
                met=True,
                last_seen="9f1c, canary as [Filtered]",
            ),
            Expectation(text="nothing else fires, and nobody else is told", met=True),
        ),
        time_to_detect=timedelta(minutes=2, seconds=40),
        time_to_page=timedelta(minutes=2, seconds=43),
        time_to_resolve=timedelta(minutes=3, seconds=32),
        allowed="2 to 4 min after the fault",
        computed="2 min 40 s",
        assumptions=("Datadog evaluates a monitor with a five-minute window once a minute.",),
        notes=("Windows began with one hour of written history.",),
    )


@pytest.fixture
def quiet() -> DrillJournal:
    """The quiet side of the error rate, passed: nobody was paged."""
    return DrillJournal(
        check="error-rate-stays-quiet",
        alert="api-error-rate",
        specified="error rate > 2 % for 5 min",
        side="quiet",
        target="local",
        environment="drill-91bc",
        factor=60.0,
        verdict=Verdict.PASSED,
        began=after(minutes=-2),
        ended=after(minutes=12),
        wall=timedelta(seconds=15.1),
        fault=FaultWindow(text="1 % of API requests fail", began=FAULT, ended=after(minutes=10)),
        indicator="error rate",
        unit="%",
        threshold=0.02,
        readings=readings(
            [0, 0, 0.0013, 0.0034, 0.0054, 0.0073, 0.0091, 0.0099, 0.01, 0.0101, 0.01, 0.0099, 0.0093, 0.0074]
        ),
        first_failed_request=after(seconds=4),
        transitions=(
            TransitionSeen(at=after(minutes=-1, seconds=-20), monitor=ERROR_RATE, group="*", old="No Data", new="OK"),
        ),
        expectations=(
            Expectation(text="no monitor leaves OK for 10 min", met=True),
            Expectation(text="no incident is opened", met=True),
        ),
    )


@pytest.fixture
def failed() -> DrillJournal:
    """The firing side of the latency alert, failed: detected too late, and the wrong service was told."""
    return DrillJournal(
        check="latency-fires",
        alert="api-latency-p95",
        specified="p95 > 800 ms for 10 min",
        side="fires",
        target="local",
        environment="drill-c2d4",
        factor=60.0,
        verdict=Verdict.FAILED,
        reason="The alert came after the allowed interval",
        began=after(minutes=-2),
        ended=after(minutes=19),
        wall=timedelta(seconds=22),
        fault=FaultWindow(text="12 % of API requests take 900 ms longer", began=FAULT, ended=after(minutes=9)),
        indicator="p95 latency",
        unit="s",
        threshold=0.8,
        readings=readings([0.021] * 3 + [0.3, 0.52, 0.66, 0.78, 0.86, 0.92, 0.92, 0.92, 0.91, 0.7, 0.4] + [0.02] * 6),
        transitions=(
            TransitionSeen(at=after(minutes=5.66), monitor=LATENCY, group="*", old="OK", new="Warn"),
            TransitionSeen(at=after(minutes=6.66), monitor=LATENCY, group="*", old="Warn", new="Alert"),
            TransitionSeen(at=after(minutes=10.66), monitor=LATENCY, group="*", old="Alert", new="OK"),
            TransitionSeen(at=after(minutes=3.66), monitor=ERROR_RATE, group="tenant:acme", old="OK", new="No Data"),
            TransitionSeen(at=after(minutes=4.16), monitor=ERROR_RATE, group="tenant:acme", old="No Data", new="OK"),
        ),
        incidents=(
            IncidentSeen(
                id="Q9X8Y7",
                title="[Triggered] M3CoreCRM API p95 latency above 800 ms",
                service="m3core-api",
                urgency="high",
                severity="critical",
                dedup_key="0d3c55aa91e24b70",
                told=("on-call-first@m3core.example", "on-call-second@m3core.example"),
                opened_at=after(minutes=6.7),
            ),
        ),
        expectations=(
            Expectation(
                text="the monitor goes to Alert 3 to 6 min after the fault",
                met=False,
                last_seen="Alert after 6 min 40 s",
            ),
            Expectation(text="a low-urgency incident at m3core-operations", met=False, last_seen="m3core-api, high"),
            Expectation(text="the incident is resolved within 10 min of the revert", met=None),
        ),
        time_to_detect=timedelta(minutes=6, seconds=40),
        time_to_page=timedelta(minutes=6, seconds=42),
        allowed="3 to 6 min after the fault",
        computed="4 min to 5 min",
    )


@pytest.fixture
def broken() -> DrillJournal:
    """A drill that could not tell: the steady state never held."""
    return DrillJournal(
        check="queue-fires",
        alert="queue-depth",
        specified="queue depth > 10k",
        side="fires",
        target="local",
        environment="drill-0e11",
        factor=60.0,
        verdict=Verdict.BROKEN,
        reason="the steady state did not hold: queue.depth had no point for 3 min; is the worker running?",
        began=after(minutes=-3),
        ended=FAULT,
        wall=timedelta(seconds=3),
        indicator="queue depth",
        unit="jobs",
        threshold=10000,
    )


@pytest.fixture
def started() -> RunStarted:
    return RunStarted(
        at=after(minutes=-3),
        run="2026-03-02-140220",
        target="local",
        version="0.1.0",
        command="pytest alert_tests --target local",
    )


@pytest.fixture
def finished() -> RunFinished:
    return RunFinished(at=after(minutes=2), exit_code=0, wall=timedelta(seconds=41.3))


@pytest.fixture
def check() -> CheckFinished:
    return CheckFinished(
        at=after(minutes=1),
        check="alert_tests/offline/error-rate.alert.yaml::pages above two percent",
        kind="offline",
        verdict=Verdict.PASSED,
        wall=timedelta(milliseconds=12),
    )


@pytest.fixture
def proven(
    started: RunStarted,
    firing: DrillJournal,
    quiet: DrillJournal,
    check: CheckFinished,
    finished: RunFinished,
) -> Report:
    """A run in which everything passed."""
    return Report(started=started, checks=(check,), journals=(quiet, firing), finished=finished)


@pytest.fixture
def mixed(proven: Report, failed: DrillJournal, broken: DrillJournal) -> Report:
    """A run with every verdict but skipped."""
    return msgspec.structs.replace(proven, journals=(broken, failed, *proven.drills))


@pytest.fixture(scope="session")
def journals() -> st.SearchStrategy[DrillJournal]:
    """Any journal that a drill could write, and many that it could not."""
    texts = st.text(max_size=20)
    instants = st.datetimes(
        min_value=datetime(2020, 1, 1),  # noqa: DTZ001 (hypothesis adds the zone)
        max_value=datetime(2030, 1, 1),  # noqa: DTZ001 (hypothesis adds the zone)
        timezones=st.just(UTC),
    )
    spans = st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=3))
    values = st.floats(min_value=-1e9, max_value=1e9)
    states = st.sampled_from(["OK", "Warn", "Alert", "No Data", "Ignored"])

    def some(kind: type, **fields: st.SearchStrategy[object]) -> st.SearchStrategy[tuple[object, ...]]:
        return st.lists(st.builds(kind, **fields), max_size=3).map(tuple)

    return st.builds(
        DrillJournal,
        check=texts,
        alert=texts,
        specified=texts,
        side=st.sampled_from(["fires", "quiet"]),
        target=texts,
        environment=texts,
        factor=st.sampled_from([1.0, 60.0]),
        verdict=st.sampled_from(Verdict),
        reason=texts,
        began=instants,
        ended=instants,
        wall=spans,
        fault=st.none() | st.builds(FaultWindow, text=texts, began=instants, ended=st.none() | instants),
        indicator=texts,
        unit=st.sampled_from(["%", "s", "jobs", "percent"]),
        threshold=values,
        readings=some(Reading, at=instants, value=values),
        first_failed_request=st.none() | instants,
        events=some(EventSeen, at=instants, id=texts, title=texts),
        transitions=some(TransitionSeen, at=instants, monitor=texts, group=texts, old=states, new=states),
        incidents=some(
            IncidentSeen,
            id=texts,
            title=texts,
            service=texts,
            urgency=texts,
            severity=texts,
            dedup_key=texts,
            told=st.lists(texts, max_size=2).map(tuple),
            opened_at=instants,
            resolved_at=st.none() | instants,
        ),
        expectations=some(Expectation, text=texts, met=st.sampled_from([True, False, None]), last_seen=texts),
        time_to_detect=st.none() | spans,
        time_to_page=st.none() | spans,
        time_to_resolve=st.none() | spans,
        allowed=texts,
        computed=texts,
        assumptions=st.lists(texts, max_size=2).map(tuple),
        notes=st.lists(texts, max_size=2).map(tuple),
    )
