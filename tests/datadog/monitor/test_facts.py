"""What messages tell of records, checks and the parts of composites, in both engines alike."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import numpy as np
import pytest
from msgspec.structs import replace

from alertproof.datadog import Assumptions, Definition, Notification, advance, load_definition, run_timeline
from alertproof.datadog.message import render
from alertproof.datadog.monitor.record_variables import record_variables
from alertproof.tags import EVERYTHING, Group, Tag, parse_tags
from alertproof.telemetry.evidence import Evidence, Known
from alertproof.telemetry.records import Record, Value
from alertproof.telemetry.series import MetricType, SeriesStore

Minute = Callable[[float], datetime]
StoreOf = Callable[..., SeriesStore]
LOGS = 'logs("status:error").index("*").rollup("count"){}.last("5m") > 0'


def searching(query: str, message: str, kind: str = "log alert", **options: Any) -> Definition:
    return load_definition({"type": kind, "query": query, "message": message, "options": options}, source="test")


@pytest.fixture
def tell(minute: Minute) -> Callable[..., list[Notification]]:
    """Evaluate at minutes 1 to 12 by both engines, which agree, and return what was told."""

    def run(definition: Definition, evidence: Evidence, **assumed: Any) -> list[Notification]:
        instants = [minute(number) for number in range(1, 13)]
        assumptions = Assumptions(**assumed)
        stepped: list[Notification] = []
        statuses: Any = {}
        clusters: Any = {}
        for at in instants:
            step = advance(
                definition,
                statuses,
                SeriesStore(),
                at,
                assumptions=assumptions,
                evidence=evidence,
                clusters=clusters,
            )
            statuses, clusters = step.statuses, step.clusters
            stepped += step.notifications
        found = run_timeline(
            definition,
            SeriesStore(),
            np.array([at.timestamp() for at in instants]),
            assumptions=assumptions,
            evidence=evidence,
        )
        assert list(found.notifications) == stepped
        return stepped

    return run


@pytest.fixture
def evidence(minute: Minute) -> Callable[..., Evidence]:
    def make(kind: str, *records: tuple[float, dict[str, Value], str, str]) -> Evidence:
        found = Evidence()
        for at, attributes, tags, text in records:
            found.records.write(
                kind, Record(at=minute(at).timestamp(), attributes=attributes, tags=parse_tags(tags), text=text)
            )
        return found

    return make


Tell = Callable[..., list[Notification]]
Make = Callable[..., Evidence]
ERROR: dict[str, Value] = {"status": "error", "service": "pay", "http.status_code": 503.0, "usr.name": "Ann"}


@pytest.mark.parametrize(
    ("written", "printed"),
    [
        ("{{log.message}}", "no route"),
        ("{{log.service}} {{log.status}} {{log.host}}", "pay error"),
        ("{{log.attributes.http.status_code}} {{log.attributes.[http.status_code]}}", "503 503"),
        ("{{{log.attributes.usr}}}", '{"name": "Ann"}'),
        ("{{log.tags.env}} {{log.tags.role}}", "prod db,web"),
        ("{{log.timestamp}}", "Mon Jan 01 2024 00:02:30 UTC"),
        ("{{span.service}}", ""),
    ],
)
def test_a_log_monitor_tells_of_a_log_that_its_search_found(
    written: str, printed: str, tell: Tell, evidence: Make
) -> None:
    found = evidence(
        "logs",
        (2.5, ERROR, "env:prod,role:web,role:db", "no route"),
        (2.6, {"status": "info"}, "", "all is well"),
    )
    (first, _) = tell(searching(LOGS.format(""), written), found)
    assert first.body == printed


def test_the_newest_log_of_the_window_is_told_or_by_another_reading_the_oldest(tell: Tell, evidence: Make) -> None:
    logs = [(number + 0.5, ERROR, "", f"number {number}") for number in range(7)]
    definition = searching(LOGS.format(""), "{{log.message}}", renotify_interval=6)
    assert [each.body for each in tell(definition, evidence("logs", *logs))] == ["number 0", "number 6", ""]
    oldest = tell(definition, evidence("logs", *logs), newest_record_is_told=False)
    assert [each.body for each in oldest] == ["number 0", "number 2", ""]
    said = "Of the records of a window, a message tells of the {}."
    assert said.format("newest") in Assumptions().relied_on(definition)
    assert said.format("oldest") in Assumptions(newest_record_is_told=False).relied_on(definition)
    assert said.format("newest") not in Assumptions().relied_on(searching(LOGS.format(""), "{{value}}"))


def test_only_records_of_the_groups_own_and_of_the_delayed_window_are_told(tell: Tell, evidence: Make) -> None:
    query = LOGS.format('.by("service")')
    logs = [
        (0.5, {**ERROR, "service": "a"}, "", "of a"),
        (1.5, {**ERROR, "service": "b"}, "", "of b"),
        (1.6, {**ERROR, "service": "b"}, "", "later of b"),
    ]
    options: dict[str, Any] = {"new_group_delay": 0, "evaluation_delay": 95}
    told = tell(searching(query, "{{service.name}}: {{log.message}}", **options), evidence("logs", *logs))
    assert [(each.at.minute, each.body) for each in told[:2]] == [(3, "a: of a"), (4, "b: later of b")]
    joined = searching(query, "{{log.message}}", notify_by=["*"], **options)
    assert tell(joined, evidence("logs", *logs))[0].body == "of a"


def search(name: str, text: str, *by: str) -> dict[str, Any]:
    return {
        "name": name,
        "data_source": "logs",
        "search": {"query": text},
        "compute": {"aggregation": "count"},
        "group_by": [{"facet": facet} for facet in by],
        "indexes": ["*"],
    }


def test_a_formulas_first_search_tells_of_all_its_records_if_it_groups_by_less(tell: Tell, evidence: Make) -> None:
    variables = [search("query1", "status:info"), search("query2", "status:error", "service")]
    query = 'formula("query1 + query2").last("5m") > 1'
    definition = searching(query, "{{service.name}}: {{log.message}}", variables=variables, new_group_delay=0)
    logs = evidence("logs", (0.5, ERROR, "", "bad"), (0.6, {"status": "info", "service": "other"}, "", "well"))
    assert tell(definition, logs)[0].body == "pay: well"


def test_of_a_formula_the_first_search_is_told(tell: Tell, evidence: Make) -> None:
    variables = [search("query1", "status:info"), search("query2", "status:error")]
    definition = searching('formula("query2 / query1").last("5m") > 0', "{{log.message}}", variables=variables)
    logs = evidence("logs", (0.5, {"status": "error"}, "", "bad"), (0.6, {"status": "info"}, "", "well"))
    assert tell(definition, logs)[0].body == "bad"


def test_a_recovery_tells_of_a_record_only_if_there_is_one(tell: Tell, evidence: Make) -> None:
    query = LOGS.format("").replace("> 0", "> 1")
    logs = [(0.5, ERROR, "", "one"), (0.6, ERROR, "", "two"), (4.5, ERROR, "", "three")]
    told = tell(searching(query, "<{{log.message}}>"), evidence("logs", *logs))
    assert [(each.transition, each.body) for each in told] == [("Triggered", "<two>"), ("Recovered", "<three>")]
    gone = tell(searching(query, "<{{log.message}}>"), evidence("logs", *logs[:2]))
    assert [(each.body, each.missing) for each in gone] == [("<two>", ()), ("<>", ())]
    text = "<{{log.message}}> {{host.ip}}"
    silent = tell(searching(query, text, on_missing_data="show_and_notify_no_data"), evidence("logs", *logs[:2]))
    assert [(each.body, each.missing) for each in silent] == [
        ("<two>", (("host", "ip"),)),
        ("<>", (("host", "ip"),)),
    ]


@pytest.mark.parametrize(
    ("kind", "variable", "printed"),
    [
        ("events", "{{event.title}} {{event.text}} {{event.host.name}} {{event.tags.env}}", "Up said web prod"),
        ("events", "{{event.attributes.title}}", "Up"),
        ("spans", "{{span.env}} {{span.resource_name}} {{span.message}}", "prod GET / said"),
        ("rum", "{{rum.service}} {{rum.attributes.title}}", "pay Up"),
        ("audits", "{{audit.attributes.title}}", "Up"),
        ("ci-pipelines", "{{cipipeline.attributes.title}}", "Up"),
        ("ci-tests", "{{citest.attributes.title}}", "Up"),
        ("database-monitoring", "{{databasemonitoring.attributes.title}}", "Up"),
        ("error-tracking", "{{issue.attributes.id}} {{issue.attributes.service}}", "7 pay"),
        ("processes", "{{log.message}}", ""),
    ],
)
def test_each_kind_of_record_has_variables_of_its_own(kind: str, variable: str, printed: str) -> None:
    attributes: dict[str, Value] = {
        "title": "Up",
        "service": "pay",
        "host": "web",
        "resource_name": "GET /",
        "issue.id": "7",
    }
    record = Record(at=0.0, attributes=attributes, tags=parse_tags("env:prod"), text="said")
    variables = record_variables(kind, record, in_issue=kind == "error-tracking")
    assert render(variable, conditions=frozenset(), variables=variables) == printed


@pytest.mark.parametrize(
    ("source", "kind", "variable"),
    [
        ("error-tracking", "error-tracking", "{{issue.attributes.id}} {{issue.attributes.service}}"),
        ("error-tracking-logs", "logs", "{{issue.attributes.id}} {{log.service}}"),
    ],
)
def test_a_monitor_of_issues_tells_of_the_issue(
    source: str, kind: str, variable: str, tell: Tell, evidence: Make
) -> None:
    record: dict[str, Value] = {"issue.id": "7", "service": "pay"}
    query = f'{source}("service:pay").rollup("count").last("1d") > 0'
    (told,) = tell(searching(query, variable, "error-tracking alert"), evidence(kind, (0.5, record, "", "pay")))
    assert (told.body, told.missing) == ("7 pay", ())


def test_a_monitor_of_logs_knows_no_issue(tell: Tell, evidence: Make) -> None:
    record = {**ERROR, "issue.id": "7"}
    (told, _) = tell(searching(LOGS.format(""), "<{{issue.attributes.id}}>"), evidence("logs", (0.5, record, "", "")))
    assert told.body == "<>"


def test_an_attribute_below_a_single_value_is_found_too() -> None:
    record = Record(at=0.0, attributes={"a": "x", "a.b": "y", "a.c.d": 1.5})
    text = "{{log.attributes.a}} {{log.attributes.a.b}} {{log.attributes.a.c.d}}"
    assert render(text, conditions=frozenset(), variables=record_variables("logs", record)) == "x y 1.5"


def test_a_log_without_a_text_has_no_message_to_tell(tell: Tell, evidence: Make) -> None:
    (found, _) = tell(searching(LOGS.format(""), "<{{log.message}}>"), evidence("logs", (0.5, ERROR, "", "")))
    assert (found.body, found.missing) == ("<>", (("log", "message"),))


def test_a_check_tells_what_it_said_with_the_status(tell: Tell, store_of: StoreOf) -> None:
    query = '"up".over("*").by("host").last(2).count_by_status()'
    definition = searching(query, "{{check_message}}", "service check", new_host_delay=0)
    checks = store_of(
        ("up{host:a,port:1}", [0, 0, None, 2, 0]), ("up{host:a,port:2}", [0, 0, 2, None, 0]), kind=MetricType.GAUGE
    )
    messages = {
        ("up", parse_tags("host:a,port:1")): {2: "refused", 0: "fine"},
        ("up", parse_tags("host:a,port:2")): {2: "timeout"},
    }
    told = tell(definition, Evidence(checks=checks, check_messages=messages))
    assert [(each.at.minute, each.body) for each in told] == [(3, "timeout"), (5, "fine")]
    silent = tell(definition, Evidence(checks=checks, check_messages={("up", parse_tags("host:a,port:2")): {2: "x"}}))
    assert [(each.body, each.missing) for each in silent] == [("x", ()), ("", (("check_message",),))]


def test_a_check_that_says_nothing_any_more_has_no_message_to_tell(tell: Tell, store_of: StoreOf) -> None:
    query = '"up".over("*").by("*").last(2).count_by_status()'
    options = {"notify_no_data": True, "no_data_timeframe": 2}
    definition = searching(query, "<{{check_message}}>", "service check", **options)
    checks = store_of(("up{host:a}", [2, 2]), kind=MetricType.GAUGE)
    messages = {("up", parse_tags("host:a")): {2: "refused"}}
    told = tell(definition, Evidence(checks=checks, check_messages=messages))
    assert [(each.transition, each.body) for each in told] == [("Triggered", "<refused>"), ("No Data", "<>")]


def test_a_check_with_an_evaluation_delay_tells_of_the_status_that_it_looked_at(tell: Tell, store_of: StoreOf) -> None:
    query = '"up".over("*").by("*").last(2).count_by_status()'
    definition = searching(query, "{{check_message}}", "service check", evaluation_delay=120)
    checks = store_of(("up{host:a}", [0, 2, 0, 0, 0, 0]), kind=MetricType.GAUGE)
    messages = {("up", parse_tags("host:a")): {2: "refused", 0: "fine"}}
    told = tell(definition, Evidence(checks=checks, check_messages=messages))
    assert [(each.at.minute, each.body) for each in told] == [(4, "refused"), (5, "fine")]


def test_of_two_statuses_at_once_the_worse_is_told(tell: Tell, store_of: StoreOf) -> None:
    query = '"up".over("*").by("*").last(2).pct_by_status()'
    definition = searching(query, "{{check_message}}", "service check", thresholds={"critical": 50})
    checks = store_of(("up{host:a}", [0, 2, 0]), ("up{host:b}", [0, 1, 0]), kind=MetricType.GAUGE)
    messages = {("up", parse_tags("host:a")): {2: "a refused"}, ("up", parse_tags("host:b")): {1: "slow"}}
    assert tell(definition, Evidence(checks=checks, check_messages=messages))[0].body == "a refused"


def test_a_check_has_an_ok_threshold_to_tell(tell: Tell, store_of: StoreOf) -> None:
    query = '"up".over("*").by("*").last(3).count_by_status()'
    definition = searching(query, "{{ok_threshold}}", "service check", thresholds={"critical": 1, "ok": 2})
    checks = store_of(("up{host:a}", [2, 2, 0, 0]), kind=MetricType.GAUGE)
    assert tell(definition, Evidence(checks=checks))[0].body == "2.0"


def test_a_composite_tells_the_values_and_states_of_its_parts(
    minute: Minute, store_of: StoreOf, evidence: Make
) -> None:
    metric = load_definition({"id": 11, "type": "query alert", "query": "max(last_1m):max:m{*} > 4"}, source="a")
    logs = load_definition({"id": 12, "type": "log alert", "query": LOGS.format("")}, source="b")
    whole = load_definition(
        {
            "type": "composite",
            "query": "12 && 11",
            "message": "{{a.value}} {{a.status}} {{a.log.message}} {{b.value}} {{b.status}} <{{c.value}}>",
        },
        source="test",
    )
    instants = np.array([minute(number).timestamp() for number in range(1, 9)])
    store = store_of(("m", [1, 1, 1, 5.25, 5.25, 1, 1, 1]), kind=MetricType.GAUGE)
    seen = evidence("logs", (1.5, ERROR, "", "boom"))
    parts = {
        "11": run_timeline(metric, store, instants),
        "12": run_timeline(logs, store, instants, evidence=seen),
    }
    found = run_timeline(whole, store, instants, evidence=seen, parts=parts)
    assert [each.body for each in found.notifications] == ["1 Alert boom 5.25 Alert <>", "1 Alert boom 1 OK <>"]
    assert found.notifications[0].missing == (("c", "value"),)


HOST_A: Group = (Tag("host", "a"),)


@pytest.mark.parametrize(
    ("tags", "group", "printed"),
    [(HOST_A, HOST_A, "10.0.0.1 db a"), (EVERYTHING, HOST_A, "10.0.0.1 db a"), ((Tag("host", "b"),), HOST_A, "  a")],
)
def test_what_is_known_of_a_group_is_told_of_no_other(
    tags: Group, group: Group, printed: str, tell: Tell, evidence: Make
) -> None:
    known = Known(
        where="x", tags=frozenset(tags), variables={"host": {"ip": "10.0.0.1", "name": "?"}, "role": {"name": "db"}}
    )
    found = replace(evidence("logs", (0.5, {**ERROR, "host": "a"}, "", "")), known=(known,))
    definition = searching(LOGS.format('.by("host")'), "{{host.ip}} {{role.name}} {{host.name}}", new_group_delay=0)
    assert tell(definition, found)[0].body == printed.strip()


def test_what_is_known_of_a_record_stands_beside_what_was_found(tell: Tell, evidence: Make) -> None:
    known = Known(where="x", tags=frozenset(), variables={"log": {"link": "https://l", "message": "given"}})
    found = replace(evidence("logs", (0.5, ERROR, "", "boom")), known=(known,))
    text = "{{log.link}} {{log.message}} {{log.service}}"
    assert tell(searching(LOGS.format(""), text), found)[0].body == "https://l given pay"
