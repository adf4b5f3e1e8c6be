"""A run that has everything: drills, probes, journeys, load runs, looks at telemetry and other checks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import msgspec
import pytest
from hypothesis import strategies as st

from alertproof.journal import (
    Artifact,
    Budgets,
    DrillJournal,
    EndpointSeen,
    EventSeen,
    FailureSeen,
    FaultWindow,
    IncidentSeen,
    Journal,
    JourneyJournal,
    LineSeen,
    LoadJournal,
    LoadTick,
    MetricSeen,
    PageSeen,
    Phases,
    ProbeJournal,
    ProbeRun,
    Reading,
    StepSeen,
    TagSeen,
    TelemetryJournal,
    TransitionSeen,
    VolumeSeen,
    WidgetSeen,
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
        events=(
            EventSeen(
                at=after(seconds=9), id="9f1c", title="LeadIndexUnavailable: canary 5b1e", correlation_id="7f3a-acme"
            ),
        ),
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
        budgets=Budgets(
            detect_from=timedelta(minutes=2),
            detect=timedelta(minutes=4),
            page=timedelta(minutes=5),
            resolve=timedelta(minutes=6),
        ),
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


TENANTS = ("acme", "globex", "initech")


def ms(value: float) -> timedelta:
    return timedelta(milliseconds=value)


def probe_run(name: str, tenant: str, first_byte: float, *, cold: bool = True, **fields: Any) -> ProbeRun:
    """A request whose phases are those of a cold or a warm connection."""
    opening = {"dns": ms(1.2), "connect": ms(0.9), "tls": ms(6.5)} if cold else {}
    phases = Phases(**opening, first_byte=ms(first_byte), transfer=ms(first_byte / 11))
    known = sum((span for span in msgspec.structs.astuple(phases) if span), start=timedelta(0))
    run = ProbeRun(
        at=after(seconds=1),
        name=name,
        tenant=tenant,
        method="GET",
        path="/api/leads?limit=50",
        connection="cold" if cold else "warm",
        status=200,
        total=known + ms(0.8),
        phases=phases,
        size=18_204,
        correlation_id=f"7f3a-{tenant}",
    )
    return msgspec.structs.replace(run, **fields)


def probe(test: str, *runs: ProbeRun, **fields: Any) -> ProbeJournal:
    passed = ProbeJournal(
        check=f"synthetics/probes/test_api.py::{test}",
        target="local",
        verdict=Verdict.PASSED,
        began=FAULT,
        wall=ms(30),
        budget=ms(800),
        runs=runs,
    )
    return msgspec.structs.replace(passed, **fields)


@pytest.fixture
def slow_probe() -> ProbeJournal:
    """A probe that failed: its warm request took 912 ms of 800 ms."""
    return probe(
        "test_the_list_of_leads_answers_within_its_budget[globex]",
        probe_run("list of leads", "globex", 118),
        probe_run("list of leads", "globex", 835, cold=False, at=after(seconds=2)),
        verdict=Verdict.FAILED,
        reason="912 ms is more than 800 ms",
        expectations=(
            Expectation(text="list of leads answers with 200", met=True, last_seen="200"),
            Expectation(text="list of leads (warm) takes 800 ms at most", met=False, last_seen="912 ms"),
        ),
    )


@pytest.fixture
def probes(slow_probe: ProbeJournal) -> tuple[ProbeJournal, ...]:
    """Three tests: one for each tenant of which one failed, a single one, and one that got no answer."""
    listed = "test_the_list_of_leads_answers_within_its_budget"
    login: dict[str, Any] = {"method": "POST", "path": "/login", "status": 303, "size": 0}
    return (
        probe(
            f"{listed}[acme]", probe_run("list of leads", "acme", 41), probe_run("list of leads", "acme", 9, cold=False)
        ),
        slow_probe,
        probe(f"{listed}[initech]", probe_run("list of leads", "initech", 388)),
        *(
            probe(f"test_everybody_can_log_in[{tenant}]", probe_run("log in", tenant, 96 + 31 * place, **login))
            for place, tenant in enumerate(TENANTS)
        ),
        probe("test_the_platform_is_ready", probe_run("ready", "", 3.1, path="/ready", size=17)),
        probe(
            "test_the_export_is_delivered",
            probe_run("export", "acme", 0, status=0, trouble="refused", total=ms(4), phases=Phases(dns=ms(1)), size=0),
            verdict=Verdict.BROKEN,
            reason="export: no answer (refused); is the platform running?",
        ),
    )


def page_seen(path: str, step: str, began: float, **fields: Any) -> PageSeen:
    page = PageSeen(
        path=path,
        step=step,
        began=ms(began),
        ttfb=ms(34),
        fcp=ms(112),
        lcp=ms(148),
        cls=0.004,
        load_event=ms(171),
        lcp_element="table.leads",
    )
    return msgspec.structs.replace(page, **fields)


@pytest.fixture
def walked() -> JourneyJournal:
    """A journey of four steps over three pages, passed."""
    return JourneyJournal(
        check="synthetics/journeys/test_leads.py::test_an_agent_finds_and_opens_a_lead[acme]",
        target="local",
        tenant="acme",
        browser="Chromium 140.0.7339.16",
        verdict=Verdict.PASSED,
        began=FAULT,
        wall=ms(2410),
        steps=(
            StepSeen(name="open the front page", began=ms(10), duration=ms(240), budget=ms(3000)),
            StepSeen(name="log in", began=ms(260), duration=ms(610), budget=ms(3000)),
            StepSeen(name="search for a lead", began=ms(890), duration=ms(180), budget=ms(400)),
            StepSeen(name="open the lead", began=ms(1090), duration=ms(330), budget=ms(3000)),
        ),
        pages=(
            page_seen("/login", "open the front page", 18, lcp=ms(118), lcp_element="h1"),
            page_seen("/leads", "log in", 470, inp_below=ms(16), long_tasks=1, blocking=ms(22)),
            page_seen("/leads/4711", "open the lead", 1102, ttfb=ms(61), lcp=ms(131), inp=ms(24)),
        ),
        expectations=(
            Expectation(text="each step takes 3 s at most", met=True, last_seen="610 ms (log in)"),
            Expectation(text="LCP of each page is 2.5 s at most", met=True, last_seen="148 ms (/leads)"),
        ),
    )


@pytest.fixture
def stuck(walked: JourneyJournal) -> JourneyJournal:
    """A journey that ended in its third step, on a page that needs improvement and one that is poor."""
    first, second, *_ = walked.steps
    return msgspec.structs.replace(
        walked,
        check="synthetics/journeys/test_leads.py::test_an_agent_writes_a_lead_down",
        verdict=Verdict.FAILED,
        reason="save the lead: no heading 'Saved' within 5 s",
        steps=(
            first,
            msgspec.structs.replace(second, duration=ms(3420)),
            StepSeen(
                name="save the lead",
                began=ms(3700),
                duration=ms(5000),
                budget=ms(3000),
                trouble="no heading 'Saved' within 5 s; the page said: Internal error 7f3a-acme",
            ),
        ),
        pages=(
            page_seen("/login", "open the front page", 18, lcp=ms(2510)),
            page_seen(
                "/leads/new",
                "log in",
                640,
                ttfb=ms(1900),
                fcp=ms(2050),
                lcp=ms(2600),
                load_event=ms(2800),
                cls=0.31,
                inp=ms(510),
                long_tasks=4,
                blocking=ms(380),
            ),
        ),
        artifacts=(
            Artifact(kind="trace", path="artifacts/an agent writes a lead down/trace.zip"),
            Artifact(kind="screenshot", path="artifacts/an agent writes a lead down/last.png"),
            Artifact(kind="video", path="../elsewhere.webm"),
        ),
        expectations=(
            Expectation(text="LCP of each page is 2.5 s at most", met=False, last_seen="2.6 s (/leads/new)"),
            Expectation(text="the lead is saved", met=None, last_seen="never reached"),
        ),
    )


def load_ticks(rate: float, seconds: int, *, slow_from: int) -> tuple[LoadTick, ...]:
    """Ticks of a ramp of ten seconds and a plateau that becomes slow at ``slow_from``, for ten seconds."""
    ticks = []
    for second in range(seconds):
        wanted = min(rate, rate * (second + 1) / 10)
        n = round(wanted + (second * 7 % 5 - 2) * rate / 60)
        late = slow_from <= second < slow_from + 10
        slow = n // 3 if late else int(second * 13 % 17 == 0)
        ticks.append(
            LoadTick(
                second=second,
                target_rate=wanted,
                arrivals=n,
                n=n,
                slow=slow,
                failed=n // 12 if late and second % 2 else 0,
                p95=ms(1080 + second * 7 % 200) if late else ms(170 + second * 37 % 60),
                dropped=3 if second == slow_from + 5 else 0,
                lag=ms(second % 4),
            )
        )
    return tuple(ticks)


@pytest.fixture
def overloaded() -> LoadJournal:
    """A load run of a minute at 40/s with ten slow seconds, failed."""
    ticks = load_ticks(40, 60, slow_from=34)
    counted = [tick for tick in ticks if tick.second >= 10]
    n, slow = sum(tick.n for tick in counted), sum(tick.slow for tick in counted)
    shape = {"p50": ms(42), "p95": ms(196), "p99": ms(890), "longest": ms(1270)}
    return LoadJournal(
        check="load/test_launch.py::test_the_launch_rate_is_carried",
        target="local",
        profile="launch",
        scenario="agents at work",
        verdict=Verdict.FAILED,
        reason=f"{slow} of {n} requests were slow or failed",
        began=FAULT,
        wall=timedelta(seconds=62),
        limit=ms(800),
        warm_up=timedelta(seconds=10),
        n=n,
        slow=slow,
        failed=sum(tick.failed for tick in counted),
        p95=ms(941),
        lag_p99=ms(3),
        ticks=ticks,
        endpoints=(
            EndpointSeen(name="GET /api/leads", n=n - 790, slow=slow - 40, failed=9, **shape),
            EndpointSeen(name="POST /api/leads", n=790, slow=40, failed=6, **shape),
        ),
        failures=(FailureSeen(name="GET /api/leads", trouble="503", n=9, correlation_id="7f3a-acme"),),
        expectations=(
            Expectation(text="at most 5 % of the requests are slow or fail", met=False, last_seen=f"{slow / n:.1%}"),
            Expectation(text="the generator lags 50 ms at most", met=True, last_seen="3 ms"),
        ),
    )


@pytest.fixture
def carried(overloaded: LoadJournal) -> LoadJournal:
    """A load run that passed."""
    ticks = load_ticks(25, 45, slow_from=99)
    return msgspec.structs.replace(
        overloaded,
        check="load/test_launch.py::test_an_ordinary_day_is_carried",
        profile="ordinary day",
        verdict=Verdict.PASSED,
        reason="",
        ticks=ticks,
        n=sum(tick.n for tick in ticks[10:]),
        slow=sum(tick.slow for tick in ticks[10:]),
        failed=0,
        failures=(),
        p95=ms(204),
        expectations=(Expectation(text="at most 5 % of the requests are slow or fail", met=True, last_seen="0.2 %"),),
    )


def widget_seen(title: str, *lines: LineSeen, **fields: Any) -> WidgetSeen:
    widget = WidgetSeen(
        file="dashboards/support.json",
        board="M3CoreCRM Support",
        group="Requests",
        title=title,
        queries=("sum:api.requests{env:drill,tenant:*} by {tenant}.as_count()",),
        lines=lines,
    )
    return msgspec.structs.replace(widget, **fields)


def line_seen(name: str, values: list[float], unit: str = "") -> LineSeen:
    points = tuple(Reading(at=after(minutes=place), value=value) for place, value in enumerate(values))
    return LineSeen(name=name, unit=unit, points=points)


@pytest.fixture
def dashboards() -> TelemetryJournal:
    """A look at nine widgets of two dashboards, failed: one is empty, and one is known to be."""
    tenants = tuple(line_seen(tenant, [n, 7 + n, 3 * n, 12]) for n, tenant in enumerate("abcdefgh"))
    widgets = [
        widget_seen("Requests by tenant", *tenants),
        widget_seen("Latency", line_seen("p50", [0.02, 0.03], "second"), line_seen("p95", [0.2, 0.31], "second")),
        widget_seen("Jobs that failed", empty="no data", excused="no job fails in a short run"),
        *(widget_seen(f"Count {n}", line_seen("all", [n])) for n in range(4)),
        widget_seen("Rate limited", line_seen("all", [0, 0]), group="Limits", empty="a flat line of zeros"),
        widget_seen("Revenue", line_seen("won", [0, 12500], "dollar"), file="dashboards/a.json", board="Executive"),
    ]
    seen = "1 of 9 widgets are empty\ndashboards/support.json: Rate limited: a flat line of zeros"
    return TelemetryJournal(
        check="alert_tests/telemetry/test_contract.py::test_every_widget_shows_something",
        target="local",
        environment="drill",
        factor=60.0,
        verdict=Verdict.FAILED,
        reason="every widget shows something",
        began=FAULT,
        ended=after(minutes=15),
        wall=timedelta(seconds=20),
        widgets=tuple(widgets),
        expectations=(Expectation(text="every widget shows something", met=False, last_seen=seen),),
    )


@pytest.fixture
def cost(dashboards: TelemetryJournal) -> TelemetryJournal:
    """A look at metrics and volumes, passed; one metric is looked at by nobody."""
    tags = (TagSeen(key="endpoint", values=14), TagSeen(key="tenant", values=3), TagSeen(key="env", values=1))
    files = ("dashboards/support.json", "monitors/api-error-rate.json")
    return msgspec.structs.replace(
        dashboards,
        check="alert_tests/telemetry/test_cost.py::test_telemetry_stays_within_its_budgets",
        verdict=Verdict.PASSED,
        reason="",
        requests=1_310,
        widgets=(),
        metrics=(
            MetricSeen(name="telemetry.own", type="gauge", series=9, budget=100),
            MetricSeen(name="api.requests", type="rate", series=93, budget=400, files=files, tags=tags),
        ),
        volumes=(
            VolumeSeen(name="log bytes", each=1_400_000, budget=2_000_000),
            VolumeSeen(name="spans", each=9_200, budget=20_000),
        ),
        expectations=(Expectation(text="telemetry stays within its budgets", met=True, last_seen="0 above"),),
    )


@pytest.fixture
def looks(dashboards: TelemetryJournal, cost: TelemetryJournal) -> tuple[TelemetryJournal, ...]:
    return cost, dashboards


@pytest.fixture
def journeys(walked: JourneyJournal, stuck: JourneyJournal) -> tuple[JourneyJournal, ...]:
    return walked, stuck


@pytest.fixture
def loads(carried: LoadJournal, overloaded: LoadJournal) -> tuple[LoadJournal, ...]:
    return carried, overloaded


@pytest.fixture
def everything(
    mixed: Report,
    probes: tuple[ProbeJournal, ...],
    journeys: tuple[JourneyJournal, ...],
    loads: tuple[LoadJournal, ...],
    looks: tuple[TelemetryJournal, ...],
) -> Report:
    """A run that has every kind of check, and every verdict but skipped."""
    assert mixed.started is not None
    environment = (("monitoring", "monitoring"), ("platform", "Linux 6.1 x86_64, 2 CPUs"), ("python", "3.11.2"))
    return msgspec.structs.replace(
        mixed,
        started=msgspec.structs.replace(mixed.started, environment=environment),
        journals=(*mixed.journals, *probes, *journeys, *loads, *looks),
    )


def anything(kind: Any) -> st.SearchStrategy[Any]:
    """Any value of a field's type: what a check could write, and much that it could not."""
    kind = get_args(kind)[0] if get_origin(kind) is Annotated else kind
    origin, arguments = get_origin(kind), get_args(kind)
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        fields = {field.name: anything(field.type) for field in msgspec.structs.fields(kind)}
        return st.builds(kind, **fields)
    if isinstance(kind, type) and issubclass(kind, Verdict):
        return st.sampled_from(Verdict)
    if origin is Literal:
        return st.sampled_from(arguments)
    if origin is tuple:
        return st.lists(anything(arguments[0]), max_size=3).map(tuple)
    if origin in {Union, UnionType}:
        return st.one_of(*map(anything, arguments))
    return SIMPLE[kind]


SIMPLE: dict[Any, st.SearchStrategy[Any]] = {
    type(None): st.none(),
    bool: st.booleans(),
    str: st.text(max_size=20),
    int: st.integers(min_value=0, max_value=10_000),
    float: st.floats(min_value=1e-3, max_value=1e9) | st.floats(min_value=-1e9, max_value=-1e-3) | st.just(0.0),
    timedelta: st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=3)),
    datetime: st.datetimes(
        min_value=datetime(2020, 1, 1),  # noqa: DTZ001 (hypothesis adds the zone)
        max_value=datetime(2030, 1, 1),  # noqa: DTZ001 (hypothesis adds the zone)
        timezones=st.just(UTC),
    ),
}


@pytest.fixture(scope="session")
def drill_journals() -> st.SearchStrategy[DrillJournal]:
    """Any journal that a drill could write, and many that it could not."""
    return anything(DrillJournal).map(lambda drill: msgspec.structs.replace(drill, factor=60.0))


@pytest.fixture(scope="session")
def journey_journals() -> st.SearchStrategy[JourneyJournal]:
    return anything(JourneyJournal)


@pytest.fixture(scope="session")
def load_journals() -> st.SearchStrategy[LoadJournal]:
    return anything(LoadJournal)


@pytest.fixture(scope="session")
def journals(
    drill_journals: st.SearchStrategy[DrillJournal],
    journey_journals: st.SearchStrategy[JourneyJournal],
    load_journals: st.SearchStrategy[LoadJournal],
) -> st.SearchStrategy[Journal]:
    """Any journal of any kind."""
    return st.one_of(
        drill_journals, anything(ProbeJournal), journey_journals, load_journals, anything(TelemetryJournal)
    )
