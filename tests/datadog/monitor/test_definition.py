from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from alertproof.datadog import (
    Definition,
    DefinitionError,
    MissingData,
    State,
    evaluation_period,
    load_definition,
    retarget,
)
from alertproof.errors import ConfigError, NotModelled, QuerySyntaxError

Make = Callable[..., Definition]
QUERY = "avg(last_5m):avg:m{env:prod} > 5"
GROUPED = "avg(last_5m):avg:m{env:prod} by {host} > 5"


def refused(payload: object) -> list[str]:
    with pytest.raises(DefinitionError) as caught:
        load_definition(payload, source="x.json")  # type: ignore[arg-type]  # wrong input on purpose
    return caught.value.errors


def test_a_payload_becomes_values() -> None:
    options: dict[str, Any] = {
        "thresholds": {"critical": 5.0, "warning": 4, "critical_recovery": 3, "warning_recovery": 2},
        "notify_no_data": True,
        "no_data_timeframe": 10,
        "renotify_interval": 30,
        "renotify_statuses": ["warn", "no data"],
        "evaluation_delay": 900,
        "new_group_delay": 0,
        "timeout_h": 2,
        "include_tags": False,
        "something_new": {"of": "next year"},
    }
    definition = load_definition(
        json.dumps({"id": 7, "name": "N", "type": "metric alert", "query": GROUPED, "options": options}).encode(),
        source="x.json",
    )
    read = definition.options
    assert (definition.id, definition.group_by, definition.comparator) == (7, ("host",), ">")
    assert (read.thresholds.critical, read.thresholds.warning) == (5, 4)
    assert (read.no_data_timeframe, read.evaluation_delay) == (timedelta(minutes=10), timedelta(minutes=15))
    assert (read.new_group_delay, read.timeout) == (timedelta(0), timedelta(hours=2))
    assert read.renotify_statuses == (State.WARN, State.NO_DATA)
    assert not read.include_tags


def test_defaults_are_those_of_the_api() -> None:
    options = load_definition({"type": "query alert", "query": QUERY}, source="x").options
    assert (options.thresholds.critical, options.thresholds.warning) == (5, None)
    assert not options.require_full_window
    assert not options.notify_no_data
    assert options.include_tags
    assert options.renotify_interval is None


def test_an_exported_asset_is_unwrapped() -> None:
    wrapped = {"version": 2, "title": "T", "definition": {"name": "N", "type": "query alert", "query": QUERY}}
    assert load_definition(wrapped, source="x").name == "N"


def test_a_shipped_metric_monitor_loads(shipped_metric: dict[str, Any]) -> None:
    definition = load_definition(shipped_metric, source=shipped_metric["source_path"])
    assert definition.query == shipped_metric["query"]


def test_a_shipped_monitor_of_another_family_loads_or_is_refused_by_name(shipped_other: dict[str, Any]) -> None:
    if shipped_other["type"] in {"log alert", "event-v2 alert", "service check"}:
        definition = load_definition(shipped_other, source=shipped_other["source_path"])
        assert definition.query == shipped_other["query"]
        return
    with pytest.raises(NotModelled, match=f"{shipped_other['source_path']}: (composite|process) monitor"):
        load_definition(shipped_other, source=shipped_other["source_path"])


def with_options(**options: Any) -> dict[str, Any]:
    return {"type": "query alert", "query": QUERY, "options": options}


@pytest.mark.parametrize(
    ("payload", "message"),
    [
        (
            with_options(thresholds={"critical": 6}),
            "Alert threshold (6.0) does not match that used in the query (5.0).",
        ),
        (with_options(thresholds={"warning": 4}), "Alert status is required."),
        (with_options(thresholds={"critical": "high"}), "Non-numeric threshold value."),
        (with_options(thresholds={"critical": True}), "Non-numeric threshold value."),
        (with_options(thresholds={"critical": 10**400}), "Non-numeric threshold value."),
        (with_options(thresholds={"critical": 5, "warning": float("nan")}), "Non-numeric threshold value."),
        (
            with_options(thresholds={"critical": 5, "critical_recovery": 6}),
            (
                "alert and alert recovery criteria are such that the monitor can be simultaneously in alert and"
                " alert recovery states"
            ),
        ),
        (
            with_options(new_group_delay=60),
            "The new_group_delay option can only be used for multi-alert monitors",
        ),
        (with_options(timeout_h=25), "timeout_h must be between 0 and 24"),
        (
            with_options(on_missing_data="resolv"),
            "Invalid on_missing_data value: resolv (did you mean 'resolve'?)",
        ),
        (
            with_options(evaluation_delay=-1),
            "The value provided for parameter 'evaluation_delay' is invalid: -1 is not 0 or more",
        ),
        (with_options(evaluation_delay=86401), "evaluation_delay must be at most 86400 seconds"),
        (
            with_options(require_full_window="yes"),
            "The value provided for parameter 'require_full_window' is invalid: 'yes' is not true or false",
        ),
        (
            with_options(evaluation_delay=10**12),
            ("The value provided for parameter 'evaluation_delay' is invalid: 1000000000000 is not at most 315360000"),
        ),
        (
            with_options(renotify_statuses=["alert", "alrt"]),
            "Invalid renotify_statuses value: alrt (did you mean 'alert'?)",
        ),
        (
            with_options(renotify_statuses=["Warn"]),
            "Invalid renotify_statuses value: Warn (did you mean 'warn'?)",
        ),
        (
            with_options(on_missing_data="resolve", notify_no_data=True),
            "on_missing_data cannot be used together with notify_no_data",
        ),
        (
            with_options(thresholds={"critical": 5, "critcal": 1}),
            "Invalid threshold for this type of monitor: critcal (did you mean 'critical'?)",
        ),
        (
            {"type": "query alert", "query": "sum(last_6mo):sum:m{*}.as_count() > 5"},
            "The value provided for parameter 'query' is invalid: the window last_6mo is longer than a month",
        ),
        (
            {"type": "query alert", "query": "change(avg(last_5m),last_31d):avg:m{*} > 5"},
            (
                "The value provided for parameter 'query' is invalid: "
                "a change is compared with at most a month before, not with last_31d"
            ),
        ),
        (
            {"type": "query alert", "query": QUERY, "priority": 6},
            "priority must be between 1 and 5, or null for none",
        ),
        (
            {"type": "query alert", "query": QUERY, "priority": 0},
            "priority must be between 1 and 5, or null for none",
        ),
        (
            {"type": "query alert", "query": QUERY, "priority": "9" * 21},
            f"The value provided for parameter 'priority' is invalid: '{'9' * 21}' is not a whole number",
        ),
        (
            {"type": "query alert", "query": " "},
            "The value provided for parameter 'query' is invalid: ' ' is not a text",
        ),
        ({"query": QUERY}, "The value provided for parameter 'type' is invalid: None is not a text"),
        (["a list"], "a monitor is a JSON object"),
    ],
)
def test_what_the_server_refuses_is_refused_with_its_words(payload: object, message: str) -> None:
    assert refused(payload) == [message]


@pytest.mark.parametrize(
    "options",
    [
        {"thresholds": {"critical": 5, "critical_recovery": 5}},
        {"thresholds": {"critical": 5, "warning": 4, "critical_recovery": 4.9, "warning_recovery": 4}},
        {"timeout_h": 24},
        {"evaluation_delay": 86400},
        {"renotify_interval": "0", "no_data_timeframe": None},
        {"on_missing_data": "resolve", "notify_no_data": False},
        {"thresholds": {"critical": 5, "ok": None}},
    ],
)
def test_what_lies_on_the_boundary_is_accepted(options: dict[str, Any]) -> None:
    assert load_definition(with_options(**options), source="x").options.renotify_interval is None


def test_the_thresholds_of_a_service_check_mean_nothing_elsewhere() -> None:
    definition = load_definition(with_options(thresholds={"critical": 5, "ok": 1, "unknown": 2}), source="test")
    plain = load_definition(with_options(thresholds={"critical": 5}), source="test")
    assert definition.options.thresholds == plain.options.thresholds


def test_recovery_lies_on_the_other_side_for_below() -> None:
    payload = {"type": "query alert", "query": "avg(last_5m):avg:m{*} < 5"}
    thresholds = {"critical": 5, "critical_recovery": 6}
    load_definition({**payload, "options": {"thresholds": thresholds}}, source="x")
    assert refused({**payload, "options": {"thresholds": {**thresholds, "critical_recovery": 4}}})


def test_all_errors_are_told_at_once_and_name_the_source() -> None:
    errors = refused(with_options(thresholds={"warning": 4}, timeout_h=25, include_tags="no"))
    assert len(errors) == 3
    assert str(DefinitionError(errors, "x.json")).count("x.json: ") == 3


def test_default_zero_goes_only_with_the_default_of_missing_data() -> None:
    payload = {"type": "query alert", "query": "avg(last_5m):default_zero(avg:m{*}) > 5"}
    assert refused({**payload, "options": {"on_missing_data": "resolve"}}) == [
        "Invalid on_missing_data value: resolve; valid value is: default"
    ]
    read = load_definition({**payload, "options": {"on_missing_data": "default"}}, source="x")
    assert read.options.on_missing_data is MissingData.DEFAULT


def test_a_malformed_query_is_refused_with_a_caret_and_its_cause() -> None:
    with pytest.raises(DefinitionError, match="parameter 'query' is invalid") as caught:
        load_definition({"type": "query alert", "query": "avg(last_5m):avg:m > 5"}, source="x")
    assert isinstance(caught.value.__cause__, QuerySyntaxError)
    assert "^" in str(caught.value)


def test_a_query_of_another_type_is_refused() -> None:
    burn = 'burn_rate("a").over("30d").long_window("1h") > 14.4'
    assert "not a query of a monitor of type 'query alert'" in refused({"type": "query alert", "query": burn})[0]
    assert "of type 'slo alert'" in refused({"type": "slo alert", "query": QUERY})[0]


@pytest.mark.parametrize(
    ("query", "kind"),
    [
        ('logs("a").rollup("count").last("5m") > 1', "log alert"),
        ('events("a").rollup("count").last("5m") > 1', "event-v2 alert"),
        ('audits("a").rollup("count").last("5m") > 1', "audit alert"),
        ('processes("a").rollup("count").last("5m") > 1', "process alert"),
        ('rum("a").rollup("count").last("5m") > 1', "rum alert"),
        ('trace-analytics("a").rollup("count").last("5m") > 1', "trace-analytics alert"),
        ('ci-tests("a").rollup("count").last("5m") > 1', "ci-tests alert"),
        ('error-tracking("a").new().last("1d") > 1', "error-tracking alert"),
        ('error-tracking-rum("a").new().last("1d") > 1', "error-tracking alert"),
        ('"up".over("*").by("host").last(2).count_by_status()', "service check"),
        ("11 && 12", "composite"),
        ('burn_rate("a").over("30d").long_window("1h") > 14.4', "slo alert"),
        (QUERY, "metric alert"),
        (QUERY, "query alert"),
    ],
)
def test_a_query_is_one_of_a_monitor_of_its_type_and_of_no_other(query: str, kind: str) -> None:
    assert load_definition({"type": kind, "query": query}, source="x").type == kind
    other = "log alert" if kind != "log alert" else "rum alert"
    said = f"not a query of a monitor of type {other!r}: {query}"
    assert refused({"type": other, "query": query}) == [f"The value provided for parameter 'query' is invalid: {said}"]


def test_an_event_monitor_of_the_old_type_is_refused_by_name() -> None:
    query = "events('priority:all').by('service').rollup('count').last('30m') > 0"
    with pytest.raises(NotModelled, match="test: the type 'event alert', which 'event-v2 alert' replaces"):
        load_definition({"type": "event alert", "query": query}, source="test")


def test_dynamic_thresholds_are_not_modelled() -> None:
    payload = {"type": "query alert", "query": "avg(last_5m):avg:m{*} > threshold"}
    with pytest.raises(NotModelled, match="x.json: dynamic thresholds"):
        load_definition(payload, source="x.json")


def test_json_that_is_none_is_refused() -> None:
    assert refused(b"{") == ["not JSON: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"]


@pytest.mark.parametrize(
    ("window", "minutes"),
    [("5m", 1), ("23h", 1), ("1d", 10), ("47h", 10), ("2d", 30), ("1mo", 30)],
)
def test_longer_windows_are_evaluated_less_often(window: str, minutes: int, monitor: Make) -> None:
    """Published example V17."""
    definition = monitor(f"avg(last_{window}):avg:m{{*}} > 5")
    assert evaluation_period(definition) == timedelta(minutes=minutes)


@pytest.mark.parametrize(("window", "fits"), [("1mo", True), ("730h", True), ("731h", False), ("31d", False)])
def test_a_window_is_a_month_at_most(window: str, *, fits: bool, monitor: Make) -> None:
    query = f"avg(last_{window}):avg:m{{*}} > 5"
    if fits:
        assert monitor(query).query == query
    else:
        assert "longer than a month" in refused({"type": "query alert", "query": query})[0]


def test_a_window_beyond_all_dates_is_no_window() -> None:
    payload = {"type": "query alert", "query": "avg(last_99999999999d):avg:m{*} > 5"}
    assert "'last_99999999999d' is no evaluation window" in refused(payload)[0]


@pytest.mark.parametrize(
    ("windows", "said"),
    [
        ('.over("30d").long_window("1h").short_window("59m")', ""),
        ('.over("30d").long_window("48h").short_window("4h")', ""),
        ('.over("30d").long_window("2d")', ""),
        ('.over("30d").long_window("1h").short_window("1h")', "short_window('1h')"),
        ('.over("30d").long_window("5m").short_window("1h")', "long_window('5m')"),
        ('.over("30d").long_window("59m")', "long_window('59m')"),
        ('.over("30d").long_window("49h")', "long_window('49h')"),
        ('.over("30d").long_window("60d")', "long_window('60d')"),
        ('.over("30d").long_window("foo")', "long_window('foo')"),
        ('.over("30d").long_window("1h").short_window("soon")', "short_window('soon')"),
        ('.over("31d").long_window("1h")', "over('31d')"),
    ],
)
def test_the_windows_of_a_burn_rate_are_checked(windows: str, said: str) -> None:
    payload = {"type": "slo alert", "query": f'burn_rate("a"){windows} > 10'}
    if said:
        assert said in refused(payload)[0]
    else:
        assert load_definition(payload, source="x").query == payload["query"]


def test_a_burn_rate_is_evaluated_by_its_long_window(monitor: Make) -> None:
    assert evaluation_period(monitor('burn_rate("a").over("30d").long_window("1h") > 14.4')) == timedelta(minutes=1)


def test_a_retargeted_monitor_has_its_tree_and_text_moved(monitor: Make) -> None:
    moved = retarget(monitor(GROUPED, "env:prod stays in the message"), environment="drill", origin="prod")
    assert moved.query == "avg(last_5m):avg:m{env:drill} by {host} > 5"
    assert load_definition({"type": "query alert", "query": moved.query}, source="x").tree == moved.tree
    assert moved.message == "env:prod stays in the message"


def test_a_monitor_without_the_environment_cannot_be_retargeted(monitor: Make) -> None:
    with pytest.raises(ConfigError, match="add it to the query"):
        retarget(monitor("avg(last_5m):avg:m{*} > 5"), environment="drill", origin="prod")


def test_an_slo_alert_is_retargeted_by_its_slo(monitor: Make) -> None:
    alert = monitor('burn_rate("a").over("30d").long_window("1h") > 14.4')
    assert retarget(alert, environment="drill", origin="prod") == alert
