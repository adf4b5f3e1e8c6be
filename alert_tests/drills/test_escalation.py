"""What comes after the page: nobody answers, or somebody does. On signals, at ten minutes a second."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alertproof.drills.course import (
    Acknowledge,
    Alerts,
    Escalates,
    Fault,
    Pages,
    Recovers,
    Resolves,
    Revert,
    Silence,
    span,
)

if TYPE_CHECKING:
    from alertproof.plugin.course import CourseFixture


def test_a_page_that_nobody_answers_escalates_to_level_two_after_fifteen_minutes(course: CourseFixture) -> None:
    journal = course(
        "api-error-rate",
        Fault(),
        Alerts(),
        Pages(),
        Escalates(level=2, after=span("15m")),
        Revert(),
        Recovers(),
        Resolves(),
    )

    (incident,) = journal.incidents
    assert set(incident.told) == {"First on call", "Second on call"}


def test_an_acknowledgement_stops_the_escalation(course: CourseFixture) -> None:
    journal = course(
        "api-error-rate",
        Fault(),
        Alerts(),
        Pages(),
        Acknowledge(),
        Silence(lasts=span("17m")),
        Revert(),
        Recovers(),
        Resolves(),
    )

    (incident,) = journal.incidents
    assert len(incident.told) == 1
