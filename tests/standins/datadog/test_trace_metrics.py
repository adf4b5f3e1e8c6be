"""The metrics that Datadog makes of spans: counted here, or by the tracer itself, and never twice."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import msgspec
import pytest
from ddsketch import DDSketch
from ddsketch.pb import ddsketch_pb2
from ddsketch.pb.proto import DDSketchProto
from starlette.testclient import TestClient

from alertproof.clock import Anchor, ScaledClock
from alertproof.standins.datadog.account import Account
from alertproof.standins.datadog.agent import client_stats
from alertproof.standins.datadog.agent.traces import SpanLog, trace_app
from alertproof.standins.process import UnknownRequests
from alertproof.tags import parse_tags
from alertproof.telemetry.series import MetricType

TAGS = "env:prod,service:api,resource_name:get_/leads,version:1.2,http.status_code:200,span.kind:server"


class Agent:
    """The agent's app over an account of its own, at real time."""

    def __init__(self) -> None:
        self.account = Account(ScaledClock(Anchor.at_now(1.0)))
        app = trace_app(self.account.spans, UnknownRequests(), self.account.client_stats.take)
        self.client = TestClient(app)
        self.now = self.account.clock.now().timestamp()

    def send(self, *spans: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> None:
        body = msgspec.msgpack.encode([spans])
        assert self.client.put("/v0.4/traces", content=body, headers=dict(headers or {})).status_code == 200

    def span(self, number: int = 1, *, parent: int = 0, service: str = "api", **more: Any) -> dict[str, Any]:
        meta = {"env": "prod", "version": "1.2", "http.status_code": "200", "span.kind": "server"}
        given = {"name": "web.request", "resource": "GET /leads", "trace_id": 1, "span_id": number, "error": 0}
        times = {"start": int(self.now * 1e9), "duration": 250_000_000}
        return {"parent_id": parent, "service": service, "meta": meta, **given, **times, **more}

    def stats(self, **more: Any) -> Any:
        group = {"Service": "api", "Name": "web.request", "Resource": "GET /leads", "HTTPStatusCode": 200}
        group |= {"Hits": 3, "Errors": 1, "Duration": 600_000_000, "SpanKind": "server", **more}
        bucket = {"Start": int(self.now * 1e9), "Duration": 10_000_000_000, "Stats": [group]}
        body = msgspec.msgpack.encode({"Hostname": "h", "Env": "prod", "Version": "1.2", "Stats": [bucket]})
        return self.client.put("/v0.6/stats", content=body)

    def values(self, metric: str, tags: str = TAGS) -> list[float]:
        """Return the values of a metric with exactly these tags, sorted."""
        account = self.account
        account.counting.flush(self.now + 100)
        series = [each for each in account.ingest.store.select(metric) if each.tags == parse_tags(tags)]
        return sorted(value for each in series for value in each.between(0.0, self.now + 200)[1].tolist())


@pytest.fixture(name="agent")
def _agent() -> Agent:
    return Agent()


def sketch(*seconds: float) -> bytes:
    made = DDSketch(0.01)
    for each in seconds:
        made.add(each * 1e9)
    written: bytes = DDSketchProto.to_proto(made).SerializeToString()
    return written


def test_spans_of_one_operation_are_its_hits_errors_and_durations(agent: Agent) -> None:
    agent.send(agent.span(1), agent.span(2, error=1, duration=750_000_000))
    agent.send(agent.span(3))
    assert agent.values("trace.web.request.hits") == [3]
    assert agent.values("trace.web.request.errors") == [1]
    assert agent.values("trace.web.request.duration") == [1.25]
    assert agent.values("trace.web.request") == [0.25, 0.25, 0.75]
    (series,) = agent.account.ingest.store.select("trace.web.request.hits")
    assert series.kind is MetricType.COUNT


def test_without_an_error_their_number_is_there_and_zero(agent: Agent) -> None:
    agent.send(agent.span())
    assert agent.values("trace.web.request.errors") == [0]


def test_what_neither_enters_a_service_nor_is_measured_is_not_counted(agent: Agent) -> None:
    inner: dict[str, Any] = {"name": "inner", "metrics": {}}
    agent.send(
        agent.span(1),
        agent.span(2, parent=1, **inner),
        agent.span(3, parent=1, service="db", **inner),
        agent.span(4, parent=1, **inner | {"metrics": {"_dd.measured": 1}}),
    )
    assert agent.values("trace.inner.hits") == [1]
    assert agent.values("trace.inner.hits", TAGS.replace("service:api", "service:db")) == [1]


def test_spans_of_two_buckets_are_two_points_and_a_flush_takes_only_what_has_ended(agent: Agent) -> None:
    agent.now = agent.now // 10 * 10
    agent.send(agent.span(1), agent.span(2, start=int((agent.now + 10) * 1e9)))
    agent.account.counting.flush(agent.now + 10)
    (series,) = agent.account.ingest.store.select("trace.web.request.hits")
    assert series.between(0.0, agent.now + 100)[1].tolist() == [1]
    assert agent.values("trace.web.request.hits") == [1, 1]


def test_a_name_that_is_no_metrics_is_counted_nowhere(agent: Agent) -> None:
    agent.account.counting.flush(0)
    agent.send(agent.span(name="9"), agent.span(name="é"))
    assert agent.values("trace.9.hits") == [1]  # behind the prefix everything has a letter first


def test_what_a_tracer_counted_itself_becomes_the_same_metrics(agent: Agent) -> None:
    answer = agent.stats(OkSummary=sketch(0.1, 0.2), ErrorSummary=sketch(0.3))
    assert (answer.status_code, answer.json()) == (200, {})
    assert agent.values("trace.web.request.hits") == [3]
    assert agent.values("trace.web.request.errors") == [1]
    assert agent.values("trace.web.request.duration") == pytest.approx([0.6])
    assert agent.values("trace.web.request") == pytest.approx([0.1, 0.2, 0.3], rel=0.01)


@pytest.mark.parametrize(
    ("header", "hits"), [("yes", 3), ("t", 3), ("1", 3), ("true", 3), ("false", 4), ("0", 4), ("", 4)]
)
@pytest.mark.parametrize("path", ["/v0.3/traces", "/v0.4/traces"])
def test_a_span_that_its_tracer_counted_is_kept_and_not_counted_again(
    agent: Agent, path: str, header: str, hits: int
) -> None:
    agent.stats()
    body = msgspec.msgpack.encode([[agent.span()]])
    agent.client.put(path, content=body, headers={"Datadog-Client-Computed-Stats": header})
    assert agent.account.spans.count == 1
    assert sum(agent.values("trace.web.request.hits")) == hits


def test_a_span_of_v05_that_its_tracer_counted_is_not_counted_again(agent: Agent) -> None:
    span = [1, 2, 3, 1, 1, 0, int(agent.now * 1e9), 250_000_000, 0, {}, {}, 0]
    body = msgspec.msgpack.encode([["", "api", "op", "r"], [[span]]])
    for header in ({"Datadog-Client-Computed-Stats": "yes"}, {}):
        assert agent.client.put("/v0.5/traces", content=body, headers=header).status_code == 200
    assert agent.values("trace.op.hits", "env:none,service:api,resource_name:r") == [1]


def test_statistics_without_what_is_optional_are_counted(agent: Agent) -> None:
    stats = [{"Start": int(agent.now * 1e9), "Stats": [{"Name": "op", "Hits": 2}]}, {"Start": 1}]
    assert agent.client.post("/v0.6/stats", content=msgspec.msgpack.encode({"Stats": stats})).status_code == 200
    assert agent.values("trace.op.hits", "env:none,service:,resource_name:") == [2]
    assert agent.values("trace.op", "env:none,service:,resource_name:") == []


@pytest.mark.parametrize(
    "body",
    [
        b"\xc1",
        msgspec.msgpack.encode({"Stats": [{"Start": "x"}]}),
        msgspec.msgpack.encode({"Stats": [{"Start": 1, "Stats": [{"Hits": 1}]}]}),
        msgspec.msgpack.encode({"Stats": [{"Start": 1, "Stats": [{"Name": "op", "OkSummary": b"\xff\xff"}]}]}),
        # A mapping without a gamma.
        msgspec.msgpack.encode({"Stats": [{"Start": 1, "Stats": [{"Name": "op", "OkSummary": b"\x12\x00"}]}]}),
    ],
)
def test_statistics_that_cannot_be_read_are_refused_and_nothing_of_them_counts(agent: Agent, body: bytes) -> None:
    assert agent.client.put("/v0.6/stats", content=body).status_code == 400
    assert agent.account.ingest.store.metrics() == ()


@pytest.mark.parametrize("wrong", [math.inf, math.nan])
@pytest.mark.parametrize("where", ["zeros", "bins", "gamma"])
def test_a_sketch_with_a_number_that_is_none_is_refused_and_costs_other_spans_nothing(
    agent: Agent, where: str, wrong: float
) -> None:
    made = ddsketch_pb2.DDSketch(
        mapping=ddsketch_pb2.IndexMapping(gamma=wrong if where == "gamma" else 1.02),
        positiveValues=ddsketch_pb2.Store(contiguousBinCounts=[wrong if where == "bins" else 1]),
        zeroCount=wrong if where == "zeros" else 0,
    )
    agent.send(agent.span())
    assert agent.stats(OkSummary=made.SerializeToString()).status_code == 400
    assert agent.values("trace.web.request") == [0.25]


def test_of_a_large_sketch_so_many_values_are_kept_and_the_hits_are_exact(
    agent: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_stats, "_MOST", 10)
    agent.stats(Hits=1000, OkSummary=sketch(*[0.1] * 900, *[0.2] * 100))
    assert agent.values("trace.web.request.hits") == [1000]
    assert agent.values("trace.web.request") == pytest.approx([0.1] * 9 + [0.2], rel=0.01)


@pytest.mark.parametrize(
    ("limits", "kept"),
    [
        ({"LIMIT": 4}, [3, 4, 5, 6]),
        ({"LIMIT": 3}, [5, 6]),
        ({"LIMIT": 1}, [5, 6]),
        ({"SIZE": 5000}, [3, 4, 5, 6]),
        ({"SIZE": 1}, [5, 6]),
        ({}, [1, 2, 3, 4, 5, 6]),
    ],
)
def test_spans_are_kept_within_bounds_of_number_and_bytes_and_the_newest_trace_always(
    agent: Agent, monkeypatch: pytest.MonkeyPatch, limits: dict[str, int], kept: list[int]
) -> None:
    for name, most in limits.items():
        monkeypatch.setattr(SpanLog, name, most)
    for first in (1, 3, 5):
        agent.send(*(agent.span(number, meta={"sql": "x" * 1000}) for number in (first, first + 1)))
    assert [span.span_id for span in agent.account.spans.spans] == kept
    assert agent.account.spans.count == 6
    assert agent.values("trace.web.request.hits", "env:none,service:api,resource_name:get_/leads") == [6]


def test_a_span_that_ends_far_ahead_is_counted_as_dropped_and_no_bucket_waits_for_it_forever() -> None:
    agent = Agent()
    year = 365 * 86_400 * 1_000_000_000
    for number in range(1, 101):
        agent.send(agent.span(number, start=int(agent.now * 1e9) + number * year))
    agent.send(agent.span(101, start=int((agent.now + 590) * 1e9)))
    counting = agent.account.counting
    assert len(counting._tallies) == 1
    counting.flush(agent.now + 700)
    assert counting._aggregation._buckets == {}
    assert agent.account.ingest.out_of_range == 100
