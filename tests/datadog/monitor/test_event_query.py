from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alertproof.datadog import (
    Assumptions,
    Definition,
    DefinitionError,
    MissingData,
    State,
    advance,
    load_definition,
    require_modelled,
    run_timeline,
)
from alertproof.datadog.evaluation.ranges import Ranks
from alertproof.datadog.evaluation.search import found_by
from alertproof.datadog.query import parse_query
from alertproof.datadog.query.tree import EventMonitor
from alertproof.errors import NotModelled
from alertproof.tags import EVERYTHING, Group, parse_tags
from alertproof.telemetry.evidence import Evidence
from alertproof.telemetry.records import Record, Records, RecordStore
from alertproof.telemetry.series import SeriesStore

Minute = Callable[[float], datetime]

RECORDS = Records(
    [
        Record(at=0, text="Payment failed: card declined", tags=parse_tags("env:prod,team:pay"),
               attributes={"service": "pay", "status": "error", "http.status_code": 402.0, "ip": "13.0.0.9"}),
        Record(at=1, text="GET /health took 12ms", tags=parse_tags("env:prod"),
               attributes={"service": "web", "status": "info", "http.status_code": 200.0, "http.ok": True}),
        Record(at=2, text="Declined by the CARD issuer", tags=parse_tags("env:dev,team:pay,team:core"),
               attributes={"service": "pay-worker", "status": "warn", "http.status_code": "500", "user": "A*b"}),
    ]
)  # fmt: skip


def search(text: str) -> list[int]:
    tree = parse_query(f"logs('{text}').index('*').rollup('count').last('5m') > 1")
    assert isinstance(tree, EventMonitor)
    return np.flatnonzero(found_by(tree.search.expression, RECORDS)).tolist()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", [0, 1, 2]),
        ("*", [0, 1, 2]),
        ("failed", [0]),
        ("FAILED", [0]),
        ("fail", []),
        ("fail*", [0]),
        ("card declined", [0, 2]),
        ('"card declined"', [0]),
        ('"Card  Declined"', [0]),
        ("service:pay", [0]),
        ("service:Pay", []),
        ("service:pay*", [0, 2]),
        ("service:(pay OR web)", [0, 1]),
        ("-service:pay", [1, 2]),
        ("NOT service:pay AND env:prod", [1]),
        ("env:prod status:error", [0]),
        ("env:prod OR status:warn", [0, 1, 2]),
        ("team:core", [2]),
        ("@team:core", []),
        ("@http.status_code:200", [1]),
        ("@http.status_code:500", [2]),
        ("@http.status_code:[400 TO 499]", [0]),
        ("@http.status_code:[402 TO 500]", [0, 2]),
        ("@http.status_code:{402 TO 500}", []),
        ("@http.status_code:[402 TO *]", [0, 2]),
        ("@http.status_code:[* TO 402]", [0, 1]),
        ("@http.status_code:{* TO 402}", [1]),
        ("@http.status_code:>402", [2]),
        ("@http.status_code:>=402", [0, 2]),
        ("@http.status_code:<402", [1]),
        ("@http.status_code:4??", [0]),
        ("@http.status_code:(500 OR -*)", [2]),
        ("@http.status_code:(>=400 -500)", [0]),
        ("@http.ok:true", [1]),
        ("@http.ok:*", [1]),
        ("@absent:*", []),
        ("-@absent:*", [0, 1, 2]),
        ("@user:A*", [2]),
        ('@user:"A*b"', [2]),
        ('@user:"A*"', []),
        ("*:pay", [0]),
        ("CIDR(@ip,13.0.0.0/8)", [0]),
        ("CIDR(@ip,14.0.0.0/8)", []),
    ],
)
def test_what_a_search_finds(text: str, found: list[int]) -> None:
    assert search(text) == found


def logs(query: str, **options: Any) -> Definition:
    return load_definition(
        {"name": "L", "type": "log alert", "query": query, "message": "@x", "options": options}, source="test"
    )


def test_a_search_that_asks_for_no_data_in_the_old_way_has_not_the_default_of_the_new() -> None:
    query = "logs('x').index('*').rollup('count').last('5m') > 1"
    assert logs(query).options.on_missing_data is MissingData.DEFAULT
    assert logs(query, notify_no_data=False).options.on_missing_data is MissingData.DEFAULT
    assert logs(query, notify_no_data=True, no_data_timeframe=10).options.on_missing_data is None


def evidence(records: Iterable[Record], kind: str = "logs") -> Evidence:
    store = RecordStore()
    for record in records:
        store.write(kind, record)
    return Evidence(records=store)


def values(query: str, records: Iterable[Record], at: datetime, kind: str = "logs") -> dict[Group, float | None]:
    tree = parse_query(query)
    assert isinstance(tree, EventMonitor)
    type_ = {"logs": "log alert", "events": "event-v2 alert"}.get(tree.source, f"{tree.source} alert")
    definition = load_definition(
        {"type": type_, "query": query, "options": {"new_group_delay": 0} if tree.by else {}}, source="test"
    )
    step = advance(definition, {}, SeriesStore(), at, evidence=evidence(records, kind))
    return dict(step.values)


@pytest.mark.parametrize(
    ("rollup", "expected"),
    [
        ('"count"', 6),
        ('"cardinality","@user"', 3),
        ('"avg","@ms"', 35),
        ('"sum","@ms"', 210),
        ('"min","@ms"', 10),
        ('"max","@ms"', 60),
        ('"median","@ms"', 30),
        ('"pc75","@ms"', 40),
        ('"pc99","@ms"', 50),
    ],
)
def test_records_are_counted_or_a_measure_of_them_aggregated(rollup: str, expected: float, minute: Minute) -> None:
    start = minute(0).timestamp()
    records = [
        Record(at=start + 10 * number, attributes={"ms": 10.0 * (number + 1), "user": "abc"[number % 3]})
        for number in range(6)
    ]
    # The first of the window counts, the one at its end does not.
    outside = [Record(at=start - 1, attributes={"ms": 999.0}), Record(at=start + 60, attributes={"ms": 999.0})]
    query = f'logs("*").index("*").rollup({rollup}).last("1m") > 1000'
    assert values(query, [*records, *outside], minute(1)) == {EVERYTHING: expected}


def test_records_are_grouped_by_facets_and_tags_and_left_out_without(minute: Minute) -> None:
    at = minute(0).timestamp()
    records = [
        Record(at=at, attributes={"service": "a", "u": 1.0}, tags=parse_tags("env:x,env:y")),
        Record(at=at, attributes={"service": "b", "u": 1.0}, tags=parse_tags("env:x")),
        Record(at=at, attributes={"service": "b"}, tags=parse_tags("env:x")),
        Record(at=at, attributes={"u": 2.0}, tags=parse_tags("env:x")),
    ]
    found = values('logs("*").index("*").rollup("count").by("service,@u,env").last("5m") > 9', records, minute(5))
    labels = {",".join(str(tag) for tag in group): value for group, value in found.items()}
    assert labels == {"@u:1,env:x,service:a": 1, "@u:1,env:y,service:a": 1, "@u:1,env:x,service:b": 1}


@pytest.mark.parametrize(
    ("source", "kind"), [("rum", "rum"), ("events", "events"), ("trace-analytics", "spans"), ("ci-tests", "ci-tests")]
)
def test_each_source_searches_its_own_kind(source: str, kind: str, minute: Minute) -> None:
    query = f'{source}("a").rollup("count").last("5m") > 9'
    record = Record(at=minute(1).timestamp(), attributes={}, text="a")
    assert values(query, [record], minute(5), kind) == {EVERYTHING: 1}
    assert values(query, [record], minute(5), "other") == {EVERYTHING: 0}


@pytest.mark.parametrize(("index", "count"), [("*", 2), ("main", 1), ("other", 0)])
def test_an_index_holds_its_own_logs(index: str, count: int, minute: Minute) -> None:
    at = minute(1).timestamp()
    records = [Record(at=at, attributes={"index": "main"}), Record(at=at, attributes={"index": "cold"})]
    query = f'logs("*").index("{index}").rollup("count").last("5m") > 9'
    assert values(query, records, minute(5)) == {EVERYTHING: count}


def lived(definition: Definition, times: Iterable[float], minute: Minute, minutes: int = 10) -> list[State]:
    found = evidence(Record(at=minute(at).timestamp(), attributes={}) for at in times)
    instants = np.array([minute(number).timestamp() for number in range(1, minutes + 1)])
    timeline = run_timeline(definition, SeriesStore(), instants, evidence=found)
    statuses = [timeline.status(EVERYTHING, number) for number in range(minutes)]
    return [status.state for status in statuses if status]


COUNT = 'logs("*").index("*").rollup("count").last("1m") {} 2'
OK, ALERT, NO_DATA = State.OK, State.ALERT, State.NO_DATA


def test_no_record_counts_zero_unless_asked_otherwise(minute: Minute) -> None:
    times = [0.1, 0.2, 0.3, 1.1]
    assert lived(logs(COUNT.format(">")), times, minute, 3) == [ALERT, OK, OK]
    assert lived(logs(COUNT.format("<")), times, minute, 3) == [OK, ALERT, ALERT]
    shown = logs(COUNT.format(">"), on_missing_data="show_no_data")
    assert lived(shown, times, minute, 3) == [ALERT, OK, NO_DATA]


def test_a_measure_without_records_keeps_its_state(minute: Minute) -> None:
    definition = logs('logs("*").index("*").rollup("cardinality","@u").last("1m") > 0')
    records = evidence([Record(at=minute(0.5).timestamp(), attributes={"u": "a"})])
    instants = np.array([minute(number).timestamp() for number in (1, 2, 3)])
    timeline = run_timeline(definition, SeriesStore(), instants, evidence=records)
    assert [each.new for each in timeline.transitions] == [ALERT]


def variable(name: str, search: str, **rest: Any) -> dict[str, Any]:
    compute = rest.pop("compute", {"aggregation": "count"})
    return {"name": name, "data_source": "logs", "search": {"query": search}, "compute": compute, **rest}


def test_a_formula_computes_with_its_searches(minute: Minute) -> None:
    by = {"group_by": [{"facet": "service", "limit": 10}]}
    definition = logs(
        'formula("bad / all * 100").last("5m") >= 20',
        variables=[variable("bad", "status:error", **by), variable("all", "*", **by)],
        new_group_delay=0,
    )
    assert definition.group_by == ("service",)
    records = [
        Record(at=minute(number % 5).timestamp(), attributes={"status": status, "service": service})
        for number, (status, service) in enumerate([("error", "a"), *[("ok", "a")] * 3, ("ok", "b"), ("ok", "b")])
    ]
    step = advance(definition, {}, SeriesStore(), minute(5), evidence=evidence(records))
    assert {group[0].value: value for group, value in step.values.items()} == {"a": 25, "b": 0}
    assert [each.new for each in step.transitions] == [ALERT, OK]


@pytest.mark.parametrize("facets", ["abcd", "abcde"])
def test_a_search_is_grouped_by_four_facets_at_most(facets: str) -> None:
    def load() -> tuple[str, ...]:
        by = variable("q", "*", group_by=[{"facet": facet} for facet in facets])
        return logs('formula("q").last("5m") > 1', variables=[by]).group_by

    def chained() -> tuple[str, ...]:
        return logs(f'logs("*").rollup("count").by("{",".join(facets)}").last("5m") > 1').group_by

    if len(facets) <= 4:
        assert load() == chained() == tuple(facets)
        return
    with pytest.raises(DefinitionError, match="group_by takes at most 4 facets, not 5"):
        load()
    with pytest.raises(DefinitionError, match=r"by\(\) takes at most 4 facets"):
        chained()


def test_a_search_over_a_cumulative_window_is_refused_by_name() -> None:
    query = parse_query('logs("*").rollup("count").current("1h") > 1')
    assert isinstance(query, EventMonitor)
    with pytest.raises(NotModelled, match=r"\.current\(\) of a logs"):
        logs('logs("*").rollup("count").current("1h") > 1')


def test_a_formula_without_its_query_or_of_another_kind_is_refused() -> None:
    with pytest.raises(DefinitionError, match="the formula has no query 'bat' .did you mean 'bad'"):
        logs('formula("bat").last("5m") > 1', variables=[variable("bad", "*")])
    with pytest.raises(NotModelled, match=r"\.anomaly\(\) of a formula"):
        logs('formula("a").last("7d").anomaly() > 1', variables=[variable("a", "*")])
    with pytest.raises(NotModelled, match="a formula over metrics"):
        logs('formula("a").last("5m") > 1', variables=[{"name": "a", "data_source": "metrics"}])
    compute = {"aggregation": "stddev", "metric": "@x"}
    with pytest.raises(NotModelled, match="the aggregation stddev of @x"):
        logs('formula("a").last("5m") > 1', variables=[variable("a", "*", compute=compute)])


@pytest.mark.parametrize(
    ("data_source", "kind"),
    [
        *(("audit", "audits"), ("ci_pipelines", "ci-pipelines"), ("ci_tests", "ci-tests"), ("events", "events")),
        *(("database_queries", "database-monitoring"), ("network", "network-performance"), ("logs", "logs")),
        *(("network_path", "network-path"), ("rum", "rum"), ("spans", "spans")),
    ],
)
def test_each_data_source_of_a_formula_searches_its_own_kind(data_source: str, kind: str, minute: Minute) -> None:
    definition = logs('formula("a").last("5m") > 1', variables=[{**variable("a", "x"), "data_source": data_source}])
    found = evidence([Record(at=minute(1).timestamp(), attributes={}, text="x")], kind)
    step = advance(definition, {}, SeriesStore(), minute(5), evidence=found)
    assert step.values == {EVERYTHING: 1}


@pytest.mark.parametrize("data_source", ["metrics", "cloud_cost", "aggregate_augmented_query", "data_quality_metrics"])
def test_a_formula_over_what_has_no_records_is_refused_by_name(data_source: str) -> None:
    with pytest.raises(NotModelled, match=f"a formula over {data_source} is not modelled"):
        logs('formula("a").last("5m") > 1', variables=[{"name": "a", "data_source": data_source}])


# --- error tracking -----------------------------------------------------------------------------------


def issues(minute: Minute, **changes: Any) -> list[Record]:
    """Three errors of two issues, each a minute after the one before, and an error that belongs to none."""
    found = [{"issue.id": "a", **changes}, {"issue.id": "a", **changes}, {"issue.id": "b"}, {"x": "y"}]
    return [Record(at=minute(number).timestamp(), attributes=each, text="boom") for number, each in enumerate(found)]


def by_issue(query: str, records: list[Record], at: datetime, kind: str = "error-tracking") -> dict[str, float]:
    definition = load_definition(
        {"type": "error-tracking alert", "query": query, "options": {"new_group_delay": 0}}, source="test"
    )
    step = advance(definition, {}, SeriesStore(), at, evidence=evidence(records, kind))
    return {group[0].value: value or 0 for group, value in step.values.items()}


TRACKED = 'error-tracking("boom").source("{}").{}().rollup("count").by("@issue.id").last("1d") > 0'


def test_errors_are_counted_by_their_issue(minute: Minute) -> None:
    assert by_issue(TRACKED.format("all", "new"), issues(minute), minute(5)) == {"a": 2, "b": 1}
    assert by_issue(TRACKED.format("all", "new").replace("boom", "other"), issues(minute), minute(5)) == {}


@pytest.mark.parametrize(("source", "found"), [("all", {"a", "b"}), ("browser", {"a"}), ("backend", set())])
def test_a_source_is_that_of_the_issue(source: str, found: set[str], minute: Minute) -> None:
    records = issues(minute, **{"issue.source": "browser"})
    assert set(by_issue(TRACKED.format(source, "impact"), records, minute(5))) == found


@pytest.mark.parametrize(
    ("state", "new", "impact"),
    [("For Review", True, True), ("Reviewed", False, True), ("Ignored", False, False), ("Resolved", False, False)],
)
def test_only_issues_that_are_to_be_reviewed_are_new(state: str, *, new: bool, impact: bool, minute: Minute) -> None:
    records = issues(minute, **{"issue.state": state})
    assert ("a" in by_issue(TRACKED.format("all", "new"), records, minute(5))) is new
    assert ("a" in by_issue(TRACKED.format("all", "impact"), records, minute(5))) is impact


@pytest.mark.parametrize(
    ("source", "kind"),
    [("error-tracking-rum", "rum"), ("error-tracking-traces", "spans"), ("error-tracking-logs", "logs")],
)
def test_error_tracking_of_a_product_searches_its_records_that_belong_to_an_issue(
    source: str, kind: str, minute: Minute
) -> None:
    query = f'{source}("boom").rollup("count").by("@issue.id").last("1h") >= 1'
    assert by_issue(query, issues(minute), minute(5), kind) == {"a": 2, "b": 1}


@pytest.mark.parametrize("source", ["error-tracking", "error-tracking-rum"])
def test_an_error_that_belongs_to_no_issue_is_not_counted(source: str, minute: Minute) -> None:
    query = f'{source}("boom").rollup("count").last("1h") >= 1'
    definition = load_definition({"type": "error-tracking alert", "query": query}, source="test")
    found = evidence(issues(minute), "rum" if source.endswith("rum") else source)
    assert advance(definition, {}, SeriesStore(), minute(5), evidence=found).values == {EVERYTHING: 3}


def test_impacted_users_are_counted_once(minute: Minute) -> None:
    query = TRACKED.format("all", "impact").replace('"count"', '"cardinality", "@usr.email"')
    records = issues(minute, **{"usr.email": "a@example.com"})
    assert by_issue(query, records, minute(5)) == {"a": 1}


# --- processes ----------------------------------------------------------------------------------------


def seen(at: float, text: str, tags: str = "", **attributes: Any) -> Record:
    return Record(at=at, text=text, tags=parse_tags(tags), attributes=attributes)


def processes(query: str, records: list[Record], at: datetime, **assumed: Any) -> float | None:
    definition = load_definition({"type": "process alert", "query": query}, source="test")
    found = evidence(records, "processes")
    step = advance(definition, {}, SeriesStore(), at, evidence=found, assumptions=Assumptions(**assumed))
    return step.values[EVERYTHING]


def test_a_process_is_counted_once_or_as_often_as_it_is_seen(minute: Minute) -> None:
    query = 'processes("java").over("env:prod").rollup("count").last("5m") < 2'
    records = [
        seen(minute(at).timestamp(), "/usr/bin/java -jar a.jar", "env:prod", host=host, pid=pid)
        for at in (0, 1, 2)
        for host, pid in (("x", 1.0), ("y", 1.0), ("y", 2.0))
    ]
    assert processes(query, records, minute(5)) == 3
    assert processes(query, records, minute(5), processes_are_counted_once=False) == 9
    nameless = [seen(minute(at).timestamp(), "java", "env:prod") for at in (0, 1)]
    assert processes(query, [*records, *nameless], minute(5)) == 5
    assert processes(query, [], minute(5)) == 0
    definition = load_definition({"type": "process alert", "query": query}, source="test")
    for once, text in ((True, "counted once"), (False, "each time that it is seen")):
        assert any(text in each for each in Assumptions(processes_are_counted_once=once).relied_on(definition))
    assert not any("process" in each for each in Assumptions().relied_on(logs(COUNT.format(">"))))


@pytest.mark.parametrize(
    ("over", "count"), [("*", 3), ("env:prod", 2), ("env:prod,host:x", 1), ('env:prod","host:x', 1), ("canary", 1)]
)
def test_processes_have_all_tags_that_are_asked_for(over: str, count: int, minute: Minute) -> None:
    at = minute(1).timestamp()
    records = [
        seen(at, "a", "env:prod", host="x"),
        seen(at, "a", "env:prod", host="y"),
        seen(at, "a", "env:dev,canary", host="x"),
    ]
    assert processes(f'processes("a").over("{over}").rollup("count").last("5m") > 9', records, minute(5)) == count


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("", "abc"),
        ("*", "abc"),
        ("jav", "a"),
        ("JAVA", "a"),
        ("java AND jar", "a"),
        ("java AND nginx", ""),
        ("java nginx", "ab"),
        ("java OR nginx", "ab"),
        ("java AND jar nginx", "ab"),
        ("nginx AND NOT jar", "b"),
        ("java -nginx", "ac"),
        ("'java -jar'", "a"),
        ("'java jar'", ""),
        ("env:prod", "b"),
    ],
)
def test_what_a_search_of_processes_finds(search: str, found: str, minute: Minute) -> None:
    at = minute(1).timestamp()
    records = [seen(at, "/bin/java -jar x", pid="a"), seen(at, "nginx: worker", "env:prod", pid="b"), seen(at, "sh")]
    query = f'processes("{search}").over("*").rollup("count").last("5m") > 9'.replace("'", '\\"')
    assert processes(query, records, minute(5)) == len(found)


@pytest.mark.parametrize("search", ["ja?a", "ja*", "-ja*", "a OR (b AND c*)", "@pid:>3 CIDR(@ip, 10.0.0.0/8)"])
def test_a_search_of_processes_that_is_not_evaluated_is_refused(search: str) -> None:
    query = f'processes("{search}").over("*").rollup("count").last("5m") > 9'
    with pytest.raises(NotModelled, match="a search of processes with"):
        load_definition({"type": "process alert", "query": query}, source="test")


@pytest.mark.parametrize(("text", "minutes"), [("", 1440), ("60m", 60), ("1h", 60), ("2d", 2880), ("72h", 4320)])
def test_a_silent_group_is_kept_as_long_as_is_asked_for(text: str, minutes: int, minute: Minute) -> None:
    query = 'logs("*").index("*").rollup("count").by("service").last("1m") > 2'
    definition = logs(query, group_retention_duration=text, new_group_delay=0)
    records = evidence([Record(at=minute(0.5).timestamp(), attributes={"service": "a"})])
    instants = np.array([minute(number).timestamp() for number in range(1, minutes + 10)])
    timeline = run_timeline(definition, SeriesStore(), instants, evidence=records)
    ((group,),) = [timeline.observations.groups]
    known = [number + 1 for number in range(len(instants)) if timeline.status(group, number) is not None]
    # Counted from the minute after the record, when its window is over.
    assert known == list(range(1, minutes + 2))


@pytest.mark.parametrize("text", ["59m", "73h", "4d", "1w", "soon", "0h"])
def test_a_retention_that_cannot_be_is_refused(text: str) -> None:
    with pytest.raises(DefinitionError, match="group_retention_duration must be between 1h and 72h"):
        logs(COUNT.format(">"), group_retention_duration=text)


def test_records_are_needed_and_recovery_thresholds_refused() -> None:
    with pytest.raises(
        NotModelled, match="^log alert monitors are not evaluated here: there are no records to search$"
    ):
        require_modelled(logs(COUNT.format(">")))
    require_modelled(logs(COUNT.format(">")), evidence=Evidence())
    with pytest.raises(DefinitionError, match="Invalid threshold statuses found: critical_recovery"):
        logs(COUNT.format(">"), thresholds={"critical": 2, "critical_recovery": 1})


@settings(deadline=None)
@given(st.lists(st.integers(0, 4), min_size=1, max_size=40), st.data())
def test_distinct_values_of_ranges_are_counted_exactly(codes: list[int], data: st.DataObject) -> None:
    size = len(codes)
    low, high = sorted(data.draw(st.tuples(st.integers(0, size), st.integers(0, size))))
    query = 'logs("*").index("*").rollup("cardinality","@u").last("1m") > 9'
    definition = logs(query, on_missing_data="show_no_data")
    shifted = RecordStore()
    for number, code in enumerate(codes):
        if low <= number < high:
            shifted.write("logs", Record(at=1e9 - 60 + number, attributes={"u": f"u{code}"}))
        else:
            shifted.write("logs", Record(at=1e9 - 999 + number, attributes={"u": f"u{code}"}))
    at = datetime.fromtimestamp(1e9, UTC)
    step = advance(definition, {}, SeriesStore(), at, evidence=Evidence(records=shifted))
    expected = len(Counter(codes[low:high])) or None
    assert step.values.get(EVERYTHING) == expected
    below = Ranks(np.array(codes, dtype=float)).below(np.array([low]), np.array([high]), np.array([2.5]))
    assert below.item() == sum(code < 2.5 for code in codes[low:high])
