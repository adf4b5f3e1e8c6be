from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest

from alertproof.datadog import Assumptions, Definition, Notification, State
from alertproof.datadog.monitor.notify import Moment, notification
from alertproof.tags import Group, Tag

OK, WARN, ALERT, NO_DATA = State.OK, State.WARN, State.ALERT, State.NO_DATA
QUERY = "avg(last_5m):avg:m{*} by {host,env} > 10"
THRESHOLDS = {"critical": 10, "warning": 5, "critical_recovery": 8}
GROUP: Group = (Tag("env", "prod"), Tag("host", "a&b"))


@pytest.fixture
def told(monitor: Callable[..., Definition], minute: Callable[[float], datetime]) -> Callable[..., Notification]:
    """Send a message for one step and return what is sent."""

    def tell(
        message: str,
        old: State = OK,
        new: State = ALERT,
        *,
        name: str = "Queue",
        priority: int | None = None,
        group: Group = (),
        assumptions: Assumptions | None = None,
        value: float | None = 12.3456789,
        **options: object,
    ) -> Notification:
        definition = monitor(QUERY, message, name=name, priority=priority, thresholds=THRESHOLDS, **options)
        moment = Moment(
            at=minute(7),
            group=group,
            old=old,
            new=new,
            value=value,
            first_triggered_at=minute(5),
            last_triggered_at=minute(6),
        )
        return notification(definition, moment, assumptions or Assumptions())

    return tell


Told = Callable[..., Notification]
EACH = (
    "{{#is_alert}}@alert {{/is_alert}}{{#is_warning}}@warning {{/is_warning}}"
    "{{#is_no_data}}@no_data {{/is_no_data}}{{#is_recovery}}@recovery {{/is_recovery}}"
    "{{#is_alert_recovery}}@alert_recovery {{/is_alert_recovery}}"
    "{{#is_warning_recovery}}@warning_recovery {{/is_warning_recovery}}"
    "{{#is_no_data_recovery}}@no_data_recovery {{/is_no_data_recovery}}"
    "{{#is_alert_to_warning}}@alert_to_warning {{/is_alert_to_warning}}"
    "{{#is_renotify}}@renotify {{/is_renotify}}{{#is_unknown}}@unknown {{/is_unknown}}"
)


@pytest.mark.parametrize(
    ("old", "new", "handles", "transition"),
    [
        (OK, ALERT, ["alert"], "Triggered"),
        (WARN, ALERT, ["alert"], "Triggered"),
        (NO_DATA, ALERT, ["alert"], "Triggered"),
        (OK, WARN, ["warning"], "Warn"),
        (ALERT, WARN, ["warning", "alert_to_warning", "alert_recovery"], "Warn"),
        (OK, NO_DATA, ["no_data"], "No Data"),
        (ALERT, OK, ["recovery", "alert_recovery"], "Recovered"),
        (WARN, OK, ["recovery", "warning_recovery"], "Recovered"),
        (NO_DATA, OK, ["recovery", "no_data_recovery"], "Recovered"),
        (ALERT, ALERT, ["alert", "renotify"], "Renotify"),
        (WARN, WARN, ["warning", "renotify"], "Renotify"),
    ],
)
def test_each_step_tells_those_in_its_blocks(
    old: State, new: State, handles: list[str], transition: str, told: Told
) -> None:
    sent = told(EACH, old, new)
    assert sorted(sent.handles) == sorted(handles)
    assert sent.transition == transition
    assert sent.state is new


def test_those_in_alert_recovery_are_told_of_a_step_down_with_nothing(told: Told) -> None:
    sent = told("{{#is_alert_recovery}}all is well @team{{/is_alert_recovery}}", ALERT, WARN)
    assert (sent.handles, sent.body) == (("team",), "")


def test_a_message_without_blocks_goes_out_on_every_step(told: Told) -> None:
    for old, new in ((OK, ALERT), (ALERT, OK), (ALERT, WARN), (OK, NO_DATA)):
        assert told("look @team", old, new).handles == ("team",)


def test_the_word_for_warn_to_alert_is_an_assumption(told: Told) -> None:
    again = Assumptions(warn_to_alert="Re-Triggered")
    assert told("", WARN, ALERT, assumptions=again).transition == "Re-Triggered"
    assert told("", OK, ALERT, assumptions=again).transition == "Triggered"


@pytest.mark.parametrize(
    ("priority", "group", "tags", "title"),
    [
        (None, (), True, "[Triggered] Queue"),
        (2, (), True, "[P2] [Triggered] Queue"),
        (2, GROUP, True, "[P2] [Triggered on {env:prod,host:a&b}] Queue"),
        (None, GROUP, False, "[Triggered] Queue"),
    ],
)
def test_the_title_names_priority_step_and_group(
    priority: int | None, group: Group, *, tags: bool, title: str, told: Told
) -> None:
    assert told("", priority=priority, group=group, include_tags=tags).title == title


def test_the_name_is_a_template_too(told: Told) -> None:
    assert told("", name="Queue of {{{host.name}}}", group=GROUP).title.endswith("] Queue of a&b")


def test_a_renotification_carries_the_escalation_message_and_its_handles(told: Told) -> None:
    message, escalation = "first @team", "still bad @boss"
    assert told(message, ALERT, ALERT, escalation_message=escalation).handles == ("team", "boss")
    assert told(message, OK, ALERT, escalation_message=escalation).handles == ("team",)


@pytest.mark.parametrize(
    ("variable", "text"),
    [
        ("value", "12.3457"),
        ("threshold", "10.0"),
        ("warn_threshold", "5.0"),
        ("alert_recovery_threshold", "8.0"),
        ("warn_recovery_threshold", ""),
        ("comparator", "&gt;"),
        ("host.name", "a&amp;b"),
        ("env.name", "prod"),
        ("service.name", ""),
        ("first_triggered_at", "Mon Jan 01 2024 00:05:00 UTC"),
        ("last_triggered_at_epoch", "1704067560000"),
        ("triggered_duration_sec", "120"),
    ],
)
def test_variables_say_what_happened(variable: str, text: str, told: Told) -> None:
    assert told(f"{{{{{variable}}}}}", group=GROUP).body == text


def test_a_step_without_a_value_prints_none(told: Told) -> None:
    assert told("is {{value}}.", OK, NO_DATA, value=None).body == "is ."
