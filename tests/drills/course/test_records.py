"""Steps send lines of log and events, each marked as a drill's and in the target's environment."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import pytest

from alertproof.drills.course import Events, Logs
from alertproof.drills.course.play import Play
from alertproof.errors import BlastRadiusExceeded, ConfigError
from alertproof.faults import SentSignals
from alertproof.telemetry.signals import EventSignal, LogSignal


def held(*steps: Logs | Events) -> dict[str, SentSignals]:
    """Take the steps, and return what is then held; one of a name takes the place of an earlier one."""
    found: dict[str, SentSignals] = {}
    target = SimpleNamespace(endpoints=SimpleNamespace(dogstatsd=""))
    play = SimpleNamespace(watched=SimpleNamespace(environment="drill", target=target), hold=found.__setitem__)
    for step in steps:
        step.take(cast("Play", play))
    return found


def test_lines_of_log_are_sent_as_many_as_are_asked_for_with_the_mark() -> None:
    [fault] = held(
        Logs(message="disk is full", service="api", each=3, tags=("team:x",), attributes={"disk": "a"})
    ).values()

    assert fault.text == "3 lines of api's log each ten seconds say 'disk is full'"
    assert fault.signals == (
        LogSignal(
            message="disk is full",
            service="api",
            tags=("team:x", "env:drill", "drill:true"),
            status="error",
            attributes=(("disk", "a"),),
            count=3,
        ),
    )
    assert fault.prepare() == {"signals": 1}


def test_an_event_without_a_text_says_its_title() -> None:
    [fault] = held(Events(title="deploy went wrong", alert_type="warning")).values()

    assert fault.signals == (
        EventSignal(
            title="deploy went wrong",
            text="deploy went wrong",
            tags=("env:drill", "drill:true"),
            alert_type="warning",
        ),
    )
    assert fault.prepare() == {"signals": 1}


def test_other_lines_and_events_stand_beside_each_other_and_the_same_take_their_place() -> None:
    one = Logs(message="disk is full", service="api")
    steps = (one, Logs(message="disk is full", service="api", each=9), Logs(message="no memory", service="api"))

    found = held(*steps, Events(title="disk is full"))

    assert len(found) == 3
    [lines] = [fault for fault in found.values() if "disk is full" in fault.text and "lines" in fault.text]
    assert lines.text.startswith("9 lines")


def test_more_lines_than_a_signal_may_send_are_refused() -> None:
    [most] = held(Logs(message="m", service="s", each=10_000)).values()
    [more] = held(Logs(message="m", service="s", each=10_001)).values()

    assert most.prepare() == {"signals": 1}
    with pytest.raises(BlastRadiusExceeded, match="at most 10,000"):
        more.prepare()


def test_an_event_by_dogstatsd_is_refused_where_the_target_does_not_say_where_that_is() -> None:
    with pytest.raises(ConfigError, match="the target does not say where DogStatsD is"):
        held(Events(title="deploy went wrong", way="dogstatsd"))
