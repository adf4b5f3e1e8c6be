"""What messages tell in offline tests, and what a test says of variables that print nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from alertproof.errors import ConfigError
from alertproof.offline import TestResult, run_file
from alertproof.verdict import Verdict

Run = Callable[..., TestResult]
QUERY = "max(last_1m):max:depth{*} by {host} > 5"
DEPTH = "input_series: [{series: 'depth{host:a}', type: gauge, values: 0x4 9x4}]"
LOGS = 'logs("status:error").index("*").rollup("count").last("5m") > 0'


@pytest.fixture
def run(write: Callable[[str], Path], folder: Path) -> Run:
    """Run a test of one monitor whose expectations follow from its inputs."""

    def one(
        message: str, rest: str, *, query: str = QUERY, kind: str = "query alert", state: str = "Alert"
    ) -> TestResult:
        options = (
            {"new_group_delay": 0} if " by {" in query else {"new_host_delay": 0} if kind == "service check" else {}
        )
        payload = {
            "name": "M",
            "type": kind,
            "query": query,
            "message": message,
            "tags": ["team:a"],
            "options": options,
        }
        (folder / "m.json").write_text(json.dumps(payload))
        expect = f"expect: [{{monitor: m, at: 8m, state: {state}}}]"
        path = write(f"monitors: [m.json]\ntests:\n- {{name: t, interval: 1m, {rest}, {expect}}}\n")
        (result,) = run_file(path)
        return result

    return one


def said(result: TestResult) -> list[str]:
    return [text for text in result.assumptions if "prints nothing here" in text]


def test_facts_are_told_and_what_only_datadog_knows_is_said_to_be_empty(run: Run) -> None:
    text = "{{host.name}} {{host.ip}} {{role.name}}|"
    without = run(text, DEPTH)
    assert without.notifications[0].body == "a  |"
    belongs = "only Datadog knows what belongs to a host, and 'facts' can give it."
    assert said(without) == [
        f"{{{{host.ip}}}} of 'M' prints nothing here: {belongs}",
        f"{{{{role.name}}}} of 'M' prints nothing here: {belongs}",
    ]
    facts = "facts: [{group: {host: a}, variables: {host.ip: 10.0.0.1, role.name: db}}]"
    given = run(text, f"{DEPTH}, {facts}")
    assert (given.verdict, given.notifications[0].body, said(given)) == (Verdict.PASSED, "a 10.0.0.1 db|", [])


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{{host}}", "the tag's value is {{host.name}}, unless by the option bare_keys_are_names"),
        ("{{log.message}}", "the query finds no records"),
        ("{{pod.zone}}", "a monitor has no such variable"),
        ("{{valu}}", "a monitor has no such variable"),
        ("{{check_message}}", "a monitor has no such variable"),
        ('{{#is_match "role" "db"}}a{{/is_match}}', "a monitor has no such variable"),
    ],
)
def test_whatever_prints_nothing_has_its_reason(text: str, why: str, run: Run) -> None:
    (found,) = said(run(text, DEPTH))
    assert found.endswith(f"prints nothing here: {why}.")


def test_by_another_reading_a_key_alone_is_the_tags_value(run: Run) -> None:
    found = run("{{host}}", f"{DEPTH}, options: {{bare_keys_are_names: true}}")
    assert (found.notifications[0].body, said(found)) == ("a", [])
    assert "The key of a tag alone, as in {{host}}, prints the tag's value." in found.assumptions


def test_a_name_in_the_title_counts_and_a_tag_of_no_group_is_none(run: Run) -> None:
    simple = run("{{env.name}}", DEPTH, query=QUERY.replace(" by {host}", ""))
    assert said(simple) == ["{{env.name}} of 'M' prints nothing here: the monitor does not group by env."]
    assert said(run("{{host.name}} {{value}} {{warn_threshold}}", DEPTH)) == []


def test_logs_are_told_and_what_they_lack_is_said(run: Run) -> None:
    logs = "length: 8m, logs: [{at: 7m, status: error, message: no route, tags: 'env:prod', attributes: {a: {b: 5}}}]"
    text = "{{log.message}} {{log.tags.env}} {{log.attributes.a.b}} {{log.attributes.c}} {{log.link}}|"
    found = run(text, logs, query=LOGS, kind="log alert")
    assert found.notifications[0].body == "no route prod 5  |"
    assert [each.partition(": ")[2] for each in said(found)] == [
        "the query found no record that has it.",
        "only Datadog knows the link, and 'facts' can give it.",
    ]
    other = run(text, logs + ", options: {newest_record_is_told: false}", query=LOGS, kind="log alert")
    assert "Of the records of a window, a message tells of the oldest." in other.assumptions


def test_a_check_says_what_the_test_lets_it_say(run: Run) -> None:
    query = '"up".over("*").by("host").last(2).count_by_status()'
    check = "checks: [{check: 'up{host:a}', values: OKx4 CRITICALx3%s}]"
    silent = run("{{check_message}}|", check % "", query=query, kind="service check")
    assert silent.notifications[0].body == "|"
    assert said(silent)[0].endswith("the test gives its check no 'messages' for the status.")
    told = run("{{check_message}}|", check % ", messages: {CRITICAL: refused}", query=query, kind="service check")
    assert (told.notifications[0].body, said(told)) == ("refused|", [])


@pytest.mark.parametrize(
    ("rest", "told"),
    [
        ("facts: [{group: {host: b}, variables: {host.ip: x}}]", "the fact at"),
        ("rules: [{name: a, filter: {tags: ['team:b']}, recipients: [c]}]", "the rule at"),
        ("downtimes: [{from: 2m, until: 3m, scope: 'host:b'}]", "the downtime at"),
        ("downtimes: [{from: 11m, until: 12m}]", "the downtime at"),
    ],
)
def test_what_is_of_no_group_breaks_the_test(rest: str, told: str, run: Run) -> None:
    found = run("", f"{DEPTH}, {rest}")
    assert found.verdict is Verdict.BROKEN
    assert f"{told} " in found.reason
    assert "some.alert.yaml:3 " in found.reason


@pytest.mark.parametrize("scope", ["team:a AND NOT host:b", "host:a"])
def test_a_rule_about_tags_of_the_monitor_or_the_group_is_looked_at(scope: str, run: Run) -> None:
    found = run("", f"{DEPTH}, rules: [{{name: a, filter: {{scope: '{scope}'}}, recipients: [c]}}]")
    assert (found.verdict, found.notifications[0].handles) == (Verdict.PASSED, ("c",))


def test_a_file_of_downtimes_that_mutes_nothing_breaks_the_test(run: Run, folder: Path) -> None:
    def downtime(scope: str) -> dict[str, object]:
        attributes = {
            "monitor_identifier": {"monitor_tags": ["*"]},
            "scope": scope,
            "schedule": {"start": "2024-01-01T00:05:00+00:00", "end": "2024-01-01T00:30:00+00:00"},
        }
        return {"id": scope, "type": "downtime", "attributes": attributes}

    (folder / "d").mkdir()
    (folder / "d" / "down.json").write_text(json.dumps({"data": [downtime("host:b"), downtime("host:c")]}))
    idle = run("", f"{DEPTH}, downtimes: ['d/down.json']")
    assert (idle.verdict, "some.alert.yaml:3 mutes no group of m" in idle.reason) == (Verdict.BROKEN, True)
    (folder / "d" / "down.json").write_text(json.dumps({"data": [downtime("host:b"), downtime("host:a")]}))
    assert run("", f"{DEPTH}, downtimes: ['d/down.json']").notifications == ()


@pytest.mark.parametrize(
    ("rest", "told"),
    [
        ("facts: [{group: {host: a}}]", "the key 'variables' is missing"),
        ("facts: [{variables: {'host ip': x}}]", "'host ip' is no variable of a message"),
        ("facts: [{variables: {host: x, host.ip: y}}]", "'host.ip' is part of another variable"),
        ("facts: [{variables: {host.ip: [x]}}]", "expected a single value"),
        ("checks: [{check: up, values: OK, messages: {BAD: x}}]", "unknown key 'BAD'"),
    ],
)
def test_what_is_no_fact_is_refused(rest: str, told: str, run: Run) -> None:
    with pytest.raises(ConfigError, match="some.alert.yaml:3") as caught:
        run("", f"{DEPTH}, {rest}")
    assert told in str(caught.value)
