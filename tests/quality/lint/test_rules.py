"""Each rule finds what it is for, where it is, and nothing in a monitor that is right."""

from __future__ import annotations

import json
from typing import Any

import pytest

from alertproof.datadog.loading import load_text
from alertproof.quality.lint import RULES, Example, Finding, Rule, lint

QUERY = "avg(last_5m):avg:system.load.1{env:prod} by {host} > 4"
RUNBOOK = "Runbook: https://runbooks.example.com/x"


def found_in(example: Example) -> tuple[Finding, ...]:
    return lint(load_text(example.text, source=example.name))


def monitor(query: str = QUERY, *, message: str = "@slack-ops", kind: str = "query alert", **options: Any) -> str:
    return json.dumps({"name": "n", "type": kind, "query": query, "message": message, "options": options})


def ids(text: str, name: str = "m.json") -> list[str]:
    return [finding.id for finding in lint(load_text(text, source=name))]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_rule_finds_its_bad_example_once_and_nothing_in_its_good_one(rule: Rule) -> None:
    assert [finding.id for finding in found_in(rule.bad)] == [rule.id]
    assert found_in(rule.good) == ()


def test_rules_are_sorted_and_no_two_have_one_id() -> None:
    names = [rule.id for rule in RULES]
    assert names == sorted(set(names))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # warnings
        (monitor(thresholds={"critical": 4, "warning": 3.99}), []),
        (monitor(thresholds={"critical": 4, "warning": 4}), ["warning-beyond-critical"]),
        (monitor("min(last_5m):avg:a{*} < 4", thresholds={"warning": 4.01, "critical": 4}), []),
        (monitor("min(last_5m):avg:a{*} <= 4", thresholds={"warning": 4, "critical": 4}), ["warning-beyond-critical"]),
        (monitor("min(last_5m):avg:a{*} == 4", thresholds={"warning": 5, "critical": 4}), []),
        (monitor(message="{{#is_alert_to_warning}}w{{/is_alert_to_warning}} @slack-a"), ["warning-without-threshold"]),
        (monitor(message="{{^is_warning}}w{{/is_warning}} @slack-a"), []),
        # recovery thresholds: equal is allowed
        (monitor(thresholds={"critical": 4, "critical_recovery": 4}), []),
        (monitor(thresholds={"critical": 4, "critical_recovery": 4.01}), ["recovery-threshold"]),
        (
            monitor(thresholds={"critical": 4, "warning": 3, "warning_recovery": 3.5}),
            ["recovery-threshold"],
        ),
        (monitor("min(last_5m):avg:a{*} < 4", thresholds={"critical_recovery": 4, "critical": 4}), []),
        (
            monitor("min(last_5m):avg:a{*} < 4", thresholds={"critical_recovery": 3, "critical": 4}),
            ["recovery-threshold"],
        ),
        # thresholds and the query
        (monitor("avg(last_5m):avg:a{*} > 4.0", thresholds={"critical": 4}), []),
        (monitor("avg(last_5m):avg:a{*} > -4", thresholds={"critical": 4}), ["threshold-mismatch"]),
        (monitor(thresholds={}), []),
        # missing data
        (
            monitor(message="{{#is_no_data}}n{{/is_no_data}} @slack-a", on_missing_data="show_no_data"),
            ["no-data-never-notified"],
        ),
        (monitor(message="{{#is_no_data}}n{{/is_no_data}} @slack-a", on_missing_data="show_and_notify_no_data"), []),
        (monitor(message="{{#is_no_data_recovery}}n{{/is_no_data_recovery}} @slack-a"), ["no-data-never-notified"]),
        (monitor(notify_no_data=True, no_data_timeframe=5), []),
        (monitor(notify_no_data=True, no_data_timeframe=4), ["no-data-timeframe"]),
        (monitor(notify_no_data=False, no_data_timeframe=4), []),
        # variables of tags
        (monitor(message="{{host.name}} {{host.ip}} {{value}} @slack-a"), []),
        (monitor(message='{{#is_match "env.name" "prod"}}x{{/is_match}} @slack-a'), ["tag-not-grouped"]),
        (monitor(message='{{eval "env.name"}} @slack-a'), ["tag-not-grouped"]),
        (monitor("avg(last_5m):avg:a{*} by {kube.node} > 4", message="{{[kube.node].name}} @slack-a"), []),
        (
            monitor("avg(last_5m):avg:a{*} by {kube.node} > 4", message="{{kube.node.name}} @slack-a"),
            ["tag-not-grouped"],
        ),
        (
            monitor(
                'logs("*").index("*").rollup("count").by("service").last("5m") > 4',
                kind="log alert",
                message="{{log.attributes.name}} {{service.name}} @slack-a",
            ),
            [],
        ),
        (monitor("1 && 2", kind="composite", message="{{host.name}} @slack-a"), []),
        # pages
        (monitor(message=f"{RUNBOOK} @pagerduty-a"), []),
        (monitor(message=f"{RUNBOOK} {{{{#is_alert}}}}@oncall-a {{{{/is_alert}}}}"), ["page-never-resolves"]),
        (
            monitor(
                message=f"{RUNBOOK} {{{{#is_alert}}}}@opsgenie-a {{{{/is_alert}}}}"
                "{{#is_recovery}}@opsgenie-a {{/is_recovery}}"
            ),
            [],
        ),
        (monitor(message=f"{RUNBOOK} {{{{^is_recovery}}}}@pagerduty-a{{{{/is_recovery}}}}"), ["page-never-resolves"]),
        (monitor(message="{{#is_alert}}@slack-a {{/is_alert}}"), []),
        (
            monitor(
                message=f"{RUNBOOK} @slack-a {{{{#is_renotify}}}}@pagerduty-b {{{{/is_renotify}}}}", renotify_interval=9
            ),
            ["page-never-resolves"],
        ),
        (
            monitor(
                message=f"{RUNBOOK} @slack-a {{{{#is_alert}}}}@oncall-a {{{{/is_alert}}}}{{{{#is_recovery}}}}"
                '{{#is_match "host.name" "a"}}@oncall-a {{else}}@oncall-a {{/is_match}}{{/is_recovery}}'
            ),
            [],
        ),
        (
            monitor(
                message=f"{RUNBOOK} @slack-a {{{{#is_alert}}}}@oncall-a {{{{/is_alert}}}}{{{{#is_recovery}}}}"
                '{{#is_match "host.name" "a"}}@oncall-a {{/is_match}}{{/is_recovery}}'
            ),
            ["page-never-resolves"],
        ),
        (monitor(message=f"{RUNBOOK} {{{{^is_renotify}}}}@pagerduty-b {{{{/is_renotify}}}}"), []),
        (
            monitor(message=f"{RUNBOOK} @slack-a {{{{#is_renotify}}}}@oncall-b {{{{/is_renotify}}}}"),
            ["unreachable-block"],
        ),
        # who is told
        (monitor(message="nobody"), []),
        (monitor(message="{{#is_no_data}}@slack-a {{/is_no_data}}", notify_no_data=True), ["alert-tells-nobody"]),
        (
            monitor(
                message="{{#is_warning}}@slack-a {{/is_warning}}@slack-b", thresholds={"critical": 4, "warning": 3}
            ),
            [],
        ),
        (monitor(message="tell @slack-a."), ["handle-leads-nowhere"]),
        (monitor(message="tell @slack-{{host.name}}"), []),
        (monitor(message="tell @slack-{{host.name}}."), ["handle-leads-nowhere"]),
        (monitor(message="tell @slack-${var.channel} @${var.team} @pagerduty-${var.service} x.io/docs/x"), []),
        # Two words that are never sent together are none.
        (monitor(message="{{#is_recovery}}@slack-b{{/is_recovery}}{{#is_alert}}, see{{/is_alert}} @slack-a"), []),
        (monitor(message="{{#is_recovery}}@slack-b{{/is_recovery}}, see @slack-a"), ["handle-leads-nowhere"]),
        (monitor(message="@pagerduty-a"), ["missing-runbook"]),
        (monitor(message="[what to do](x) @pagerduty-a"), []),
        (monitor(message="@slack-a"), []),
        # ratios
        (monitor("sum(last_5m):sum:a{*}.as_count() / sum:b{*}.as_count() > 1"), []),
        (monitor("sum(last_5m):sum:a{*}.as_rate() / sum:b{*}.as_rate() > 1"), ["as-rate-ratio"]),
        (monitor("sum(last_5m):sum:a{*} / sum:b{*} > 1"), ["as-rate-ratio"]),
        (monitor("avg(last_5m):sum:a{*} / sum:b{*} > 1"), []),
        (monitor("avg(last_5m):sum:a{*}.as_rate() / 60 > 1"), []),
        # windows
        (monitor("avg(last_5m):avg:a{*}.rollup(avg, 300) > 1"), []),
        (monitor("avg(last_5m):avg:a{*}.rollup(avg, 301) > 1"), ["window-too-short"]),
        (monitor("avg(last_4m):avg:aws.a{*} > 1"), ["window-too-short"]),
        (monitor("avg(last_5m):avg:aws.a{*} > 1"), []),
        (monitor("avg(last_4m):avg:aws.a{*} > 1", evaluation_delay=900), []),
        # scopes
        (monitor("avg(last_5m):avg:a{env:a AND NOT env:a} > 1"), ["dead-scope"]),
        (monitor("avg(last_5m):avg:a{env IN (a) AND env NOT IN (a,b)} > 1"), ["dead-scope"]),
        (monitor("avg(last_5m):avg:a{env IN (a,c) AND env NOT IN (a,b)} > 1"), []),
        (monitor("avg(last_5m):avg:a{env:a OR NOT env:a} > 1"), []),
        (monitor("avg(last_5m):avg:a{env:$env.value} > 1"), ["dead-scope"]),
        # blocks
        (monitor(message='{{#is_alert}}{{#is_match "host.name" "a"}}x{{/is_match}}{{/is_alert}} @slack-a'), []),
        (
            monitor(message="{{#is_alert}}a{{else}}{{#is_alert}}b{{/is_alert}}{{/is_alert}} @slack-a"),
            ["unreachable-block"],
        ),
        (
            monitor(
                message="@slack-a {{#is_alert}}a{{#is_recovery}}b{{#is_alert}}c{{/is_alert}}"
                "{{/is_recovery}}{{/is_alert}}"
            ),
            ["unreachable-block"],
        ),
        (monitor(message="{{#is_renotify}}b{{/is_renotify}} @slack-a"), ["unreachable-block"]),
        (monitor(message="{{#is_renotify}}b{{/is_renotify}} @slack-a", renotify_interval=10), []),
        # what cannot be read or evaluated
        (monitor("avg(last_5m):avg:a{*} >"), ["syntax-error"]),
        (monitor(message="{{#is_alert}}a @slack-a"), ["syntax-error"]),
        (json.dumps({"type": "query alert"}), ["syntax-error"]),
        (monitor("avg(last_5m):avg:a{*} > 4", kind="log alert"), ["refused"]),
        (monitor(timeout_h=25), ["refused"]),
        (monitor(timeout_h=24), []),
    ],
)
def test_both_sides_of_a_boundary(text: str, expected: list[str]) -> None:
    assert ids(text) == expected


def test_a_finding_points_at_the_very_place_in_the_text_of_the_file() -> None:
    text = json.dumps(
        {
            "name": "n",
            "type": "query alert",
            "query": "avg(last_5m):avg:a{*} > 4",
            "message": 'A "quoted" word,\n\u00fc and {{host.name}} @slack-a',
        },
        indent=1,
    )
    (finding,) = lint(load_text(text, source="folder/m.json"))
    assert (finding.file, finding.line) == ("folder/m.json", 5)
    line = text.splitlines()[4]
    assert line[finding.column - 1 : finding.end_column - 1] == "{{host.name}}"


def test_findings_of_several_files_are_sorted_by_place() -> None:
    bad = monitor("avg(last_5m):avg:a{$x} > 4", message="{{b.name}} {{a.name}} @slack-a", thresholds={"critical": 5})
    found = lint([*load_text(bad, source="z.json"), *load_text(bad, source="a.json")])
    places = [(finding.file, finding.line, finding.column) for finding in found]
    assert places == sorted(places)
    assert len(found) == 8


TERRAFORM = """resource "datadog_monitor" "a" {{
  name    = "n"
  type    = "query alert"
  query   = "{query}"
  message = "Runbook: https://x.example.com @slack-a"
  tags    = var.tags
{rest}
}}
"""


def test_what_terraform_has_yet_to_fill_in_is_no_finding() -> None:
    query = "avg(${var.window}):avg:a{${var.filter}} by {host} > ${var.critical}"
    thresholds = "  monitor_thresholds {\n    critical = var.critical\n    warning = var.warning\n  }\n"
    rest = f"{thresholds}  notify_no_data = var.tell"
    assert ids(TERRAFORM.format(query=query, rest=rest), "m.tf") == []
    assert ids(TERRAFORM.format(query="${local.query}", rest=""), "m.tf") == []
    blocks = TERRAFORM.replace("@slack-a", "{{{{#is_no_data}}}}n{{{{/is_no_data}}}} @slack-a")
    assert ids(blocks.format(query="avg(last_5m):avg:a{*} > 4", rest="  notify_no_data = var.tell"), "m.tf") == []
    assert ids(blocks.format(query="avg(last_5m):avg:a{*} > 4", rest=""), "m.tf") == ["no-data-never-notified"]


def test_terraforms_own_default_is_what_is_looked_at() -> None:
    query = "avg(last_1h):avg:a{*} > 4"
    text = TERRAFORM.format(query=query, rest="  notify_no_data = true")
    (finding,) = lint(load_text(text, source="m.tf"))
    assert finding.id == "no-data-timeframe"
    assert "10 min (the default of Terraform's provider)" in finding.text
    assert ids(monitor(query, notify_no_data=True)) == []
