"""What watching costs: series, log bytes, spans and events of the run against the budgets in spec.yaml."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alertproof.quality.cost import Spent, cost_findings, volumes
from alertproof.verdict import Expectation

if TYPE_CHECKING:
    from alert_tests.telemetry.running import Run
    from alertproof.plugin.telemetry import TelemetryFixture
    from alertproof.quality.contract import Emitted


def test_telemetry_stays_within_its_budgets(run: Run, emitted: Emitted, telemetry: TelemetryFixture) -> None:
    spent = spent_by(run, emitted)

    found = cost_findings(spent, run.spec.cost)

    told = [f"{len(found)} above, of {len(spent.series)} metrics and 4 volumes (cost in spec.yaml)", *found]
    telemetry.judge(
        Expectation(text="telemetry stays within its budgets", met=not found, last_seen="\n".join(told)),
        since=run.since,
        until=run.until,
        requests=spent.requests,
        volumes=volumes(spent, run.spec.cost),
    )


def test_no_tag_says_who_somebody_is(run: Run, emitted: Emitted, telemetry: TelemetryFixture) -> None:
    personal = ("user_id", "user", "email", "lead_id", "ip", "session")

    found = sorted(
        f"the metric {metric} is tagged {tag}"
        for metric, tags in emitted.tags.items()
        for tag in tags
        if tag.partition(":")[0] in personal or "@" in tag
    )

    looked_at = sum(map(len, emitted.tags.values()))
    telemetry.judge(
        Expectation(
            text="no tag of a metric says who somebody is",
            met=not found if looked_at else None,
            last_seen="\n".join([f"{len(found)} of {looked_at} tags do", *found]),
        ),
        since=run.since,
        until=run.until,
    )


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
        series=run.series(),
        log_bytes=size * counted["logs"],
        log_lines=counted["logs"],
        spans=counted["spans"],
        events=run.events(),
    )
