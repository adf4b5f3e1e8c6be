"""One broken request, from the browser to the database, is found by one id wherever it left something."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from alert_tests.telemetry.running import Run


def records(run: Run, kind: str, search: str) -> list[dict[str, Any]]:
    return run.telemetry.records(kind, search, since=run.since, until=run.until)


def trace_of(run: Run) -> str:
    """Return the trace in which the spans of the broken request are."""
    spans = records(run, "spans", f"@correlation_id:{run.correlation_id}")
    assert spans, f"no span carries the correlation id {run.correlation_id}"
    (trace,) = {str(span["trace_id"]) for span in spans}
    return trace


def test_the_broken_request_is_one_trace_of_page_and_api(run: Run) -> None:
    spans = records(run, "spans", f"trace_id:{trace_of(run)}")

    assert {"m3core-web", "m3core-api"} <= {str(span["service"]) for span in spans}


def test_its_log_lines_carry_the_id_its_trace_and_its_tenant(run: Run) -> None:
    lines = records(run, "logs", f"@correlation_id:{run.correlation_id}")

    assert {"m3core-web", "m3core-api"} <= {str(line["service"]) for line in lines}
    assert {str(line["attributes"]["tenant"]) for line in lines if line["service"] == "m3core-api"} == {
        run.spec.tenants[0]
    }
    assert any(line["status"] == "error" for line in lines)


def test_its_event_at_sentry_carries_the_id_and_the_tenant(run: Run) -> None:
    event = run.sentry.event_by_correlation_id(run.correlation_id)

    assert event is not None, f"Sentry has no event with correlation_id {run.correlation_id}"
    assert event.tags["tenant"] == run.spec.tenants[0]


def test_the_page_in_the_browser_carries_the_id(run: Run) -> None:
    views = records(run, "rum", f"@context.correlation_id:{run.correlation_id}")

    assert views, f"no event of the browser carries the correlation id {run.correlation_id}"


def test_a_job_is_in_the_trace_of_the_request_that_queued_it(run: Run) -> None:
    jobs = records(run, "spans", "service:m3core-worker resource_name:jobs.*")
    assert jobs, "the worker sent no span of a job"

    traces = {str(job["trace_id"]) for job in jobs}
    # A job may have waited: the request that queued it can be from before the run.
    before = run.since - timedelta(hours=1)
    services = {
        trace: {
            str(span["service"])
            for span in run.telemetry.records("spans", f"trace_id:{trace}", since=before, until=run.until)
        }
        for trace in traces
    }

    alone = [trace for trace, found in services.items() if "m3core-api" not in found]
    assert not alone, f"{len(alone)} of {len(services)} jobs are in a trace without the request that queued them"
