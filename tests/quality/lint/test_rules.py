"""Each rule finds what it is for, where it is, and nothing in a monitor that is right."""

from __future__ import annotations

import json
from typing import Any

import pytest

from alertproof.datadog.loading import load_text
from alertproof.quality.lint import RULES, Example, Finding, Rule, lint

QUERY = "avg(last_5m):avg:system.load.1{env:prod} by {host} > 4"
RUNBOOK = "Runbook: https://runbooks.example.com/x"

CHECK = '"ntp.in_sync".over("*").by("host").last(4).count_by_status()'
WARNS = {"critical": 4, "warning": 3}
#: Somebody is paged of an alert and told of one kind of end.
ENDS = RUNBOOK + " @slack-a {{{{#is_alert}}}}@oncall-a {{{{/is_alert}}}}{{{{#{0}}}}}@oncall-a {{{{/{0}}}}}"
AGAIN = RUNBOOK + " {{#is_renotify}}{{#is_warning}}@oncall-a {{/is_warning}}{{/is_renotify}}@slack-a"
GLUED = ["handle-leads-nowhere"]
RATIO = "sum:a{*}.as_count() / sum:b{*}.as_count()"
UNSUMMED = ["not-modelled", "as-count-not-summed"]


def on(helper: str, text: str, inner: str) -> str:
    return f'{{{{#{helper} "host.name" "{text}"}}}}{inner}{{{{/{helper}}}}}'


def found_in(example: Example) -> tuple[Finding, ...]:
    return lint(load_text(example.text, source=example.name))


def monitor(query: str = QUERY, *, message: str = "@slack-ops", kind: str = "query alert", **options: Any) -> str:
    return json.dumps({"name": "n", "type": kind, "query": query, "message": message, "options": options})


def ids(text: str, name: str = "m.json") -> list[str]:
    return [finding.id for finding in lint(load_text(text, source=name))]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_rule_finds_its_bad_example_once_and_nothing_in_its_good_one(rule: Rule) -> None:
    beside = {"not-modelled"} - {rule.id}
    assert [finding.id for finding in found_in(rule.bad) if finding.id not in beside] == [rule.id]
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
        # A composite warns as its parts do.
        (monitor("1 && 2", kind="composite", message="{{#is_warning}}w{{/is_warning}} @slack-a"), []),
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
        (monitor("avg(last_5m):avg:a{*} == 4", thresholds={"critical": 4, "critical_recovery": 4}), []),
        (
            monitor("avg(last_5m):avg:a{*} == 4", thresholds={"critical": 4, "critical_recovery": 3}),
            ["recovery-threshold"],
        ),
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
        # Only a window that lies behind is one of data.
        (monitor("max(next_1w):forecast(avg:a{*}, 'linear', 1) >= 4", notify_no_data=True, no_data_timeframe=10), []),
        (monitor("sum(current_1d):sum:a{*}.as_count() > 4", notify_no_data=True, no_data_timeframe=10), []),
        # Missing data are asked for, and nobody is told.
        (
            monitor(message="{{#is_alert}}@slack-a{{/is_alert}}", notify_no_data=True, no_data_timeframe=9),
            ["no-data-never-notified"],
        ),
        (
            monitor(message="{{#is_alert}}@slack-a{{/is_alert}}", on_missing_data="show_and_notify_no_data"),
            ["no-data-never-notified"],
        ),
        (monitor(message="{{^is_recovery}}@slack-a{{/is_recovery}}", notify_no_data=True, no_data_timeframe=9), []),
        (monitor(message="nobody", notify_no_data=True, no_data_timeframe=9), []),
        # variables of tags
        (monitor(message="{{host.name}} {{host.ip}} {{value}} @slack-a"), []),
        (monitor(escalation_message="{{env.name}} {{host.name}}"), ["tag-not-grouped"]),
        (monitor("avg(last_5m):avg:a{*} by {env} > 4", message="{{host.ip}} {{env.name}}"), ["tag-not-grouped"]),
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
        # other variables
        (monitor(message="{{last_triggered_at}} {{warn_threshold}} {{comparator}} @slack-a"), []),
        (monitor(message="{{vlaue}} @slack-a"), ["unknown-variable"]),
        (monitor(message='{{#is_match "host" "a"}}x{{/is_match}} @slack-a'), ["unknown-variable"]),
        (monitor("avg(last_5m):avg:a{*} by {kube.node} > 4", message="{{[kube.node]}} @slack-a"), ["unknown-variable"]),
        (monitor(message="{{ok_threshold}} @slack-a"), ["unknown-variable"]),
        (monitor(CHECK, kind="service check", message="{{ok_threshold}} {{check_message}} @slack-a"), []),
        (monitor("1 && 2", kind="composite", message="{{a}} @slack-a"), []),
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
        # An alert may end as a warning: whoever is told of both ends is told of the end.
        (monitor(message=ENDS.format("is_alert_recovery"), thresholds={"critical": 4}), []),
        (monitor(message=ENDS.format("is_alert_recovery"), thresholds=WARNS), ["page-never-resolves"]),
        (monitor(message=ENDS.format("is_recovery"), thresholds=WARNS), []),
        # Of themselves warnings are not told again.
        (monitor(message=AGAIN, thresholds=WARNS, renotify_interval=9), []),
        (
            monitor(message=AGAIN, thresholds=WARNS, renotify_interval=9, renotify_statuses=["warn"]),
            ["page-never-resolves"],
        ),
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
        (monitor(message="(tell @slack-b) @slack-a"), ["handle-leads-nowhere"]),
        (monitor(message="**@slack-b** @slack-a"), ["handle-leads-nowhere"]),
        (monitor(message="such as `@slack-b`, @slack-a"), []),
        (monitor(message="@slack-a {{#is_alert}}@slack-b{{/is_alert}}{{#is_alert}}@slack-c{{/is_alert}}"), GLUED),
        (monitor(message=f"@slack-a {on('is_exact_match', 'x', '@slack-b')}{on('is_match', 'y', '@slack-c')}"), []),
        (monitor(message=f"@slack-a {on('is_match', 'x', '@slack-b')}{on('is_match', 'y', '@slack-c')}"), []),
        (monitor(message="@u@a.com @u@b.com, @u@c.com."), ["handle-leads-nowhere", "handle-leads-nowhere"]),
        (monitor(message=f"@slack-a {''.join(on('is_match', str(n), f'@b{n}') for n in range(20))}"), ["not-modelled"]),
        (monitor(message="tell @slack-${var.channel} @${var.team} @pagerduty-${var.service} x.io/docs/x"), []),
        # Two words that are never sent together are none.
        (monitor(message="{{#is_recovery}}@slack-b{{/is_recovery}}{{#is_alert}}, see{{/is_alert}} @slack-a"), []),
        (monitor(message="{{#is_recovery}}@slack-b{{/is_recovery}}, see @slack-a"), ["handle-leads-nowhere"]),
        (monitor(message="@pagerduty-a"), ["missing-runbook"]),
        (monitor(message="[what to do](x) @pagerduty-a"), []),
        (monitor(message="@slack-a"), []),
        # ratios
        (monitor("sum(last_5m):sum:a{*}.as_count() / sum:b{*}.as_count() > 1"), []),
        *((monitor(f"{how}(last_5m):{RATIO} > 1"), UNSUMMED) for how in ("avg", "max", "min")),
        (monitor(f"change(avg(last_5m),last_1h):{RATIO} > 1"), UNSUMMED),
        (monitor(f"change(sum(last_5m),last_1h):{RATIO} > 1"), []),
        (monitor("avg(last_5m):sum:a{*}.as_count() > 1"), []),
        (monitor("avg(last_5m):sum:a{*}.as_count() * 100 > 1"), ["not-modelled"]),
        (monitor("sum(last_5m):sum:a{*}.as_rate() / sum:b{*}.as_rate() > 1"), ["as-rate-ratio"]),
        (monitor("sum(last_5m):sum:a{*} / sum:b{*} > 1"), ["as-rate-ratio"]),
        (monitor("avg(last_5m):sum:a{*} / sum:b{*} > 1"), []),
        (monitor("avg(last_5m):sum:a{*}.as_rate() / 60 > 1"), []),
        # windows
        (monitor("avg(last_5m):avg:a{*}.rollup(avg, 300) > 1"), []),
        (monitor("avg(last_5m):avg:a{*}.rollup(avg, 301) > 1"), ["window-too-short"]),
        (monitor("avg(last_5m):avg:a{*}.rollup(avg, 99999999999999999999) > 1"), ["not-modelled", "window-too-short"]),
        (monitor("avg(last_4m):avg:aws.a{*} > 1"), ["window-too-short"]),
        (monitor("avg(last_5m):avg:aws.a{*} > 1"), []),
        (monitor("avg(last_4m):avg:aws.a{*} > 1", evaluation_delay=900), []),
        # scopes
        (monitor("avg(last_5m):avg:a{env:a AND NOT env:a} > 1"), ["dead-scope"]),
        (monitor("avg(last_5m):avg:a{env IN (a) AND env NOT IN (a,b)} > 1"), ["dead-scope"]),
        (monitor("avg(last_5m):avg:a{env IN (a,c) AND env NOT IN (a,b)} > 1"), []),
        (monitor("avg(last_5m):avg:a{env:a OR NOT env:a} > 1"), []),
        (monitor("avg(last_5m):avg:a{host:web-1,!host:web-*} > 1"), ["dead-scope"]),
        (monitor("avg(last_5m):avg:a{host:web-*,!host:web-1} > 1"), []),
        (monitor("avg(last_5m):avg:a{host:web.1,!host:web-1} > 1"), []),
        (monitor("avg(last_5m):avg:a{env:$env.value} > 1"), ["not-modelled", "dead-scope"]),
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
        (monitor(message="{{#is_unknown}}b{{/is_unknown}} @slack-a"), ["unreachable-block"]),
        (monitor("1 && 2", kind="composite", message="{{#is_unknown}}b{{/is_unknown}} @slack-a"), []),
        (monitor(CHECK, kind="service check", message="{{#is_unknown}}b{{/is_unknown}} @slack-a"), []),
        (
            monitor(message=on("is_exact_match", "a", on("is_exact_match", "b", "x")) + " @slack-a"),
            ["unreachable-block"],
        ),
        (monitor(message=on("is_exact_match", "a", on("is_match", "a", "x")) + " @slack-a"), []),
        # what cannot be read or evaluated
        (monitor("avg(last_5m):trend_line(avg:a{*}) > 4"), ["not-modelled"]),
        (monitor("avg(last_5m):avg:a{*}.rollup(foo) > 4"), ["not-modelled"]),
        (monitor("avg(last_5m):avg:a{*}.as_count().as_rate() > 4"), ["not-modelled"]),
        (monitor("avg(last_4h):anomalies(avg:a{*}, 'basic', 2) >= 1"), []),
        (monitor('error_budget("x").over("7d") > 75', kind="slo alert"), []),
        (monitor("1 && 2", kind="composite"), []),
        (monitor("avg(last_5m):avg:a{*} >"), ["syntax-error"]),
        (monitor(message="{{#is_alert}}a @slack-a"), ["syntax-error"]),
        (monitor(escalation_message="{{#is_alert}}a"), ["syntax-error"]),
        (json.dumps({"type": "query alert", "query": QUERY, "name": "{{a", "message": "@slack-a"}), ["syntax-error"]),
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


@pytest.mark.parametrize(
    ("text", "pointed_at"),
    [
        (monitor(message="@slack-ab @slack-a."), "@slack-a."),
        (monitor(message=f"{RUNBOOK} @oncall-ab {{{{#is_alert}}}}@oncall-a{{{{/is_alert}}}}"), "@oncall-a"),
        (
            monitor(message=RUNBOOK + " {{#is_alert}}@oncall-{{ host.name }} x{{/is_alert}}"),
            "@oncall-{{ host.name }}",
        ),
        (monitor(message=RUNBOOK, escalation_message="@oncall-a", renotify_interval=9), "@oncall-a"),
        (monitor(notify_by=["env"]), '["env"]'),
        (monitor("avg(last_5m):avg:a{*} > 4", thresholds={"okay": 3}), "3"),
        (monitor("avg(last_5m):avg:a{*} > 4", timeout_h=25), "25"),
        (monitor("avg(last_5m):avg:a{*} > 4", kind="log alert"), '"avg(last_5m):avg:a{*} > 4"'),
    ],
)
def test_a_finding_points_at_what_it_is_about(text: str, pointed_at: str) -> None:
    finding = lint(load_text(text, source="m.json"))[-1]
    assert text[finding.column - 1 : finding.end_column - 1] == pointed_at


def test_a_block_in_the_other_branch_is_said_to_be_there() -> None:
    text = monitor(message="@slack-a {{^is_alert}}{{#is_alert}}b{{/is_alert}}{{/is_alert}}")
    (finding,) = lint(load_text(text, source="m.json"))
    assert finding.text == "{{#is_alert}} is never sent: it cannot hold where {{#is_alert}} does not."


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
    told = TERRAFORM.format(query="avg(last_5m):avg:a{*} > 4", rest="")
    told = told.replace("@slack-a", "{{#is_recovery}}@slack-a{{/is_recovery}} ${var.more}")
    assert ids(told, "m.tf") == []
    assert ids(told.replace("${var.more}", ""), "m.tf") == ["alert-tells-nobody"]


def test_terraforms_own_default_is_what_is_looked_at() -> None:
    query = "avg(last_1h):avg:a{*} > 4"
    text = TERRAFORM.format(query=query, rest="  notify_no_data = true")
    (finding,) = lint(load_text(text, source="m.tf"))
    assert finding.id == "no-data-timeframe"
    assert "10 min (the default of Terraform's provider)" in finding.text
    assert ids(monitor(query, notify_no_data=True)) == []


def test_a_handle_that_only_blocks_without_a_common_occasion_would_make_is_none() -> None:
    message = RUNBOOK + " {{#is_alert}}@slack-a{{/is_alert}}{{#is_recovery}}b @slack-a{{/is_recovery}} c"
    text = monitor(message=message, notify_no_data=True, no_data_timeframe=20)
    (finding,) = lint(load_text(text, source="m.json"))
    assert finding.text == "Nobody is told of missing data: @slack-a is told of other occasions only."


def test_handles_within_an_interpolation_are_terraforms() -> None:
    resource = (
        'resource "datadog_monitor" "a" {{\n name = "n"\n type = "query alert"\n query = "{0}"\n message = {1}\n}}\n'
    )
    (declared,) = load_text(resource.format(QUERY, 'join(" ", ["x", "@pagerduty-x"])'), source="m.tf")
    assert lint([declared]) == ()
    (declared,) = load_text(resource.format(QUERY, '"${var.a ? "@slack-a." : ""} tell @slack-b."'), source="m.tf")
    (finding,) = lint([declared])
    assert (finding.id, declared.text[finding.column - 1 :].count("@")) == ("handle-leads-nowhere", 2)
    assert "@slack-b." in finding.text
