"""How verdicts of drills become those of pytest: once, and of a drill that was repeated."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from alertproof.errors import Broken
from alertproof.journal import DrillJournal
from alertproof.plugin.judging import judge_all
from alertproof.verdict import Verdict

AT = datetime(2026, 3, 2, tzinfo=UTC)


def drilled(verdict: Verdict, reason: str = "") -> DrillJournal:
    return DrillJournal(
        check="c",
        alert="queue-depth",
        specified="queue depth > 10k",
        side="fires",
        target="local",
        environment="drill",
        factor=60,
        verdict=verdict,
        reason=reason,
        began=AT,
        ended=AT,
        wall=timedelta(seconds=1),
        indicator="queue depth",
        unit="jobs",
        threshold=10_000,
    )


PASSED, LATE, BLIND = drilled(Verdict.PASSED), drilled(Verdict.FAILED, "late"), drilled(Verdict.BROKEN, "blind")


@pytest.mark.parametrize("times", [1, 3])
def test_a_drill_that_passed_each_time_has_passed(times: int) -> None:
    assert judge_all([PASSED] * times) is PASSED


def test_one_that_failed_once_of_three_times_has_failed_and_says_which_and_why() -> None:
    with pytest.raises(pytest.fail.Exception) as failed:
        judge_all([PASSED, LATE, PASSED])

    assert str(failed.value) == "queue depth > 10k: 2 of 3 drills passed\ndrill 2 failed: late"


def test_one_that_could_not_tell_once_is_broken_and_a_failure_outweighs_it() -> None:
    with pytest.raises(Broken, match="1 of 2 drills passed\ndrill 1 broken: blind"):
        judge_all([BLIND, PASSED])
    with pytest.raises(pytest.fail.Exception, match="0 of 2 drills passed"):
        judge_all([BLIND, LATE])


def test_a_single_drill_says_its_own_reason() -> None:
    with pytest.raises(Broken, match="^blind$"):
        judge_all([BLIND])
    with pytest.raises(pytest.fail.Exception, match="not as specified\nlate"):
        judge_all([LATE])
