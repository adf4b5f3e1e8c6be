"""A grouped alert opens no incident and tells nobody; the incident resolves with its last alert."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from alertproof.errors import ConfigError
from alertproof.pagerduty import EntryType, Grouping, Status, Urgency, UrgencyRule, grouping

TEN = timedelta(minutes=10)


def content(*fields: str, aggregate: Any = "all", window: timedelta = TEN) -> Grouping:
    return Grouping(kind="content_based", window=window, fields=fields, aggregate=aggregate)


def test_within_the_time_alerts_join_and_afterwards_they_do_not(make_office: Any) -> None:
    office = make_office(grouping=Grouping(kind="time", window=TEN))
    first = office.trigger("a", 0)
    assert office.trigger("b", 9.99).id == first.id
    assert office.trigger("c", 10).id != first.id
    assert office.told(first)[:1] == [(0, "ada")]
    assert len(office.desk.alerts_of(first.id)) == 2


def test_without_a_time_alerts_join_as_long_as_the_incident_is_open(make_office: Any) -> None:
    office = make_office(grouping=Grouping(kind="time"))
    first = office.trigger("a", 0)
    assert office.trigger("b", 200).id == first.id
    office.send("resolve", "a", 201)
    assert office.now(first, 201).open
    office.send("resolve", "b", 202)
    resolved = office.now(first, 202)
    assert (resolved.status, resolved.resolved_at) == (Status.RESOLVED, office.at(202))
    assert office.trigger("c", 203).id != first.id


def test_a_grouped_alert_tells_nobody(make_office: Any) -> None:
    office = make_office(grouping=Grouping(kind="time"))
    first = office.trigger("a", 0)
    office.trigger("b", 1)
    assert office.told(first) == [(0, "ada")]
    assert office.types(first).count(EntryType.TRIGGER) == 2


def test_a_worse_alert_that_joins_makes_the_incident_high(make_office: Any) -> None:
    office = make_office(grouping=Grouping(kind="time"), urgency=UrgencyRule.SEVERITY_BASED)
    first = office.trigger("a", 0, severity="warning")
    assert office.trigger("b", 1, severity="info").urgency is Urgency.LOW
    assert office.trigger("c", 2, severity="critical").urgency is Urgency.HIGH
    assert office.told(first) == [(0, "ada"), (2, "ada")]


@pytest.mark.parametrize(("aggregate", "joins"), [("all", False), ("any", True)])
def test_alerts_join_by_all_or_any_of_the_fields(make_office: Any, aggregate: str, joins: bool) -> None:
    office = make_office(grouping=content("component", "custom_details.host", aggregate=aggregate))
    first = office.trigger("a", 0, component="db", custom_details={"host": "h1"})
    same = office.trigger("b", 1, component="db", custom_details={"host": "h1"})
    half = office.trigger("c", 2, component="db", custom_details={"host": "h2"})
    assert same.id == first.id
    assert (half.id == first.id) == joins


def test_a_resolved_alert_draws_no_other(make_office: Any) -> None:
    office = make_office(grouping=content("component", "source", aggregate="any"))
    first = office.trigger("a", 0, component="db", source="h1")
    assert office.trigger("b", 1, component="web", source="h1").id == first.id
    assert office.trigger("c", 2, component="db", source="h2").id == first.id
    office.send("resolve", "c", 3)
    office.send("resolve", "a", 3)
    assert office.trigger("d", 4, component="db", source="h3").id != first.id
    assert office.trigger("e", 5, component="web", source="h4").id == first.id


def test_what_lacks_the_field_joins_nothing(make_office: Any) -> None:
    office = make_office(grouping=content("component"))
    assert office.trigger("a", 0).id != office.trigger("b", 1).id


def test_the_window_of_a_content_runs_from_the_newest_alert(make_office: Any) -> None:
    office = make_office(grouping=content("source"))
    first = office.trigger("a", 0)
    assert office.trigger("b", 9).id == first.id
    assert office.trigger("c", 18.99).id == first.id
    assert office.trigger("d", 28.99).id != first.id


def test_an_incident_that_is_full_takes_no_more(make_office: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grouping, "MOST_ALERTS", 2)
    office = make_office(grouping=Grouping(kind="time"))
    first, second, third = (office.trigger(key, 0) for key in "abc")
    assert (second.id == first.id, third.id == first.id) == (True, False)


@pytest.mark.parametrize("seconds", [299, 3601, 86_399, 86_401])
def test_a_window_of_a_content_is_five_minutes_to_an_hour_or_a_day(seconds: int) -> None:
    with pytest.raises(ConfigError, match="300 to 3600 or 86400"):
        content("source", window=timedelta(seconds=seconds))
    for allowed in (300, 3600, 86_400):
        content("source", window=timedelta(seconds=allowed))


def test_a_content_needs_a_field() -> None:
    with pytest.raises(ConfigError, match="at least one field"):
        content()
