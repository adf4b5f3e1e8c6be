"""A monitor of every family in words that somebody new on call understands."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from alertproof.datadog.loading import load_text
from alertproof.quality.explain import Explanation, explain

ROOT = Path(__file__).parents[3]


def explained(query: str, *, message: str = "@slack-ops", kind: str = "query alert", **options: Any) -> Explanation:
    payload = {"name": "n", "type": kind, "query": query, "message": message, "options": options}
    (declared,) = load_text(json.dumps(payload), source="m.json")
    return explain(declared)


def test_the_whole_of_our_error_rate_monitor() -> None:
    file = ROOT / "monitoring/datadog/monitors/api-error-rate.json"
    (declared,) = load_text(file.read_text(encoding="utf-8"), source="api-error-rate.json")
    assert explain(declared).text == (
        "Watches the sum of api.errors (counted) in service:m3core-api,env:prod divided by the sum of api.requests"
        " (counted) in service:m3core-api,env:prod."
        " Alerts when it is above 0.02 (2 %) in total over the last 5 minutes."
        " It is evaluated once a minute: what is bad enough fires then, what is barely bad once it fills enough of the"
        " window. Recovers at the first evaluation at which that no longer holds."
        " When data are missing it keeps its state and says nothing."
        " Tells PagerDuty service m3core-api of everything: alerts and recoveries."
    )


@pytest.mark.parametrize(
    ("query", "kind", "family", "says"),
    [
        (
            "min(last_15m):avg:a{env:prod} by {host} > 80",
            "query alert",
            "metric",
            (
                "Watches the average of a in env:prod, for each host."
                " Alerts when it is above 80 at every moment of the last 15 minutes."
            ),
        ),
        (
            "max(last_1h):avg:a{*}.rollup(max, 300).fill(zero, 60) > 5",
            "query alert",
            "metric",
            (
                "Watches the average of a, of which the highest of each 5 minutes is taken, with its gaps filled with 0"
                " for at most 1 minute. Alerts when it is above 5 at least once within the last 1 hour."
            ),
        ),
        (
            "avg(last_1h):(sum:a{*}.rollup(sum) / sum:b{*}).rollup(avg, 3600).fill(last) > 5",
            "query alert",
            "metric",
            (
                "Watches ((the sum of a, of which the sum of each step is taken) divided by the sum of b), of which the"
                " average of each 1 hour is taken, with its gaps filled with the last value."
                " Alerts when it is above 5 on average over the last 1 hour."
            ),
        ),
        (
            "avg(last_1h):avg:a{*}.rollup(avg, daily, 'UTC').fill() > 5",
            "query alert",
            "metric",
            (
                "Watches the average of a, rolled up (avg, daily, UTC), with its gaps filled."
                " Alerts when it is above 5 on average over the last 1 hour."
            ),
        ),
        (
            "avg(last_1h):avg:a{*}.rollup(60).fill(null) > 5",
            "query alert",
            "metric",
            (
                "Watches the average of a, in steps of 1 minute, with its gaps left as they are."
                " Alerts when it is above 5 on average over the last 1 hour."
            ),
        ),
        (
            "max(last_1h):p95:a{*} <= 0.5",
            "query alert",
            "metric",
            "Watches the 95th percentile of a. Alerts when it is 0.5 or less at every moment of the last 1 hour.",
        ),
        (
            "pct_change(avg(last_5m),last_1h):sum:a{*} > 50",
            "query alert",
            "metric",
            (
                "Watches by how many per cent the sum of a changed, on average over the last 5 minutes against 1 hour"
                " before. Alerts when that change is above 50."
            ),
        ),
        (
            "avg(last_4h):anomalies(avg:a{*}, 'agile', 2, alert_window='last_15m') >= 1",
            "query alert",
            "metric",
            (
                "Watches the share of points at which the average of a strays from its usual course (agile, 2,"
                " alert_window last_15m). Alerts when it is 1 or more on average over the last 4 hours."
            ),
        ),
        (
            'burn_rate("api").over("30d").long_window("1h").short_window("5m") > 14.4',
            "slo alert",
            "SLO",
            (
                "Watches how fast the error budget of the SLO api over 30 days burns. Alerts when it burns more than"
                " 14.4 times as fast as allowed, both over the last 1 hour and over the last 5 minutes."
            ),
        ),
        (
            'error_budget("api").over("7d") >= 75',
            "slo alert",
            "SLO",
            (
                "Watches how much of the error budget of the SLO api over 7 days is spent."
                " Alerts when 75 % or more of it is spent."
            ),
        ),
        (
            'logs("status:error").index("*").rollup("cardinality", "@usr.id").by("service").last("10m") > 5',
            "log alert",
            "log",
            (
                "Watches the number of different @usr.id in the logs that match `status:error`, for each service."
                " Alerts when it is above 5 within the last 10 minutes."
            ),
        ),
        (
            '"ntp.in_sync".over("env:prod").by("host").last(4).count_by_status()',
            "service check",
            "service check",
            (
                "Watches the service check ntp.in_sync in env:prod, for each host."
                " Alerts after 3 CRITICAL statuses in a row."
            ),
        ),
        (
            "1 && !2 || 3",
            "composite",
            "composite",
            "Watches other monitors. Alerts when (monitor 1 alerts and monitor 2 does not) or monitor 3 alerts.",
        ),
        (
            "avg(last_5m):avg:a{* > 5",
            "query alert",
            "unreadable",
            "Its query cannot be read. Whether it ever fires is unknown: ",
        ),
    ],
)
def test_every_family_of_queries_has_its_words(query: str, kind: str, family: str, says: str) -> None:
    found = explained(query, kind=kind, thresholds={"critical": 3} if kind == "service check" else {})
    assert found.family == family
    assert found.text.startswith(says)


def test_a_formula_says_what_its_queries_are() -> None:
    variable = {
        "data_source": "logs",
        "name": "a",
        "search": {"query": "status:error"},
        "compute": {"aggregation": "count"},
        "group_by": [{"facet": "service"}],
    }
    found = explained('formula("a * 2").last("5m") > 1', kind="log alert", variables=[variable])
    assert found.text.startswith(
        "Watches a * 2, where a is the number of logs that match `status:error`, for each service."
        " Alerts when it is above 1 within the last 5 minutes."
    )


QUERY = "avg(last_5m):avg:a{*} by {host} > 4"


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"notify_no_data": True, "no_data_timeframe": 20}, "When data are missing for 20 minutes it goes to No Data"),
        ({"notify_no_data": True}, "When data are missing for two windows (no_data_timeframe is not set) it goes to"),
        ({}, "When data are missing it keeps its state and says nothing."),
        ({"on_missing_data": "resolve"}, "When data are missing it goes to OK (on_missing_data)."),
        ({"timeout_h": 24}, "After 1 day without data it resolves by itself (timeout_h)."),
        ({"thresholds": {"critical": 4, "warning": 3}}, "Warns when it is above 3."),
        ({"thresholds": {"critical": 4, "critical_recovery": 2}}, "Recovers only when it is 2 or less again."),
        ({"renotify_interval": 60}, "Tells again every 1 hour while the trouble lasts."),
        ({"evaluation_delay": 900}, "It looks at data that are 15 minutes old (evaluation_delay)."),
        ({"require_full_window": True}, "It is evaluated only when the window is full of data"),
        ({"new_group_delay": 120}, "A new group is left alone for 2 minutes (new_group_delay)."),
    ],
)
def test_options_change_what_is_said(options: dict[str, Any], says: str) -> None:
    assert says in explained(QUERY, **options).text


def test_a_window_of_which_every_moment_must_be_bad_fires_after_all_of_it() -> None:
    says = "fires at the earliest 15 minutes after the trouble began"
    assert says in explained("min(last_15m):avg:a{*} > 4").text
    assert says in explained("max(last_15m):avg:a{*} < 4").text
    assert says not in explained("max(last_15m):avg:a{*} > 4").text
    assert "evaluated every 30 minutes" in explained("avg(last_2d):avg:a{*} > 4").text


@pytest.mark.parametrize(
    ("message", "tells"),
    [
        ("nobody", ["Its message tells nobody; the account's notification rules may."]),
        (
            "{{#is_alert}}@pagerduty-api {{/is_alert}}{{#is_recovery}}@slack-ops {{/is_recovery}}",
            ["Tells PagerDuty service api of alerts.", "Tells Slack channel ops of recoveries."],
        ),
        (
            '{{#is_match "host.name" "web" "db"}}@oncall-a {{else}}a@example.com @a@example.com{{/is_match}}',
            [
                "Tells the on-call team a of everything: alerts and recoveries, if host.name contains 'web' or 'db'.",
                (
                    "Tells a@example.com by mail of everything: alerts and recoveries, if host.name does not contain"
                    " 'web' or 'db'."
                ),
            ],
        ),
        (
            "@slack-a.",
            [
                (
                    "Tells Slack channel a. of everything: alerts and recoveries."
                    " But @slack-a. ends in '.'; a handle needs white space behind it."
                )
            ],
        ),
        ("{{#is_alert}}", ["Whom it tells cannot be read from its message: the block {{#is_alert}} is never closed."]),
    ],
)
def test_who_is_told_of_what(message: str, tells: list[str]) -> None:
    assert explained(QUERY, message=message).tells == tells


def test_a_handle_that_no_occasion_can_make_is_left_out() -> None:
    message = "{{#is_recovery}}@slack-b{{/is_recovery}}{{#is_alert}}@slack-c{{/is_alert}}"
    found = explained(QUERY, message=message)
    assert sorted(found.tells) == ["Tells Slack channel b of recoveries.", "Tells Slack channel c of alerts."]


def test_what_terraform_has_yet_to_fill_in_stands_as_it_is_written() -> None:
    query = "${var.how}(${var.window}):avg:a{${var.scope}} by {${var.by}} ${var.comparator} ${var.critical}"
    hcl = f'resource "datadog_monitor" "a" {{\n  type = "query alert"\n  query = "{query}"\n}}\n'
    (declared,) = load_text(hcl, source="m.tf")
    found = explain(declared)
    assert found.watches == "Watches the average of a in ${var.scope}, for each ${var.by}."
    assert found.fires == "Alerts when it ${var.comparator} ${var.critical} over the window ${var.window}."


def test_a_composite_leaves_missing_data_to_its_parts() -> None:
    assert explained("1 && 2", kind="composite").missing == []
    (says,) = explained("1 && 2", kind="composite", notify_no_data=True).missing
    assert says == "When their data are missing, so that No Data is what they come to, it tells so."


def test_a_service_check_without_a_timeframe_waits_for_a_day() -> None:
    query = '"ntp.in_sync".over("*").by("host").last(4).count_by_status()'
    says = "When data are missing for 24 hours (no_data_timeframe is not set) it goes to No Data and tells so."
    assert explained(query, kind="service check", notify_no_data=True).missing == [says]


@pytest.mark.parametrize(
    ("query", "fires"),
    [
        ("max(last_5m):avg:a{*} == 3", "Alerts when it is exactly 3 at its highest within the last 5 minutes."),
        ("min(last_5m):avg:a{*} != 3", "Alerts when it is anything but 3 at its lowest within the last 5 minutes."),
        ("min(last_5m):avg:a{*} <= 3", "Alerts when it is 3 or less at least once within the last 5 minutes."),
    ],
)
def test_an_extreme_that_is_compared_for_being_equal_is_no_moment(query: str, fires: str) -> None:
    assert explained(query).fires == fires


@pytest.mark.parametrize("query", ["max(next_1w):forecast(avg:a{*}, 'linear', 1) < 4", "min(current_1d):avg:a{*} > 4"])
def test_a_window_that_does_not_lie_behind_says_nothing_of_when_it_fires(query: str) -> None:
    says = "It is evaluated once a minute, or less often if it looks back a day or more."
    assert explained(query).course[0] == says


def test_a_monitor_with_a_custom_schedule_is_evaluated_when_that_comes() -> None:
    recurrence = {"rrule": "FREQ=DAILY", "start": "2024-01-01T20:00:00"}
    scheduling = {"custom_schedule": {"recurrences": [recurrence]}}
    found = explained("min(last_5m):avg:a{*} > 4", scheduling_options=scheduling, on_missing_data="resolve")
    says = "It is evaluated when its custom schedule comes, and tells of each evaluation that is not OK."
    assert found.course[0] == says


def test_a_message_with_too_many_ways_is_said_to_be_so() -> None:
    glued = "".join(f'{{{{#is_match "host.name" "{n}"}}}}@slack-{n}{{{{/is_match}}}}' for n in range(20))
    (says,) = explained(QUERY, message=glued).tells
    assert says.startswith("Whom it tells is not worked out: too many ways")


def test_anomalies_recover_at_their_recovery_threshold_too() -> None:
    query = "avg(last_4h):anomalies(avg:a{*}, 'agile', 2, alert_window='last_15m') >= 1"
    found = explained(query, thresholds={"critical": 1, "critical_recovery": 0})
    assert "Recovers only when it is 0 or less again." in found.course


def test_what_is_no_number_is_no_span() -> None:
    assert "Tells again" not in explained(QUERY, renotify_interval=True).text
    assert "Tells again every 1 minute" in explained(QUERY, renotify_interval="1").text


def test_arithmetic_keeps_its_order() -> None:
    assert explained("avg(last_5m):(sum:a{*} + sum:b{*}) / sum:c{*} * 100 > 4").watches == (
        "Watches ((the sum of a plus the sum of b) divided by the sum of c) times 100."
    )


def test_warnings_and_repetitions_are_told_apart() -> None:
    message = "{{#is_warning}}@slack-a {{/is_warning}}{{#is_renotify}}@slack-b {{/is_renotify}}"
    thresholds = {"critical": 4, "warning": 3}
    found = explained(
        QUERY, message=message, renotify_interval=10, renotify_statuses=["alert", "warn"], thresholds=thresholds
    )
    assert found.tells == [
        "Tells Slack channel a of warnings and each repetition of warnings.",
        "Tells Slack channel b of each repetition of alerts and each repetition of warnings.",
    ]
    # Of themselves warnings are not repeated.
    found = explained(QUERY, message=message, renotify_interval=10, thresholds=thresholds)
    assert found.tells == [
        "Tells Slack channel a of warnings.",
        "Tells Slack channel b of each repetition of alerts.",
    ]


def test_a_draft_tells_nobody() -> None:
    payload = {"type": "query alert", "query": QUERY, "message": "@slack-a", "draft_status": "draft"}
    (declared,) = load_text(json.dumps(payload), source="m.json")
    assert explain(declared).tells == ["It is a draft: it tells nobody."]


def test_defaults_say_whose_they_are() -> None:
    hcl = f'resource "datadog_monitor" "a" {{\n  type = "query alert"\n  query = "{QUERY}"\n}}\n'
    (declared,) = load_text(hcl, source="m.tf")
    assert explain(declared).defaults == [
        "include_tags is true (default of Terraform's provider)",
        "new_host_delay is 5 minutes (default of Terraform's provider)",
        "no_data_timeframe is 10 minutes (default of Terraform's provider)",
        "notify_no_data is false (default of Terraform's provider)",
        "require_full_window is true (default of Terraform's provider)",
    ]
    assert "require_full_window is false (default of Datadog's API)" in explained(QUERY).defaults


def test_what_an_evaluation_rests_on_is_said_or_why_there_is_none() -> None:
    known, broken = explained(QUERY), explained("avg(last_5m):avg:a{*} > threshold")
    assert any("rolled up" in each for each in known.assumptions)
    assert known.not_evaluated == ""
    assert broken.assumptions == []
    assert "dynamic thresholds" in broken.not_evaluated


@pytest.mark.parametrize(
    ("query", "message", "said"),
    [
        (QUERY, "{{#is_alert}}x", "the block {{#is_alert}} is never closed (line 1, column 1 of the message)"),
        ("avg(last_5m):avg:a{*}.rollup(median, 60) > 1", "", ".rollup(median) is not modelled"),
    ],
)
def test_a_message_that_cannot_be_read_and_a_query_that_is_not_modelled_are_not_evaluated(
    query: str, message: str, said: str
) -> None:
    assert said in explained(query, message=message).not_evaluated


def test_all_shipped_monitors_can_be_explained() -> None:
    corpus = ROOT / "tests/data/datadog-monitors/monitors.jsonl"
    found = [explain(each) for each in load_text(corpus.read_text(encoding="utf-8"), source="monitors.jsonl")]
    assert len(found) == 188
    for each in found:
        assert each.family != "unreadable"
        assert each.watches.startswith("Watches ")
        assert each.fires.startswith("Alerts ")
        assert each.tells
