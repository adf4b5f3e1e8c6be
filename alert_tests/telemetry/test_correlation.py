"""One broken request, from the browser to the page that it causes, is found by one id wherever it left something."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from alert_tests.telemetry.paging import SERVICE
from alertproof.verdict import Expectation

if TYPE_CHECKING:
    from collections.abc import Callable

    from alert_tests.telemetry.running import Run
    from alertproof.plugin.telemetry import TelemetryFixture
    from alertproof.sentry.verify import SentryEvent


@pytest.fixture
def expect(run: Run, telemetry: TelemetryFixture) -> Callable[[str, bool, str], None]:
    def judge(text: str, met: bool, seen: str) -> None:
        __tracebackhide__ = True
        telemetry.judge(Expectation(text=text, met=met, last_seen=seen), since=run.since, until=run.until)

    return judge


def records(run: Run, kind: str, search: str) -> list[dict[str, Any]]:
    return run.telemetry.records(kind, search, since=run.since, until=run.until)


def batched(texts: list[str], size: int = 20) -> list[list[str]]:
    return [texts[first : first + size] for first in range(0, len(texts), size)]


def services(rows: list[dict[str, Any]]) -> set[str]:
    return {str(row["service"]) for row in rows}


def test_the_broken_request_is_one_trace_of_page_and_api(run: Run, expect: Callable[[str, bool, str], None]) -> None:
    traces = {str(span["trace_id"]) for span in records(run, "spans", f"@correlation_id:{run.correlation_id}")}
    found = {trace: services(records(run, "spans", f"trace_id:{trace}")) for trace in traces}

    expect(
        "the spans of the broken request are one trace of page and API",
        len(found) == 1 and all({"m3core-web", "m3core-api"} <= each for each in found.values()),
        f"{run.correlation_id} in {len(found)} traces: "
        + "; ".join(f"{trace} of {', '.join(sorted(each))}" for trace, each in sorted(found.items())),
    )


def test_its_log_lines_carry_the_id_its_trace_and_its_tenant(
    run: Run, expect: Callable[[str, bool, str], None]
) -> None:
    lines = records(run, "logs", f"@correlation_id:{run.correlation_id}")

    tenants = {str(line["attributes"].get("tenant")) for line in lines if line["service"] == "m3core-api"}
    statuses = {str(line["status"]) for line in lines}
    expect(
        "page and API log the broken request with its id, its tenant and its error",
        {"m3core-web", "m3core-api"} <= services(lines) and tenants == {run.spec.tenants[0]} and "error" in statuses,
        f"{len(lines)} lines of {', '.join(sorted(services(lines))) or 'no service'}, tenant "
        f"{', '.join(sorted(tenants)) or 'none'}, status {', '.join(sorted(statuses)) or 'none'}",
    )


def event_of(run: Run) -> SentryEvent | None:
    """Return the event of the API, which broke; the page that asked it may report one too."""
    return next(iter(run.sentry.events({"correlation_id": run.correlation_id, "service": "m3core-api"})), None)


def test_its_event_at_sentry_carries_the_id_and_the_tenant(run: Run, expect: Callable[[str, bool, str], None]) -> None:
    event = event_of(run)

    expect(
        "Sentry has an event of the broken request with its id and its tenant",
        event is not None and event.tags.get("tenant") == run.spec.tenants[0],
        f"event {event.id}, tenant {event.tags.get('tenant')}" if event else f"no event with {run.correlation_id}",
    )


def test_the_page_in_the_browser_carries_the_id(run: Run, expect: Callable[[str, bool, str], None]) -> None:
    views = records(run, "rum", f"@context.correlation_id:{run.correlation_id}")
    others = records(run, "rum", "*")

    expect(
        "the page in the browser carries the broken request's id",
        bool(views),
        f"{len(views)} of {len(others)} events of the browser carry {run.correlation_id}",
    )


def test_the_page_that_it_causes_leads_to_its_event(run: Run, expect: Callable[[str, bool, str], None]) -> None:
    event = event_of(run)
    told = [each for each in run.pagerduty.incidents(since=run.since) if each.service == SERVICE]

    evidence = [each for each in told if run.correlation_id in each.details and event and event.id in each.details]
    expect(
        "one incident at PagerDuty carries the broken request's id and event as evidence",
        len(evidence) == 1,
        f"{len(evidence)} of {len(told)} incidents at {SERVICE} carry {run.correlation_id}: "
        + ("; ".join(each.title for each in told) or "nothing was told"),
    )


def test_a_job_is_in_the_trace_of_the_request_that_queued_it(
    run: Run, expect: Callable[[str, bool, str], None]
) -> None:
    # What is due by the clock was asked for by nobody.
    jobs = records(run, "spans", "service:m3core-worker resource_name:jobs.* -resource_name:jobs.tidy_up")
    traces = sorted({str(job["trace_id"]) for job in jobs})
    # A job may have waited: the request that queued it can be from before the run.
    before = run.since - timedelta(hours=1)
    found = {
        str(span["trace_id"])
        for few in batched(traces)
        for span in run.telemetry.records(
            "spans", f"service:m3core-api trace_id:({' OR '.join(few)})", since=before, until=run.until
        )
    }

    alone = [trace for trace in traces if trace not in found]
    expect(
        "each job is in the trace of the request that queued it",
        bool(traces) and not alone,
        f"{len(alone)} of {len(traces)} jobs are in a trace without the request that queued them",
    )
