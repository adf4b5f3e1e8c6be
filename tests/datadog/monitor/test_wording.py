from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import pytest

from alertproof.datadog import Assumptions, Definition, DefinitionError, Notification, State
from alertproof.datadog.monitor.notify import Moment, notification
from alertproof.datadog.monitor.wording import event_text, plain_text, summary
from alertproof.tags import Tag

OK, WARN, ALERT, NO_DATA = State.OK, State.WARN, State.ALERT, State.NO_DATA
Make = Callable[..., Definition]


@pytest.mark.parametrize(
    ("query", "text"),
    [
        # The documented sample, but for the number: thresholds are floats [WEBHOOK].
        (
            "max(last_1m):avg:system.load.1{host:my-host} > 0",
            "system.load.1 over host:my-host was > 0.0 at least once during the last 1m",
        ),
        # A recorded one [3P-DOCK].
        (
            "avg(last_30m):avg:system.mem.usable{region:us-west-1,role:dock} <= 500000000",
            "system.mem.usable over region:us-west-1, role:dock was <= 500000000.0 on average during the last 30m",
        ),
        ("min(last_5m):avg:m{*} > 1", "m over * was > 1.0 at all times during the last 5m"),
        ("min(last_5m):avg:m{*} < 1", "m over * was < 1.0 at least once during the last 5m"),
        ("max(last_5m):avg:m{*} < 1", "m over * was < 1.0 at all times during the last 5m"),
        ("sum(last_1h):sum:m{!a:b}.as_count() > 1", "m over * was > 1.0 in total during the last 1h"),
        ("percentile(last_5m):p95:m{*} > 1", "m over * was > 1.0 during the last 5m"),
        ("percentile(last_5m):p95:m{*} < 1", "m over * was < 1.0 during the last 5m"),
    ],
)
def test_a_query_is_put_in_words(query: str, text: str, monitor: Make) -> None:
    assert summary(monitor(query), ALERT, ()) == text


def test_the_group_and_the_threshold_of_the_state_are_named(monitor: Make) -> None:
    definition = monitor("avg(last_5m):avg:m{env:prod} by {host,env} > 9", thresholds={"critical": 9, "warning": 7})
    group = (Tag("env", "prod"), Tag("host", "a"))
    assert summary(definition, WARN, group) == "m over env:prod, host:a was > 7.0 on average during the last 5m"
    assert summary(definition, OK, group) == summary(definition, NO_DATA, group) == ""


def test_arithmetic_is_printed_as_it_is(monitor: Make) -> None:
    definition = monitor("sum(last_5m):sum:a{*}.as_count() / sum:b{*}.as_count() > 0.02")
    assert summary(definition, ALERT, ()).startswith("sum:a{*}.as_count() / sum:b{*}.as_count() over * was > 0.02")
    change = monitor("change(avg(last_5m),last_1h):avg:m{*} > 5")
    assert summary(change, ALERT, ()) == ""


@pytest.fixture
def sent(monitor: Make, minute: Callable[[float], datetime]) -> tuple[Notification, Definition]:
    definition = replace(monitor("avg(last_5m):avg:m{*} > 5", "**Look** @team-a now @b@c.de", name="N"), id=9)
    moment = Moment(
        at=minute(7),
        group=(),
        old=OK,
        new=ALERT,
        value=6.0,
        first_triggered_at=minute(7),
        last_triggered_at=minute(7),
    )
    return notification(definition, moment, Assumptions()), definition


Sent = tuple[Notification, Definition]


def test_the_text_of_an_event_has_message_query_and_links(sent: Sent) -> None:
    assert event_text(*sent) == (
        "%%%\n**Look** @team-a now @b@c.de\n\n"
        "m over * was > 5.0 on average during the last 5m.\n\n"
        "The monitor was last triggered at Mon Jan 01 2024 00:07:00 UTC.\n\n"
        "- - -\n\n[[Monitor Status](https://app.datadoghq.com/monitors/9)]"
        " · [[Edit Monitor](https://app.datadoghq.com/monitors#9/edit)]\n%%%"
    )


@pytest.mark.parametrize(
    ("preset", "query", "handles", "footer"),
    [
        ("show_all", True, True, True),
        ("hide_query", False, True, True),
        ("hide_handles", True, False, True),
        ("hide_all", False, False, False),
        ("hide_query_and_handles", False, False, True),
        ("show_only_snapshot", False, False, False),
        ("hide_handles_and_footer", True, False, False),
    ],
)
def test_a_preset_hides_parts_of_the_text(
    preset: str, *, query: bool, handles: bool, footer: bool, sent: Sent, monitor: Make
) -> None:
    asked = monitor("avg(last_5m):avg:m{*} > 5", notification_preset_name=preset)
    text = event_text(sent[0], replace(sent[1], options=asked.options))
    assert ("was > 5.0" in text, "@team-a" in text, "@b@c.de" in text, "Monitor Status" in text) == (
        query,
        handles,
        handles,
        footer,
    )
    assert "**Look**" in text
    assert sent[0].handles == ("team-a", "b@c.de")


def test_an_unknown_preset_is_refused(monitor: Make) -> None:
    with pytest.raises(DefinitionError, match=r"Invalid notification_preset_name value: hide \(did you mean 'hide_"):
        monitor("avg(last_5m):avg:m{*} > 5", notification_preset_name="hide")


def test_plain_text_has_no_markdown(sent: Sent) -> None:
    text = plain_text(event_text(*sent))
    assert text.startswith("Look @team-a now @b@c.de")
    assert text.endswith("[Monitor Status] · [Edit Monitor]")
