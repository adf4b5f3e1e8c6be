"""Terraform's templates may stand wherever a part of a query may, and in any part of a word."""

from __future__ import annotations

import pytest
from tests.datadog.query.spelling import without_space

from alertproof.datadog.query import parse_expression, parse_query, render_query
from alertproof.datadog.query.tree import (
    Binary,
    CheckMonitor,
    CompositeMonitor,
    Condition,
    Directive,
    MetricMonitor,
    MetricQuery,
    Modified,
    Modifier,
    Placeholder,
    Reduction,
    TagIs,
    TemplateMonitor,
    TemplateScope,
    Window,
    walk,
)
from alertproof.errors import NotModelled, QuerySyntaxError

INTERPOLATED = [
    "${var.how}(${var.window}):avg:aws.alb.host_count${module.filter.query} by {region,lb} < 1",
    "${var.a}(${var.b}): ( avg:azure.count${module.filter.query} by {name} ) != 1",
    'avg(last_${var.period}):avg:m{${join(",", compact(var.selector))}} by ${var.group_by} > ${var.limit}',
    "pct_change(min(last_${var.p}),${var.p}_ago):avg:system.load.15{${var.criteria}} > ${var.limit}",
    "change(${var.how}(${var.window}),${var.window}): (avg:m${local.scope} by {a,b}) > ${var.limit}",
    "${local.change}(avg(last_5m),last_1h):avg:m{*} > 1",
    "${local.head}:avg:m{*} > 1",
    "avg(last_5m):${local.query} > 1",
    "avg(last_5m):${local.query}.as_count() / ${local.other}.rollup(sum, 60) > -${var.limit}",
    "avg(last_5m):default(${local.query}, ${var.value}) > 1${var.zeros}",
    "avg(last_5m):${var.space}:${var.prefix}.errors{env:${var.env}} > 1",
    "avg(last_5m):avg:${var.metric} > 1",
    "avg(last_5m):avg:${var.metric}${local.scope} > 1",
    "avg(last_5m):avg:m{*}${local.by}${local.rollup} > 1",
    "avg(last_5m):avg:m{*}.${local.as}.rollup(${var.how}, ${var.seconds}) > 1",
    "avg(last_5m):avg:m{*} ${var.comparator} ${var.limit}",
    "avg(last_5m):avg:m{*} ${local.by} ${var.comparator} ${var.limit}",
    "avg(last_5m):avg:m{*}${local.by} ${var.comparator} 1",
    "avg(last_5m):avg:m{*} ${local.condition}",
    'avg(last_5m):avg:m{env IN ${var.envs} AND host NOT IN (${join(",", var.hosts)})} > 1',
    "avg(last_4h):anomalies(avg:m${local.s}, '${var.a}', ${var.d}, interval=${var.i}, alert_window='${var.w}', ) >= 1",
    'logs("service:${var.service} ${var.more}").index("${var.i}").rollup("count").last("${var.w}") > ${var.n}',
    'logs("${join(" OR ", [for s in var.s : "service:${s}"])}").rollup("${var.how}").last("5m") > 1',
    'error-tracking("x").source("${var.source}").impact().last("${var.w}") > ${var.n}',
    'logs("x")${local.calls} > 1',
    'logs("x").rollup("count").${local.how}("a").${local.rest} > 1',
    'formula("${var.formula} * query1 + ${local.a}.rollup(60)").last("${var.w}") > 1',
    'error_budget("${slo.a[each.value.name].id}").over("${var.w}") > ${lookup(each.value, "target", "99.00")}',
    '"datadog.agent.up"${module.filter.service_check}.by("host").last(${var.n}).count_by_status()',
    '"datadog.agent.up".over("${join("\\",\\"", var.tags)}").last(6).count_by_status()',
    "${datadog_monitor.a.id} && !(${datadog_monitor.b.id} || ${datadog_monitor.c.id})",
    "${local.query}",
    '${format("avg(last_30m):avg:m{env:%s} <= 1", var.env)}',
    "avg(last_5m):avg:$${metric}{*} > 1",
    'logs("a $${b} \\"${c}\\"").rollup("count").last("5m") > 1',
]


@pytest.mark.parametrize("query", INTERPOLATED)
def test_an_interpolation_is_read_and_printed(query: str) -> None:
    tree = parse_query(query)
    assert without_space(render_query(tree)) == without_space(query)
    assert parse_query(render_query(tree)) == tree


def test_a_template_at_the_end_of_a_metric_brings_the_scope() -> None:
    tree = parse_expression('avg:m.x${f({"a" = "}"})} by {host}')
    assert isinstance(tree, MetricQuery)
    assert (tree.metric, tree.scope) == ("m.x", TemplateScope('${f({"a" = "}"})}'))
    assert tree.by == ("host",)


def test_a_template_in_a_name_is_part_of_it() -> None:
    tree = parse_expression("avg:${var.a}.m${b}s{env:${c}-x,${d}}")
    assert isinstance(tree, MetricQuery)
    assert tree.metric == "${var.a}.m${b}s"
    assert [node.text for node in walk(tree.scope) if isinstance(node, TagIs)] == ["env:${c}-x", "${d}"]


def test_a_template_that_modifies_knows_where_it_stands() -> None:
    text = "avg:m{*} ${local.by} + ${local.a}.rollup(sum, 60)"
    modifiers = [node for node in walk(parse_expression(text)) if isinstance(node, Modifier)]
    assert [text[slice(*each.span)] for each in modifiers] == ["${local.by}", ".rollup(sum, 60)"]


def test_a_template_alone_is_an_expression_and_what_follows_modifies_it() -> None:
    tree = parse_expression("${a}.as_count() + ${b}")
    assert tree == Binary("+", Modified(Placeholder("${a}"), (Modifier("as_count"),)), Placeholder("${b}"))


@pytest.mark.parametrize(
    ("end", "modifiers", "comparator", "condition"),
    [
        ("${a} ${b} > 1", 2, ">", Condition(">", "1")),
        ("${a} ${b} 1", 1, "${b}", Condition("${b}", "1")),
        ("${a} ${b} -1", 1, "${b}", Condition("${b}", "-1")),
        ("${a} ${b} ${c}", 1, "${b}", Condition("${b}", "${c}")),
        ("${a} ${b}", 0, "${a}", Condition("${a}", "${b}")),
        ("${a}", 0, "${a}", Condition("${a}", "")),
        ("> ${a}", 0, ">", Condition(">", "${a}")),
    ],
)
def test_the_last_templates_are_the_comparison(end: str, modifiers: int, comparator: str, condition: Condition) -> None:
    tree = parse_query(f"avg(last_5m):m{{*}} {end}")
    assert isinstance(tree, MetricMonitor)
    assert isinstance(tree.expression, MetricQuery)
    assert len(tree.expression.modifiers) == modifiers
    assert (tree.comparator, tree.condition) == (comparator, condition)


def test_a_template_for_all_of_the_head_is_equal_to_itself_however_it_came_about() -> None:
    tree = parse_query("${local.head}:avg:m{*} > 1")
    assert isinstance(tree, MetricMonitor)
    assert tree.head == Reduction("${local.head}", Window("", 0, "", "${local.head}"))


def test_what_a_template_says_has_no_value_yet() -> None:
    tree = parse_query("avg(last_${var.m}m):m{*} > ${var.n}")
    assert isinstance(tree, MetricMonitor)
    assert tree.head == Reduction("avg", Window("", 0, "", "last_${var.m}m"))
    assert tree.condition is not None
    with pytest.raises(NotModelled, match=r"the window last_\$\{var.m\}m is a template"):
        _ = tree.head.window.length
    with pytest.raises(NotModelled, match="the threshold .* is a template"):
        _ = tree.condition.value


def test_a_template_that_brings_calls_may_bring_those_that_are_needed() -> None:
    assert isinstance(parse_query('"a"${local.over}.count_by_status()'), CheckMonitor)
    with pytest.raises(QuerySyntaxError, match=r"expected \.over"):
        parse_query('"a".count_by_status()')


def test_a_composite_of_templates_is_a_composite_and_one_alone_may_be_anything() -> None:
    assert isinstance(parse_query("${a} || ${b}"), CompositeMonitor)
    assert parse_query(" ${a} ") == TemplateMonitor(Placeholder("${a}"))


@pytest.mark.parametrize("query", ["avg(last_5m):m{${a > 1", 'avg(last_5m):m{${"a} > 1', "avg(${a", 'x${"${"}"}'])
def test_a_template_that_is_never_closed_is_an_error(query: str) -> None:
    with pytest.raises(QuerySyntaxError, match="this template is never closed") as caught:
        parse_query(query)
    assert query[caught.value.start : caught.value.end] == "${"


def test_in_a_text_it_may_be_what_is_looked_for() -> None:
    query = 'logs("\\"${jndi:ldap\\"").rollup("count").last("5m") > 0'
    assert render_query(parse_query(query)) == query


# --- directives ---------------------------------------------------------------------------------------

DIRECTED = [
    "%{ if var.x }avg(last_5m)%{ else }sum(last_1h)%{ endif }:m{*} > 1",
    'avg(last_%{ if x }5%{ else }10%{ endif }m):m{env:prod%{ if h != "" },host:${h}%{ endif }} > 1',
    'logs("env:prod %{ if x == "a b" }service:a %{ else }service:b%{ endif }").rollup("count").last("5m") > 1',
    "sum(last_5m):%{ for m in ms ~} sum:${m}{*} + %{ endfor ~} 0 > 1",
    "%{~ if a ~} %{ if b }avg%{ else }sum%{ endif }%{ else }%{ if c }x%{ endif }%{ endif }(last_5m):m{*} > 1",
    "1 && 2%{ if x } && 3%{ endif }",
    "logs('it\\'s').rollup('count')   .last( '5m' )  > %{ if x }1%{ else }2%{ endif }",
    "avg(last_5m):m{*} > %{ if x }1%{ else }2%{ endif }",
    'logs("%%{ if a } \\"50%{x}\\" %{ if x }y%{ endif }").rollup("count").last("5m") > 1',
]


@pytest.mark.parametrize("query", DIRECTED)
def test_a_directive_is_read_and_printed(query: str) -> None:
    tree = parse_query(query)
    assert isinstance(tree, TemplateMonitor)
    assert without_space(render_query(tree)) == without_space(query)
    assert parse_query(render_query(tree)) == tree


def test_what_the_first_branches_say_is_read_with_the_spans_it_has_in_the_query() -> None:
    query = DIRECTED[0]
    tree = parse_query(query)
    assert isinstance(tree, TemplateMonitor)
    assert tree.query == parse_query("avg(last_5m):m{*} > 1")
    assert tree.directives == (Directive(0, "%{ if var.x }"), Directive(12, "%{ else }sum(last_1h)%{ endif }"))
    texts = {query[slice(*node.span)] for node in walk(tree)}
    assert {"avg(last_5m)", "last_5m", "m{*}", "1", "%{ if var.x }", "%{ else }sum(last_1h)%{ endif }"} <= texts


def test_an_error_in_a_branch_points_into_the_query() -> None:
    query = "%{ if var.x }avg(lst_5m)%{ else }sum(last_1h)%{ endif }:m{*} > 1"
    with pytest.raises(QuerySyntaxError, match="'lst_5m' is no evaluation window") as caught:
        parse_query(query)
    assert query[caught.value.start : caught.value.end] == "lst_5m"


@pytest.mark.parametrize(
    ("query", "said", "marked"),
    [
        ("%{ if x }avg(last_5m):m{*} > 1", "%{ if } without %{ endif }", "%{"),
        ("avg(last_5m):m{*} > 1%{ endif }", "%{ endif } without %{ if }", "%{ endif }"),
        ("avg(last_5m):m{*} > 1%{ else }", "%{ else } without %{ if }", "%{ else }"),
        ("%{ for x in y }1%{ endif }", "%{ endif } without %{ if }", "%{ endif }"),
        ("%{ for x in y }1%{ else }", "%{ else } without %{ if }", "%{ else }"),
        ("1 && 2%{ if x", "this directive is never closed", "%{ if"),
    ],
)
def test_directives_that_do_not_match_are_an_error(query: str, said: str, marked: str) -> None:
    with pytest.raises(QuerySyntaxError) as caught:
        parse_query(query)
    assert caught.value.message == said
    assert query[caught.value.start : caught.value.end] == marked
