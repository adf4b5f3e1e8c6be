from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertproof.datadog.message import CONDITIONS, Dialect, Quantity, TemplateError, Variables, render, render_message
from alertproof.datadog.message.tree import Path

VARIABLES: Variables = {
    "value": Quantity(1.5, "1.5"),
    "whole": 5.0,
    "host": {"name": "web-01", "ip": "10.0.0.1"},
    "kube.pod": {"name": "p&q"},
    "@http.status": {"name": "500"},
    "last_triggered_at": datetime(2021, 5, 31, 14, 43, 27, tzinfo=UTC),
    "last_triggered_at_epoch": 1_622_472_207_000,
    "log": {"message": "a <b>", "attributes": {"error": {"message": "boom"}, "net.ip": "::1", "steps": ["x", "y"]}},
    "a": {"value": 3, "status": "No Data"},
    "event": {"tags": {"dot.key": "five"}, "text": '{"a": 1}'},
    "check_message": "refused",
    "service": {"name": "web store/1", "links": {"Runbook": "https://r"}},
}


def rendered(template: str, *conditions: str, priority: str = "P2", dialect: Dialect | None = None) -> str:
    return render_message(
        template,
        conditions=frozenset(conditions),
        variables=VARIABLES,
        priority=priority,
        dialect=dialect or Dialect(),
    ).text


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("plain {text} }} of } all { kinds", "plain {text} }} of } all { kinds"),
        ("{{value}} {{ value }} {{\nvalue\n}}", "1.5 1.5 1.5"),
        ("<{{unknown}}{{host.unknown}}{{unknown.name}}>", "<>"),
        ("{{host.name}} {{host.ip}}", "web-01 10.0.0.1"),
        ("{{[kube.pod].name}}", "p&amp;q"),
        ("{{{[kube.pod].name}}}", "p&q"),
        ("{{[@http.status].name}}", "500"),
        ("<{{host}}{{[kube.pod]}}{{{log}}}{{host.name.first}}>", "<>"),
        ("{{{log.attributes.error}}}", '{"message": "boom"}'),
        ("{{log.message}} {{{log.message}}}", "a &lt;b&gt; a <b>"),
        ("{{log.attributes.error.message}}", "boom"),
        ("{{log.attributes.[error.message]}}", "boom"),
        ("{{log.attributes.net.ip}} {{log.attributes.[net.ip]}}", "::1 ::1"),
        ("{{log.attributes.steps}} {{log.attributes.steps.1}} {{log.attributes.steps.-1}}", "x,y y y"),
        ("<{{log.attributes.steps.2}}{{log.attributes.steps.-3}}{{log.attributes.steps.x}}>", "<>"),
        ("{{a.value}} {{a.status}} {{check_message}}", "3 No Data refused"),
        ("{{ event.tags.[dot.key] }}", "five"),
        ("{{{event.text}}}", '{"a": 1}'),
        ("{{service.links[Runbook]}}", "https://r"),
        ('{"v": {{value}}}', '{"v": 1.5}'),
        ("{{last_triggered_at}}", "Mon May 31 2021 14:43:27 UTC"),
        ("{{last_triggered_at_epoch}}", "1622472207000"),
        ("a{{!-- a comment {{value}} --}}b{{! another }}c", "abc"),
        ("a{{!-- closed as documented }}b{{!-- and so --}}c", "abc"),
        ("{{! over\nlines }}x", "x"),
        ("{{{{raw}}}}{{value}} {{#x}}{{{{/raw}}}}", "{{value}} {{#x}}"),
        ('{{{{is_match "host.name" "web"}}}}{{ .matched }}{{{{/is_match}}}}', "{{ .matched }}"),
        ('{{{{is_match "host.name" "db"}}}}{{ .matched }}{{{{/is_match}}}}', ""),
        ("{{{{ is_alert }}}}{{x}}{{{{ /is_alert }}}}", ""),
    ],
)
def test_text_and_variables(template: str, text: str) -> None:
    assert rendered(template) == text


def test_the_key_of_a_tag_with_a_period_needs_its_brackets() -> None:
    assert rendered("{{kube.pod.name}}") == ""
    assert rendered("{{kube.pod.name}}", dialect=Dialect(dotted_keys_need_brackets=False)) == "p&amp;q"


def test_a_key_alone_prints_nothing_or_by_another_reading_its_name() -> None:
    named = Dialect(bare_keys_are_names=True)
    assert rendered("{{host}} {{[kube.pod]}} {{log}}", dialect=named) == "web-01 p&amp;q "
    assert rendered('{{#is_exact_match "host" "web-01"}}yes{{/is_exact_match}}', dialect=named) == "yes"
    assert rendered('{{#is_exact_match "host" "web-01"}}yes{{/is_exact_match}}') == ""


@pytest.mark.parametrize(
    ("template", "missing"),
    [
        ("{{host.name}} {{value}}", ()),
        ("{{host}} {{host.zone}} {{host.zone}}", (("host",), ("host", "zone"))),
        ('{{#is_match "role.name" "db"}}a{{/is_match}}{{eval "nothing * 2"}}', (("role", "name"), ("nothing",))),
        ("{{#is_alert}}{{x}}{{else}}{{y}}{{/is_alert}}", (("y",),)),
        ("{{absent}}", ()),
    ],
)
def test_what_was_asked_for_and_is_not_there_is_known(template: str, missing: tuple[Path, ...]) -> None:
    """A variable without a value that is known to have none is not among it."""
    found = render_message(template, conditions=frozenset(), variables={**VARIABLES, "absent": None})
    assert tuple(found.missing) == missing


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{{local_time 'last_triggered_at' 'Asia/Tokyo'}}", "2021-05-31 23:43:27+09:00"),
        ('{{local_time "last_triggered_at" "America/New_York"}}', "2021-05-31 10:43:27-04:00"),
        ("{{local_time 'last_triggered_at' 'UTC'}}", "2021-05-31 14:43:27+00:00"),
        ("<{{local_time 'first_triggered_at' 'UTC'}}{{local_time 'host.name' 'UTC'}}>", "<>"),
        ('{{urlencode "service.name"}}', "web%20store%2F1"),
        ('{{ urlencode "kube.name" }}', ""),
        ("a{{override_priority 'P1'}}b", "ab"),
    ],
)
def test_helpers_that_stand_alone(template: str, text: str) -> None:
    assert rendered(template) == text


def test_the_last_priority_that_is_rendered_counts() -> None:
    def priority(template: str, *conditions: str) -> str | None:
        return render_message(template, conditions=frozenset(conditions), variables={}).priority

    template = (
        "{{#is_alert}}{{override_priority 'P1'}}{{/is_alert}}{{#is_warning}}{{override_priority \"P4\"}}{{/is_warning}}"
    )
    assert (priority(template, "is_alert"), priority(template, "is_warning"), priority(template)) == ("P1", "P4", None)
    assert priority("{{override_priority 'P1'}}{{override_priority 'P5'}}") == "P5"


@pytest.mark.parametrize(
    ("template", "when_alert", "otherwise"),
    [
        ("{{#is_alert}}yes{{/is_alert}}", "yes", ""),
        ("{{^is_alert}}no{{/is_alert}}", "", "no"),
        ("{{^#is_alert}}no{{/is_alert}}", "", "no"),
        ("{{#is_alert}}yes{{else}}no{{/is_alert}}", "yes", "no"),
        ("{{^is_alert}}no{{else}}yes{{/is_alert}}", "yes", "no"),
        ("{{#is_alert}}yes{{^}}no{{/is_alert}}", "yes", "no"),
        ('{{ #is_alert }}{{#is_match "host.name" "web"}}web{{/is_match}}{{ /is_alert }}', "web", ""),
        ("{{#is_alert}}{{^is_renotify}}first{{/is_renotify}}{{/is_alert}}", "first", ""),
    ],
)
def test_blocks_hold_or_not(template: str, when_alert: str, otherwise: str) -> None:
    assert (rendered(template, "is_alert"), rendered(template)) == (when_alert, otherwise)


@pytest.mark.parametrize("helper", sorted(CONDITIONS))
def test_every_condition_can_be_asked_for(helper: str) -> None:
    template = f"{{{{#{helper}}}}}yes{{{{/{helper}}}}}"
    assert (rendered(template, helper), rendered(template)) == ("yes", "")
    assert (rendered(template.replace("#", "^"), helper), rendered(template.replace("#", "^"))) == ("", "yes")


@pytest.mark.parametrize(
    ("question", "holds"),
    [
        ('is_match "host.name" "web"', True),
        ('is_match "host.name" "WEB"', False),
        ('is_match "host.name" "db"', False),
        ('is_match "host.name" "db" "eb-0"', True),
        ("is_match host.name 'web'", True),
        ('is_match "host" "web-99"', False),
        ('is_match "host.name" ""', True),
        ('is_match "unknown.name" ""', False),
        ('is_match "value" "1."', True),
        ('is_match "value" 1.5', True),
        ('is_match "value" "2"', False),
        ('is_exact_match "host.name" "web"', False),
        ('is_exact_match "host.name" "web-01"', True),
        ('is_exact_match "host.name" "db" "web-01"', True),
        ('is_exact_match "unknown.name" ""', True),
        ('is_exact_match "host.name" ""', False),
        ('is_exact_match "value" 1.50', True),
        ('is_exact_match "value" "1.50"', True),
        ('is_exact_match "value" "2"', False),
        ('is_exact_match "whole" "5"', True),
        ('is_exact_match "whole" "5.1"', False),
        ('is_exact_match "[@http.status].name" "500"', True),
        ('is_exact_match "[@http.status].name" "500.0"', False),
        ('is_exact_match "a.status" "No Data"', True),
        ('is_exact_match (eval "int(value)") "1"', True),
        ('is_exact_match (eval "int(value)") "2" "3"', False),
        ('is_match (eval "value * 100") "150"', True),
        ('is_exact_match (eval "int(nothing)") ""', True),
        ("is_priority 'P2'", True),
        ("is_priority 'P1' \"P2\"", True),
        ("is_priority 'P1'", False),
    ],
)
def test_questions_about_values(question: str, *, holds: bool) -> None:
    helper = question.split(maxsplit=1)[0]
    assert (rendered(f"{{{{#{question}}}}}yes{{{{/{helper}}}}}") == "yes") is holds
    assert (rendered(f"{{{{^{question}}}}}yes{{{{/{helper}}}}}") == "yes") is not holds


def test_nobody_has_a_priority_that_was_not_given() -> None:
    assert rendered("{{#is_priority 'P5'}}yes{{/is_priority}}", priority="") == ""


LINES = "a\n  {{#is_alert}}\nb\n  {{else}}\nc\n{{/is_alert}}\nd {{!-- not alone --}}\n  {{!-- alone --}}  \ne\n"


def test_a_tag_alone_on_its_line_leaves_its_line_or_not() -> None:
    assert rendered(LINES, "is_alert") == "a\n  \nb\n  \nd \n    \ne\n"
    vanish = Dialect(lines_vanish=True)
    assert rendered(LINES, "is_alert", dialect=vanish) == "a\nb\nd \ne\n"
    assert rendered(LINES, dialect=vanish) == "a\nc\nd \ne\n"
    assert rendered("  {{#is_alert}}x{{/is_alert}}  ", "is_alert", dialect=vanish) == "  x  "
    assert rendered("{{#is_alert}}\r\nx\r\n{{/is_alert}}", "is_alert", dialect=vanish) == "x\r\n"


def test_a_message_may_become_only_so_long() -> None:
    long = {"x": "y" * 500_000}
    assert len(render("{{x}}{{x}}", conditions=frozenset(), variables=long)) == 1_000_000
    with pytest.raises(TemplateError, match="longer than 1000000 characters"):
        render("{{x}}{{x}}.", conditions=frozenset(), variables=long)


@given(st.text().filter(lambda text: "{{" not in text))
def test_plain_text_is_rendered_as_it_is(text: str) -> None:
    assert rendered(text) == text


@given(st.text(), st.text())
def test_a_value_is_never_read_as_a_template(value: str, other: str) -> None:
    variables: Variables = {"x": value, "y": {"z": other}}
    assert render("{{{x}}}|{{{y.z}}}", conditions=frozenset(), variables=variables) == f"{value}|{other}"
