"""A file of drills is read into the steps that Python writes; what is not known is refused with its nearest name."""

from __future__ import annotations

from pathlib import Path

import pytest

import alertproof.drills.course as steps
from alertproof.drills.course import (
    Alerts,
    Budget,
    Escalates,
    Events,
    Fault,
    Flaps,
    Logs,
    Pages,
    Resolves,
    Silence,
    load_drills,
    span,
)
from alertproof.drills.course.reading import STEPS
from alertproof.drills.repeats import Repeat
from alertproof.errors import ConfigError
from alertproof.requirements import Interval


@pytest.fixture
def write(tmp_path: Path) -> Path:
    return tmp_path / "my.drill.yaml"


def course(*steps: str) -> str:
    lines = "".join(f"      - {step}\n" for step in steps)
    return f"drills:\n  - name: one\n    alert: api-error-rate\n    steps:\n{lines}"


def test_steps_are_those_that_python_writes(write: Path) -> None:
    write.write_text(
        course(
            "fault",
            "fault: {level: 0.5}",
            "alerts: {after: {from: 2m, to: 4m}}",
            "pages: {within: 1m}",
            "escalates: {level: 2, after: 15m}",
            "silence: {for: 1h30m}",
            "resolves:",
            "flaps: {times: 3, for: 5m, notifications: 3, incidents: 2}",
        )
    )
    (drill,) = load_drills(write)

    assert (drill.name, drill.alert, drill.side) == ("one", "api-error-rate", None)
    assert drill.steps == (
        Fault(),
        Fault(level=0.5),
        Alerts(after=Interval(start=span("2m"), end=span("4m"))),
        Pages(within=span("1m")),
        Escalates(level=2, after=span("15m")),
        Silence(lasts=span("90m")),
        Resolves(),
        Flaps(times=3, lasts=span("5m"), notifications=3, incidents=2),
    )


def test_a_drill_of_a_side_has_no_steps(write: Path) -> None:
    write.write_text("drills:\n  - {name: one, alert: api-error-rate, side: quiet}\n")
    (drill,) = load_drills(write)

    assert (drill.side, drill.steps) == ("quiet", ())


def test_a_drill_says_how_often_it_is_repeated_and_what_its_times_may_be(write: Path) -> None:
    write.write_text(course("budget: {detect: 4m, acknowledge: 90s}") + "    repeat: {times: 5, passes: 4}\n")
    (drill,) = load_drills(write)

    assert drill.repeat == Repeat(times=5, passes=4)
    assert drill.steps == (Budget(detect=span("4m"), acknowledge=span("90s")),)


def test_what_python_writes_and_what_files_write_are_the_same_steps() -> None:
    public = {name for name in vars(steps)["__all__"] if name in {kind.__name__ for kind in STEPS.values()}}

    assert public == {kind.__name__ for kind in STEPS.values()}


@pytest.mark.parametrize("name", STEPS)
def test_each_step_is_called_as_it_is_in_python(name: str) -> None:
    assert STEPS[name].__name__.lower() == name.replace("_", "")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (course("fault") + "    repeat: {times: 3, passes: 4}\n", "1 to 3 of 3 drills have to pass, got 4"),
        ("drills: []", "no drills; a file without one proves nothing"),
        ("drill: []", r"unknown field `drill`.*drills"),
        (course("escalate: {level: 2, after: 15m}"), r"'one': step 1: there is no step 'escalate'.*escalates"),
        (course("fault", "escalates: {levl: 2, after: 15m}"), r"'one': step 2, escalates: .*`levl`.*level"),
        (course("escalates: {level: 2}"), r"step 1, escalates: .*missing required field `after`"),
        (course("silence: {for: 15 minutes}"), r"step 1, silence: .*not a duration"),
        (course("silence: 15m"), "step 1, silence: "),
        (course("{fault: {}, revert: {}}"), "step 1: a step is its name"),
        (course("7"), "step 1: a step is its name"),
        ("drills:\n  - {name: one, alert: a}\n", "say either the steps of a course, or a side"),
        ("drills:\n  - {name: one, alert: a, side: fires, steps: [fault]}\n", "say either the steps of a course"),
        ("drills:\n  - {name: one, alert: a, side: loud}\n", "Invalid enum value 'loud'"),
        (
            "drills:\n  - {name: one, alert: a, side: fires}\n  - {name: one, alert: b, side: fires}\n",
            "two drills are called 'one'",
        ),
        ("drills: [", "not valid YAML"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_place(write: Path, text: str, said: str) -> None:
    write.write_text(text)

    with pytest.raises(ConfigError, match=said) as caught:
        load_drills(write)
    assert str(caught.value).startswith(str(write))


def test_lines_of_log_and_events_are_steps(write: Path) -> None:
    write.write_text(
        course(
            "logs: {message: disk is full, service: api, each: 3, attributes: {disk: a}}",
            "events: {title: deploy went wrong, tags: ['team:x']}",
        )
    )
    (drill,) = load_drills(write)

    assert drill.steps == (
        Logs(message="disk is full", service="api", each=3, attributes={"disk": "a"}),
        Events(title="deploy went wrong", tags=("team:x",)),
    )
