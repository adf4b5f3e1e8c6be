from __future__ import annotations

import msgspec

from alertproof.report import Report
from alertproof.report.html.facts import assumptions, environment

replace = msgspec.structs.replace


def test_the_run_comes_first_and_the_rest_is_sorted(everything: Report) -> None:
    assert [name for name, _ in environment(everything)] == [
        *("run", "command", "alertproof", "target", "started", "took", "exit code", "clock", "browser"),
        *("monitoring", "platform", "python"),
    ]


def test_what_a_journal_saw_outranks_what_was_known_before(everything: Report) -> None:
    assert everything.started is not None
    known = replace(everything.started, environment=(("browser", "some browser"), ("a", "b")))
    facts = dict(environment(replace(everything, started=known)))
    assert facts["browser"] == "Chromium 140.0.7339.16"
    assert facts["a"] == "b"


def test_clocks_are_said_in_words(proven: Report) -> None:
    assert dict(environment(proven))["clock"] == "60 times as fast as real time"
    live = replace(proven, journals=(replace(proven.drills[0], factor=1.0), proven.drills[1]))
    assert dict(environment(live))["clock"] == "real time and 60 times as fast as real time"


def test_a_run_that_left_nothing_has_no_environment() -> None:
    assert environment(Report()) == ()


def test_each_assumption_stands_once_with_its_alerts(everything: Report) -> None:
    first, second, *_ = everything.drills
    shared = (
        replace(first, alert="x", assumptions=("b", "a")),
        replace(second, alert="w", assumptions=("a",)),
    )
    found = assumptions(replace(everything, journals=shared))
    assert [(one.text, one.alerts) for one in found] == [("a", "w and x"), ("b", "x")]
