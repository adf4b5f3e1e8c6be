"""A duration is in seconds: thresholds and dashboards say so, and a thousandfold is no slow platform."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alertproof.verdict import Expectation

if TYPE_CHECKING:
    from alert_tests.telemetry.running import Run
    from alertproof.plugin.telemetry import TelemetryFixture


def test_durations_are_in_seconds(run: Run, telemetry: TelemetryFixture) -> None:
    most = run.spec.telemetry.seconds
    found = {metric: run.averaged(metric) for metric in most}

    wrong = [
        f"the metric {metric} is not in seconds: {'no points' if mean is None else f'{mean:.3g} on average'},"
        f" {most[metric]:g} or less of a healthy run"
        for metric, mean in found.items()
        if mean is None or mean > most[metric]
    ]

    telemetry.judge(
        Expectation(
            text="durations are in seconds",
            met=bool(found) and not wrong,
            last_seen="\n".join([f"{len(wrong)} of {len(found)} durations", *wrong]),
        ),
        since=run.since,
        until=run.until,
    )
