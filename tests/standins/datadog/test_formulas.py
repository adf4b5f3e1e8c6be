# mypy: disallow-untyped-calls=False
# The official client's models come with types but its calls without.
"""Formulas over metric queries through the official client: series of points, and values over a span."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from datadog_api_client.exceptions import ApiException
from datadog_api_client.v2.api.metrics_api import MetricsApi
from datadog_api_client.v2.model.scalar_formula_query_request import ScalarFormulaQueryRequest
from datadog_api_client.v2.model.timeseries_formula_query_request import TimeseriesFormulaQueryRequest
from tests.standins.datadog.official import parsed

if TYPE_CHECKING:
    from tests.standins.datadog.conftest import Running

START = datetime(2026, 3, 1, 10, tzinfo=UTC)
FROM = int(START.timestamp()) * 1000
ERRORS = {"data_source": "metrics", "name": "e", "query": "sum:f.errors{*} by {endpoint}.as_count()"}
HITS = {"data_source": "metrics", "name": "h", "query": "sum:f.hits{*} by {endpoint}.as_count()"}


@pytest.fixture(scope="module")
def metrics(standin: Running) -> Iterator[MetricsApi]:
    """Three minutes of two endpoints: ten hits each, and errors of the first alone in the last two."""
    stamps = [START.timestamp() + 60 * minute for minute in range(3)]
    both: list[tuple[str, str, list[float | None]]] = [
        ("f.hits", "/a", [10, 10, 10]),
        ("f.hits", "/b", [10, 10, 10]),
        ("f.errors", "/a", [None, 1, 4]),
    ]
    series = [
        {
            "metric": metric,
            "type": "count",
            "interval": 60,
            "tags": [f"endpoint:{endpoint}"],
            "times": [stamp for stamp, value in zip(stamps, values, strict=True) if value is not None],
            "values": [value for value in values if value is not None],
        }
        for metric, endpoint, values in both
    ]
    standin.history(*series).raise_for_status()
    with standin.client() as client:
        yield MetricsApi(client)


def ask(formulas: list[Any] | None, *queries: dict[str, str], **more: Any) -> dict[str, Any]:
    attributes = {"from": FROM, "to": FROM + 180_000, "queries": list(queries), **more}
    return attributes if formulas is None else {**attributes, "formulas": formulas}


def timeseries(metrics: MetricsApi, attributes: Any) -> Any:
    data: Any = {"type": "timeseries_request", "attributes": attributes}
    return parsed(metrics.query_timeseries_data(TimeseriesFormulaQueryRequest(data=data))).data.attributes


def scalar(metrics: MetricsApi, attributes: Any) -> dict[str, list[Any]]:
    data: Any = {"type": "scalar_request", "attributes": attributes}
    columns = parsed(metrics.query_scalar_data(ScalarFormulaQueryRequest(data=data))).data.attributes.columns
    return {column.name: column.values for column in columns}


def test_a_formula_has_a_value_for_each_group_at_each_instant(metrics: MetricsApi) -> None:
    found = timeseries(metrics, ask([{"formula": "e / h * 100"}, {"formula": "h"}], ERRORS, HITS, interval=60_000))

    assert found.times.value == [FROM, FROM + 60_000, FROM + 120_000]
    labels = [(each.query_index, each.group_tags.value) for each in found.series.value]
    assert labels == [(0, ["endpoint:/a"]), (0, ["endpoint:/b"]), (1, ["endpoint:/a"]), (1, ["endpoint:/b"])]
    values = [each.value for each in found.values.value]
    assert values[0] == [0.0, 10.0, 40.0]
    assert values[2:] == [[10.0] * 3, [10.0] * 3]


def test_without_formulas_each_query_is_asked_for(metrics: MetricsApi) -> None:
    found = timeseries(metrics, ask(None, ERRORS, HITS, interval=60_000))
    assert [(each.query_index, each.group_tags.value) for each in found.series.value] == [
        (0, ["endpoint:/a"]),
        (1, ["endpoint:/a"]),
        (1, ["endpoint:/b"]),
    ]
    assert found.values.value[0].value == [None, 1.0, 4.0]


def test_a_limit_leaves_the_highest_groups_or_the_lowest(metrics: MetricsApi) -> None:
    for order, endpoint in (("desc", "/a"), ("asc", "/b")):
        formulas = [{"formula": "e + h", "limit": {"count": 1, "order": order}}]
        found = timeseries(metrics, ask(formulas, ERRORS, HITS, interval=60_000))
        assert [each.group_tags.value for each in found.series.value] == [[f"endpoint:{endpoint}"]]


def test_values_over_a_span_come_in_columns_of_groups_and_numbers(metrics: MetricsApi) -> None:
    summed = [{**query, "aggregator": "sum"} for query in (ERRORS, HITS)]
    found = scalar(metrics, ask([{"formula": "e / h"}, {"formula": "h"}], *summed))
    assert found == {"endpoint": [["/a"], ["/b"]], "e / h": [5 / 30, None], "h": [30.0, 30.0]}


@pytest.mark.parametrize(
    ("attributes", "said"),
    [
        (ask([{"formula": "e / x"}], ERRORS), "names no query 'x'"),
        (ask([{"formula": "e /"}], ERRORS), "Error parsing query"),
        (ask(None, {**ERRORS, "query": "sum:"}), "Error parsing query"),
        (ask(None, ERRORS, ERRORS), "two queries have the same name"),
        (ask(None), "the request has no queries"),
        (ask(None, ERRORS, interval=1500), "of whole seconds, got 1500"),
        (ask(None, {**ERRORS, "data_source": "cloud_cost"}), "'cloud_cost' is not modelled"),
        ({**ask(None, ERRORS), "to": FROM}, "must be after 'from'"),
    ],
)
def test_what_is_wrong_is_refused(attributes: dict[str, Any], said: str, metrics: MetricsApi) -> None:
    with pytest.raises(ApiException) as caught:
        timeseries(metrics, attributes)
    assert caught.value.status == 400
    assert said in caught.value.body["errors"][0]


def test_another_type_of_request_is_refused_in_the_recorded_words(metrics: MetricsApi) -> None:
    data: Any = {"type": "timeseries_rquest", "attributes": ask(None, ERRORS)}
    with pytest.raises(ApiException) as caught:
        metrics.query_timeseries_data(TimeseriesFormulaQueryRequest(data=data))
    assert caught.value.body["errors"] == ['API input validation failed: Invalid type. Expected "timeseries_request".']
