"""What arrived, as the telemetry suite reads it: formulas of a widget, and records counted by the minute."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import httpx
import pytest

from alertproof.redact import Secret
from alertproof.vendors import DatadogTelemetry, Measure, Series

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.standins.datadog.conftest import Running

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
UNTIL = START + timedelta(minutes=4)


@pytest.fixture(scope="module")
def telemetry(standin: Running) -> Iterator[DatadogTelemetry]:
    client = DatadogTelemetry(host=standin.endpoints["datadog"], api_key=Secret("k"), app_key=Secret("a"))
    yield client
    client.close()


def test_each_series_knows_the_formula_that_made_it(standin: Running, telemetry: DatadogTelemetry) -> None:
    stamps = [int(START.timestamp()) + 10 * n for n in range(24)]
    series = [
        {"metric": "drawn.things", "type": "gauge", "tags": [f"tenant:{t}"], "times": stamps, "values": [v] * 24}
        for t, v in (("acme", 3.0), ("globex", 5.0))
    ]
    standin.history(*series).raise_for_status()

    found = telemetry.formulas(("a", "a * 10"), {"a": "avg:drawn.things{*} by {tenant}"}, since=START, until=UNTIL)

    drawn = {(each.formula, *each.group): {point.value for point in each.points} for each in found}
    assert drawn == {
        (0, "tenant:acme"): {3.0},
        (0, "tenant:globex"): {5.0},
        (1, "tenant:acme"): {30.0},
        (1, "tenant:globex"): {50.0},
    }


def test_records_are_counted_by_the_minute_and_group(standin: Running, telemetry: DatadogTelemetry) -> None:
    now = standin.clock.now()
    lines = [{"message": "counted", "service": "drawn", "ddtags": f"tenant:{t}"} for t in ("acme", "acme", "globex")]
    answer = httpx.post(f"{standin.endpoints['datadog']}/api/v2/logs", json=lines, headers={"DD-API-KEY": "k"})
    answer.raise_for_status()

    def counted() -> list[Series]:
        since, until = now - timedelta(hours=1), now + timedelta(hours=1)
        return telemetry.counted_by_minute(
            Measure(kind="logs", search="service:drawn", by=("tenant",)), since=since, until=until
        )

    found = standin.eventually(counted)

    assert {each.group: [point.value for point in each.points] for each in found} == {
        ("tenant:acme",): [2.0],
        ("tenant:globex",): [1.0],
    }
    assert all(point.at.second == 0 for each in found for point in each.points)


def test_what_is_searched_for_in_vain_makes_no_series(telemetry: DatadogTelemetry) -> None:
    assert not [
        point
        for each in telemetry.counted_by_minute(Measure(kind="logs", search="service:nobody"), since=START, until=UNTIL)
        for point in each.points
    ]


def test_more_records_than_a_page_holds_are_read_page_after_page(standin: Running, telemetry: DatadogTelemetry) -> None:
    since, until = (standin.clock.now() + timedelta(hours=hours) for hours in (-1, 1))
    for first in (0, 600):
        lines = [{"message": str(number), "service": "paged"} for number in range(first, first + 600)]
        answer = httpx.post(f"{standin.endpoints['datadog']}/api/v2/logs", json=lines, headers={"DD-API-KEY": "k"})
        answer.raise_for_status()

    def all_there() -> list[str]:
        found = [
            record["message"] for record in telemetry.every_record("logs", "service:paged", since=since, until=until)
        ]
        return found if len(found) >= 1200 else []

    assert {*standin.eventually(all_there)} == {str(number) for number in range(1200)}
    assert len(telemetry.records("logs", "service:paged", since=since, until=until)) == 1000
