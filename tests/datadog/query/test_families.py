from __future__ import annotations

import pytest

from alertproof.datadog.query import parse_query, render_query
from alertproof.datadog.query.families import family_of, require_evaluated
from alertproof.errors import NotModelled

EVALUATED = [
    ("avg(last_5m):avg:m{*} > 1", "metric"),
    ("change(avg(last_5m),last_1h):avg:m{*} > 1", "metric"),
    ('burn_rate("a").over("30d").long_window("1h") > 1', "SLO"),
]
OTHERS = [
    ('logs("status:error").index("*").rollup("count").last("5m") > 1', "log"),
    ('events("source:x").rollup("count").last("5m") > 1', "event"),
    ('audits("x").rollup("count").last("5m") > 1', "audit trail"),
    ('rum("x").rollup("count").last("5m") > 1', "RUM"),
    ('trace-analytics("x").rollup("count").last("5m") > 1', "trace analytics"),
    ('ci-pipelines("x").rollup("count").last("5m") > 1', "CI"),
    ('ci-tests("x").rollup("count").last("5m") > 1', "CI"),
    ('error-tracking("x").new().last("5m") > 1', "error tracking"),
    ('error-tracking-rum("x").rollup("count").last("5m") > 1', "error tracking"),
    ('database-monitoring("x").rollup("count").last("5m") > 1', "database monitoring"),
    ('network-performance("x").rollup("count").last("5m") > 1', "network"),
    ('network-path("x").rollup("count").last("5m") > 1', "network"),
    ('llm-observability("x").rollup("count").last("5m") > 1', "LLM observability"),
    ('processes("x").over("host:a").rollup("count").last("10m") < 1', "process"),
    ('formula("query1 / query2").last("15m") > 0.8', "formula"),
    ('"ntp.in_sync".over("*").last(2).count_by_status()', "service check"),
    ("12345 && !678", "composite"),
]


@pytest.mark.parametrize(("query", "family"), EVALUATED)
def test_what_the_engine_evaluates_passes(query: str, family: str) -> None:
    tree = parse_query(query)
    assert family_of(tree) == family
    assert require_evaluated(tree) is tree


@pytest.mark.parametrize(("query", "family"), OTHERS)
def test_what_it_does_not_evaluate_is_read_printed_and_refused_by_its_name(query: str, family: str) -> None:
    tree = parse_query(query)
    assert family_of(tree) == family
    assert render_query(tree) == query
    with pytest.raises(NotModelled, match=f"^{family} monitor queries are not modelled"):
        require_evaluated(tree)


@pytest.mark.parametrize(
    "query",
    [
        "avg(last_5m):avg:m{*} > ${var.limit}",
        "avg(${var.window}):avg:m{*} > 1",
        "avg(last_5m):avg:m{env:${var.env}} > 1",
        "avg(last_5m):avg:m${local.scope} > 1",
        "avg(last_5m):avg:m{*} by ${var.by} > 1",
        "avg(last_5m):default_zero(${local.query}) > 1",
        "avg(last_5m):anomalies(avg:m{*}, '${var.algorithm}', 2) > 1",
        'error_budget("${local.slo}").over("7d") > 1',
        "%{ if var.x }avg%{ else }sum%{ endif }(last_5m):avg:m{*} > 1",
    ],
)
def test_a_template_is_refused_until_it_is_filled_in(query: str) -> None:
    with pytest.raises(NotModelled, match="a Terraform template is no query until it is filled in"):
        require_evaluated(parse_query(query))
