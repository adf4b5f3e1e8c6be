"""Single collectors, measured by the values that they really send."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest
import redis

from m3core.agent.gauges import Gauges
from m3core.agent.rounds import Collector
from m3core.database import Database
from m3core.settings import load_settings

if TYPE_CHECKING:
    from tests.m3core.conftest import Platform, Point

Measure = Callable[[Collector], "list[Point]"]


@pytest.fixture
def gauges(platform: Platform) -> Iterator[Gauges]:
    """The way to the platform's sink for metrics."""
    opened = Gauges(load_settings(platform.environment, service="m3core-agent"))
    yield opened
    opened.close()


@pytest.fixture
def measure(platform: Platform, gauges: Gauges) -> Measure:
    """Have a collector measure once; returns what it sent."""

    def once(collector: Collector) -> list[Point]:
        before = len(platform.points.now())
        collector.collect(gauges)
        gauges.gauge("end.of.sample", before)
        platform.points.wait_for(
            lambda items: [p for p in items[before:] if p.metric == "end.of.sample" and p.value == before]
        )
        sent = platform.points.now()[before:]
        return [p for p in sent if "service:m3core-agent" in p.tags and p.metric != "end.of.sample"]

    return once


@pytest.fixture
def database(platform: Platform) -> Iterator[Database]:
    """The platform's database."""
    opened = Database(platform.environment["DATABASE_URL"])
    yield opened
    opened.close()


@pytest.fixture
def client(platform: Platform) -> Iterator[redis.Redis]:
    """The server of the cache and the queue."""
    with redis.Redis.from_url(platform.environment["REDIS_URL"]) as opened:
        yield opened
