from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertproof.datadog.message import OCCASIONS, TemplateError, handles, reachable, render

ALL = frozenset(OCCASIONS)
RECOVERIES = {name for name in OCCASIONS if name.startswith("recovery")}
RENOTIFIED = {name for name in OCCASIONS if name.startswith("renotified")}


def reached(message: str, escalation: str = "") -> dict[str, frozenset[str]]:
    """The occasions of each handle, over all ways to it."""
    found: dict[str, frozenset[str]] = {}
    for reach in reachable(message, escalation):
        found[reach.handle] = found.get(reach.handle, frozenset()) | reach.occasions
    return found


def test_a_handle_outside_blocks_is_told_on_every_occasion() -> None:
    assert reached("look @team and @slack-{{service.name}} now") == {"team": ALL, "slack-{{service.name}}": ALL}


@pytest.mark.parametrize(
    ("message", "occasions"),
    [
        ("{{#is_alert}} @a {{/is_alert}}", {"alert", "renotified alert"}),
        ("{{#is_alert}}x{{else}}@a{{/is_alert}}", ALL - {"alert", "renotified alert"}),
        ("{{^is_alert}}@a{{/is_alert}}", ALL - {"alert", "renotified alert"}),
        ("{{#is_recovery}}@a{{/is_recovery}}", RECOVERIES),
        ("{{#is_alert_recovery}}@a{{/is_alert_recovery}}", {"recovery from alert", "alert to warning"}),
        ("{{#is_renotify}}@a{{/is_renotify}}", RENOTIFIED),
        ("{{#is_warning}}{{^is_renotify}}@a{{/is_renotify}}{{/is_warning}}", {"warning", "alert to warning"}),
        ("{{#is_alert}}{{#is_warning}}@a{{/is_warning}}{{/is_alert}}", set()),
        ('{{#is_match "host.name" "x"}}@a{{else}}{{/is_match}}', ALL),
        ("{{{{is_no_data}}}}@a{{{{/is_no_data}}}}", {"no data", "renotified no data"}),
    ],
)
def test_blocks_say_on_which_occasions(message: str, occasions: set[str]) -> None:
    assert reached(message) == {"a": frozenset(occasions)}


def test_the_answers_that_a_handle_needs_are_told() -> None:
    (reach,) = reachable('{{#is_alert}}{{^is_match "env.name" "dev"}}page @a{{/is_match}}{{/is_alert}}')
    assert [(each.question.helper, each.question.wanted, each.holds) for each in reach.when] == [
        ("is_alert", (), True),
        ("is_match", ("dev",), False),
    ]


def test_a_handle_may_be_made_of_pieces() -> None:
    message = '@slack-{{#is_match "env.name" "prod"}}ops{{else}}dev{{/is_match}}-{{region.name}} x'
    assert set(reached(message)) == {"slack-ops-{{region.name}}", "slack-dev-{{region.name}}"}
    assert set(reached("@slack-{{[kube.pod].name}}")) == {"slack-{{[kube.pod].name}}"}
    assert set(reached("@slack-{{[kube. pod].name}}x")) == {"slack-{{[kube._pod].name}}x"}
    assert set(reached("{{#is_alert}}@a{{/is_alert}}{{#is_alert}}b{{/is_alert}}")) == {"ab"}
    assert set(reached("{{#is_alert}}@a{{else}}@c{{/is_alert}}b")) == {"ab", "cb"}
    assert set(reached("{{#is_alert}}@a {{/is_alert}}@b")) == {"a", "b"}
    assert set(reached("x{{#is_alert}} {{/is_alert}}@b")) == {"b"}
    assert reached("x{{#is_alert}} {{/is_alert}}@b") == {"b": {"alert", "renotified alert"}}


def test_what_is_no_handle_is_not_reached() -> None:
    assert reached("mail@example.com (@x) `@y` {{owner.name}}@z {{!-- @w --}}") == {}


def test_a_workflow_with_arguments_is_one_handle() -> None:
    assert set(reached("@workflow-x(a=b, c=d) @y")) == {"workflow-x(a=b,c=d)", "y"}


def test_the_escalation_is_told_when_a_monitor_renotifies() -> None:
    assert reached("@a", "@b {{#is_alert}}@c{{/is_alert}}") == {
        "a": ALL,
        "b": frozenset(RENOTIFIED),
        "c": frozenset({"renotified alert"}),
    }


def test_as_many_ways_as_50000_joins_are_looked_at() -> None:
    """A handle in ten blocks makes 1187: each piece is joined with each answer, and compared with all it has."""
    blocks = [
        "".join(f'{{{{#is_match "a.b" "{number}.{inner}"}}}}' for inner in range(10)) + " @a " + "{{/is_match}}" * 10
        for number in range(43)
    ]
    assert len(reachable("\n".join(blocks[:42]))) == 42
    with pytest.raises(TemplateError) as caught:
        reachable("\n".join(blocks))
    assert caught.value.message == "too many ways to make a handle of the pieces before and behind this place"
    assert caught.value.start >= len("\n".join(blocks[:42]))


def test_too_many_ways_are_refused() -> None:
    asked = "".join(f'{{{{#is_match "a.b" "{n}"}}}}x{{{{/is_match}}}}' for n in range(30))
    with pytest.raises(TemplateError, match="^too many ways to make a handle of the pieces before and"):
        reachable(f"@a{asked}")


CONDITION = st.sampled_from(["is_alert", "is_recovery", "is_warning", "is_alert_recovery", "is_renotify"])
LEAF = st.sampled_from([" ", "@a", "@b ", "x", " y ", "\n", "-c", " @d", "@"])
TEMPLATES = st.recursive(
    LEAF,
    lambda inner: (
        st.lists(inner, max_size=4).map("".join)
        | st.builds(
            lambda name, sign, body, other: f"{{{{{sign}{name}}}}}{body}{{{{else}}}}{other}{{{{/{name}}}}}",
            CONDITION,
            st.sampled_from("#^"),
            inner,
            inner,
        )
    ),
    max_leaves=12,
)


@given(TEMPLATES)
def test_whom_a_message_reaches_is_whom_its_renderings_tell(template: str) -> None:
    found = reached(template)
    for occasion, held in OCCASIONS.items():
        told = set(handles(render(template, conditions=held, variables={})))
        if occasion == "alert to warning":
            wider = held | {"is_alert_recovery"}
            told |= set(handles(render(template, conditions=wider, variables={})))
        assert told == {handle for handle, occasions in found.items() if occasion in occasions}
