"""Load over real sockets, against a server that does as it is told: the counts are exact, and start where they must."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import msgspec
import pytest

from alertproof.journal import LoadJournal
from alertproof.verdict import Verdict

from .conftest import CLOCK, SCENARIO, Answer, Asked, Send, Server, Write

RATE = 40


def ms(number: float) -> timedelta:
    return timedelta(milliseconds=number)


def mixed(asked: Asked) -> Answer:
    """Every tenth request is slow, and every seventh fails at once."""
    if asked.number % 7 == 3:
        return Answer(500)
    return Answer(after=ms(900) if asked.number % 10 == 5 else ms(5))


@pytest.fixture(scope="module")
def mixed_run(serve: Callable[..., Server], send: Send) -> tuple[Server, LoadJournal]:
    server = serve(mixed)
    return server, send(server.url, rate=RATE, duration="2s", warm_up="1s")


def test_each_second_is_counted_as_the_server_saw_it(mixed_run: tuple[Server, LoadJournal]) -> None:
    server, journal = mixed_run
    seconds = [[answer for asked, answer in server.asked if asked.number // RATE == second] for second in range(3)]

    assert [tick.n for tick in journal.ticks] == [len(answers) for answers in seconds] == [RATE] * 3
    assert [tick.failed for tick in journal.ticks] == [
        sum(answer.status == 500 for answer in answers) for answers in seconds
    ]
    assert [tick.slow for tick in journal.ticks] == [
        sum(answer.status == 500 or answer.after > ms(800) for answer in answers) for answers in seconds
    ]
    assert [tick.target_rate for tick in journal.ticks] == [RATE] * 3
    assert sum(tick.slow for tick in journal.ticks) > sum(tick.failed for tick in journal.ticks) > 0


def test_what_is_judged_leaves_the_warm_up_out(mixed_run: tuple[Server, LoadJournal]) -> None:
    server, journal = mixed_run
    judged = [answer for asked, answer in server.asked if asked.number >= RATE]

    assert journal.n == len(judged) == 2 * RATE
    assert journal.failed == sum(answer.status == 500 for answer in judged)
    assert [(one.name, one.n, one.failed) for one in journal.endpoints] == [("GET /thing", journal.n, journal.failed)]


def test_the_failed_requests_are_told_with_the_id_of_one_that_the_server_knows(
    mixed_run: tuple[Server, LoadJournal],
) -> None:
    server, journal = mixed_run
    ids = {asked.correlation_id for asked, answer in server.asked if answer.status == 500 and asked.number >= RATE}

    (failure,) = journal.failures
    assert (failure.name, failure.trouble, failure.n) == ("GET /thing", "answered 500", journal.failed)
    assert failure.correlation_id in ids
    assert f"failed: {failure.n} x GET /thing answered 500 (one has correlation id {failure.correlation_id})" in (
        journal.reason
    )


def test_more_failures_than_allowed_are_told(mixed_run: tuple[Server, LoadJournal]) -> None:
    _, journal = mixed_run

    assert journal.p95 is None, "of that rank a request has failed"
    assert [one.met for one in journal.expectations] == [False, False]
    assert re.search(r"not met: failed rate<0\.01; last seen: [\d.]+ % \(\d+ of 80 requests\)", journal.reason)


def test_each_request_is_sent_once_at_its_time(mixed_run: tuple[Server, LoadJournal]) -> None:
    server, _ = mixed_run
    starts = [asked.at - timedelta(seconds=asked.number / RATE) for asked, _ in server.asked]
    late = sorted(start - min(starts) for start in starts)

    assert Counter(asked.number for asked, _ in server.asked) == Counter(range(3 * RATE))
    assert late[len(late) // 2] < ms(100), "the slow answers before have moved none of them"


STALL_AT, STALL_FOR = 0.5, 1.5


class Stalling:
    """Answers at once, but for one stall: who comes meanwhile is answered at its end."""

    def __init__(self) -> None:
        self.began: timedelta | None = None

    def __call__(self, _: Asked) -> Answer:
        self.began = self.began or CLOCK.monotonic()
        age = (CLOCK.monotonic() - self.began).total_seconds()
        left = STALL_AT + STALL_FOR - age if age >= STALL_AT else 0.0
        return Answer(after=timedelta(seconds=max(0.005, left)))


def test_one_stall_shows_in_p95_because_nobody_waits_for_it(serve: Callable[..., Server], send: Send) -> None:
    server = serve(Stalling())
    journal = send(server.url, rate=RATE, duration="2s")

    stalled = sorted(answer.after for _, answer in server.asked)
    assert sum(after > ms(800) for after in stalled) <= journal.slow <= sum(after > ms(600) for after in stalled)
    assert journal.slow > 0.2 * journal.n, "that is the stall: 0.7 s of the 2 s"
    assert journal.p95 is not None
    assert journal.p95 > ms(1200)
    assert [one.met for one in journal.expectations] == [True, False], "nothing failed, and p95 is above 800 ms"


def test_the_same_stall_is_nearly_invisible_to_users_who_wait(
    serve: Callable[..., Server], write_profile: Write
) -> None:
    """The same file, run by Locust itself: two users stand in the stall, and ask nothing meanwhile."""
    command = [sys.executable, "-m", "locust", "-f", str(write_profile(SCENARIO, rate=1).with_name("own.py"))]
    options = ["--headless", "-u", "2", "-r", "2", "-t", "5s", "--json", "--host", serve(Stalling()).url]
    done = subprocess.run([*command, *options], capture_output=True, text=True, timeout=60, check=True)
    (entry,) = msgspec.json.decode(done.stdout[done.stdout.index("[") :])

    times = {float(latency): count for latency, count in entry["response_times"].items()}
    slow = sum(count for latency, count in times.items() if latency > 800)
    assert slow <= 2, "each user has waited once"
    assert entry["num_requests"] > 20 * slow > 0, "less than 5 %: p95 has seen nothing of the stall"


BLOCKING = (
    SCENARIO.replace(
        "        self.client.get(",
        "        n = next(NUMBERS)\n"
        "        if n == 20:\n"
        "            end = time.perf_counter() + 0.4\n"
        "            while time.perf_counter() < end: pass\n"
        "        self.client.get(",
    )
    .replace("{next(NUMBERS)}", "{n}")
    .replace("import itertools", "import itertools, time")
)


def test_a_generator_that_is_held_up_counts_from_the_intended_start_and_is_broken(
    serve: Callable[..., Server], send: Send
) -> None:
    server = serve()
    journal = send(server.url, BLOCKING, rate=RATE, duration="1s")

    assert all(answer.after == ms(5) for _, answer in server.asked), "the platform itself was quick"
    assert journal.endpoints[0].longest is not None
    assert journal.endpoints[0].longest > ms(350)
    assert journal.lag_p99 > ms(300)
    assert journal.n == RATE, "late, but none left out"
    assert journal.verdict is Verdict.BROKEN
    assert "the generator could not keep its rate: one of a hundred arrivals started more than" in journal.reason


def test_more_under_way_than_allowed_are_dropped_and_never_queued(serve: Callable[..., Server], send: Send) -> None:
    server = serve(lambda _: Answer(after=ms(600)))
    journal = send(server.url, rate=RATE, duration="1s", max_in_flight=10)

    dropped = sum(tick.dropped for tick in journal.ticks)
    assert journal.n == len(server.asked) == RATE - dropped
    assert 15 <= dropped <= 25, "ten are sent, and again ten when the first are answered after 600 ms"
    assert journal.verdict is Verdict.BROKEN
    assert f"{dropped} of 40 arrivals were not sent, because 10 were under way already" in journal.reason
    assert journal.endpoints[0].longest is not None
    assert journal.endpoints[0].longest < ms(800)


JOURNEY = """
from locust import FastHttpUser, task

class Steps(FastHttpUser):
    @task
    def steps(self):
        self.client.get("/first")
        self.client.get("/second")
"""


def test_a_later_step_counts_from_its_own_start(serve: Callable[..., Server], send: Send) -> None:
    # Four a second, so that on a busy machine a step may be 230 ms late and still begins in its second.
    server = serve(lambda asked: Answer(after=ms(510) if asked.path == "/first" else ms(5)))
    journal = send(server.url, JOURNEY, rate=4, duration="2s")

    first, second = journal.endpoints
    assert (first.name, first.n, second.name, second.n) == ("GET /first", 8, "GET /second", 8)
    assert first.p50 is not None
    assert second.p50 is not None
    assert first.p50 >= ms(510)
    assert second.p50 < ms(300)
    assert [tick.n for tick in journal.ticks] == [4 + 2, 4 + 2 + 4], "half of the later steps begin a second later"
    assert [one.met for one in journal.expectations] == [True, True]


BAD = (Answer(after=timedelta(seconds=5)), Answer(drips=True), Answer(None), Answer(404))


def test_a_request_without_a_good_answer_has_failed_and_is_slow(serve: Callable[..., Server], send: Send) -> None:
    server = serve(lambda asked: BAD[asked.number % 4])
    journal = send(server.url, rate=32, duration="500ms", timeout="1s")

    assert (journal.n, journal.failed, journal.slow) == (16, 16, 16)
    assert {one.trouble: one.n for one in journal.failures} == {
        "had no answer within 1 s": 8,
        "found the connection closed without an answer": 4,
        "answered 404": 4,
    }
    assert [one.met for one in journal.expectations] == [False, False]
    asked = Counter(asked.number for asked, _ in server.asked)
    assert max(asked.values()) <= 2, "a connection that was closed is tried once more, not as often as it takes"


def test_a_platform_that_refuses_connections_has_failed(serve: Callable[..., Server], send: Send) -> None:
    server = serve()
    server.close()
    server.start, server.close = lambda: None, lambda: None  # type: ignore[method-assign]
    journal = send(server.url, rate=RATE, duration="400ms")

    assert [(one.trouble, one.n) for one in journal.failures] == [("found the connection refused", 16)]
    assert [one.met for one in journal.expectations] == [False, False]
