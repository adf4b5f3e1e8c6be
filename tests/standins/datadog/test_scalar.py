"""One value over a whole span: the percentile of all its samples, as a monitor's percentile() computes it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from alertproof.redact import Secret
from alertproof.vendors import Datadog

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.standins.datadog.conftest import Running

KEYS = {"DD-API-KEY": "k", "DD-APPLICATION-KEY": "a"}
START = datetime(2026, 3, 1, 11, tzinfo=UTC)
METRIC = "scalar.duration"
P95 = f"p95:{METRIC}{{env:test}}"


@pytest.fixture(scope="module")
def datadog(standin: Running) -> Iterator[Datadog]:
    """Twenty fast samples and a slow one, a second apart, each in a series of its own."""
    stamps = [int(START.timestamp()) + index for index in range(21)]
    series = [
        {
            "metric": METRIC,
            "type": "distribution",
            "interval": 10,
            "tags": ["env:test", f"endpoint:{index}"],
            "times": [stamp],
            "values": [5.0 if index == 20 else index / 100],
        }
        for index, stamp in enumerate(stamps)
    ]
    standin.history(*series).raise_for_status()
    client = Datadog(host=standin.endpoints["datadog"], api_key=Secret("k"), app_key=Secret("a"))
    yield client
    client.close()


def after(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def test_the_samples_of_all_series_are_pooled(datadog: Datadog) -> None:
    assert datadog.percentile(P95, since=START, until=after(60)) == 0.19
    assert datadog.percentile(P95.replace("p95", "p100"), since=START, until=after(60)) == 5.0
    assert datadog.percentile(P95.replace("p95", "p50"), since=START, until=after(60)) == 0.10


def test_the_span_includes_its_start_and_excludes_its_end(datadog: Datadog) -> None:
    assert datadog.percentile(P95.replace("p95", "p100"), since=START, until=after(20)) == 0.19
    assert datadog.percentile(P95.replace("p95", "p0"), since=after(1), until=after(20)) == 0.01


def test_a_span_without_samples_has_no_value(datadog: Datadog) -> None:
    assert datadog.percentile(P95, since=after(21), until=after(60)) is None
    assert datadog.percentile("p95:never.sent{env:test}", since=START, until=after(60)) is None


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"to": int(START.timestamp() * 1000)}, "must be after 'from'"),
        ({"from": 10**18, "to": 10**18 + 1}, "is not an instant in epoch milliseconds"),
        ({"formulas": [{"formula": "a / 2"}]}, "the formula a / 2 names no query 'a'"),
        ({"queries": [{"data_source": "logs", "query": P95}]}, "the data source 'logs' is not modelled"),
        ({"queries": [{"data_source": "metrics", "query": P95, "aggregator": "middle"}]}, "the aggregator 'middle'"),
        ({"queries": [{"data_source": "metrics", "query": "p95:", "aggregator": "percentile"}]}, "Error parsing query"),
    ],
)
def test_what_is_not_modelled_is_refused_by_name(standin: Running, change: dict[str, Any], said: str) -> None:
    begins = int(START.timestamp() * 1000)
    asked = {"data_source": "metrics", "query": P95, "aggregator": "percentile"}
    body = {
        "type": "scalar_request",
        "attributes": {"from": begins, "to": begins + 60_000, "queries": [asked]} | change,
    }
    answer = httpx.post(
        f"{standin.endpoints['datadog']}/api/v2/query/scalar", headers=KEYS, json={"data": body}, trust_env=False
    )

    assert answer.status_code == 400
    assert said in answer.json()["errors"][0]
