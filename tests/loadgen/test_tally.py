"""What the child saw, collected, sent and added up: nothing is lost or counted twice on the way."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertproof.journal import EndpointSeen, FailureSeen, LoadTick
from alertproof.loadgen.recorder import Recorder
from alertproof.loadgen.schedule import Leg, Schedule
from alertproof.loadgen.tally import Tally
from alertproof.loadgen.wire import Batch, Ended, Message, Ready, Trouble, decode


def ms(number: float) -> timedelta:
    return timedelta(milliseconds=number)


def tally(*, seconds: float = 3, warm_up: int = 1) -> Tally:
    schedule = Schedule(legs=(Leg(seconds=seconds, start=10, end=10),))
    return Tally(schedule, warm_up=timedelta(seconds=warm_up), limit=ms(800))


def done(
    recorder: Recorder, due: float, latency: float, *, trouble: str = "", name: str = "GET /", at: str = ""
) -> None:
    recorder.done(name, due=ms(due), latency=ms(latency), trouble=trouble, correlation_id=at)


def take(recorder: Recorder) -> Batch:
    batch = decode(msgspec.json.encode(recorder.take(at=ms(1000), in_flight=2)))
    assert isinstance(batch, Batch)
    return batch


def test_requests_count_in_the_second_in_which_they_were_to_start() -> None:
    recorder, sums = Recorder(), tally()
    for due, latency in ((999.999, 5), (1000, 5000), (1999, 800), (2000, 800.001)):
        done(recorder, due, latency)
    recorder.sent(due=ms(1500), lag=ms(3))
    recorder.sent(due=ms(1600), lag=ms(2))
    recorder.dropped(due=ms(2100))
    sums.add(take(recorder))

    assert sums.ticks() == (
        LoadTick(second=0, target_rate=10, arrivals=0, n=1, slow=0, failed=0, p95=ms(5)),
        LoadTick(second=1, target_rate=10, arrivals=2, n=2, slow=1, failed=0, p95=ms(5000), lag=ms(3)),
        LoadTick(second=2, target_rate=10, arrivals=0, n=1, slow=1, failed=0, p95=ms(800.001), dropped=1),
    )
    assert (sums.sent, sums.dropped) == (2, 1)


def test_the_warm_up_is_in_the_ticks_alone() -> None:
    recorder, sums = Recorder(), tally()
    done(recorder, 500, 5000, trouble="answered 500")
    done(recorder, 1500, 7, at="b")
    sums.add(take(recorder))

    assert [tick.failed for tick in sums.ticks()] == [1, 0, 0]
    assert (sums.whole().n, sums.whole().failed) == (1, 0)
    assert sums.failures() == ()
    assert sums.endpoints() == (
        EndpointSeen(name="GET /", n=1, slow=0, failed=0, p50=ms(7), p95=ms(7), p99=ms(7), longest=ms(7)),
    )


def test_a_step_that_began_after_the_schedule_counts_with_its_last_second() -> None:
    recorder, sums = Recorder(), tally(seconds=2.5)
    done(recorder, 4200, 7)
    sums.add(take(recorder))

    assert [(tick.target_rate, tick.n) for tick in sums.ticks()] == [(10, 0), (10, 0), (5, 1)]
    assert sums.whole().n == 1


def test_without_requests_there_is_a_tick_for_each_second_and_no_percentile() -> None:
    sums = tally()

    assert [(tick.n, tick.p95) for tick in sums.ticks()] == [(0, None)] * 3
    assert (sums.endpoints(), sums.lag_p99()) == ((), timedelta(0))


def test_failures_are_counted_by_cause_over_the_batches_with_the_first_id() -> None:
    recorder, sums = Recorder(), tally()
    done(recorder, 1100, 1, trouble="answered 500", at="first")
    done(recorder, 1200, 1, trouble="answered 500", at="second")
    sums.add(take(recorder))
    done(recorder, 2100, 1, trouble="answered 500", at="third")
    done(recorder, 2100, 1, trouble="answered 503", at="fourth", name="GET /b")
    sums.add(take(recorder))

    assert sums.failures() == (
        FailureSeen(name="GET /", trouble="answered 500", n=3, correlation_id="first"),
        FailureSeen(name="GET /b", trouble="answered 503", n=1, correlation_id="fourth"),
    )


def test_a_hundred_names_are_enough() -> None:
    recorder = Recorder()
    for number in range(100):
        done(recorder, 0, 1, name=f"GET /{number:03}")
    assert recorder.too_many_names() == ""

    done(recorder, 0, 1, name="GET /100")
    assert recorder.too_many_names().startswith(
        "the requests have more than 100 names, such as 'GET /000' and 'GET /100'"
    )


REQUESTS = st.lists(
    st.tuples(
        st.integers(min_value=0, max_value=3999),
        st.integers(min_value=0, max_value=2000),
        st.sampled_from(["", "", "answered 500"]),
        st.sampled_from(["GET /a", "GET /b"]),
        st.booleans(),
    ),
    max_size=40,
)


@given(REQUESTS)
def test_however_the_requests_are_cut_into_lines_they_add_up(requests: list[tuple[int, int, str, str, bool]]) -> None:
    recorder, sums = Recorder(), tally(seconds=4)
    for due, latency, trouble, name, cut in requests:
        done(recorder, due, latency, trouble=trouble, name=name)
        if cut:
            sums.add(take(recorder))
    sums.add(take(recorder))

    assert [(tick.n, tick.failed, tick.slow) for tick in sums.ticks()] == [
        (
            sum(due // 1000 == second for due, *_ in requests),
            sum(due // 1000 == second and trouble != "" for due, _, trouble, *_ in requests),
            sum(due // 1000 == second and (trouble != "" or latency > 800) for due, latency, trouble, *_ in requests),
        )
        for second in range(4)
    ]
    assert sum(one.n for one in sums.endpoints()) == sums.whole().n == sum(due >= 1000 for due, *_ in requests)
    assert sums.whole().failed == sum(one.n for one in sums.failures())


@pytest.mark.parametrize("message", [Ready(), Ended(), Trouble("no login"), Batch(at=1, in_flight=0)])
def test_a_line_is_read_as_it_was_said(message: Message) -> None:
    assert decode(msgspec.json.encode(message)) == message


@pytest.mark.parametrize("line", [b"", b"hello\n", b"[]", b'{"type": "other"}', b'{"type": "batch"}'])
def test_a_line_that_nobody_of_ours_says_is_refused(line: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        decode(line)
