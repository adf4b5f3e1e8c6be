from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from alertproof.clock import VirtualClock
from alertproof.probes import Limits, Trouble
from alertproof.probes.stopwatch import Stopwatch
from alertproof.probes.trouble import NoAnswer

MS = timedelta(milliseconds=1)


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(datetime(2026, 3, 2, tzinfo=UTC))


@pytest.fixture
def watch(clock: VirtualClock) -> Stopwatch:
    return Stopwatch(Limits(total=100 * MS), clock)


def test_what_follows_the_last_byte_is_not_the_platforms_time(watch: Stopwatch, clock: VirtualClock) -> None:
    clock.advance(5 * MS)
    watch.sending()
    clock.advance(10 * MS)
    watch.received(100)
    clock.advance(3 * MS)
    watch.received(50)
    clock.advance(40 * MS)  # unpacking the body

    assert watch.total(whole=True) == 18 * MS
    assert watch.phases(whole=True).first_byte == 10 * MS
    assert watch.phases(whole=True).transfer == 3 * MS


def test_a_request_of_several_writes_begins_with_its_first(watch: Stopwatch, clock: VirtualClock) -> None:
    watch.sending()
    clock.advance(7 * MS)
    watch.sending()
    watch.received(1)

    assert watch.phases(whole=True).first_byte == 7 * MS


def test_without_a_whole_answer_the_time_runs_to_now(watch: Stopwatch, clock: VirtualClock) -> None:
    watch.sending()
    watch.received(1)
    clock.advance(30 * MS)

    assert watch.total(whole=False) == 30 * MS
    assert watch.phases(whole=False).transfer is None


def test_a_step_may_take_its_limit_or_what_is_left_of_the_total(watch: Stopwatch, clock: VirtualClock) -> None:
    assert watch.left(60 * MS, Trouble.READ_TIMEOUT, "no first byte")[0] == pytest.approx(0.06)
    clock.advance(70 * MS)
    seconds, over = watch.left(60 * MS, Trouble.READ_TIMEOUT, "no first byte")

    assert seconds == pytest.approx(0.03)
    assert (over.trouble, over.detail) == (Trouble.TOTAL_TIMEOUT, "not done within 100 ms")


def test_no_step_begins_after_the_total(watch: Stopwatch, clock: VirtualClock) -> None:
    clock.advance(100 * MS)

    with pytest.raises(NoAnswer) as raised:
        watch.left(60 * MS, Trouble.READ_TIMEOUT, "no first byte")
    assert raised.value.trouble is Trouble.TOTAL_TIMEOUT
