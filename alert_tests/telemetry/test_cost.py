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
    unseen = [name for name in ("log_bytes", "log_lines", "spans") if not getattr(spent, name)]
    if unseen:
        told = [f"nothing is known of {' and '.join(unseen)}", *told]
    met = None if unseen and not found else not found
    telemetry.judge(
        Expectation(text="telemetry stays within its budgets", met=met, last_seen="\n".join(told)),
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
    here = f"env:{run.environment}"
    lines = run.counted("logs", here)
    # As each process tells of it every ten seconds, so neither from the run's beginning nor to its end: the size of a
    # line is that of those that were told of.
    written, told = (
        run.summed(f"sum:{metric}{{{here}}}.as_count()") for metric in ("telemetry.log_bytes", "telemetry.log_lines")
    )
    return Spent(
        requests=run.requests,
        tags=emitted.tags,
        series=run.series(),
        log_bytes=lines * written / told if told else 0.0,
        log_lines=lines,
        spans=run.counted("spans", here),
        events=run.events(),
    )
