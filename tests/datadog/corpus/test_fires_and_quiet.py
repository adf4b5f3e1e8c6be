"""Every monitor that ships with Datadog's integrations fires on some data and keeps quiet on other.

Which data, its own query's tree tells.
The monitors are Datadog's (BSD-3-Clause), see tests/data/datadog-monitors/LICENSE.
"""

from __future__ import annotations

import json
import operator
import re
from pathlib import Path
from typing import Any

import pytest
from tests.datadog.corpus.feeding import found_firing, found_quiet

from alertproof.datadog import Definition, Notification, Slo, State, load_definition
from alertproof.datadog.message import OCCASIONS, reachable
from alertproof.datadog.monitor.definition import MissingData
from alertproof.datadog.monitor.notify import held_conditions
from alertproof.datadog.monitor.timeline import Timeline
from alertproof.errors import NotModelled

DATA = Path(__file__).parents[2] / "data" / "datadog-monitors" / "monitors.jsonl"
#: Shipped monitors that no data can make fire: a share of at most 1 is compared as if it were a percentage.
NEVER_FIRING = (
    "klaviyo/assets/monitors/high_percentage_of_email_marked_as_spam.json",
    "klaviyo/assets/monitors/high_percentage_of_sms_failures.json",
)
#: Shipped monitors whose meaning is not documented: how buckets of different lengths meet, and over which buckets of
#: the window a cardinality of records is derived. By what they are refused with.
REFUSED = {
    "azure_iot_edge/assets/monitors/memory_usage.json": "arithmetic on queries with different rollup intervals",
    "tailscale/assets/monitors/physical_traffic_received.json": r"derivative\(\) looks from bucket to bucket",
}
MEETS = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
}
GOOD, TOTAL = "sum:probe.runs{result:good,env:prod}.as_count()", "sum:probe.runs{env:prod}.as_count()"
SLO = Slo(id="a1", name="up", numerator=GOOD, denominator=TOTAL, target=99.9, timeframe="7d", others=(("30d", 99.0),))
#: What no shipped monitor asks, by type, and its threshold.
OTHERS: dict[str, dict[str, float]] = {
    "query alert": {
        "percentile(last_10m):p95:api.request.duration{env:prod} > 0.8": 0.8,
        "avg(last_5m):p99:api.request.duration{env:prod OR env:stage} by {service} > 2": 2,
        "sum(last_5m):count(v: v>0.8):api.request.duration{*} by {route}.as_count() >= 5": 5,
        "sum(last_5m):sum:api.errors{env:prod,!route:up}.as_count() / sum:api.requests{*}.as_count() > 0.02": 0.02,
        "min(last_15m):avg:postgresql.cpu{NOT env:dev AND host IN (a,b)} by {host} > 80": 80,
        "pct_change(avg(last_5m),last_1d):avg:queue.depth{*} by {queue} < -50": -50,
        "change(min(last_1h),last_5m):avg:queue.depth{*} > 0": 0,
        "avg(last_1h):week_before(avg:queue.depth{*}) - avg:queue.depth{*} > 100": 100,
        "sum(current_1d):sum:jobs.failed{*}.as_count() > 100": 100,
        "avg(last_4h):abs(avg:clock.offset{*} by {host}) != 0": 0,
        "avg(last_5m):top(avg:queue.depth{*} by {queue}, 3, 'mean', 'desc') > 1000": 1000,
        "avg(last_15m):per_second(max:net.bytes{*} by {host}) >= 1000000": 1000000,
        "avg(last_10m):ewma_5(avg:system.load.1{env:prod*} by {host}) / 4 <= 0.5": 0.5,
    },
    "service check": {
        '"process.up".over("env:prod","process:web").by("*").last(1).pct_by_status()': 50,
        '"http.up".over("env:prod").exclude("host:old").by("host","url").last(4).count_by_status()': 3,
    },
    "event-v2 alert": {
        'events("source:ci (status:error OR status:failed) -env:dev").rollup("count").by("service").last("15m") >= 2': 2
    },
    "trace-analytics alert": {
        'trace-analytics("env:prod @http.status_code:[500 TO 599]").rollup("count").last("5m") > 20': 20,
        'trace-analytics("service:web").rollup("pc95", "@duration").by("resource_name").last("10m") > 500': 500,
    },
    "rum alert": {'rum("@type:error @view.name:a*").rollup("cardinality", "@usr.id").last("1h") >= 3': 3},
    "log alert": {
        'logs("\\"card failed\\" @amount:>100 CIDR(@ip,10.0.0.0/8)").index("main").rollup("count").last("5m") > 0': 0,
        'logs("service:web").index("*").rollup("count").by("host").last("5m") < 3': 3,
    },
    "slo alert": {
        'burn_rate("a1").over("7d").long_window("1h").short_window("5m") > 14.4': 14.4,
        'error_budget("a1").over("30d") > 75': 75,
    },
}


def rows() -> list[dict[str, Any]]:
    return [json.loads(line) for line in DATA.read_text().splitlines()]


def shipped() -> list[Any]:
    reason = "a share of at most 1 is compared as if it were a percentage"
    never = pytest.mark.xfail(strict=True, raises=AssertionError, reason=reason)
    return [
        pytest.param(row, id=row["source_path"], marks=[never] if row["source_path"] in NEVER_FIRING else [])
        for row in rows()
        if row["source_path"] not in REFUSED
    ]


def others() -> list[Any]:
    message = "{{#is_alert}}@pagerduty-web{{/is_alert}} {{value}} {{comparator}} {{threshold}} @slack-web"
    found = []
    for kind, queries in OTHERS.items():
        for query, critical in queries.items():
            missing = {"on_missing_data": "default"} if kind == "log alert" else {}
            options = {"thresholds": {"critical": critical}, **missing}
            row = {"name": "Monitor", "type": kind, "query": query, "message": message, "options": options}
            found.append(pytest.param(row, id=query))
    return found


def loaded(row: dict[str, Any]) -> Definition:
    """Read a monitor; one that ships muted is heard all the same."""
    options = {key: value for key, value in row["options"].items() if key != "silenced"}
    return load_definition({**row, "options": options}, source=row.get("source_path", "test"))


def assert_told(definition: Definition, sent: Notification, occasion: str) -> None:
    """Look at one notification: nothing of the template is left in it, and it goes to whom the message names."""
    assert occasion in OCCASIONS
    assert sent.title.partition("] ")[2].strip()
    assert not re.search(r"{{|}}", sent.title + sent.body)
    for tag in sent.group:
        named = re.escape(tag.key)
        if re.search(rf"{{{{\s*\[?{named}\]?\.name\s*}}}}", definition.name):
            assert tag.value in sent.title
    reach = reachable(definition.message, definition.options.escalation_message)
    expected = {each.handle for each in reach if occasion in each.occasions and "{{" not in each.handle}
    assert expected <= set(sent.handles)
    assert len(expected) == len(sent.handles) or any("{{" in each.handle for each in reach)


def assert_crossed(definition: Definition, timeline: Timeline) -> None:
    """The value of each step into Alert meets the threshold."""
    for step in timeline.transitions:
        if step.new is State.ALERT and step.value is not None:
            critical = definition.options.thresholds.critical
            assert MEETS[definition.comparator](step.value, critical)


@pytest.mark.parametrize("row", [*shipped(), *others()])
def test_a_monitor_fires_on_some_data_and_keeps_quiet_on_other(row: dict[str, Any]) -> None:
    definition = loaded(row)
    slos = {SLO.id: SLO}
    quiet = next(found_quiet(definition, slos), None)
    assert quiet is not None
    assert quiet.timeline.notifications == ()
    fired = found_firing(definition, slos)
    assert fired is not None
    assert_crossed(definition, fired.timeline)
    came_from = {each.at: each.old for each in fired.timeline.transitions}
    for sent in fired.timeline.notifications:
        again = sent.at not in came_from
        conditions = held_conditions(came_from.get(sent.at, sent.state), sent.state, renotifies=again)
        assert_told(definition, sent, next(name for name, held in OCCASIONS.items() if held == conditions))
    told = {each.state: each for each in fired.timeline.notifications if each.at in came_from}
    assert told[State.ALERT].word in {"Triggered", "Re-Triggered"}
    # Where every value is trouble it ends in No Data, which only those who ask for it are told.
    ends = State.NO_DATA if fired.timeline.transitions[-1].new is State.NO_DATA else State.OK
    if ends is State.OK:
        assert told[ends].word == "Recovered"
    else:
        assert definition.options.on_missing_data is MissingData.SHOW_NO_DATA


@pytest.mark.parametrize("path", REFUSED)
def test_a_shipped_monitor_of_unclear_meaning_is_refused_by_name(path: str) -> None:
    (row,) = (row for row in rows() if row["source_path"] == path)
    with pytest.raises(NotModelled, match=REFUSED[path]):
        next(found_quiet(loaded(row), {}), None)
