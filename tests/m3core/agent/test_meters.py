from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import psutil
import psycopg
import pytest

from m3core.agent.finding import Finder
from m3core.agent.lookups import Lookups
from m3core.agent.meters import Meter, ProcessCollector
from m3core.agent.rounds import NotHere
from m3core.database import Database

if TYPE_CHECKING:
    import redis
    from tests.m3core.agent.conftest import Measure
    from tests.m3core.conftest import Platform


@contextmanager
def burning() -> Iterator[psutil.Process]:
    """A process that burns one core and holds 50 MB, until it is ended."""
    script = "held = bytearray(50_000_000); print(flush=True)\nwhile True: pass"
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        child.stdout.readline()
        try:
            yield psutil.Process(child.pid)
        finally:
            child.kill()


def test_a_burning_backend_is_seen_as_about_one_core(
    platform: Platform, database: Database, client: redis.Redis
) -> None:
    find = Finder(database, client, Lookups(), database_url=platform.environment["DATABASE_URL"], environment="drill")
    meter = Meter(find.postgres(), families=True)
    with psycopg.connect(platform.environment["DATABASE_URL"]) as connection:
        connection.execute("SELECT count(*) FROM generate_series(1, 3000000)")
        burnt = meter.percent()  # while the backend lives: its time ends with it
    assert 20 < burnt < 200
    assert meter.percent() < burnt


def test_what_a_family_shares_is_counted_once(platform: Platform, database: Database, client: redis.Redis) -> None:
    [postmaster] = Finder(database, client, Lookups(), database_url="", environment="drill").postgres()
    family = [postmaster, *postmaster.children(recursive=True)]
    held = Meter([postmaster], families=True).memory()
    assert held < sum(process.memory_info().rss for process in family)
    assert held >= max(process.memory_info().rss for process in family)


def test_cpu_and_memory_of_a_part_are_sent_from_the_second_measurement_on(measure: Measure) -> None:
    with burning() as process:
        collector = ProcessCollector("worker", lambda: [process])
        assert measure(collector) == []  # nothing to compare with yet
        time.sleep(0.2)
        cpu, memory = measure(collector)
    assert (cpu.metric, memory.metric) == ("process.cpu", "process.memory")
    assert "part:worker" in cpu.tags & memory.tags
    assert 10 < cpu.value < 150
    assert 50_000_000 < memory.value < 200_000_000


def test_a_part_that_is_started_anew_is_found_again(measure: Measure) -> None:
    running: list[psutil.Process] = []
    collector = ProcessCollector("worker", lambda: list(running))
    with burning() as first:
        running[:] = [first]
        measure(collector)
        assert len(measure(collector)) == 2
    running.clear()
    with pytest.raises(NotHere, match="no process of this platform on this machine is its worker"):
        measure(collector)
    with burning() as second:
        running[:] = [second]
        with pytest.raises(NotHere):
            measure(collector)  # it has just been looked for, which is dear
        collector._searched = float("-inf")
        measure(collector)
        assert len(measure(collector)) == 2


def test_a_single_server_is_not_asked_where_it_is_while_it_lives(measure: Measure) -> None:
    with burning() as process:
        answers = [[process]]
        collector = ProcessCollector("postgres", answers.pop)
        measure(collector)
        collector._searched = float("-inf")
        assert len(measure(collector)) == 2  # a second question would have had no answer


def test_of_several_one_that_came_later_is_found(measure: Measure) -> None:
    with burning() as first, burning() as second:
        running = [first]
        collector = ProcessCollector("worker", lambda: list(running), several=True)
        measure(collector)
        running.append(second)
        assert measure(collector)[1].value < 100_000_000  # not looked for yet
        collector._searched = float("-inf")
        measure(collector)
        assert measure(collector)[1].value > 100_000_000


def test_those_that_are_known_are_measured_also_while_nobody_says_where_they_are(measure: Measure) -> None:
    with burning() as process:
        answers = [[process]]
        collector = ProcessCollector("worker", answers.pop, several=True)
        measure(collector)
        collector._searched = float("-inf")
        assert len(measure(collector)) == 2


def test_what_else_is_made_of_the_values_is_sent_too(measure: Measure) -> None:
    with burning() as process:
        collector = ProcessCollector(
            "postgres", lambda: [process], also=lambda gauges, _percent, held: gauges.gauge("more", held)
        )
        measure(collector)
        assert [point.metric for point in measure(collector)] == ["process.cpu", "process.memory", "more"]
