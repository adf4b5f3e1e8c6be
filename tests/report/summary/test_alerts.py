"""What is known of each alert: its own run's times first, the history's where this run did not drill it."""

from __future__ import annotations

from datetime import timedelta

import msgspec
from tests.report.test_alert_history import alert_run

from alertproof.report import Report
from alertproof.report.summary import alert_table
from alertproof.verdict import Verdict

replace = msgspec.structs.replace


def test_both_sides_of_a_run_make_an_alert_proven_with_its_times(proven: Report) -> None:
    (known,) = alert_table(proven)

    assert (known.allowed, known.detected, known.paged, known.resolved) == (
        "2–4 min",
        "2 min 40 s",
        "2 min 43 s",
        "3 min 32 s",
    )
    assert (known.quiet, known.proven) == ("✓ passed", "just now")


def test_one_side_alone_was_never_proven_and_earlier_runs_make_the_other(proven: Report) -> None:
    fires = replace(proven, journals=tuple(drill for drill in proven.drills if drill.side == "fires"))

    assert [(one.quiet, one.proven) for one in alert_table(fires)] == [("not drilled", "never")]
    earlier = alert_run("quiet", days=-3)
    assert [(one.quiet, one.proven) for one in alert_table(fires, [earlier])] == [("✓ passed", "3 days ago")]


def test_an_alert_that_only_earlier_runs_drilled_is_there_with_its_times(proven: Report) -> None:
    earlier = [
        replace(alert_run("fires", days=-40, alert="queue-depth"), detect=335_000.0),
        alert_run("quiet", days=-41, alert="queue-depth"),
    ]

    _, known = alert_table(proven, earlier)

    assert (known.alert, known.allowed, known.detected, known.proven) == (
        "queue-depth",
        "—",
        "5 min 35 s",
        "41 days ago",
    )


def test_of_repeated_drills_the_range_is_said_and_how_many_passed(proven: Report) -> None:
    fires, quiet = (next(one for one in proven.drills if one.side == side) for side in ("fires", "quiet"))
    late = replace(fires, time_to_detect=timedelta(minutes=5), verdict=Verdict.FAILED)

    (known,) = alert_table(replace(proven, journals=(late, fires, quiet)))

    assert known.detected == "2 min 40 s – 5 min, 1 of 2 drills passed"


def test_a_drill_that_did_not_pass_says_no_times(proven: Report) -> None:
    red = tuple(replace(drill, verdict=Verdict.FAILED) for drill in proven.drills)

    (known,) = alert_table(replace(proven, journals=red))

    assert (known.detected, known.quiet, known.proven) == ("—", "✗ failed", "never")


def test_a_run_without_drills_has_no_table(proven: Report) -> None:
    assert alert_table(replace(proven, journals=()), [alert_run("fires"), alert_run("quiet")]) == ()


def test_a_course_is_no_side(proven: Report) -> None:
    courses = tuple(replace(drill, side="course") for drill in proven.drills)

    assert alert_table(replace(proven, journals=courses)) == ()
