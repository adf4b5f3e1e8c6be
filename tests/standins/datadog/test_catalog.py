# mypy: disallow-untyped-calls=False
# The official client's models come with types but its calls without.
"""Metadata, tag configurations and volumes of metrics through the official client."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, ClassVar

import pytest
from datadog_api_client.exceptions import ApiException, NotFoundException
from datadog_api_client.v1.api.metrics_api import MetricsApi as OldMetricsApi
from datadog_api_client.v1.model.metric_metadata import MetricMetadata
from datadog_api_client.v2.api.metrics_api import MetricsApi
from datadog_api_client.v2.model.metric_tag_configuration_create_request import MetricTagConfigurationCreateRequest
from datadog_api_client.v2.model.metric_tag_configuration_update_request import MetricTagConfigurationUpdateRequest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from starlette.applications import Starlette
from starlette.testclient import TestClient
from tests.standins.datadog.official import parsed

from alertproof.clock import Anchor, ScaledClock
from alertproof.standins.datadog.metrics.catalog import MetricCatalog, catalog_routes
from alertproof.standins.datadog.metrics.ingest import Ingest
from alertproof.telemetry.series import MetricType

if TYPE_CHECKING:
    from collections.abc import Iterator

    from datadog_api_client import ApiClient
    from tests.standins.datadog.conftest import Running

pytestmark = pytest.mark.filterwarnings("ignore:list_metrics is deprecated:DeprecationWarning")
KEYS = ("env", "host", "endpoint", "tenant")


@pytest.fixture(scope="module")
def client(standin: Running) -> Iterator[ApiClient]:
    """Two counters, one of six series by two tags, and a distribution of three."""
    now = standin.clock.now().timestamp() - 60
    counts = [(f"endpoint:/{n % 3}", f"host:h{n % 2}") for n in range(6)]
    series: list[dict[str, Any]] = [
        {"metric": "cat.requests", "type": "count", "interval": 60, "tags": ["env:test", *tags]} for tags in counts
    ]
    series += [{"metric": "cat.took", "type": "distribution", "tags": [f"endpoint:/{n}"]} for n in range(3)]
    series.append({"metric": "cat.other", "type": "gauge", "tags": []})
    standin.history(*({**each, "times": [now], "values": [1.0]} for each in series)).raise_for_status()
    with standin.client() as client:
        yield client


def creation(name: str, **attributes: Any) -> MetricTagConfigurationCreateRequest:
    data: Any = {"type": "manage_tags", "id": name, "attributes": attributes}
    return MetricTagConfigurationCreateRequest(data=data)


def change(name: str, **attributes: Any) -> MetricTagConfigurationUpdateRequest:
    data: Any = {"type": "manage_tags", "id": name, "attributes": attributes}
    return MetricTagConfigurationUpdateRequest(data=data)


def test_metadata_are_kept_and_a_metric_knows_its_type_without(client: ApiClient) -> None:
    api = OldMetricsApi(client)
    assert parsed(api.get_metric_metadata("cat.requests")).type == "count"
    api.update_metric_metadata("cat.requests", MetricMetadata(unit="request", description="all of them"))
    changed = parsed(api.update_metric_metadata("cat.requests", MetricMetadata(per_unit="second")))
    assert (changed.unit, changed.per_unit, changed.description) == ("request", "second", "all of them")
    with pytest.raises(NotFoundException, match="metric_name not found"):
        api.get_metric_metadata("never.sent")


def test_the_type_in_metadata_is_known_to_queries_before_any_point() -> None:
    ingest = Ingest(ScaledClock(Anchor.at_now(1.0)))
    ingest.store.write("cat.sent", frozenset(), MetricType.COUNT, 0.0, 1.0)
    with TestClient(Starlette(routes=catalog_routes(MetricCatalog(ingest)))) as http:
        for metric, kind in (("cat.later", "gauge"), ("cat.sent", "gauge"), ("cat.strange", "histogram")):
            assert http.put(f"/api/v1/metrics/{metric}", json={"type": kind}).is_success
    known = [ingest.store.kind(metric) for metric in ("cat.later", "cat.sent", "cat.strange")]
    assert known == [MetricType.GAUGE, MetricType.COUNT, None]


def test_active_metrics_are_listed_and_searched(client: ApiClient, standin: Running) -> None:
    api = OldMetricsApi(client)
    since = int(standin.clock.now().timestamp()) - 3600
    assert {"cat.requests", "cat.took", "cat.other"} <= set(parsed(api.list_active_metrics(since)).metrics)
    assert parsed(api.list_active_metrics(since, host="h1")).metrics == ["cat.requests"]
    assert parsed(api.list_metrics("metrics:cat.re")).results.metrics == ["cat.requests"]
    with pytest.raises(ApiException, match="not hosts"):
        api.list_metrics("hosts:a")


def test_a_configuration_says_how_many_series_are_indexed(client: ApiClient) -> None:
    api = MetricsApi(client)
    volumes = parsed(api.list_volumes_by_metric_name("cat.requests")).data
    assert (volumes.type.value, volumes.attributes.distinct_volume) == ("distinct_metric_volumes", 6)

    made = parsed(
        api.create_tag_configuration("cat.requests", creation("cat.requests", tags=["endpoint"], metric_type="count"))
    )
    assert made.data.attributes.aggregations.value[0].to_dict() == {"space": "sum", "time": "sum"}
    volumes = parsed(api.list_volumes_by_metric_name("cat.requests")).data.attributes
    assert (volumes.ingested_volume, volumes.indexed_volume) == (6, 3)
    parsed(api.update_tag_configuration("cat.requests", change("cat.requests", exclude_tags_mode=True)))
    assert api.list_volumes_by_metric_name("cat.requests").data.attributes.indexed_volume == 2, "by host and env"
    api.delete_tag_configuration("cat.requests")
    with pytest.raises(NotFoundException):
        api.list_tag_configuration_by_name("cat.requests")


def test_an_estimate_counts_series_and_what_a_distribution_multiplies(client: ApiClient) -> None:
    api = MetricsApi(client)

    def estimated(name: str, **more: Any) -> tuple[str, int]:
        found = parsed(api.estimate_metrics_output_series(name, **more)).data.attributes
        return str(found.estimate_type), found.estimated_output_series

    assert estimated("cat.requests", filter_groups="endpoint,host") == ("count_or_gauge", 6)
    assert estimated("cat.requests", filter_groups="host") == ("count_or_gauge", 2)
    assert estimated("cat.took", filter_groups="endpoint") == ("distribution", 15)
    assert estimated("cat.took", filter_groups="endpoint", filter_pct=True) == ("percentile", 30)


def test_all_tags_of_a_metric_are_listed(client: ApiClient) -> None:
    found = parsed(MetricsApi(client).list_tags_by_metric_name("cat.requests")).data
    assert found.attributes.tags == ["endpoint:/0", "endpoint:/1", "endpoint:/2", "env:test", "host:h0", "host:h1"]


def test_tags_are_those_of_four_hours_or_of_a_longer_span(standin: Running, client: ApiClient) -> None:
    now = standin.clock.now().timestamp()
    ages = {"hours:3.9": 3.9, "hours:4.1": 4.1, "hours:9": 9.0}
    points = [
        {"metric": "cat.old", "type": "gauge", "tags": [tag], "times": [now - 3600 * age], "values": [1.0]}
        for tag, age in ages.items()
    ]
    standin.history(*points).raise_for_status()

    def listed(**window: Any) -> list[str]:
        return list(parsed(MetricsApi(client).list_tags_by_metric_name("cat.old", **window)).data.attributes.tags)

    assert listed() == listed(window_seconds=4 * 3600) == ["hours:3.9"]
    assert listed(window_seconds=8 * 3600) == ["hours:3.9", "hours:4.1"]
    with pytest.raises(ApiException) as caught:
        listed(window_seconds=4 * 3600 - 1)
    assert "must be 14400 or more" in str(caught.value.body)


@pytest.mark.parametrize(
    ("attributes", "said"),
    [
        ({"tags": ["a"], "metric_type": "gauge"}, "the metric cat.requests is a count, not a gauge"),
        ({"tags": ["a"], "metric_type": "count", "include_percentiles": True}, "only a distribution has percentiles"),
        ({"tags": ["a"], "metric_type": "sum"}, "'sum'"),
    ],
)
def test_a_configuration_that_is_wrong_is_refused(client: ApiClient, attributes: dict[str, Any], said: str) -> None:
    client.configuration.check_input_type = False
    with pytest.raises(ApiException) as caught:
        MetricsApi(client).create_tag_configuration("cat.requests", creation("cat.requests", **attributes))
    assert caught.value.status == 400
    assert said in caught.value.body["errors"][0]


class Machine(RuleBasedStateMachine):
    """Configures, changes and deletes; ``expected`` are the tags by metric."""

    standin: ClassVar[Running]
    names = st.sampled_from(["cfg.a", "cfg.b", "cfg.c"])
    tags = st.lists(st.sampled_from(KEYS), unique=True)

    @initialize()
    def begin(self) -> None:
        self.closing = ExitStack()
        self.api = MetricsApi(self.closing.enter_context(self.standin.client()))
        self.expected: dict[str, list[str]] = {}
        for row in self.api.list_tag_configurations(filter_configured=True).data:
            self.api.delete_tag_configuration(row.id)

    def teardown(self) -> None:
        self.closing.close()

    @rule(name=names, tags=tags, kind=st.sampled_from(["count", "gauge", "rate", "distribution"]))
    def create(self, name: str, tags: list[str], kind: str) -> None:
        if name in self.expected:
            with pytest.raises(ApiException) as caught:
                self.api.create_tag_configuration(name, creation(name, tags=tags, metric_type=kind))
            assert caught.value.status == 409
            return
        parsed(self.api.create_tag_configuration(name, creation(name, tags=tags, metric_type=kind)))
        self.expected[name] = tags

    @rule(name=names, tags=tags)
    def change(self, name: str, tags: list[str]) -> None:
        if name in self.expected:
            parsed(self.api.update_tag_configuration(name, change(name, tags=tags)))
            self.expected[name] = tags
        else:
            with pytest.raises(NotFoundException):
                self.api.update_tag_configuration(name, change(name, tags=tags))

    @rule(name=names)
    def delete(self, name: str) -> None:
        if self.expected.pop(name, None) is None:
            with pytest.raises(NotFoundException):
                self.api.delete_tag_configuration(name)
        else:
            self.api.delete_tag_configuration(name)

    @invariant()
    def each_is_as_the_last_change_left_it(self) -> None:
        if not hasattr(self, "api"):
            return
        rows = parsed(self.api.list_tag_configurations(filter_configured=True)).data
        assert {row.id: row.attributes.tags for row in rows} == self.expected
        pages = self.api.list_tag_configurations_with_pagination(filter_configured=True, page_size=2)
        assert [row.id for row in pages] == sorted(self.expected)


def test_each_configuration_is_what_the_last_change_left(standin: Running) -> None:
    Machine.standin = standin
    few = settings(max_examples=max(3, settings().max_examples // 30), stateful_step_count=15)
    run_state_machine_as_test(Machine, settings=few)
