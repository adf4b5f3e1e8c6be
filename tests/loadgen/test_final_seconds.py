"""When a second is final: no sooner than nothing can change it, and no later than the limit."""

from __future__ import annotations

from datetime import timedelta

from alertproof.loadgen.final_seconds import FinalSeconds
from alertproof.loadgen.schedule import Leg, Schedule
from alertproof.loadgen.tally import Tally
from alertproof.loadgen.wire import Answers, Batch

LIMIT = timedelta(milliseconds=800)
SECOND = timedelta(seconds=1)
US = 1_000_000


class Following:
    """A tally and the final seconds behind it."""

    def __init__(self, *, tick: timedelta = SECOND) -> None:
        schedule = Schedule(legs=(Leg(seconds=60, start=10, end=10),))
        self.tally = Tally(schedule, warm_up=timedelta(0), limit=LIMIT, tick=tick)
        self.final = FinalSeconds(self.tally, limit=LIMIT, tick=tick)

    def see(self, at: float, **rest: object) -> list[tuple[int, float, int, int, int]]:
        batch = Batch(**{"at": round(at * US), "in_flight": 0, "started": round(at * US) + 1, **rest})  # type: ignore[arg-type]
        self.tally.add(batch)
        return [(one.second, one.target_rate, one.n, one.slow, under) for one, under in self.final.see(batch)]


def answers(second: int, *milliseconds: int, failed: int = 0) -> tuple[Answers, ...]:
    return (Answers(second, "GET /", tuple(1000 * one for one in milliseconds), (5000,) * failed),)


def test_a_second_whose_requests_are_all_done_is_final_at_its_end() -> None:
    seen = Following().see(1.0, answers=answers(0, 5, 801, failed=1), rate=10.0, in_flight=2)

    assert seen == [(0, 10.0, 3, 2, 2)]


def test_a_second_with_a_pending_request_waits_for_its_answer() -> None:
    following = Following()

    assert following.see(1.0, answers=answers(0, 5), pending={0: 1}) == []
    assert following.see(1.5, answers=answers(0, 700), pending={}) == [(0, 0.0, 2, 0, 0)]


def test_it_waits_for_no_longer_than_the_limit_and_what_is_pending_then_is_slow() -> None:
    following = Following()
    following.see(1.0, answers=answers(0, 5), pending={0: 3})

    assert following.see(1.799, pending={0: 3}) == []
    assert following.see(1.8, pending={0: 3}) == [(0, 0.0, 4, 3, 0)]
    assert following.see(2.0, answers=answers(0, 1900, 1900, 1900)) == [(1, 0.0, 0, 0, 0)], "no second is told twice"


def test_seconds_come_in_order() -> None:
    following = Following()
    following.see(1.0, pending={0: 1}, rate=10.0)

    assert following.see(2.0, pending={1: 1}, answers=answers(0, 900), rate=20.0) == [(0, 10.0, 1, 1, 0)]
    assert following.see(3.0, answers=answers(1, 5), rate=30.0) == [(1, 20.0, 1, 0, 0), (2, 30.0, 0, 0, 0)]


def test_a_generator_that_is_late_has_not_finished_its_second() -> None:
    """All its requests are done, but one that was due in it has not been sent."""
    following = Following()

    assert following.see(1.0, answers=answers(0, 5), started=990_000) == []
    assert following.see(2.0, answers=answers(0, 60), started=1_990_000) == [(0, 0.0, 2, 0, 0)]


def test_a_pending_request_ranks_behind_every_answered_one() -> None:
    following = Following()
    batch = Batch(at=2 * US, in_flight=0, started=3 * US, answers=answers(0, *[5] * 18), pending={0: 2})
    following.tally.add(batch)
    (first, _), *_ = following.final.see(batch)

    assert (first.n, first.slow, first.failed, first.p95) == (20, 2, 0, None)


def test_a_shorter_tick_is_counted_alike() -> None:
    following = Following(tick=timedelta(milliseconds=200))

    assert following.see(0.4, answers=(*answers(0, 5), *answers(1, 5)), rate=10.0) == [
        (0, 10.0, 1, 0, 0),
        (1, 10.0, 1, 0, 0),
    ]
