from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from alertproof.report import Report
from alertproof.report.model import badness, worst
from alertproof.verdict import CheckFinished, RunFinished, Verdict

replace = msgspec.structs.replace


def end(check: CheckFinished, name: str, verdict: Verdict, reason: str = "") -> CheckFinished:
    return replace(check, check=name, kind="drill", verdict=verdict, reason=reason)


def test_failed_is_worse_than_broken_and_skipped_says_least() -> None:
    assert sorted(Verdict, key=badness) == [Verdict.FAILED, Verdict.BROKEN, Verdict.PASSED, Verdict.SKIPPED]
    assert worst([Verdict.SKIPPED, Verdict.PASSED]) is Verdict.PASSED
    with pytest.raises(ValueError, match="empty"):
        worst([])


def test_a_test_that_failed_after_its_drill_passed_makes_the_drill_red(proven: Report, check: CheckFinished) -> None:
    name = proven.drills[0].check
    report = replace(proven, checks=(end(check, name, Verdict.FAILED, "E   assert False"),))
    (drill,) = (drill for drill in report.drills if drill.check == name)
    assert (drill.verdict, drill.reason) == (Verdict.FAILED, "E   assert False")
    assert report.journals == proven.journals  # the record itself is left as it was


def test_of_several_journals_of_a_red_test_the_last_carries_its_verdict(proven: Report, check: CheckFinished) -> None:
    both = tuple(replace(drill, check="both sides") for drill in proven.drills)
    report = replace(proven, journals=both, checks=(end(check, "both sides", Verdict.BROKEN, "teardown"),))
    assert [drill.verdict for drill in report.drills] == [Verdict.PASSED, Verdict.BROKEN]


def test_a_red_journal_explains_its_red_test_and_no_other_is_touched(mixed: Report, check: CheckFinished) -> None:
    name = next(drill.check for drill in mixed.drills if drill.verdict is Verdict.FAILED)
    report = replace(mixed, checks=(end(check, name, Verdict.FAILED, "as the journal says"),))
    assert report.judged == mixed.journals


def test_a_test_that_ended_twice_counts_by_its_worse_end(proven: Report, check: CheckFinished) -> None:
    name = proven.drills[0].check
    ends = (end(check, name, Verdict.BROKEN, "teardown"), end(check, name, Verdict.PASSED))
    for some in (ends, ends[::-1]):
        report = replace(proven, checks=some)
        assert [drill.verdict for drill in report.drills if drill.check == name] == [Verdict.BROKEN]


def test_a_skipped_end_does_not_hide_what_was_measured(proven: Report, check: CheckFinished) -> None:
    report = replace(proven, checks=(end(check, proven.drills[0].check, Verdict.SKIPPED),))
    assert report.judged == proven.journals


def test_a_run_ended_when_it_said_or_with_its_last_check(
    proven: Report, check: CheckFinished, finished: RunFinished
) -> None:
    assert proven.ended == finished.at
    late = replace(check, at=check.at + timedelta(minutes=9))
    assert replace(proven, finished=None, checks=(late, check)).ended == late.at
    assert proven.started is not None
    assert replace(proven, finished=None, checks=()).ended == proven.started.at
    assert Report().ended is None
