"""Outcomes and sessions: differences, reasons and rates."""

from __future__ import annotations

import pytest

from alertproof.sentry.verify import Outcome, Outcomes, ReleaseHealth, judge_crash_free

BEFORE = Outcomes({Outcome("error", "accepted", ""): 5, Outcome("error", "client_discard", "before_send"): 1})
AFTER = Outcomes(
    {
        Outcome("error", "accepted", ""): 7,
        Outcome("error", "client_discard", "before_send"): 1,
        Outcome("error", "client_discard", "queue_overflow"): 3,
        Outcome("span", "client_discard", "sample_rate"): 4,
        Outcome("error", "rate_limited", "key_quota"): 2,
    }
)


def test_what_came_since_is_the_difference() -> None:
    since = AFTER.since(BEFORE)
    assert since.accepted("error") == 2
    assert since.discarded("error") == {"queue_overflow": 3}
    assert since.discarded() == {"queue_overflow": 3, "sample_rate": 4}
    assert AFTER.since(AFTER) == Outcomes({})


def test_what_was_lost_is_said_in_words_with_its_reason() -> None:
    assert AFTER.since(BEFORE).of("error").lost() == (
        "3 x error dropped by the SDK (queue_overflow), 2 x error rate_limited (key_quota)"
    )
    assert AFTER.since(AFTER).lost() == ""


@pytest.mark.parametrize(("crashed", "met"), [(4, True), (5, False)])
def test_the_crash_free_rate_has_two_sides(crashed: int, met: bool) -> None:
    health = ReleaseHealth({"healthy": 95 - crashed, "errored": 5, "crashed": crashed})
    assert judge_crash_free(health, 1 - 4 / 95).met is met


def test_without_a_session_nobody_can_tell() -> None:
    judged = judge_crash_free(ReleaseHealth({}), 0.99)
    assert (judged.met, judged.found) == (None, "no session was counted")


def test_sessions_since_then_are_the_difference_by_status() -> None:
    health = ReleaseHealth({"healthy": 9, "crashed": 2}).since(ReleaseHealth({"healthy": 9, "crashed": 1}))
    assert health == ReleaseHealth({"crashed": 1})
    assert health.crash_free == 0
