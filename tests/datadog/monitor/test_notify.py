from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import pytest

from alertproof.datadog import Assumptions, Definition, GroupStatus, Notification, State
from alertproof.datadog.message import OCCASIONS, RecipientKind, TemplateError, Variables
from alertproof.datadog.monitor.notify import Moment, held_conditions, is_told, notification
from alertproof.datadog.monitor.status import moved
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
        facts: Variables | None = None,
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
            facts=facts or {},
        )
        return notification(definition, moment, assumptions or Assumptions())

    return tell


Told = Callable[..., Notification]
Minute = Callable[[float], datetime]
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


def test_an_unknown_variable_is_empty_and_the_priority_is_none(told: Told) -> None:
    assert told("<{{nobody}}{{priority}}{{host}}{{host.name}}>", priority=2).body == "<>"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (5, "5"),
        (101.18, "101.18"),
        (1 / 3, "0.333333"),
        (123456.7, "123457"),
        (1234567.8, "1234568"),
        (500_000_000, "500000000"),
        (-2_500_000.4, "-2500000"),
        (0.0000012, "1.2e-06"),
        (999_999_999_999_999.0, "999999999999999"),
        (1e15, "1e+15"),
        (-1e15, "-1e+15"),
        (1e20, "1e+20"),
    ],
)
def test_a_value_has_six_digits_and_no_exponent_without_need(value: float, text: str, told: Told) -> None:
    assert told("{{value}}", value=value).body == text


def test_how_many_digits_a_value_has_is_an_assumption(told: Told) -> None:
    assert told("{{value}}", assumptions=Assumptions(value_digits=3)).body == "12.3"


def test_a_group_with_several_values_of_a_key_names_them_all(told: Told) -> None:
    group = (Tag("service", "b"), Tag("service", "a"), Tag("dot.key", "five"), Tag("@http.status", "500"))
    text = "{{service.name}} {{[dot.key].name}} {{[@http.status].name}} <{{dot.key.name}}>"
    assert told(text, group=group).body == "a,b five 500 <>"
    loose = Assumptions(dotted_keys_need_brackets=False)
    assert told("{{dot.key.name}}", group=group, assumptions=loose).body == "five"


def test_a_key_may_be_called_like_a_variable(told: Told) -> None:
    assert told("{{value}} {{value.name}}", group=(Tag("value", "x"),)).body == "12.3457 x"


FACTS: Variables = {
    "host": {"ip": "10.0.0.1", "metadata_platform": "Linux"},
    "log": {"message": "boom", "attributes": {"usr": {"name": "Ann"}}},
    "a": {"value": 3, "status": "Alert", "log": {"message": "inner"}},
    "check_message": "refused",
    "value": "not this",
}


def test_what_is_known_of_group_event_and_parts_can_be_told(told: Told) -> None:
    text = "{{host.name}} {{host.ip}} {{log.message}} {{log.attributes.usr.name}} {{check_message}}"
    assert told(text, group=GROUP, facts=FACTS).body == "a&amp;b 10.0.0.1 boom Ann refused"
    assert told("{{a.value}} {{a.status}}", facts=FACTS).body == "3 Alert"
    assert told("<{{ok_threshold}}> {{value}}", facts=FACTS).body == "<> 12.3457"


def test_a_recovery_for_want_of_data_has_no_event_to_tell_of(told: Told) -> None:
    text = "<{{log.message}}> {{a.log.message}}"
    assert told(text, ALERT, OK, value=None, facts=FACTS).body == "<> inner"
    assert told(text, OK, NO_DATA, value=None, facts=FACTS).body == "<> inner"
    assert told(text, ALERT, OK, value=1.0, facts=FACTS).body == "<boom> inner"


def test_the_table_of_the_instants_of_trouble(monitor: Callable[..., Definition], minute: Minute) -> None:
    """V12: OK to Warn (A), to Alert (B), to No Data (C), to OK (D)."""
    a, b, c, d = minute(19), minute(27), minute(45), minute(49)
    message = "{{first_triggered_at_epoch}} {{last_triggered_at_epoch}} {{triggered_duration_sec}}"
    definition = monitor(QUERY, message, notify_no_data=True, thresholds=THRESHOLDS)
    status = GroupStatus(state=OK, since=minute(0))
    table = []
    for at, new in ((a, WARN), (b, ALERT), (c, NO_DATA), (d, OK)):
        old, status = status.state, moved(status, new, 12.0, at)
        first, last = status.first_triggered_at, status.last_triggered_at
        moment = Moment(at=at, group=(), old=old, new=new, value=12.0, first_triggered_at=first, last_triggered_at=last)
        table.append(notification(definition, moment, Assumptions()).body.split())

    def ms(at: datetime) -> str:
        return f"{at.timestamp() * 1000:.0f}"

    assert table == [
        [ms(a), ms(a), "0"],
        [ms(a), ms(b), f"{(b - a).seconds}"],
        [ms(a), ms(c), f"{(c - a).seconds}"],
        [ms(a), ms(c), f"{(d - a).seconds}"],
    ]


def test_local_time_is_that_of_the_zone(told: Told) -> None:
    """V31: the form of the documentation, 2021-05-31 23:43:27+09:00."""
    assert told("{{local_time 'last_triggered_at' 'Asia/Tokyo'}}").body == "2024-01-01 09:06:00+09:00"


def test_eval_computes_with_the_numbers_of_the_monitor(told: Told) -> None:
    assert told('{{eval "int(value)"}} {{eval "threshold * 2"}} {{eval "round(value, 2)"}}').body == "12 20.0 12.35"
    assert told('{{eval "last_triggered_at_epoch-60*1000"}}').body == "1704067500000"


def test_an_eval_without_a_value_prints_what_is_assumed(told: Told) -> None:
    assert told('<{{eval "value / 0"}}>').body == "<>"
    assert told('<{{eval "value / 0"}}>', assumptions=Assumptions(failed_eval="?")).body == "<?>"
    assert told('<{{eval "int(value)"}}>', OK, NO_DATA, value=None).body == "<>"


def test_a_message_may_override_the_priority_of_its_notification(told: Told) -> None:
    text = "{{#is_alert}}{{override_priority 'P1'}}{{/is_alert}}{{#is_priority 'P3'}}own{{/is_priority}}"
    triggered, recovered = told(text, priority=3), told(text, ALERT, OK, priority=3)
    assert (triggered.priority, triggered.title, triggered.body) == ("P1", "[P1] [Triggered] Queue", "own")
    assert (recovered.priority, recovered.title) == ("P3", "[P3] [Recovered] Queue")
    assert told("").priority is None


@pytest.mark.parametrize(
    ("old", "new", "word"),
    [
        (ALERT, ALERT, "Re-Triggered"),
        (WARN, WARN, "Re-Warn"),
        (NO_DATA, NO_DATA, "Re-No Data"),
        (ALERT, OK, "Recovered"),
        (ALERT, WARN, "Warn"),
        (OK, NO_DATA, "No Data"),
    ],
)
def test_the_title_has_the_word_of_the_step(old: State, new: State, word: str, told: Told) -> None:
    sent = told("", old, new)
    assert (sent.title, sent.word) == (f"[{word}] Queue", word)


def test_only_those_in_alert_recovery_are_told_nothing(told: Told) -> None:
    sent = told("@all-steps {{#is_alert_recovery}}@over{{/is_alert_recovery}}", ALERT, WARN)
    assert (sent.handles, sent.told_nothing) == (("all-steps", "over"), ("over",))
    assert (sent.seen_by("all-steps").body, sent.seen_by("over").body) == ("@all-steps", "")
    assert told("@over {{#is_alert_recovery}}@over{{/is_alert_recovery}}", ALERT, WARN).told_nothing == ()
    assert told("{{#is_alert_recovery}}@over{{/is_alert_recovery}}", ALERT, OK).told_nothing == ()


def test_a_renotification_shows_the_original_message_and_its_own_blocks(told: Told) -> None:
    text = "{{^is_renotify}}first @team{{/is_renotify}}generic {{#is_renotify}}again @boss{{/is_renotify}}"
    assert (told(text).body, told(text).handles) == ("first @teamgeneric", ("teamgeneric",))
    again = told(text, ALERT, ALERT)
    assert (again.body, again.handles) == ("generic again @boss", ("boss",))


def test_a_notification_knows_whom_its_handles_stand_for(told: Told) -> None:
    found = told("@pagerduty-core @slack-{{nobody}}").recipients
    assert [(each.kind, each.name, bool(each.problem)) for each in found] == [
        (RecipientKind.PAGERDUTY, "core", False),
        (RecipientKind.SLACK, "", True),
    ]


def test_the_conditions_and_instants_are_kept_for_rules_and_keys(told: Told, minute: Minute) -> None:
    sent = told("", ALERT, WARN)
    assert sent.conditions == {"is_warning", "is_alert_to_warning"}
    assert (sent.first_triggered_at, sent.last_triggered_at) == (minute(5), minute(6))


def test_a_malformed_message_is_refused_or_sent_to_nobody(told: Told) -> None:
    with pytest.raises(TemplateError, match="never closed"):
        told("@team {{#is_alert}}")
    lenient = Assumptions(malformed_messages_are_refused=False)
    sent = told("@team {{#is_alert}}", name="N {{", assumptions=lenient)
    assert (sent.body, sent.handles, sent.title) == ("@team {{#is_alert}}", (), "[Triggered] N {{")
    assert told("@team {{value}}", assumptions=lenient).handles == ("team",)


def test_whether_the_lines_of_tags_vanish_is_an_assumption(told: Told) -> None:
    text = "a\n{{#is_alert}}\nb\n{{/is_alert}}\nc"
    assert told(text).body == "a\n\nb\n\nc"
    assert told(text, assumptions=Assumptions(lines_of_tags_vanish=True)).body == "a\nb\nc"


@pytest.mark.parametrize(
    ("old", "new", "options", "tells"),
    [
        (OK, ALERT, {}, True),
        (OK, WARN, {}, True),
        (WARN, ALERT, {}, True),
        (ALERT, WARN, {}, True),
        (ALERT, OK, {}, True),
        (NO_DATA, OK, {}, True),
        (OK, NO_DATA, {}, False),
        (OK, NO_DATA, {"notify_no_data": True}, True),
        (OK, NO_DATA, {"on_missing_data": "show_and_notify_no_data"}, True),
        (OK, NO_DATA, {"on_missing_data": "show_no_data"}, False),
        (OK, NO_DATA, {"on_missing_data": "default"}, False),
        (ALERT, ALERT, {}, False),
        (ALERT, ALERT, {"renotify_interval": 10}, True),
        (NO_DATA, NO_DATA, {"renotify_interval": 10}, False),
        (NO_DATA, NO_DATA, {"renotify_interval": 10, "notify_no_data": True}, True),
        (WARN, WARN, {"renotify_interval": 10}, False),
        (WARN, WARN, {"renotify_interval": 10, "renotify_statuses": ["warn"]}, True),
        (ALERT, ALERT, {"renotify_interval": 10, "renotify_statuses": ["warn"]}, False),
        (OK, OK, {"renotify_interval": 10}, False),
    ],
)
def test_which_steps_are_told_at_all(
    old: State, new: State, options: dict[str, object], *, tells: bool, monitor: Callable[..., Definition]
) -> None:
    definition = monitor("avg(last_5m):avg:m{*} > 10", **options)
    assert is_told(definition, old, new) is tells
    assert not is_told(replace(definition, draft=True), old, new)


@pytest.mark.parametrize("occasion", sorted(OCCASIONS))
def test_the_conditions_of_steps_are_the_known_occasions(occasion: str) -> None:
    steps = [
        held_conditions(old, new, renotifies=old is new)
        for old in (OK, WARN, ALERT, NO_DATA)
        for new in (OK, WARN, ALERT, NO_DATA)
        if not old is new is OK
    ]
    # The state Unknown is a service check's only.
    assert OCCASIONS[occasion] in steps or "unknown" in occasion
    assert set(steps) <= set(OCCASIONS.values())
