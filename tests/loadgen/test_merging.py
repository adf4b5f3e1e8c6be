"""Several workers added up are one: whoever sent a request, and whenever each told, the sums are the same."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from alertproof.loadgen.final_seconds import FinalSeconds
from alertproof.loadgen.merging import Merger
from alertproof.loadgen.recorder import Recorder
from alertproof.loadgen.schedule import Leg, Schedule
from alertproof.loadgen.tally import Tally
from alertproof.loadgen.wire import Batch

SECONDS = 4
LIMIT = timedelta(milliseconds=800)
WORKERS = 3
SCHEDULE = Schedule(legs=(Leg(seconds=SECONDS, start=10, end=10),))


def ms(number: float) -> timedelta:
    return timedelta(milliseconds=number)


@dataclass(frozen=True)
class Sent:
    """An arrival: milliseconds, and which worker it falls to. Without a latency it was dropped."""

    due: int
    latency: int | None
    lag: int
    failed: bool
    name: str
    worker: int


ARRIVALS = st.lists(
    st.builds(
        Sent,
        due=st.integers(0, SECONDS * 1000 - 1),
        latency=st.none() | st.integers(0, 3000) | st.sampled_from([800, 801]),
        lag=st.integers(0, 20),
        failed=st.booleans(),
        name=st.sampled_from(["GET /a", "GET /b"]),
        worker=st.integers(0, WORKERS - 1),
    ),
    max_size=40,
)


def lines(arrivals: list[Sent], *, late: int) -> list[tuple[int, Batch]]:
    """Return what a process says of its arrivals, each second and ``late`` ms, and when."""
    recorder, told, found = Recorder(), 0, []
    happened = [(one.due, 0, number, one) for number, one in enumerate(arrivals)]
    happened += [
        (one.due + one.latency, 1, number, one) for number, one in enumerate(arrivals) if one.latency is not None
    ]
    waiting = sorted(happened, key=lambda each: each[:3])
    under_way = 0
    for second in range(1, SECONDS + 5):
        told = second * 1000 + late
        while waiting and waiting[0][0] < told:
            _, end, number, one = waiting.pop(0)
            if one.latency is None:
                recorder.dropped(due=ms(one.due))
            elif not end:
                recorder.begun(due=ms(one.due))
                recorder.sent(due=ms(one.due), lag=ms(one.lag))
                under_way += 1
            else:
                recorder.ended(due=ms(one.due))
                trouble = "answered 500" if one.failed else ""
                recorder.done(
                    one.name, due=ms(one.due), latency=ms(one.latency), trouble=trouble, correlation_id=str(number)
                )
                under_way -= 1
        found.append((told, recorder.take(at=ms(told), in_flight=under_way, started=ms(told))))
    assert not waiting
    return found


class Followed:
    """What a run makes of the lines."""

    def __init__(self) -> None:
        self.tally = Tally(SCHEDULE, warm_up=timedelta(seconds=1), limit=LIMIT)
        self.finals = FinalSeconds(self.tally, limit=LIMIT, tick=timedelta(seconds=1))
        self.final: list[tuple[int, int, int]] = []

    def see(self, batch: Batch | None) -> None:
        if batch is not None:
            self.tally.add(batch)
            self.final += [(tick.second, tick.n, tick.slow) for tick, _ in self.finals.see(batch)]


@given(arrivals=ARRIVALS, late=st.tuples(*[st.integers(0, 900)] * WORKERS))
def test_what_workers_say_adds_up_to_what_one_would_have_said(arrivals: list[Sent], late: tuple[int, ...]) -> None:
    one, several, merger = Followed(), Followed(), Merger(WORKERS)
    for _, batch in lines(arrivals, late=0):
        one.see(batch)
    told = [
        (at, worker, batch)
        for worker in range(WORKERS)
        for at, batch in lines([each for each in arrivals if each.worker == worker], late=late[worker])
    ]
    for _, worker, batch in sorted(told, key=lambda each: each[:2]):
        several.see(merger.add(worker, batch))
    for worker in range(WORKERS):
        several.see(merger.end(worker))

    assert merger.over
    assert several.tally.ticks() == one.tally.ticks()
    assert several.tally.endpoints() == one.tally.endpoints()
    assert several.tally.lag_p99() == one.tally.lag_p99()
    assert [(one.name, one.trouble, one.n) for one in several.tally.failures()] == [
        (one.name, one.trouble, one.n) for one in one.tally.failures()
    ]
    assert several.final[: len(one.final)] == one.final[: len(several.final)]
    assert len(several.final) >= len(one.final) - 1, "seconds come as soon as the slowest worker has told them"


def batch(at: float, **rest: object) -> Batch:
    return Batch(**{"at": round(at * 1e6), "in_flight": 0, **rest})  # type: ignore[arg-type]


def test_a_line_of_the_whole_comes_when_all_have_told_and_is_as_old_as_the_youngest() -> None:
    merger = Merger(2)

    assert merger.add(0, batch(1.0, in_flight=2, started=1_000_000, pending={0: 1}, rate=40.0)) is None
    assert merger.add(0, batch(2.0, in_flight=3, started=2_000_000, pending={0: 1, 1: 2}, rate=40.0)) is None
    whole = merger.add(1, batch(1.5, in_flight=4, started=1_400_000, pending={1: 5}, rate=40.0))

    assert whole == batch(1.5, in_flight=7, started=1_400_000, pending={0: 1, 1: 7}, rate=40.0)


def test_who_has_ended_is_not_waited_for() -> None:
    merger = Merger(2)
    merger.add(0, batch(1.0, dropped={0: 1}))

    assert merger.end(0) is None, "the other has told nothing yet"
    assert merger.add(1, batch(1.0, dropped={0: 2})) == batch(1.0, dropped={0: 3})
    assert merger.add(1, batch(2.0)) == batch(2.0)
    assert not merger.over
    assert merger.end(1) is None, "all of it was told"
    assert merger.over


def test_a_rate_that_reached_one_worker_sooner_is_between_the_two() -> None:
    merger = Merger(2)
    merger.add(0, batch(1.0, rate=40.0))

    whole = merger.add(1, batch(1.0, rate=50.0))

    assert whole is not None
    assert whole.rate == 45.0
