from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, final

import pytest
import redis

from m3core.cache import Cache
from m3core.database import Database
from m3core.jobs import Jobs
from m3core.leads import LeadStore, NewLead
from m3core.settings import load_settings
from m3core.telemetry.metrics import Metrics

if TYPE_CHECKING:
    from tests.m3core.conftest import Platform


@final
class Interrupted(redis.Redis):
    """A client before whose next write something else happens."""

    before: Callable[[], object] | None = None

    def set(self, *arguments: Any, **options: Any) -> Any:
        if self.before is not None:
            happens, self.before = self.before, None
            happens()
        return super().set(*arguments, **options)


@pytest.fixture
def client(platform: Platform) -> Iterator[Interrupted]:
    with Interrupted.from_url(platform.environment["REDIS_URL"]) as opened:
        yield opened


@pytest.fixture
def metrics(platform: Platform) -> Iterator[Metrics]:
    opened = Metrics(load_settings(platform.environment, service="m3core-api"))
    yield opened
    opened.close()


@pytest.fixture
def mine(platform: Platform, client: Interrupted, metrics: Metrics) -> Iterator[LeadStore]:
    """The leads of the tenant initech, in this process."""
    database = Database(platform.environment["DATABASE_URL"])
    yield LeadStore(database, Cache(client, metrics), Jobs(client), metrics, tenant="initech")
    database.close()


def test_a_reader_that_a_conversion_overtakes_does_not_put_the_old_lead_back(
    mine: LeadStore, client: Interrupted
) -> None:
    lead = mine.create(NewLead(name="Ove", company="Taken", email="ove@taken.example")).id
    client.before = lambda: mine.convert(lead)
    overtaken = mine.get(lead)
    assert overtaken is not None
    assert overtaken.status == "new"  # read before it was converted
    after = mine.get(lead)
    assert after is not None
    assert after.status == "converted"


def test_the_first_value_that_is_cached_stays(client: Interrupted, metrics: Metrics) -> None:
    cache = Cache(client, metrics)
    cache.forget("initech", "test:first")
    cache.put("initech", "test:first", b"1")
    cache.put("initech", "test:first", b"2")
    assert cache.get("initech", "test:first") == b"1"
    cache.outdate("initech", "test:first")
    cache.put("initech", "test:first", b"1")
    assert cache.get("initech", "test:first") is None
    cache.forget("initech", "test:first")
    cache.put("initech", "test:first", b"2")
    assert cache.get("initech", "test:first") == b"2"
