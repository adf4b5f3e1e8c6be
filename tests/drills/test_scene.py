"""What a drill works on: its own monitor, its own incident, and the fault as it stands."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from tests.drills.conftest import DURATION, SPEC, Bench, at

from alertproof.errors import Broken, ConfigError
from alertproof.vendors import Incident, MonitorTransition


def moved(minutes: float, state: str, monitor_id: int = 1) -> MonitorTransition:
    return MonitorTransition(at=at(minutes), monitor_id=monitor_id, group="*", state=state, title="t")


def incident(service: str, minutes: float, resolved: float | None = None, *, title: str = "t") -> Incident:
    return Incident(
        id=f"{service} {minutes}",
        title=title,
        service=service,
        urgency="low",
        status="triggered" if resolved is None else "resolved",
        opened_at=at(minutes),
        resolved_at=None if resolved is None else at(resolved),
        dedup_keys=("k",),
        severities=("critical",),
        details="",
        told=(),
    )


@pytest.fixture
def place(bench: Callable[[str], Bench]) -> Bench:
    return bench("api-latency-p95")


def test_an_alert_that_the_specification_does_not_have_is_refused(bench: Callable[[str], Bench]) -> None:
    with pytest.raises(ConfigError, match="api-latency-p59"):
        bench("api-latency-p59")


def test_only_the_own_monitor_s_transitions_since_then_are_looked_at(place: Bench) -> None:
    place.clock.advance(timedelta(minutes=10))
    place.datadog.moved = [moved(1, "Alert", monitor_id=2), moved(2, "Alert"), moved(4, "OK"), moved(6, "Alert")]

    found = [place.scene.transition("Alert", since=at(minutes)) for minutes in (0, 2, 3, 7)]

    assert [one.at if one else None for one in found] == [at(2), at(2), at(6), None]


def test_the_incident_on_the_right_service_comes_before_an_earlier_one_elsewhere(place: Bench) -> None:
    place.pagerduty.opened = [incident("m3core-api", 1)]
    first = place.scene.first_incident()
    place.pagerduty.opened.append(incident("m3core-operations", 2))
    right = place.scene.first_incident()

    assert first is not None
    assert first.service == "m3core-api"
    assert right is not None
    assert right.service == "m3core-operations"


def test_the_alert_s_own_incident_is_on_its_service_and_says_its_words(place: Bench) -> None:
    own = SPEC.alert("api-latency-p95").told
    elsewhere, another = incident("m3core-api", 1, title=f"slow: {own.text}"), incident(own.pagerduty, 2)
    place.pagerduty.opened = [elsewhere, another]
    assert place.scene.own_incident() is None

    in_title = incident(own.pagerduty, 4, title=f"slow: {own.text.upper()}")
    in_details = replace(incident(own.pagerduty, 3), details=own.text)
    place.pagerduty.opened = [elsewhere, another, in_title]
    assert place.scene.own_incident() == in_title
    place.pagerduty.opened = [elsewhere, another, in_details, in_title]
    assert place.scene.own_incident() == in_details


def test_an_incident_is_resolved_once_it_says_when(place: Bench) -> None:
    place.pagerduty.opened = [incident("m3core-api", 1), incident("m3core-api", 2, resolved=3)]

    assert place.scene.resolved("m3core-api 1") is None
    assert place.scene.resolved("m3core-api 2") == place.pagerduty.opened[1]
    assert place.scene.resolved("another") is None


def test_the_indicator_is_said_in_its_unit(place: Bench) -> None:
    assert place.scene.reading_text() == "Datadog has no data for p95 latency"

    place.datadog.send(DURATION, -10, 0, 0.907)
    assert place.scene.reading_text() == "p95 latency 907 ms"
    assert place.scene.monitor_now() == "the monitor is * OK; p95 latency 907 ms"


def test_the_reader_asks_for_the_target_s_own_environment(place: Bench) -> None:
    assert "env:prod" in SPEC.alert("api-latency-p95").indicator.numerator
    assert "env:drill" in place.scene.reader.indicator.numerator
    assert "env:drill" in place.scene.reader.volume


def test_a_fault_that_was_never_injected_or_still_stands_is_said(place: Bench) -> None:
    with pytest.raises(Broken, match="before it was injected"):
        _ = place.scene.fault
    place.fault(began=1)
    assert place.scene.fault.began == at(1)
    with pytest.raises(Broken, match="while it still stood"):
        _ = place.scene.reverted
    place.fault(began=1, ended=2)
    assert place.scene.reverted == at(2)


def test_looking_ends_with_what_is_there_or_at_the_deadline(place: Bench) -> None:
    found = place.scene.wait(lambda: place.clock.now() >= at(1) or None, timedelta(minutes=2), after=at(0))
    assert found is True
    assert place.clock.now() == at(1)

    assert place.scene.wait(lambda: None, timedelta(minutes=2), after=at(0)) is None
    assert place.clock.now() == at(2)
