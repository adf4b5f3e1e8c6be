from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertproof.datadog.message import CONDITIONS, handles, render, require_modelled_template
from alertproof.errors import NotModelled

VARIABLES = {"value": "1.5", "host.name": "web-01", "kube.pod.name": "p&q", "priority": "P2"}


def rendered(template: str, *conditions: str) -> str:
    return render(template, conditions=frozenset(conditions), variables=VARIABLES)


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("plain {text}", "plain {text}"),
        ("{{value}} {{ value }}", "1.5 1.5"),
        ("<{{unknown}}>", "<>"),
        ("{{[kube.pod].name}}", "p&amp;q"),
        ("{{{kube.pod.name}}}", "p&q"),
        ("a{{!-- a comment {{value}} --}}b{{! another }}c", "abc"),
        ("{{{{raw}}}}{{value}}{{{{/raw}}}}", "{{value}}"),
    ],
)
def test_text_and_variables(template: str, text: str) -> None:
    assert rendered(template) == text


@pytest.mark.parametrize(
    ("template", "when_alert", "otherwise"),
    [
        ("{{#is_alert}}yes{{/is_alert}}", "yes", ""),
        ("{{^is_alert}}no{{/is_alert}}", "", "no"),
        ("{{#is_alert}}yes{{else}}no{{/is_alert}}", "yes", "no"),
        ("{{#is_alert}}yes{{^}}no{{/is_alert}}", "yes", "no"),
        ('{{ #is_alert }}{{#is_match "host.name" "web"}}web{{/is_match}}{{ /is_alert }}', "web", ""),
        ("{{#is_alert}}{{^is_renotify}}first{{/is_renotify}}{{/is_alert}}", "first", ""),
    ],
)
def test_blocks_hold_or_not(template: str, when_alert: str, otherwise: str) -> None:
    assert (rendered(template, "is_alert"), rendered(template)) == (when_alert, otherwise)


@pytest.mark.parametrize(
    ("question", "holds"),
    [
        ('is_match "host.name" "web"', True),
        ('is_match "host.name" "db"', False),
        ('is_match "host.name" "db" "eb-0"', True),
        ("is_match host.name 'web'", True),
        ('is_match "host.name" ""', True),
        ('is_match "unknown.name" ""', False),
        ('is_exact_match "host.name" "web"', False),
        ('is_exact_match "host.name" "db" "web-01"', True),
        ('is_exact_match "unknown.name" ""', True),
        ('is_exact_match "host.name" ""', False),
        ('is_exact_match "value" 1.50', True),
        ('is_exact_match "value" "2"', False),
        ("is_priority 'P2'", True),
        ("is_priority 'P1'", False),
    ],
)
def test_questions_about_values(question: str, *, holds: bool) -> None:
    helper = question.split(maxsplit=1)[0]
    assert (rendered(f"{{{{#{question}}}}}yes{{{{/{helper}}}}}") == "yes") is holds


@pytest.mark.parametrize(
    ("template", "named"),
    [
        ("{{#if x}}{{/if}}", "'if'"),
        ("{{#is_alrt}}{{/is_alrt}}", "did you mean 'is_alert'"),
        ('{{eval "value * 2"}}', "'eval'"),
        ("{{local_time 'last_triggered_at' 'Asia/Tokyo'}}", "'local_time'"),
        ("{{override_priority 'P1'}}", "'override_priority'"),
        ("{{#is_alert}}", "{{#is_alert}} is never closed"),
        ("{{/is_alert}}", "{{/is_alert}} does not close"),
        ("{{#is_alert}}{{#is_warning}}{{/is_alert}}{{/is_warning}}", "{{/is_alert}} does not close"),
        ("{{else}}", "{{else}} outside"),
        ("{{#is_alert}}{{else}}{{else}}{{/is_alert}}", "{{else}} outside"),
    ],
)
def test_what_is_not_rendered_is_refused_by_name(template: str, named: str) -> None:
    with pytest.raises(NotModelled) as caught:
        require_modelled_template(template)
    assert named in str(caught.value)


@pytest.mark.parametrize("helper", sorted(CONDITIONS))
def test_every_condition_can_be_asked_for(helper: str) -> None:
    template = f"{{{{#{helper}}}}}yes{{{{/{helper}}}}}"
    assert (rendered(template, helper), rendered(template)) == ("yes", "")


@given(st.text(st.sampled_from("{}#/^!- is_alertelse\"'raw"), max_size=40))
def test_any_template_renders_or_is_refused(template: str) -> None:
    with suppress(NotModelled):
        assert isinstance(rendered(template, "is_alert"), str)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("@pagerduty-api", ("pagerduty-api",)),
        ("look @slack-a\n@slack-b now @slack-a", ("slack-a", "slack-b")),
        ("@user@example.com", ("user@example.com",)),
        ("mail@example.com", ()),
        ("(@team)", ()),
        ("@team(x)", ()),
        ("@workflow-restart(host=a)", ("workflow-restart(host=a)",)),
        ("@team.", ("team.",)),
        ("@ team", ()),
        ("@@team", ()),
    ],
)
def test_a_handle_stands_alone(text: str, found: tuple[str, ...]) -> None:
    assert handles(text) == found


def test_a_handle_may_hold_a_variable() -> None:
    assert handles(rendered("@slack-{{host.name}} @slack-{{unknown}}")) == ("slack-web-01", "slack-")
