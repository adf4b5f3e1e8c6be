# mypy: disallow-untyped-calls=False
# The official client's models come with types but its calls without.
from __future__ import annotations

import asyncio
import gzip
import json
import socket
import zlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx
import pytest
from datadog.dogstatsd import DogStatsd
from datadog_api_client.exceptions import ApiException
from datadog_api_client.v1.api.metrics_api import MetricsApi as V1Metrics
from datadog_api_client.v1.model.distribution_point import DistributionPoint
from datadog_api_client.v1.model.distribution_points_content_encoding import DistributionPointsContentEncoding
from datadog_api_client.v1.model.distribution_points_payload import DistributionPointsPayload
from datadog_api_client.v1.model.distribution_points_series import DistributionPointsSeries
from datadog_api_client.v1.model.metric_content_encoding import MetricContentEncoding as V1Encoding
from datadog_api_client.v1.model.metrics_payload import MetricsPayload
from datadog_api_client.v1.model.point import Point
from datadog_api_client.v1.model.series import Series
from datadog_api_client.v2.api.metrics_api import MetricsApi as V2Metrics
from datadog_api_client.v2.model.metric_content_encoding import MetricContentEncoding
from datadog_api_client.v2.model.metric_intake_type import MetricIntakeType
from datadog_api_client.v2.model.metric_payload import MetricPayload
from datadog_api_client.v2.model.metric_point import MetricPoint
from datadog_api_client.v2.model.metric_resource import MetricResource
from datadog_api_client.v2.model.metric_series import MetricSeries

from alertproof.clock import Anchor, ScaledClock
from alertproof.standins.datadog.account import Account
from alertproof.standins.datadog.agent.datagram import Event
from alertproof.standins.datadog.serve import api_app
from alertproof.standins.process import UnknownRequests

if TYPE_CHECKING:
    from tests.standins.datadog.conftest import Running

KEYS = {"DD-API-KEY": "k", "DD-APPLICATION-KEY": "a"}


def real_now() -> int:
    return int(datetime.now(UTC).timestamp())


def values(standin: Running, query: str) -> dict[str, list[float]]:
    """Return all values of the last two stack hours by scope."""
    now = int(standin.clock.now().timestamp())
    with standin.client() as client:
        answer = V1Metrics(client).query_metrics(_from=now - 7200, to=now + 3600, query=query)
    assert not answer._unparsed
    assert not any(series._unparsed for series in answer.series)
    return {series.scope: [point.value[1] for point in series.pointlist] for series in answer.series}


@pytest.mark.parametrize("encoding", [None, "deflate", "gzip", "zstd1"])
def test_v2_series_arrive_in_every_encoding_of_the_official_client(standin: Running, encoding: str | None) -> None:
    name = f"sent.v2.{encoding}"
    series = MetricSeries(
        metric=name,
        type=MetricIntakeType.GAUGE,
        points=[MetricPoint(timestamp=real_now(), value=4.5)],
        resources=[MetricResource(name="web-1", type="host")],
        tags=["env:test"],
    )
    options = {"content_encoding": MetricContentEncoding(encoding)} if encoding else {}
    with standin.client() as client:
        assert V2Metrics(client).submit_metrics(MetricPayload(series=[series]), **options).errors == []
    assert values(standin, f"avg:{name}{{env:test,host:web-1}}") == {"*": [4.5]}


@pytest.mark.parametrize("encoding", [None, "deflate", "gzip"])
def test_v1_series_arrive_in_every_encoding_of_the_official_client(standin: Running, encoding: str | None) -> None:
    name = f"sent.v1.{encoding}"
    series = Series(metric=name, type="gauge", points=[Point([real_now(), 2.0])], host="web-2", tags=["env:test"])
    options = {"content_encoding": V1Encoding(encoding)} if encoding else {}
    with standin.client() as client:
        assert V1Metrics(client).submit_metrics(MetricsPayload(series=[series]), **options).status == "ok"
    assert values(standin, f"avg:{name}{{*}} by {{host}}") == {"host:web-2": [2.0]}


def test_distribution_points_keep_every_sample(standin: Running) -> None:
    points = [DistributionPoint([real_now(), [1.0, 2.0, 10.0]])]
    payload = DistributionPointsPayload(series=[DistributionPointsSeries(metric="sent.distribution", points=points)])
    with standin.client() as client:
        encoding = DistributionPointsContentEncoding("deflate")
        answer = V1Metrics(client).submit_distribution_points(payload, content_encoding=encoding)
    assert answer.status == "ok"
    assert values(standin, "max:sent.distribution{*}") == {"*": [10.0]}
    assert values(standin, "min:sent.distribution{*}") == {"*": [1.0]}


@pytest.mark.parametrize(("age", "taken"), [(3590, True), (3610, False), (-590, True), (-610, False)])
def test_points_older_than_an_hour_or_ten_minutes_early_are_dropped_and_counted(
    standin: Running, age: int, *, taken: bool
) -> None:
    before = standin.control("health")
    body = {"series": [{"metric": "sent.aged", "type": "gauge", "points": [[real_now() - age, 1.0]]}]}
    url = f"{standin.endpoints['datadog']}/api/v1/series"
    assert httpx.post(url, headers=KEYS, json=body).status_code == 202
    after = standin.control("health")
    assert after["points"] - before["points"] == (1 if taken else 0)
    assert after["out_of_range_points"] - before["out_of_range_points"] == (0 if taken else 1)


def test_an_api_points_instant_is_mapped_to_stack_time_and_its_interval_is_not(standin: Running) -> None:
    at = real_now()
    body = {"series": [{"metric": "sent.rate", "type": "rate", "interval": 10, "points": [[at, 0.5]]}]}
    httpx.post(f"{standin.endpoints['datadog']}/api/v1/series", headers=KEYS, json=body).raise_for_status()
    stack = standin.clock.anchor.to_stack(datetime.fromtimestamp(at, UTC)).timestamp()
    parameters: dict[str, str | int] = {
        "from": int(stack) - 60,
        "to": int(stack) + 60,
        "query": "sum:sent.rate{*}.as_count()",
    }
    answer = httpx.get(f"{standin.endpoints['datadog']}/api/v1/query", headers=KEYS, params=parameters).json()
    ((stamp, value),) = answer["series"][0]["pointlist"]
    assert stamp / 1000 <= stack < stamp / 1000 + 20
    assert value == 5.0


@pytest.mark.parametrize(
    ("headers", "body", "status", "reason"),
    [
        ({"Content-Encoding": "gzip"}, b"not gzip", 400, "the body is not gzip"),
        ({"Content-Encoding": "deflate"}, zlib.compress(b"{}")[:-3], 400, "ends before"),
        ({"Content-Encoding": "zstd1"}, b"not zstd", 400, "the body is not zstd1"),
        ({"Content-Encoding": "br"}, b"{}", 415, "unknown Content-Encoding 'br'"),
        ({"Content-Encoding": "gzip"}, gzip.compress(bytes(64 * 1024 * 1024 + 1)), 413, "unpacks to more than"),
        ({"Content-Type": "application/x-protobuf"}, b"\x0a", 415, "not protobuf"),
        ({}, b'{"series": [{"metric": 5}]}', 400, "metric"),
        ({}, b'{"series": [{"metric": "m", "type": "set", "points": []}]}', 400, "unknown type 'set'"),
        ({}, b'{"series": [{"metric": "0m", "points": []}]}', 400, "does not start with a letter"),
    ],
)
def test_a_body_that_cannot_be_taken_is_refused_with_the_reason(
    standin: Running, headers: dict[str, str], body: bytes, status: int, reason: str
) -> None:
    answer = httpx.post(f"{standin.endpoints['datadog']}/api/v1/series", headers=KEYS | headers, content=body)
    assert answer.status_code == status
    assert reason in answer.json()["errors"][0]


def test_a_metric_that_changes_its_type_is_refused(standin: Running) -> None:
    url = f"{standin.endpoints['datadog']}/api/v1/series"
    answers = [
        httpx.post(
            url, headers=KEYS, json={"series": [{"metric": "sent.two", "type": kind, "points": [[real_now(), 1]]}]}
        )
        for kind in ("gauge", "count")
    ]
    assert [answer.status_code for answer in answers] == [202, 400]


def test_the_official_dogstatsd_client_reaches_queries_with_its_tags(standin: Running) -> None:
    host, port = standin.endpoints["dogstatsd"].removeprefix("udp://").split(":")
    statsd = DogStatsd(host=host, port=int(port), constant_tags=["env:test"], telemetry_min_flush_interval=0)
    statsd.increment("sdk.requests", 20, tags=["endpoint:/api/leads/{id}"])
    statsd.gauge("sdk.depth", 7)
    statsd.distribution("sdk.duration", 0.25)
    statsd.histogram("sdk.size", 3)
    statsd.set("sdk.users", "u1")
    statsd.event("deployed", "line 1\nline 2 | with a bar", alert_type="success", tags=["service:crm"])
    statsd.service_check("sdk.up", 2, message="down | really", tags=["service:crm"])
    statsd.flush()
    statsd.close_socket()
    count = "sum:sdk.requests{env:test,endpoint:/api/leads/_id_}.as_count()"
    found = standin.eventually(lambda: values(standin, count))
    assert sum(found["*"]) == 20
    assert values(standin, "avg:sdk.depth{env:test}") == {"*": [7]}
    assert values(standin, "max:sdk.duration{env:test}") == {"*": [0.25]}
    assert values(standin, "avg:sdk.size.95percentile{*}") == {"*": [3]}
    assert values(standin, "avg:sdk.users{*}") == {"*": [1]}
    assert "*" in values(standin, "sum:datadog.dogstatsd.client.metrics{*}.as_count()")
    (check,) = [check for check in standin.control("checks")["checks"] if check["check"] == "sdk.up"]
    assert (check["status"], check["message"]) == (2, "down | really")
    events = httpx.post(
        f"{standin.endpoints['datadog']}/api/v2/events/search",
        headers=KEYS,
        json={"filter": {"query": "service:crm deployed", "from": "now-2h", "to": "now"}},
    ).json()["data"]
    assert [event["attributes"]["message"] for event in events] == ["line 1\nline 2 | with a bar"]
    assert events[0]["attributes"]["attributes"]["status"] == "success"


def test_a_query_leaves_samples_that_still_wait_in_the_buckets_of_their_receipt() -> None:
    # A query closes the buckets that have ended; what waits in the inbox was received while they were open.
    account = Account(ScaledClock(Anchor.at_now(600)))
    began = account.clock.now().timestamp()

    async def ask() -> tuple[float, Any]:
        async with asyncio.timeout(10), account.receiver.serving() as endpoints:
            address = urlsplit(endpoints["dogstatsd"])
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
                sender.sendto(b"waiting:20|c", (address.hostname, address.port))
            while not account.receiver.received:  # noqa: ASYNC110 - the receiver is a thread and tells nobody
                await asyncio.sleep(0.001)
            ended = account.clock.now().timestamp()
            await asyncio.sleep(0.1)  # 60 stack seconds
            transport = httpx.ASGITransport(api_app(account, UnknownRequests()))
            parameters: dict[str, str | int] = {
                "from": int(began) - 60,
                "to": int(ended) + 600,
                "query": "sum:waiting{*}.as_count()",
            }
            async with httpx.AsyncClient(transport=transport, base_url="http://standin") as client:
                return ended, (await client.get("/api/v1/query", headers=KEYS, params=parameters)).json()

    ended, answer = asyncio.run(ask())
    ((stamp, value),) = answer["series"][0]["pointlist"]
    assert value == 20
    assert began - 20 < stamp / 1000 <= ended


def test_a_query_with_a_rollup_of_its_own_says_its_interval(standin: Running) -> None:
    end = int(standin.clock.now().timestamp()) // 600 * 600
    times = [float(end - 60 * minute) for minute in range(60, 0, -1)]
    standin.history(history(metric="rolled.depth", times=times, values=[3.0] * 60)).raise_for_status()
    parameters: dict[str, str | int] = {
        "from": end - 3600,
        "to": end - 1,
        "query": "avg:rolled.depth{*}.rollup(avg, 600)",
    }
    answer = httpx.get(f"{standin.endpoints['datadog']}/api/v1/query", headers=KEYS, params=parameters).json()
    (series,) = answer["series"]
    assert series["interval"] == 600
    assert [stamp // 1000 for stamp, _ in series["pointlist"]] == list(range(end - 3600, end, 600))
    assert series["end"] == (end - 1) * 1000


@pytest.mark.parametrize("factor", [1.0, 60.0, 6000.0])
@pytest.mark.parametrize(
    "line",
    [
        b"_e{1,1}:a|b|d:1",
        b"_e{1,1}:a|b|d:4102444799",
        b"_sc|x|0|d:" + b"9" * 30,
        b"_sc|x|0|d:" + b"9" * 5000,
        b"_e{" + b"9" * 5000 + b",1}:a|b",
        b"_e{\xff,1}:a|b",
        b"late:1|c|T" + b"9" * 400,
        b"late:1|c|T99999999999999",
        b"late:1|g|T946684800",
    ],
)
def test_an_instant_far_away_is_refused_or_dropped_and_never_stored(factor: float, line: bytes) -> None:
    account = Account(ScaledClock(Anchor.at_now(factor)))
    for received in account.ingest.datagrams([(0.0, line)]):
        assert isinstance(received.item, Event)
        account.events.sent(received.item, received.at)
    assert list(account.ingest.received) == []
    assert account.ingest.store.metrics() == ()
    assert account.ingest.parse_errors + account.ingest.out_of_range == 1


@pytest.mark.parametrize(
    ("line", "hours", "taken"),
    [
        ("aged:1|g|T{}", -0.99, True),
        ("aged:1|g|T{}", -1.01, False),
        ("aged:1|g|T{}", 0.15, True),
        ("aged:1|g|T{}", 0.18, False),
        ("_e{{1,1}}:a|b|d:{}", -17.99, True),
        ("_e{{1,1}}:a|b|d:{}", -18.01, False),
        ("_e{{1,1}}:a|b|d:{}", 1.99, True),
        ("_e{{1,1}}:a|b|d:{}", 2.01, False),
    ],
)
def test_a_datagrams_own_instant_is_taken_within_the_intakes_span(line: str, hours: float, *, taken: bool) -> None:
    ingest = Account(ScaledClock(Anchor.at_now(60))).ingest
    ingest.datagrams([(0.0, line.format(real_now() + round(3600 * hours)).encode())])
    assert ingest.out_of_range == (0 if taken else 1)
    assert ingest.points + len(ingest.received) == (1 if taken else 0)


@pytest.mark.parametrize("interval", [0, -10])
def test_a_rate_over_no_time_is_refused(standin: Running, interval: int) -> None:
    series = {"metric": "sent.norate", "type": "rate", "interval": interval, "points": [[real_now(), 1]]}
    answer = httpx.post(f"{standin.endpoints['datadog']}/api/v1/series", headers=KEYS, json={"series": [series]})
    assert answer.status_code == 400
    assert "interval" in answer.json()["errors"][0]


def test_malformed_lines_are_counted_and_kept_and_good_ones_beside_them_taken(standin: Running) -> None:
    before = standin.control("health")["parse_errors"]
    standin.send("half.good:1|g", "half.bad:1|nonsense")
    health = standin.eventually(lambda: (h := standin.control("health"))["parse_errors"] > before and h)
    assert {"line": "half.bad:1|nonsense"}.items() <= health["malformed"][-1].items()
    assert standin.eventually(lambda: values(standin, "avg:half.good{*}")) == {"*": [1]}


def test_a_dogstatsd_metric_that_changes_its_type_is_kept_as_a_mistake(standin: Running) -> None:
    standin.send("changing:1|c", "changing:1|g")
    reasons = standin.eventually(
        lambda: [item["reason"] for item in standin.control("health")["malformed"] if item["line"] == "changing"]
    )
    assert "changing" in reasons[0]


def history(**changes: Any) -> dict[str, Any]:
    series = {"metric": "old.depth", "type": "gauge", "tags": ["Env:test"], "times": [1.0], "values": [2.0]}
    return series | changes


def test_history_is_written_in_stack_time_and_marked(standin: Running) -> None:
    before = standin.control("health")["history"]
    end = int(standin.clock.now().timestamp()) // 60 * 60
    times = [float(end - 60 * minute) for minute in range(60, 0, -1)]
    answer = standin.history(history(times=times, values=[3.0] * 60))
    assert (answer.status_code, answer.json()) == (201, {"series": 1, "points": 60})
    assert values(standin, "avg:old.depth{env:test}") == {"*": [3.0] * 60}
    after = standin.control("health")["history"]
    assert after["points"] - before["points"] == 60
    assert after["ends"] is not None


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"metric": "0"}, "does not start with a letter"),
        ({"times": [1.0, 2.0]}, "2 times but 1 values"),
        ({"type": "meter"}, "meter"),
    ],
)
def test_history_that_does_not_fit_is_refused(standin: Running, changes: dict[str, Any], reason: str) -> None:
    answer = standin.history(history(**changes))
    assert answer.status_code == 400
    assert reason in answer.json()["errors"][0]


def test_a_hundred_thousand_points_of_history_are_written_by_one_request(standin: Running) -> None:
    times = [float(at) for at in range(10_000)]
    body = [history(metric=f"old.many.{n}", times=times, values=times) for n in range(10)]
    answer = standin.history(*body)
    assert answer.json()["points"] == 100_000


def test_a_query_that_cannot_be_read_is_refused_in_words(standin: Running) -> None:
    with standin.client() as client, pytest.raises(ApiException, match="Error parsing query"):
        V1Metrics(client).query_metrics(_from=0, to=100, query="avg:{")


@pytest.mark.parametrize(
    ("parameters", "reason"),
    [
        ({"from": "x", "to": "2", "query": "avg:m{*}"}, "'from' must be a whole number"),
        ({"from": "1", "to": str(10**15), "query": "avg:m{*}"}, "'to' must be epoch seconds"),
        ({"from": "-1", "to": "2", "query": "avg:m{*}"}, "'from' must be 0 or more"),
        ({"from": "2", "to": "2", "query": "avg:m{*}"}, "must be after"),
        ({"from": "1", "to": "2"}, "'query' is required"),
    ],
)
def test_a_querys_parameters_are_checked(standin: Running, parameters: dict[str, str], reason: str) -> None:
    answer = httpx.get(f"{standin.endpoints['datadog']}/api/v1/query", headers=KEYS, params=parameters)
    assert answer.status_code == 400
    assert reason in json.dumps(answer.json()["errors"])
