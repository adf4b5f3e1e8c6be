"""Signals by DogStatsD, as a platform's own metrics come, on a stack at ten minutes a second."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from alertproof.drills.course import (
    Acknowledge,
    Alerts,
    Budget,
    Events,
    Fault,
    Pages,
    Recovers,
    Resolves,
    Revert,
    Silence,
    span,
)
from alertproof.drills.repeats import Repeat

if TYPE_CHECKING:
    from alertproof.drills.course import Signalled
    from alertproof.plugin.course import CourseFixture

pytestmark = pytest.mark.alone


def test_a_share_of_errors_sent_by_dogstatsd_pages_and_resolves_each_time_within_its_budgets(
    course: CourseFixture,
) -> None:
    journal = course(
        "api-error-rate",
        Fault(way="dogstatsd"),
        Alerts(),
        Pages(),
        Acknowledge(),
        Revert(),
        Recovers(),
        Resolves(),
        Budget(detect=span("4m"), page=span("5m"), acknowledge=span("10m"), resolve=span("7m")),
        repeat=Repeat(times=2),
    )

    assert journal.fault is not None
    assert journal.fault.text == "signals by DogStatsD bring error rate to 5 %"
    assert journal.repeats is not None
    assert (journal.repeats.passed, journal.repeats.needed) == (2, 2)
    for spread in (journal.repeats.detect, journal.repeats.page, journal.repeats.acknowledge, journal.repeats.resolve):
        assert spread is not None
        assert spread.count == 2
        assert spread.p50 <= spread.p95


def test_a_gauge_and_an_event_sent_by_dogstatsd_arrive_and_carry_the_mark(
    course: CourseFixture, signalled: Signalled
) -> None:
    began = signalled.clock.now()
    course(
        "queue-depth",
        Events(title="a drill by DogStatsD", way="dogstatsd"),
        Fault(way="dogstatsd"),
        Alerts(),
        Pages(),
        Revert(),
        Recovers(),
        Resolves(),
        Silence(lasts=span("5m")),
    )

    points = signalled.datadog.points(
        f"max:queue.depth{{drill:true,drill_signal:fault,env:{signalled.environment}}}.fill(null)",
        since=began,
        until=signalled.clock.now(),
    )
    assert {point.value for point in points} == {15_000}
