"""Terraform's monitors: HCL, its JSON syntax, plans and states, with the provider's own defaults."""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest

from alertproof.datadog import load_definition
from alertproof.datadog.loading import Declared, Representation, load_text
from alertproof.errors import ConfigError
from alertproof.quality.lint import lint

HCL = """\
variable "env" { default = "prod" }

# alertproof: ignore missing-runbook
resource "datadog_monitor" "cpu" {
  name    = "CPU of ${var.env}"
  type    = "query alert"
  query   = "avg(last_5m):avg:system.cpu.user{env:${var.env},team:\\"a\\"} by {host} > 80"
  message = <<-EOT
    High on {{host.name}}

      @pagerduty-ops
  EOT
  tags     = ["team:api", "env:${var.env}"]
  priority = "2"
  draft_status = "draft"

  monitor_thresholds {
    critical          = 80
    critical_recovery = "70.5"
    warning           = var.warning
  }
  renotify_interval   = 30
  renotify_statuses   = ["alert", "no data"]
  notify_no_data      = true
  include_tags        = false # // alertproof: ignore dead-scope, as-rate-ratio
  validate            = false
}

resource "datadog_monitor" "whole" {
  name    = "x"
  type    = "query alert"
  query   = local.query
  message = <<EOT
  # alertproof: ignore not-a-comment
EOT
}

resource "aws_instance" "other" {}
"""


def hcl(text: str = HCL) -> tuple[Declared, ...]:
    return load_text(text, source="monitors.tf")


def pointed(found: Declared, path: tuple[str | int, ...], part: str) -> str:
    """Return the text of the file at the place of a part of a value."""
    value: Any = found.payload
    for key in path:
        value = value[key]
    start = value.index(part)
    begins, ends = found.place(path, start, start + len(part))
    assert begins.line == ends.line
    return found.text.splitlines()[begins.line - 1][begins.column - 1 : ends.column - 1]


def test_a_resource_becomes_the_payload_of_the_api() -> None:
    found, _ = hcl()
    assert found.address == "datadog_monitor.cpu"
    assert found.representation is Representation.TERRAFORM
    assert found.payload == {
        "name": "CPU of ${var.env}",
        "type": "query alert",
        "query": 'avg(last_5m):avg:system.cpu.user{env:${var.env},team:"a"} by {host} > 80',
        "message": "High on {{host.name}}\n\n  @pagerduty-ops\n",
        "tags": ["team:api", "env:${var.env}"],
        "priority": 2,
        "draft_status": "draft",
        "options": {
            "thresholds": {"critical": 80, "critical_recovery": 70.5, "warning": "${var.warning}"},
            "renotify_interval": 30,
            "renotify_statuses": ["alert", "no data"],
            "notify_no_data": True,
            "include_tags": False,
            "new_host_delay": 300,
            "no_data_timeframe": 10,
            "require_full_window": True,
        },
    }


@pytest.mark.parametrize(
    ("path", "part"),
    [
        (("name",), "${var.env}"),
        (("query",), "last_5m"),
        (("query",), "by {host}"),
        (("message",), "{{host.name}}"),
        (("message",), "@pagerduty-ops"),
        (("tags", 1), "env"),
    ],
)
def test_each_part_of_a_text_has_its_place_in_the_file(path: tuple[str | int, ...], part: str) -> None:
    assert pointed(hcl()[0], path, part) == part


def test_an_escaped_quote_counts_once_in_the_text_and_twice_in_the_file() -> None:
    assert pointed(hcl()[0], ("query",), '"a"') == '\\"a\\"'


def test_each_escape_is_the_letter_that_it_stands_for() -> None:
    """A resource may have any name, also of letters that stand for something elsewhere."""
    (found,) = hcl('resource "datadog_monitor" "XnX" {\n  name = "a\\nb\\tc\\rd\\"e\\\\n"\n  query = "q"\n}\n')
    assert found.address == "datadog_monitor.XnX"
    assert found.payload["name"] == 'a\nb\tc\rd"e\\n'


def test_thresholds_have_a_place() -> None:
    begins, ends = hcl()[0].place(("options", "thresholds", "critical_recovery"))
    assert HCL.splitlines()[begins.line - 1][begins.column - 1 : ends.column - 1] == '"70.5"'


@pytest.mark.parametrize(("name", "written"), [("notify_no_data", "true"), ("include_tags", "false")])
def test_a_word_of_the_language_has_a_place(name: str, written: str) -> None:
    begins, ends = hcl()[0].place(("options", name))
    assert HCL.splitlines()[begins.line - 1][begins.column - 1 : ends.column - 1] == written


def test_an_expression_stands_for_itself_and_an_unindented_heredoc_keeps_its_margin() -> None:
    found = hcl()[1]
    assert found.payload["query"] == "${local.query}"
    assert found.payload["message"] == "  # alertproof: ignore not-a-comment\n"


def test_comments_in_and_right_above_a_resource_ask_for_findings_to_be_left_out() -> None:
    cpu, whole = hcl()
    assert [name for name, _ in cpu.ignores] == ["missing-runbook", "dead-scope", "as-rate-ratio"]
    assert whole.ignores == ()


def test_a_tag_that_asks_for_a_finding_to_be_left_out_has_its_place() -> None:
    text = 'resource "datadog_monitor" "a" {\n  query = "q"\n  tags  = ["a:b", "alertproof:ignore=dead-scope"]\n}\n'
    (found,) = hcl(text)
    ((name, start),) = found.ignores
    assert name == "dead-scope"
    assert text[start:].startswith('"alertproof:ignore=dead-scope"')


def test_a_text_is_the_number_or_the_truth_that_it_stands_for_but_where_a_text_is_wanted() -> None:
    options = {"notify_audit": "true", "include_tags": "false", "renotify_interval": "5", "escalation_message": "5"}
    lines = "\n".join(f'  {name} = "{value}"' for name, value in options.items())
    (found,) = hcl(f'resource "datadog_monitor" "a" {{\n  query = "q"\n{lines}\n}}\n')
    assert (
        found.payload["options"].items()
        >= {
            "notify_audit": True,
            "include_tags": False,
            "renotify_interval": 5,
            "escalation_message": "5",
        }.items()
    )


def test_a_comment_further_up_belongs_to_nobody() -> None:
    found = hcl(HCL.replace('dead-scope"', "").replace("missing-runbook\nresource", "missing-runbook\n\nresource"))
    assert [name for name, _ in found[0].ignores] == ["dead-scope", "as-rate-ratio"]


def test_the_provider_sends_defaults_that_the_api_does_not_have() -> None:
    _, found = hcl()
    assert {each.option: each.value for each in found.defaults} == {
        "include_tags": True,
        "new_host_delay": 300,
        "no_data_timeframe": 10,
        "notify_no_data": False,
        "require_full_window": True,
    }
    assert {each.origin for each in found.defaults} == {"Terraform's provider"}
    same = {"type": "query alert", "query": "avg(last_5m):avg:a{*} > 1"}
    text = "\n".join(f"{name} = {json.dumps(value)}" for name, value in same.items())
    (terraform,) = hcl(f'resource "datadog_monitor" "a" {{\n{text}\n}}\n')
    assert load_definition(terraform.payload, source="t").options.require_full_window
    assert not load_definition(same, source="a").options.require_full_window


@pytest.mark.parametrize(
    "line",
    ['on_missing_data = "resolve"', 'scheduling_options { custom_schedule { recurrence { rrule = "FREQ=DAILY" } } }'],
)
def test_it_sends_no_timeframe_beside_on_missing_data_or_a_custom_schedule(line: str) -> None:
    (found,) = hcl(f'resource "datadog_monitor" "a" {{\n type = "query alert"\n {line}\n}}\n')
    assert "no_data_timeframe" not in found.payload["options"]


def test_a_custom_schedule_is_the_apis() -> None:
    recurrence = 'rrule = "FREQ=DAILY;INTERVAL=1"\n timezone = "Asia/Tokyo"\n start = "2024-01-01T20:00:00"'
    (found,) = hcl(
        'resource "datadog_monitor" "a" {\n type = "query alert"\n query = "max(last_1h):max:m{*} > 1"\n'
        ' on_missing_data = "resolve"\n require_full_window = false\n'
        f" scheduling_options {{ custom_schedule {{ recurrence {{\n {recurrence}\n }} }} }}\n}}\n"
    )
    (schedule,) = load_definition(found.payload, source="t").options.schedules
    assert (str(schedule.zone), schedule.start.hour, schedule.rule.frequency) == ("Asia/Tokyo", 20, "DAILY")


def test_dynamic_blocks_count_as_what_they_make() -> None:
    text = """resource "datadog_monitor" "a" {
  type = "query alert"
  dynamic "monitor_thresholds" {
    for_each = [1]
    content {
      critical = 5
    }
  }
}
"""
    assert hcl(text)[0].payload["options"]["thresholds"] == {"critical": 5}


@pytest.mark.parametrize("block", ['thresholds = {\n critical = "5"\n}', "thresholds {\n critical = 5\n}"])
def test_the_thresholds_of_older_providers_are_known(block: str) -> None:
    (found,) = hcl(f'resource "datadog_monitor" "a" {{\n type = "query alert"\n {block}\n}}\n')
    assert found.payload["options"]["thresholds"] == {"critical": 5}


def test_what_terraform_says_of_every_resource_is_no_option() -> None:
    text = """resource "datadog_monitor" "a" {
  count    = var.env == "production" ? 1 : 0
  provider = datadog.eu
  type     = "query alert"
  tags     = var.tags
  lifecycle {
    ignore_changes = [message]
  }
}
"""
    (found,) = hcl(text)
    assert found.payload["tags"] == "${var.tags}"
    defaults = {each.option for each in found.defaults}
    assert set(found.payload["options"]) == defaults


def test_the_variables_of_a_formula_are_those_of_the_api() -> None:
    text = """resource "datadog_monitor" "a" {
  type  = "log alert"
  query = "formula(\\"a\\").last(\\"5m\\") > 1"
  variables {
    event_query {
      data_source = "logs"
      name        = "a"
      indexes     = ["*"]
      search { query = "status:error" }
      compute { aggregation = "count" }
      group_by { facet = "service" }
    }
  }
}
"""
    (found,) = hcl(text)
    (variable,) = found.payload["options"]["variables"]
    assert variable["search"] == {"query": "status:error"}
    assert variable["compute"] == {"aggregation": "count"}
    assert [each["facet"] for each in variable["group_by"]] == ["service"]
    assert load_definition(found.payload, source="a").group_by == ("service",)


def test_a_file_that_is_no_hcl_is_refused_with_the_place() -> None:
    with pytest.raises(ConfigError, match=r"^monitors\.tf:2:\d+: not HCL: "):
        hcl('resource "x" "y" {\n  = 1\n}\n')


def test_without_the_parser_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "hcl2", None)
    with pytest.raises(ConfigError, match=r"pip install 'alertproof\[terraform\]'"):
        hcl()


BODY = {"type": "query alert", "query": "avg(last_5m):avg:a{*} > 1", "monitor_thresholds": [{"critical": "1"}]}


def test_terraforms_json_syntax_is_read_the_same_way() -> None:
    block = BODY | {"monitor_thresholds": {"critical": "1"}}
    text = json.dumps({"resource": {"datadog_monitor": {"a": block}}})
    (found,) = load_text(text, source="m.tf.json")
    assert found.address == "datadog_monitor.a"
    assert found.payload["options"]["thresholds"] == {"critical": 1}
    assert found.payload["options"]["require_full_window"] is True
    place, end = found.place(("options", "thresholds", "critical"))
    assert text[place.column - 1 : end.column - 1] == '"1"'


@pytest.mark.parametrize("key", ["planned_values", "values"])
def test_a_plan_and_a_state_hold_the_monitors_of_all_modules(key: str) -> None:
    def resource(address: str) -> dict[str, Any]:
        return {"address": address, "mode": "managed", "type": "datadog_monitor", "values": BODY}

    root = {
        "resources": [
            resource("datadog_monitor.a"),
            {"address": "x.y", "type": "x", "values": {}},
            resource("data.datadog_monitor.c") | {"mode": "data"},
        ],
        "child_modules": [{"resources": [resource("module.m.datadog_monitor.b")]}],
    }
    text = json.dumps({"terraform_version": "1.9.0", key: {"root_module": root}})
    found = load_text(text, source="plan.json")
    assert [one.address for one in found] == ["datadog_monitor.a", "module.m.datadog_monitor.b"]
    assert all(one.representation is Representation.PLAN for one in found)
    for one in found:
        place, end = one.place(("query",), 4, 11)
        assert text[place.column - 1 : end.column - 1] == "last_5m"


def test_what_a_plan_says_is_no_default() -> None:
    values = BODY | {"require_full_window": False, "no_data_timeframe": 30, "notify_no_data": True}
    resource = {"address": "datadog_monitor.a", "type": "datadog_monitor", "values": values}
    plan = {"terraform_version": "1", "planned_values": {"root_module": {"resources": [resource]}}}
    (found,) = load_text(json.dumps(plan), source="plan.json")
    assert found.payload["options"]["no_data_timeframe"] == 30
    assert {each.option for each in found.defaults} == {"include_tags", "new_host_delay"}


PAYLOAD = {"type": "query alert", "query": 'avg(last_5m):avg:a{x:"y"} > 4', "message": "a\nb @slack-ops", "name": "n"}


@pytest.mark.parametrize("quoted", [True, False])
def test_a_monitor_that_is_json_in_a_text_is_the_apis_with_the_apis_defaults(quoted: bool) -> None:
    inner = json.dumps(PAYLOAD, indent=None if quoted else 2)
    value = json.dumps(inner) if quoted else f"<<EOT\n{inner}\nEOT"
    (found,) = hcl(f'resource "datadog_monitor_json" "a" {{\n  monitor = {value}\n}}\n')
    assert found.address == "datadog_monitor_json.a"
    assert found.payload == PAYLOAD
    assert "require_full_window is False" in [f"{each.option} is {each.value}" for each in found.defaults]
    assert pointed(found, ("message",), "@slack-ops") == "@slack-ops"
    assert pointed(found, ("query",), "> 4") == "> 4"


def test_json_that_only_terraform_can_make_is_a_template() -> None:
    (found,) = hcl('resource "datadog_monitor_json" "a" {\n  monitor = jsonencode({ a = 1 })\n}\n')
    assert found.payload == {
        "type": "query alert",
        "query": "${jsonencode({ a = 1 })}",
        "message": "",
        "options": {},
    }


def test_json_that_is_no_object_is_a_template_too() -> None:
    (found,) = hcl('resource "datadog_monitor_json" "a" {\n  monitor = "[1]"\n}\n')
    assert found.payload["query"] == "[1]"


@pytest.mark.parametrize("written", ['a ${join("\\n", var.a)} b', 'a %{ if var.a == "\\n" }x%{ endif } b'])
def test_an_interpolation_stays_as_it_is_written_with_its_escapes(written: str) -> None:
    (found,) = hcl(f'resource "datadog_monitor" "a" {{\n  name = "{written}"\n}}\n')
    assert found.payload["name"] == written


def test_a_plan_holds_monitors_that_are_json_in_a_text_too() -> None:
    resource = {
        "address": "datadog_monitor_json.a",
        "type": "datadog_monitor_json",
        "values": {"monitor": json.dumps(PAYLOAD)},
    }
    plan = json.dumps({"terraform_version": "1", "planned_values": {"root_module": {"resources": [resource]}}})
    (found,) = load_text(plan, source="plan.json")
    assert found.payload == PAYLOAD
    assert pointed(found, ("message",), "@slack-ops") == "@slack-ops"


def test_a_resource_for_each_of_several_is_one_monitor() -> None:
    """``for_each`` is a keyword of the language, ``count`` a name like any other."""
    (each, counted) = hcl(
        'resource "datadog_monitor" "a" {\n for_each = toset(["x"])\n name = each.key\n query = "q"\n}\n'
        'resource "datadog_monitor" "b" {\n count = 2\n name = "n"\n query = "q"\n}\n'
    )
    assert each.payload["name"] == "${each.key}"
    assert (each.payload["query"], counted.payload["query"]) == ("q", "q")
    assert not {"for_each", "count"} & {*each.payload["options"], *counted.payload["options"]}


def test_the_recurrences_of_a_schedule_are_those_of_the_api() -> None:
    (declared,) = hcl(
        'resource "datadog_monitor" "a" {\n query = "q"\n scheduling_options {\n custom_schedule {\n'
        '  recurrence {\n rrule = "FREQ=DAILY"\n timezone = "UTC"\n }\n'
        '  recurrence {\n rrule = "FREQ=WEEKLY"\n start = "2024-01-01T09:00:00"\n }\n } \n}\n}\n'
    )
    assert declared.payload["options"]["scheduling_options"] == {
        "custom_schedule": {
            "recurrences": [
                {"rrule": "FREQ=DAILY", "timezone": "UTC"},
                {"rrule": "FREQ=WEEKLY", "start": "2024-01-01T09:00:00"},
            ]
        }
    }


@pytest.mark.parametrize(("written", "sent"), [("0", None), ('"0"', None), ("1", 1), ("60", 60)])
def test_a_new_group_delay_of_nothing_is_not_sent(written: str, sent: int | None) -> None:
    (declared,) = hcl(f'resource "datadog_monitor" "a" {{\n query = "q"\n new_group_delay = {written}\n}}\n')
    assert declared.payload["options"].get("new_group_delay") == sent


def test_hcl_that_nests_too_deep_is_refused_with_its_line() -> None:
    deep = "[" * 3000 + "]" * 3000
    with pytest.raises(ConfigError, match=r"monitors\.tf:2: not HCL that can be read: nested too deep"):
        hcl(f'\nresource "datadog_monitor" "a" {{\n query = {deep}\n}}\n')


@pytest.mark.parametrize("odd", ["\u2028", "\x0c", "\x85"])
def test_what_is_no_line_end_in_a_file_does_not_move_the_comments_above_a_resource(odd: str) -> None:
    text = f'# {odd}{odd}\n\n# alertproof: ignore refused\nresource "datadog_monitor" "a" {{\n query = "q"\n}}\n'
    (declared,) = hcl(text)
    assert declared.ignores == (("refused", text.index("# alertproof")),)
    (declared,) = hcl(text.replace("\nresource", "\n\nresource"))
    assert declared.ignores == ()


def test_a_long_text_is_read_run_by_run_with_each_character_in_its_place() -> None:
    (declared,) = hcl(
        'resource "datadog_monitor" "a" {\n query = "q"\n message = "50 % of $5\\n${var.a} x%{ if b }y"\n}\n'
    )
    assert declared.payload["message"] == "50 % of $5\n${var.a} x%{ if b }y"
    offsets = declared.extents["message",].offsets
    assert [declared.text[at] for at in offsets] == [*"50 % of $5\\${var.a} x%{ if b }y", '"']


@pytest.mark.parametrize("unknown", [{}, {"query": None}])
def test_what_a_plan_cannot_know_yet_is_a_template(unknown: dict[str, Any]) -> None:
    """The query of a new composite holds ids that only apply tells."""
    composite = {"type": "composite", "name": "c", "message": "m"} | unknown
    resources = [
        {"address": "datadog_monitor.c", "type": "datadog_monitor", "values": composite},
        {"address": "datadog_monitor_json.d", "type": "datadog_monitor_json", "values": {}},
    ]
    plan = json.dumps({"terraform_version": "1", "planned_values": {"root_module": {"resources": resources}}})
    found = load_text(plan, source="plan.json")
    assert [one.payload["query"] for one in found] == ["${known after apply}"] * 2
    assert found[0].payload["name"] == "c"
    assert not any(finding.id == "syntax-error" for finding in lint(found))
