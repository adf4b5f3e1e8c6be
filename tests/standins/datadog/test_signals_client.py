# mypy: disallow-untyped-calls=False
"""Signals reach Datadog by the official client: points of every type, events and logs, where a query finds them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from datadog_api_client.v2.api.events_api import EventsApi

from alertproof.errors import ConfigError, VendorUnavailable
from alertproof.redact import Secret
from alertproof.telemetry.signals import MARK, ErrorSignal, EventSignal, LogSignal, MetricSignal, Signal
from alertproof.vendors import DatadogSignals, DatadogTelemetry, Measure

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.standins.datadog.conftest import Running

TAGS = ("env:drill", MARK)


@pytest.fixture(scope="module")
def sender(standin: Running) -> Iterator[DatadogSignals]:
    client = DatadogSignals(host=standin.endpoints["datadog"], api_key=Secret("k"), app_key=Secret("a"))
    yield client
    client.close()


@pytest.fixture(scope="module")
def telemetry(standin: Running) -> Iterator[DatadogTelemetry]:
    client = DatadogTelemetry(host=standin.endpoints["datadog"], api_key=Secret("k"), app_key=Secret("a"))
    yield client
    client.close()


def intervals(standin: Running, count: int) -> list[datetime]:
    """Return the beginnings of the last whole intervals of the target's clock, by real time."""
    anchor, now = standin.clock.anchor, standin.clock.now()
    first = datetime.fromtimestamp(now.timestamp() // 10 * 10 - 10 * count, UTC)
    return [anchor.to_real(first + timedelta(seconds=10 * step)) for step in range(count)]


def values(standin: Running, telemetry: DatadogTelemetry, query: str) -> list[float]:
    now = standin.clock.now()
    found = telemetry.series(query, since=now - timedelta(minutes=10), until=now)
    return [point.value for series in found for point in series.points]


#: A query of a signal of each type, and what it makes of three intervals of ten seconds.
QUERIES = {
    "gauge": ("max:{metric}{{drill:true}}", 4.0),
    "rate": ("sum:{metric}{{env:drill}}.as_count()", 3 * 40.0),
    "count": ("sum:{metric}{{env:drill}}.as_count()", 3 * 4.0),
    "distribution": ("max:{metric}{{env:drill}}", 4.0),
}


@pytest.mark.parametrize("kind", QUERIES)
def test_points_of_every_type_are_found_by_a_query(
    standin: Running, sender: DatadogSignals, telemetry: DatadogTelemetry, kind: str
) -> None:
    metric, (query, wanted) = f"signal.{kind}", QUERIES[kind]
    signal = MetricSignal(metric=metric, type=kind, tags=TAGS, values=(4.0,))  # type: ignore[arg-type]
    sender.send([signal], intervals(standin, 3))

    found = values(standin, telemetry, query.format(metric=metric))
    assert (sum(found) if kind in ("rate", "count") else max(found)) == wanted
    assert telemetry.type_of(metric) == kind


def test_an_event_is_found_with_its_mark(standin: Running, sender: DatadogSignals) -> None:
    sender.send([EventSignal(title="signal", text="sent", tags=TAGS)], intervals(standin, 2))

    with standin.client() as client:
        found = EventsApi(client).list_events(filter_query=MARK, filter_from="now-1h", filter_to="now")
        assert [row.to_dict()["attributes"]["attributes"]["title"] for row in found.data] == ["signal", "signal"]


def test_as_many_lines_of_log_are_found_as_were_asked_for(
    standin: Running, sender: DatadogSignals, telemetry: DatadogTelemetry
) -> None:
    line = LogSignal(message="m", service="signals", tags=TAGS, attributes=(("tenant", "acme"),), count=3)
    sender.send([line], intervals(standin, 2))

    now = standin.clock.now()
    since, until = now - timedelta(hours=1), now + timedelta(hours=1)
    lines = Measure(kind="logs", search="service:signals @tenant:acme status:error drill:true")
    found = standin.eventually(lambda: telemetry.counted(lines, since=since, until=until))
    assert found == {(): 6.0}


def test_what_is_not_datadogs_is_refused(standin: Running, sender: DatadogSignals) -> None:
    error = ErrorSignal(message="m", environment="drill", release="r")

    with pytest.raises(ConfigError, match="ErrorSignal is no signal for Datadog"):
        sender.send([error], intervals(standin, 1))


@pytest.mark.parametrize(
    "signal",
    [
        MetricSignal(metric="m", type="gauge", tags=TAGS, values=(1.0,)),
        MetricSignal(metric="m", type="distribution", tags=TAGS, values=(1.0,)),
        EventSignal(title="t", text="t", tags=TAGS),
        LogSignal(message="m", service="s", tags=TAGS),
    ],
)
def test_nobody_there_is_said(signal: Signal) -> None:
    client = DatadogSignals(host="http://127.0.0.1:9", api_key=Secret("k"), app_key=Secret("a"))
    with pytest.raises(VendorUnavailable, match="Datadog did not answer"):
        client.send([signal], [datetime(2026, 3, 1, tzinfo=UTC)])
    client.close()
