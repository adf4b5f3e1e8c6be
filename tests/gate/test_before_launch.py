"""Before a launch: which alerts a run would have raised, what the platform saw itself, and where the time went."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from tests.report.test_capacity_page import RUN

from alertproof.gate.before_launch import Seen, before_launch, look, words
from alertproof.gate.phases import PhaseSeen, phases_of
from alertproof.journal import LoadJournal, LoadTick
from alertproof.requirements import load_specification
from alertproof.verdict import Verdict

SPEC = load_specification(Path(__file__).parents[2] / "monitoring")
BEGAN = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)
P95, ERRORS = "api-latency-p95", "api-error-rate"


def run(*, seconds: int = 900, slow: int = 0, failed: int = 0, since: int = 0, limit: float = 0.8) -> LoadJournal:
    """Return a run of 100 requests a second, of which so many are slow, or failed and so slow, from a second on."""
    ticks = tuple(
        LoadTick(
            second=second,
            target_rate=80.0,
            arrivals=80,
            n=100,
            slow=max(slow, failed) if second >= since else 0,
            failed=failed if second >= since else 0,
        )
        for second in range(seconds)
    )
    return LoadJournal(
        check="load run launch",
        target="local",
        profile="launch",
        scenario="leads",
        verdict=Verdict.PASSED,
        began=BEGAN,
        wall=timedelta(seconds=seconds),
        limit=timedelta(seconds=limit),
        n=100 * seconds,
        p95=timedelta(milliseconds=250),
        ticks=ticks,
    )


def alerts(journal: LoadJournal) -> dict[str, timedelta | None]:
    return {one.alert: one.after for one in before_launch(journal, SPEC, seen=None, capacity=None).alerts}


def test_only_the_alerts_that_requests_show_are_told_of() -> None:
    assert alerts(run()) == {P95: None, ERRORS: None}


def test_a_tenth_slow_from_the_fifth_minute_on_raises_the_p95_when_half_as_much_is_in_the_window() -> None:
    found = alerts(run(slow=10, since=300))

    after = found[P95]
    assert after is not None
    assert timedelta(minutes=10) <= after <= timedelta(minutes=11)
    assert found[ERRORS] is None


@pytest.mark.parametrize(("slow", "comes"), [(5, False), (6, True)])
def test_the_p95_is_above_its_threshold_with_more_than_one_slow_request_of_twenty(slow: int, comes: bool) -> None:
    assert (alerts(run(slow=slow))[P95] is not None) is comes


@pytest.mark.parametrize(("failed", "comes"), [(2, False), (3, True)])
def test_the_error_rate_is_above_its_threshold_with_more_than_two_of_a_hundred(failed: int, comes: bool) -> None:
    assert (alerts(run(failed=failed))[ERRORS] is not None) is comes


def test_of_a_run_with_another_limit_nothing_is_said_of_the_p95() -> None:
    assert P95 not in alerts(run(slow=50, limit=0.5))


def span(number: int, parent: int, ms: float, operation: str, *, trace: str = "1", **more: str) -> dict[str, Any]:
    return {
        "trace_id": trace,
        "span_id": str(number),
        "parent_id": str(parent),
        "operation_name": operation,
        "custom": {"duration": ms * 1e6},
        **more,
    }


def test_the_time_of_a_span_is_its_own_without_that_of_those_below() -> None:
    found = phases_of(
        [
            span(1, 0, 100, "http.server.request"),
            span(2, 1, 60, "internal", resource_name="leads.search"),
            span(3, 2, 50, "postgres.query", type="sql"),
            span(4, 1, 10, "redis.command"),
            span(1, 0, 5, "internal", trace="2", resource_name="jobs.send"),
            span(2, 1, 5, "postgres.query", trace="2", type="sql"),
        ]
    )

    assert [(one.phase, one.spans, round(one.seconds * 1000)) for one in found] == [
        ("database", 2, 55),
        ("api", 2, 40),
        ("cache", 1, 10),
        ("queue", 1, 0),
    ]
    assert sum(one.share for one in found) == pytest.approx(1.0)


def test_a_child_that_takes_longer_than_its_parent_makes_nothing_negative() -> None:
    (longer, parent) = phases_of([span(1, 0, 10, "http.server.request"), span(2, 1, 30, "rq.job")])

    assert (longer.phase, round(longer.seconds * 1000)) == ("queue", 30)
    assert (parent.phase, parent.seconds) == ("api", 0.0)


def test_without_spans_there_is_no_bottleneck() -> None:
    assert phases_of([]) == ()


class Answers:
    """Datadog, with one p95 and endlessly many spans."""

    def __init__(self, p95: float | None) -> None:
        self.p95, self.asked, self.searched = p95, "", ""

    def percentile(self, query: str, *, since: datetime, until: datetime) -> float | None:
        self.asked = query
        return self.p95

    def every_record(self, kind: str, search: str, *, since: datetime, until: datetime) -> Iterable[dict[str, object]]:
        self.searched = f"{kind}: {search}"
        number = 0
        while True:
            number += 1
            yield span(number, 0, 1, "postgres.query", type="sql")


def test_datadog_is_asked_for_the_indicator_in_the_targets_environment_and_for_its_newest_spans() -> None:
    answers = Answers(0.3)

    seen = look(answers, answers, SPEC, environment="staging", since=BEGAN, until=BEGAN + timedelta(minutes=1))

    assert answers.asked == "p95:api.request.duration{service:m3core-api,env:staging}"
    assert answers.searched == "spans: env:staging"
    assert seen.p95 == 0.3
    assert [(one.phase, one.spans) for one in seen.phases] == [("database", 5000)]


SEEN = Seen(
    p95=0.2314,
    phases=(
        PhaseSeen(phase="database", spans=10, seconds=3.0, share=0.75),
        PhaseSeen(phase="api", spans=20, seconds=1.0, share=0.25),
    ),
)


def test_the_report_says_capacity_headroom_alerts_both_p95_and_the_bottleneck() -> None:
    report = before_launch(run(slow=10), SPEC, seen=SEEN, capacity=RUN)

    assert words(report) == (
        "capacity: 46/s of leads (95 % interval 44 to 48); headroom: 0.575 times the highest rate of this run, 80/s",
        "alert api-error-rate: would have stayed quiet, with nothing else in its window",
        "alert api-latency-p95: would have come 1 min 00 s into the run, with nothing else in its window",
        "p95: 250 ms for those who asked, 231 ms by the platform's own measure",
        "time by part: database 75 %, api 25 % (own time of 30 spans); the bottleneck is the database",
    )


def test_what_is_not_known_is_said() -> None:
    bare = before_launch(run(), SPEC, seen=None, capacity=None)
    assert words(bare)[0] == "capacity: not known; alertproof load find-capacity --json says it (--capacity FILE)"
    assert words(bare)[-1] == "platform: the target names no Datadog to ask what it saw itself"

    broken = replace(RUN, outcome=None, rate=None, reason="interrupted after 3 s")
    report = before_launch(run(), SPEC, seen=Seen(p95=None, phases=()), capacity=broken)
    assert words(report)[0] == "capacity: not known, for the search was broken: interrupted after 3 s"
    assert words(report)[-2:] == (
        "p95: 250 ms for those who asked, Datadog has none by the platform's own measure",
        "traces: none are at Datadog for this run",
    )
    assert words(replace(bare, alerts=()))[1] == "alerts: none is about what a load run sees"
