"""The fixture ``telemetry``: what a test saw of the platform's telemetry is judged, and kept for the report."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import final

import pytest

from alertproof.clock import SystemClock
from alertproof.errors import Broken
from alertproof.journal import Journal, MetricSeen, TelemetryJournal, VolumeSeen, WidgetSeen
from alertproof.plugin.options import target_name
from alertproof.plugin.recording import JOURNALS
from alertproof.requirements import Target
from alertproof.verdict import Expectation, Verdict

__all__ = ["TelemetryFixture", "telemetry"]


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class TelemetryFixture:
    """Judges what was seen of the telemetry of a run; each call writes one journal."""

    check: str
    target: str
    environment: str
    factor: float
    journals: list[Journal]
    began: timedelta = field(default_factory=lambda: SystemClock().monotonic())

    def judge(
        self,
        *expectations: Expectation,
        since: datetime,
        until: datetime,
        requests: int = 0,
        widgets: tuple[WidgetSeen, ...] = (),
        metrics: tuple[MetricSeen, ...] = (),
        volumes: tuple[VolumeSeen, ...] = (),
    ) -> None:
        """Write down what was seen between two instants of stack time; the test fails with all that is not met.

        Raises `Broken` where nothing is expected, or an expectation was never reached.
        """
        __tracebackhide__ = True
        unmet = [expected for expected in expectations if not expected.met]
        unreached = not expectations or any(expected.met is None for expected in unmet)
        reason = "\n".join(expected.complaint() for expected in unmet) or ("" if expectations else "nothing expected")
        verdict = Verdict.BROKEN if unreached else Verdict.FAILED if unmet else Verdict.PASSED
        self.journals.append(
            TelemetryJournal(
                check=self.check,
                target=self.target,
                environment=self.environment,
                factor=self.factor,
                verdict=verdict,
                reason=reason,
                began=since,
                ended=until,
                wall=SystemClock().monotonic() - self.began,
                requests=requests,
                widgets=widgets,
                metrics=metrics,
                volumes=volumes,
                expectations=expectations,
            )
        )
        if verdict is Verdict.BROKEN:
            raise Broken(reason)
        if verdict is Verdict.FAILED:
            pytest.fail(reason, pytrace=False)


@pytest.fixture
def telemetry(request: pytest.FixtureRequest, pytestconfig: pytest.Config, target: Target) -> TelemetryFixture:
    """Return what judges the telemetry of a run: ``telemetry.judge(Expectation(..), since=.., until=..)``."""
    return TelemetryFixture(
        check=request.node.nodeid,
        target=target_name(pytestconfig),
        environment=target.env.get("DD_ENV", ""),
        factor=target.stack_clock().anchor.factor,
        journals=request.node.stash.setdefault(JOURNALS, []),
    )
