"""How long a vendor that is busy is waited for, by what it says."""

from __future__ import annotations

from datetime import timedelta
from email.utils import format_datetime

import pytest

from alertproof.clock import SystemClock
from alertproof.vendors.patience import LONGEST_WAIT, wait_told


def test_seconds_are_waited_for_as_they_are_said() -> None:
    assert wait_told({"retry-after": "7"}) == timedelta(seconds=7)
    assert wait_told({"retry-after": "0"}) == timedelta(0)


def test_a_date_is_waited_for() -> None:
    at = SystemClock().now() + timedelta(seconds=30)

    wait = wait_told({"retry-after": format_datetime(at)})

    assert wait is not None
    assert timedelta(seconds=27) < wait <= timedelta(seconds=30)


def test_sentrys_instant_of_the_reset_is_waited_for() -> None:
    at = SystemClock().now().timestamp() + 20

    wait = wait_told({"x-sentry-rate-limit-reset": str(int(at))})

    assert wait is not None
    assert timedelta(seconds=17) < wait <= timedelta(seconds=20)


def test_nobody_waits_longer_than_a_minute_nor_for_what_is_past() -> None:
    assert wait_told({"retry-after": "61"}) == LONGEST_WAIT
    assert wait_told({"x-sentry-rate-limit-reset": "1"}) == timedelta(0)


@pytest.mark.parametrize("headers", [{}, {"retry-after": "soon"}, {"x-sentry-rate-limit-reset": "tomorrow"}])
def test_what_says_nothing_is_not_guessed(headers: dict[str, str]) -> None:
    assert wait_told(headers) is None
