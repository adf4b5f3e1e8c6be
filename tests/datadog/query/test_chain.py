"""Event searches, formulas, service checks and composites: both sides of what Datadog takes."""

from __future__ import annotations

import pytest

from alertproof.datadog.query import parse_query
from alertproof.datadog.query.tree import (
    AllMonitors,
    AnyMonitor,
    Attribute,
    CheckMonitor,
    CompositeMonitor,
    EventMonitor,
    FormulaMonitor,
    MonitorId,
    NotMonitor,
    Reference,
    Term,
    walk,
)
from alertproof.errors import QuerySyntaxError

LOGS = 'logs("status:error").index("*").rollup("count").by("service").last("5m") > 1'
CHECK = '"ntp.in_sync".over("*").exclude("env:dev").by("host","x").last(2).count_by_status()'


def refused(query: str) -> QuerySyntaxError:
    with pytest.raises(QuerySyntaxError) as caught:
        parse_query(query)
    return caught.value


def test_an_event_search_has_its_parts() -> None:
    tree = parse_query(LOGS.replace('"count"', '"pc95", "@duration"').replace('"service"', '"service, @a.b","c"'))
    assert isinstance(tree, EventMonitor)
    assert tree.source == "logs"
    assert tree.search.expression == Attribute("status", Term("error"))
    assert tree.texts("rollup") == ("pc95", "@duration")
    assert tree.texts("last") == ("5m",)
    assert tree.texts("over") == ()
    assert tree.by == ("service", "@a.b", "c")
    assert (tree.condition.comparator, tree.condition.value) == (">", 1)


def test_the_parts_of_a_search_know_where_they_stood_in_the_query() -> None:
    query = 'logs("a (@b:\\"c d\\" OR -e)").rollup("count").last("5m") > 1'
    texts = {query[slice(*node.span)] for node in walk(parse_query(query))}
    assert {'"a (@b:\\"c d\\" OR -e)"', '@b:\\"c d\\"', '\\"c d\\"', "-e", "e", '.last("5m")'} <= texts


@pytest.mark.parametrize(
    "query",
    [
        LOGS,
        'logs("").index("*").rollup("count").last("2d") > 1',
        'logs("*").index("main","b").last("2880m").rollup("cardinality", "@usr.id") <= -1.5',
        "events('sources:nagios status:error,warning tags: \"string query\"').rollup('count').last('1h') > 0",
        'events("priority:all \\"error\\"").rollup("count").last("48h") > 0',
        'trace-analytics("env:prod").index("trace-search", "djm-search").rollup("avg", "@duration").last("5m") > 6',
        'error-tracking("service:foo").source("browser").impact().rollup("count").by("@issue.id").last("1d") >= 1',
        'error-tracking("service:foo").new().last("1d") >= 1',
        "processes('java').over('env:prod','role:db').rollup('count').by('host').last('30s') < 1",
        'rum("@type:error").rollup("pc75", "@view.loading_time").by("@view.name").last("15m") > 3000000000',
        'network-path("x").index("netpath-search").rollup("count").last("5m") > 1',
        'events("service:a").rollup("cardinality", "@evt.id").current("1h") > 2345',
    ],
)
def test_an_event_search_that_datadog_takes_is_read(query: str) -> None:
    assert isinstance(parse_query(query), EventMonitor)


@pytest.mark.parametrize(
    ("query", "said", "marked"),
    [
        (LOGS.replace("logs", "lgs"), "there are no monitors of 'lgs' (did you mean 'logs'?)", "lgs"),
        (LOGS.replace("logs", "ci-tets"), "there are no monitors of 'ci-tets' (did you mean 'ci-tests'?)", "ci-tets"),
        (LOGS.replace(" > 1", ""), "expected a comparison such as '> 5', found the end of the query", ""),
        (LOGS + " 2", "expected the end of the query, found '2'", "2"),
        (LOGS.replace("> 1", "> threshold"), "expected a number after '>', found 'threshold'", "threshold"),
        (LOGS.replace('"status:error"', "status"), "expected a search, in quotes, found 'status'", "status"),
        (LOGS.replace("status:error", "status:"), "expected a value after 'status:', found the end of the search", '"'),
        (LOGS.replace(".last", ".lst"), "'lst' does not belong here (did you mean 'last'?)", "lst"),
        (LOGS.replace('.last("5m")', ""), "expected .last(..), found '>'", ">"),
        (LOGS.replace('.rollup("count")', ""), "expected .rollup(..), found '>'", ">"),
        (LOGS.replace('.by("service")', '.last("5m")'), "'last' is given twice", "last"),
        (LOGS.replace('.by("service")', '.current("1d")'), "a query has last(..) or current(..), not both", ".last"),
        (LOGS.replace('.by("service")', '.by("a,,b")'), "by() cannot be blank", '"a,,b"'),
        (LOGS.replace('.by("service")', '.by("a,b,c,d,e")'), "by() takes at most 4 facets", '"a,b,c,d,e"'),
        (LOGS.replace('.by("service")', '.by("a,b","c","d,e")'), "by() takes at most 4 facets", '"d,e"'),
        (
            LOGS.replace('.by("service")', ".new()"),
            "'new' does not belong here (known: by, current, index, last, rollup)",
            "new",
        ),
        (
            LOGS.replace('.by("service")', '.over("a")'),
            "'over' does not belong here (known: by, current, index, last, rollup)",
            "over",
        ),
        (LOGS.replace('.by("service")', ".by()"), "by() takes a text in quotes", ".by()"),
        (LOGS.replace('.by("service")', '.by("")'), "by() cannot be blank", '""'),
        (LOGS.replace('.by("service")', ".by(service)"), "by() takes texts in quotes", "service"),
        (LOGS.replace('"count"', '"cuont"'), "there is no rollup 'cuont' (did you mean 'count'?)", '"cuont"'),
        (LOGS.replace('"count"', '"avg"'), "rollup('avg') needs a measure or a facet", ".rollup"),
        (LOGS.replace('"count"', '"avg", "a", "b"'), "rollup() takes a method and a measure", '"b"'),
        (LOGS.replace('"5m"', '"3d"'), "the window 3d is longer than 2 days", '"3d"'),
        (LOGS.replace('"5m"', '"2881m"'), "the window 2881m is longer than 2 days", '"2881m"'),
        (LOGS.replace('"5m"', '"0m"'), "'0m' is no window; write 5m, 4h, 1d, ...", '"0m"'),
        (LOGS.replace('"5m"', '"30s"'), "'30s' is no window; write 5m, 4h, 1d, ...", '"30s"'),
        (LOGS.replace('"5m"', '"last_5m"'), "'last_5m' is no window; write 5m, 4h, 1d, ...", '"last_5m"'),
        (LOGS.replace('last("5m")', 'current("5m")'), "current() takes one of 1d, 1h, 1mo", '"5m"'),
        (LOGS.replace('"5m"', '"5m","1h"'), "last() takes one window", '"1h"'),
        (LOGS.replace('index("*")', 'index("")'), "index() cannot be blank", '""'),
        (LOGS.replace('index("*")', "index(1)"), "index() takes texts in quotes", "1"),
        (
            LOGS.replace(".index", ".("),
            "expected one of by, current, index, last, rollup, found '('",
            "(",
        ),
        (LOGS.replace("logs(", "logs "), "expected '(' after 'logs', found '\"status:error\"'", '"status'),
        (LOGS.replace('error")', 'error"'), "expected ')' after the search, found '.'", "."),
        (LOGS.replace('"5m"', '"1w"'), "'1w' is no window; write 5m, 4h, 1d, ...", '"1w"'),
        (LOGS.replace('last("5m")', "last()"), "last() takes a text in quotes", ".last()"),
        ('processes("a").over("").rollup("count").last("5m") > 1', "over() cannot be blank", '""'),
        ('processes("a").over(1).rollup("count").last("5m") > 1', "over() takes texts in quotes", "1"),
        ('error-tracking("x").new(1).last("1d") > 1', "new() takes no arguments", ".new(1)"),
        ('error-tracking("x").new().by("").last("1d") > 1', "by() cannot be blank", '""'),
        (
            'error-tracking("x").foo().last("1d") > 1',
            "'foo' does not belong here (known: by, current, impact, index, last, new, rollup, source)",
            "foo",
        ),
        (
            'error-tracking("x").source("all","browser").last("1d") > 1',
            "source() takes one of all, backend, browser, mobile",
            '"browser"',
        ),
        ('error-tracking("x").source("all").impact(1).last("1d") > 1', "impact() takes no arguments", ".impact(1)"),
        (
            'error-tracking("x").source("web").last("1d") > 1',
            "source() takes one of all, backend, browser, mobile",
            '"web"',
        ),
    ],
)
def test_an_event_search_that_datadog_rejects_is_refused(query: str, said: str, marked: str) -> None:
    error = refused(query)
    assert error.message == said
    assert query[error.start :].startswith(marked)


def test_a_source_that_there_is_not_is_marked_as_a_whole() -> None:
    query = LOGS.replace("logs", "ci-tets")
    error = refused(query)
    assert query[error.start : error.end] == "ci-tets"


def test_a_formula_monitor_has_its_formula_read() -> None:
    tree = parse_query('formula("(query - query1) * 100").rollup("sum").last("15m") >= 0.8')
    assert isinstance(tree, FormulaMonitor)
    assert [node.name for node in walk(tree) if isinstance(node, Reference)] == ["query", "query1"]
    assert (tree.texts("rollup"), tree.texts("last")) == (("sum",), ("15m",))


@pytest.mark.parametrize(
    "query",
    [
        'formula("query1").last("5m") > 1',
        "formula('derivative(query)').last('90d') > 1",
        'formula("query1").current("1mo") > 1',
        'formula("exclude_null(query1)").last("7d").anomaly(direction="above", threshold=10) >= 5',
        'formula("query1").last("7d").change(relative, 5) > 5',
        'formula("percentile(query1, \'p90\', { * }) + 1").last("1d") > 5',
    ],
)
def test_a_formula_that_datadog_takes_is_read(query: str) -> None:
    assert isinstance(parse_query(query), FormulaMonitor)


@pytest.mark.parametrize(
    ("query", "said", "marked"),
    [
        (
            'formula("query1 /").last("5m") > 1',
            "expected the name of a query, a number or a function, found the end of the query",
            '"',
        ),
        ('formula("query1 query2").last("5m") > 1', "expected the end of the query, found 'query2'", "query2"),
        ('formula("avg:m{*}").last("5m") > 1', "expected the end of the query, found ':'", ":"),
        (
            'formula("").last("5m") > 1',
            "expected the name of a query, a number or a function, found the end of the query",
            '"',
        ),
        ('formula("abz(query1)").last("5m") > 1', "there is no function 'abz' (did you mean 'abs'?)", "abz"),
        ('formula("query1") > 1', "expected .last(..), found '>'", ">"),
        (
            'formula("query1").last("5m").by("a") > 1',
            "'by' does not belong here (known: anomaly, change, current, forecast, last, rollup, threshold)",
            "by",
        ),
        ('formula("query1").current("3m") > 1', "current() takes one of 1d, 1h, 1mo", '"3m"'),
        ('formula("query1").last("5m").current("1d") > 1', "a query has last(..) or current(..), not both", ".current"),
        ('formula("query1").last("94d") > 1', "the window 94d is longer than 93 days", '"94d"'),
        (
            'formula("query1").rollup("p95").last("5m") > 1',
            "rollup() takes one of avg, count, last, max, min, sum",
            '"p95"',
        ),
        ('formula "a"', "expected '(' after 'formula', found '\"a\"'", '"a"'),
        ('formula("a"', "expected ')' after the formula, found the end of the query", ""),
        ('formula("a").last("5x") > 1', "'5x' is no window; write 5m, 4h, 1d, ...", '"5x"'),
        ('formula("a").last("30s") > 1', "'30s' is no window; write 5m, 4h, 1d, ...", '"30s"'),
        ("formula(query1).last('5m') > 1", "expected a formula, in quotes, found 'query1'", "query1"),
    ],
)
def test_a_formula_that_datadog_rejects_is_refused(query: str, said: str, marked: str) -> None:
    error = refused(query)
    assert error.message == said
    assert query[error.start :].startswith(marked)


def test_a_service_check_has_its_parts() -> None:
    tree = parse_query(CHECK)
    assert isinstance(tree, CheckMonitor)
    assert tree.check.value == "ntp.in_sync"
    assert [tree.texts(name) for name in ("over", "exclude", "by")] == [("*",), ("env:dev",), ("host", "x")]
    assert not tree.percent
    cluster = parse_query("'http.can_connect'.over('a:b').by('*').last(1).pct_by_status()")
    assert isinstance(cluster, CheckMonitor)
    assert cluster.percent


@pytest.mark.parametrize("number", [1, 100])
def test_a_service_check_looks_at_1_to_100_statuses(number: int) -> None:
    assert isinstance(parse_query(CHECK.replace("last(2)", f"last({number})")), CheckMonitor)


@pytest.mark.parametrize(
    ("query", "said", "marked"),
    [
        (CHECK.replace("last(2)", "last(0)"), "last() takes a number of statuses from 1 to 100", ".last(0)"),
        (CHECK.replace("last(2)", "last(101)"), "last() takes a number of statuses from 1 to 100", ".last(101)"),
        (CHECK.replace("last(2)", "last(1.5)"), "last() takes a number of statuses from 1 to 100", ".last(1.5)"),
        (CHECK.replace("last(2)", "last('5m')"), "last() takes a number of statuses from 1 to 100", ".last('5m')"),
        (CHECK.replace(".last(2)", ""), "expected .last(..), found the end of the query", ""),
        (CHECK.replace('.over("*")', ""), "expected .over(..), found the end of the query", ""),
        (CHECK.replace('over("*")', "over()"), "over() takes a text in quotes", ".over()"),
        (CHECK.replace('over("*")', 'over("")'), "over() cannot be blank", '""'),
        (CHECK.replace('exclude("env:dev")', 'exclude("")'), "exclude() cannot be blank", '""'),
        (CHECK.replace('exclude("env:dev")', "exclude(1)"), "exclude() takes texts in quotes", "1"),
        (CHECK.replace('by("host","x")', 'by("host","")'), "by() cannot be blank", '""'),
        (CHECK.replace('by("host","x")', "by(1)"), "by() takes texts in quotes", "1"),
        (CHECK.replace("last(2)", "last()"), "last() takes a number of statuses from 1 to 100", ".last()"),
        (CHECK.replace("last(2)", "last(1,2)"), "last() takes a number of statuses from 1 to 100", ".last(1,2)"),
        (CHECK.replace("count_by_status()", "pct_by_status(1)"), "pct_by_status() takes no arguments", ".pct"),
        (CHECK.replace('over("*")', "over(*)"), "expected a metric query, a number or a function, found '*'", "*"),
        (CHECK.replace(".count_by_status()", ""), "expected .count_by_status() or .pct_by_status() at the end", ""),
        (CHECK.replace("count_by_status()", "count_by_status(1)"), "count_by_status() takes no arguments", ".count"),
        (
            CHECK.replace("count_by", "conut_by"),
            "'conut_by_status' does not belong here (did you mean 'count_by_status'?)",
            "conut",
        ),
        (CHECK + '.by("x")', "'by' is given twice", "by"),
        (CHECK + ".pct_by_status()", "a check is counted or taken in percent, not both", ".pct_by_status()"),
        (CHECK + " > 1", "expected the end of the query, found '>'", ">"),
        ('"".over("*").last(2).count_by_status()', "expected the name of a service check", '""'),
    ],
)
def test_a_service_check_that_datadog_rejects_is_refused(query: str, said: str, marked: str) -> None:
    error = refused(query)
    assert error.message == said
    assert query[error.start :].startswith(marked)


def test_in_a_composite_and_binds_before_or_and_not_before_both() -> None:
    tree = parse_query("1 || !2 && (3 || 4)")
    three_or_four = AnyMonitor((MonitorId("3"), MonitorId("4")))
    assert tree == CompositeMonitor(
        AnyMonitor((MonitorId("1"), AllMonitors((NotMonitor(MonitorId("2")), three_or_four))))
    )


def test_a_composite_has_at_most_ten_monitors() -> None:
    parse_query(" && ".join(["1", *map(str, range(1, 11))]))
    error = refused(" && ".join(map(str, range(1, 12))))
    assert error.message == "a composite has at most 10 monitors"
    assert error.query[error.start :] == "11"


@pytest.mark.parametrize("query", ["12345", "a && !b", "!(12345 || 678)", "((1))"])
def test_a_composite_that_datadog_takes_is_read(query: str) -> None:
    assert isinstance(parse_query(query), CompositeMonitor)


@pytest.mark.parametrize(
    ("query", "said", "marked"),
    [
        ("1 && ", "expected the id of a monitor, found the end of the query", ""),
        ("1 & 2", "the character '&' means nothing here", "&"),
        ("1 AND 2", "monitors are combined with && and ||", "AND"),
        ("1 2", "expected the end of the query, found '2'", "2"),
        ("1.5 && 2", "expected the id of a monitor, found '1.5'", "1.5"),
        ("1 && ab", "expected the id of a monitor, found 'ab'", "ab"),
        ("(1 && 2", "expected ')' to close the parenthesis, found the end of the query", ""),
        ("1 && 2) || 3", "expected the end of the query, found ')'", ")"),
        ("1 > 2", "expected the end of the query, found '>'", ">"),
        ("!", "expected the id of a monitor, found the end of the query", ""),
    ],
)
def test_a_composite_that_datadog_rejects_is_refused(query: str, said: str, marked: str) -> None:
    error = refused(query)
    assert error.message == said
    assert query[error.start :].startswith(marked)
