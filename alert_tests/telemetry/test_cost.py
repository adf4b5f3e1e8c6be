"""What watching costs: series, log bytes, spans and events of the run against the budgets in spec.yaml."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alertproof.quality.cost import Spent, cost_findings, most_values

if TYPE_CHECKING:
    import pytest

    from alert_tests.telemetry.running import Run
    from alertproof.quality.contract import Emitted


def test_telemetry_stays_within_its_budgets(run: Run, emitted: Emitted, request: pytest.FixtureRequest) -> None:
    spent = spent_by(run, emitted)

    worst = max(emitted.tags, key=lambda metric: most_values(emitted.tags[metric])[:1] or [("", 0)])
    each = 1000 / spent.requests
    text = (
        f"per thousand requests {spent.log_bytes * each:,.0f} log bytes, {spent.log_lines * each:,.0f} log lines, "
        f"{spent.spans * each:,.0f} spans, {spent.events * each:,.0f} events; most series: "
        f"{max(spent.series, key=lambda metric: spent.series[metric])} ({max(spent.series.values())}); {worst}"
    )
    request.node.user_properties.append(("cost", text))
    found = cost_findings(spent, run.spec.cost)
    assert not found, "telemetry is above its budget (cost in spec.yaml):\n" + "\n".join(found)


def test_no_tag_says_who_somebody_is(emitted: Emitted) -> None:
    personal = ("user_id", "user", "email", "lead_id", "ip", "session")

    found = sorted(
        f"the metric {metric} is tagged {tag}"
        for metric, tags in emitted.tags.items()
        for tag in tags
        if tag.partition(":")[0] in personal or "@" in tag
    )

    assert not found, "a tag may not say who somebody is:\n" + "\n".join(found)


def spent_by(run: Run, emitted: Emitted) -> Spent:
    span = {"since": run.since, "until": run.until}
    here = f"env:{run.environment}"
    lines = run.telemetry.records("logs", here, **span)
    counted = {
        kind: run.telemetry.counted(kind, here, since=run.since, until=run.until).get((), 0.0)
        for kind in ("logs", "spans")
    }
    size = sum(len(str(each)) for each in lines) / max(len(lines), 1)
    return Spent(
        requests=run.requests,
        tags=emitted.tags,
        series={metric: run.telemetry.volume(metric) for metric in emitted.types},
        log_bytes=size * counted["logs"],
        log_lines=counted["logs"],
        spans=counted["spans"],
        events=run.events(),
    )
