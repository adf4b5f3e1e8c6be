"""Check-ins: the newest of the environment decides."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from alertproof.sentry.verify import CheckIn, judge_check_ins

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
OK = CheckIn(id="1", status="ok", environment="prod", at=AT, duration=timedelta(seconds=4))
MINUTE = timedelta(minutes=1)


def met(*check_ins: CheckIn, within: timedelta | None = None, since: datetime | None = None) -> list[bool | None]:
    judged = judge_check_ins("nightly", check_ins, status="ok", environment="prod", within=within, since=since)
    return [one.met for one in judged]


def test_a_job_that_said_that_it_ended_well_is_as_expected() -> None:
    assert met(OK) == [True]


@pytest.mark.parametrize("status", ["in_progress", "error", "missed", "timeout"])
def test_any_other_status_of_the_newest_is_not(status: str) -> None:
    assert met(OK, replace(OK, status=status, at=AT + MINUTE)) == [False]
    assert met(replace(OK, status=status, at=AT - MINUTE), OK) == [True]


def test_another_environment_is_another_job() -> None:
    (judged,) = judge_check_ins("nightly", [replace(OK, environment="staging")], status="ok", environment="prod")
    assert (judged.met, judged.found) == (False, "ok after 4 s in staging at 12:00:00")
    assert met() == [False]


@pytest.mark.parametrize(("seconds", "expected"), [(4, True), (3.9, False)])
def test_how_long_it_took_is_judged_where_that_is_said(seconds: float, expected: bool) -> None:
    assert met(OK, within=timedelta(seconds=seconds)) == [True, expected]
    assert met(replace(OK, duration=None), within=timedelta(seconds=seconds)) == [True, None]


@pytest.mark.parametrize(("since", "expected"), [(AT, True), (AT + timedelta(microseconds=1), False)])
def test_a_job_that_has_stopped_is_not_judged_by_its_last_good_day(since: datetime, expected: bool) -> None:
    assert met(OK, since=since) == [True, expected]
    assert met(OK, replace(OK, at=AT + MINUTE), since=since) == [True, True]
