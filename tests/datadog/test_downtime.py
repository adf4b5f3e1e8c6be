from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from alertproof.datadog import Assumptions, Definition, State
from alertproof.datadog.downtime import (
    ALL_BAD,
    Downtime,
    EndType,
    Fate,
    Mute,
    OneTime,
    Spans,
    downtimes_of_silenced,
    ends_loudly,
    fate,
    is_muted,
    muted_tags,
    spans_of,
)
from alertproof.datadog.downtime_payload import load_downtime
from alertproof.datadog.tagscope import read_downtime_scope
from alertproof.errors import ConfigError, NotModelled
from alertproof.tags import Tag, parse_tags

OK, WARN, ALERT, NO_DATA = State.OK, State.WARN, State.ALERT, State.NO_DATA
Minute = Callable[[float], datetime]
NEW_YEAR = datetime(2024, 1, 1, tzinfo=UTC)


def downtime(first: float = 10, last: float | None = 20, **changes: Any) -> Downtime:
    """A downtime of everything, from and to these minutes of the year."""
    end = None if last is None else NEW_YEAR + timedelta(minutes=last)
    schedule = OneTime(start=NEW_YEAR + timedelta(minutes=first), end=end)
    changes = {"id": "d", "scope": "*", "schedules": (schedule,)} | changes
    return Downtime(**{**changes, "scope": read_downtime_scope(changes["scope"])})


def spans(*downtimes: Downtime, tags: str = "") -> Spans:
    return spans_of(
        downtimes,
        NEW_YEAR,
        NEW_YEAR + timedelta(days=400),
        monitor_id=1,
        monitor_tags=parse_tags("team:a,env:prod"),
        tags=parse_tags(tags),
    )


@pytest.mark.parametrize(
    ("changes", "tags", "muted"),
    [
        ({}, "", True),
        ({"monitor_id": 1}, "", True),
        ({"monitor_id": 2}, "", False),
        ({"monitor_tags": parse_tags("team:a")}, "", True),
        ({"monitor_tags": parse_tags("team:a,env:prod")}, "", True),
        ({"monitor_tags": parse_tags("team:a,env:dev")}, "", False),
        ({"scope": "service:web-store"}, "host:A,service:web-store", True),
        ({"scope": "service:web-store"}, "host:A,host:B,service:synthesizer", False),
        ({"monitor_tags": parse_tags("team:a"), "scope": "service:web"}, "service:db", False),
        ({"monitor_id": 2, "scope": "service:web"}, "service:web", False),
    ],
)
def test_a_downtime_mutes_its_monitors_and_of_them_the_groups_in_its_scope(
    changes: dict[str, Any], tags: str, *, muted: bool, minute: Minute
) -> None:
    asked: dict[str, Any] = {"monitor_id": 1, "monitor_tags": parse_tags("team:a,env:prod"), "tags": parse_tags(tags)}
    assert is_muted([downtime(**changes)], minute(15), **asked) is muted
    assert bool(spans(downtime(**changes), tags=tags).at(minute(15)).active) is muted


@pytest.mark.parametrize(("at", "muted"), [(9.99, False), (10, True), (19.99, True), (20, False)])
def test_a_downtime_includes_its_start_and_excludes_its_end(at: float, *, muted: bool, minute: Minute) -> None:
    assert bool(spans(downtime()).at(minute(at)).active) is muted
    assert is_muted([downtime()], minute(at), monitor_id=1, monitor_tags=frozenset(), tags=frozenset()) is muted


def test_a_downtime_without_an_end_lasts(minute: Minute) -> None:
    assert spans(downtime(last=None)).at(minute(500_000)).active
    assert spans(downtime(last=None)).boundaries == (minute(10),)


def test_a_canceled_downtime_ends_early_or_never_begins(minute: Minute) -> None:
    early = spans(downtime(canceled_at=minute(12)))
    assert early.at(minute(11)).active
    assert not early.at(minute(12)).active
    assert [each.how for each in early.at(minute(12), since=minute(11)).ended] == [EndType.CANCELED]
    assert spans(downtime(canceled_at=minute(10))).spans == ()
    late = spans(downtime(canceled_at=minute(20)))
    assert [each.how for each in late.at(minute(20), since=minute(19)).ended] == [EndType.EXPIRED]


def test_what_ended_between_two_evaluations_has_ended_once(minute: Minute) -> None:
    both = spans(downtime(), downtime(5, 15, id="e"))
    assert both.boundaries == (minute(5), minute(10), minute(15), minute(20))
    assert [each.downtime.id for each in both.at(minute(15), since=minute(14)).ended] == ["e"]
    assert both.at(minute(16), since=minute(15)).ended == ()
    assert [each.downtime.id for each in both.at(minute(30), since=minute(14)).ended] == ["e", "d"]
    assert both.at(minute(30)).ended == ()


def load(attributes: dict[str, Any], created: datetime = NEW_YEAR) -> Downtime:
    payload = {"data": {"id": "abc", "type": "downtime", "attributes": attributes}}
    return load_downtime(payload, created=created, source="d.json")


SECOND: dict[str, Any] = {"monitor_identifier": {"monitor_tags": ["*"]}, "scope": "env:(staging OR prod)"}


def test_a_downtime_of_the_second_api_is_read(minute: Minute) -> None:
    read = load(
        {
            "monitor_identifier": {"monitor_id": 7},
            "scope": "env:prod",
            "schedule": {"start": "2024-01-01T00:10:00+00:00", "end": "2024-01-01T00:20:00Z"},
            "mute_first_recovery_notification": True,
            "notify_end_states": ["alert", "warn"],
            "notify_end_types": ["canceled", "expired"],
            "canceled": "2024-01-01T00:15:00+00:00",
            "display_timezone": "Europe/Berlin",
            "message": "@team",
        }
    )
    assert (read.id, read.monitor_id, read.monitor_tags) == ("abc", 7, frozenset())
    assert read.schedules == (OneTime(start=minute(10), end=minute(20)),)
    assert read.mute_first_recovery
    assert read.notify_end_states == {ALERT, WARN}
    assert read.notify_end_types == {EndType.CANCELED, EndType.EXPIRED}
    assert read.canceled_at == minute(15)


def test_what_a_downtime_does_not_say_has_the_defaults_of_the_api(minute: Minute) -> None:
    read = load(SECOND, created=minute(3))
    assert read.schedules == (OneTime(start=minute(3), end=None),)
    assert (read.monitor_id, read.monitor_tags, read.mute_first_recovery) == (None, frozenset(), False)
    assert (read.notify_end_states, read.notify_end_types) == (ALL_BAD, frozenset({EndType.EXPIRED}))
    assert load({**SECOND, "notify_end_states": [], "notify_end_types": []}).notify_end_types == frozenset()


def test_a_downtime_may_recur_in_a_time_zone() -> None:
    """Each night from 22 to 6 in Berlin, also over the change to summer time in the night to 31 March."""
    again = {"start": "2024-03-29T22:00:00", "duration": "8h", "rrule": "FREQ=DAILY;COUNT=3"}
    read = load({**SECOND, "schedule": {"timezone": "Europe/Berlin", "recurrences": [again]}})
    found = spans(read, tags="env:prod")
    assert [f"{each.start:%m-%d %H:%M} {each.end:%m-%d %H:%M}" for each in found.spans] == [
        "03-29 21:00 03-30 05:00",
        "03-30 21:00 03-31 05:00",
        "03-31 20:00 04-01 04:00",
    ]


def test_several_recurrences_add_up() -> None:
    weekend = {"start": "2024-01-01T00:00:00", "duration": "1d", "rrule": "FREQ=WEEKLY;BYDAY=SA,SU"}
    third = {"duration": "90m", "rrule": "FREQ=MONTHLY;BYDAY=3MO"}
    read = load({**SECOND, "schedule": {"recurrences": [weekend, third]}})
    starts = [f"{each.start:%a %d}" for each in spans(read, tags="env:prod").spans][:5]
    assert starts == ["Sat 06", "Sun 07", "Sat 13", "Sun 14", "Mon 15"]


def test_only_the_stretches_within_the_time_asked_for_are_returned(minute: Minute) -> None:
    again = {"start": "2020-01-01T00:00:00", "duration": "2d", "rrule": "FREQ=DAILY"}
    read = load({**SECOND, "schedule": {"recurrences": [again]}})
    asked: dict[str, Any] = {"monitor_id": None, "monitor_tags": frozenset(), "tags": parse_tags("env:prod")}
    found = spans_of([read], minute(0), minute(60), **asked).spans
    assert [f"{each.start:%m-%d}" for each in found] == ["12-30", "12-31", "01-01"]
    one = spans_of([downtime(10, 20)], minute(20), minute(30), **asked)
    assert len(one.spans) == 1
    assert spans_of([downtime(10, 20)], minute(21), minute(30), **asked).spans == ()
    assert spans_of([downtime(10, 20)], minute(0), minute(9), **asked).spans == ()


ANTIQUE = {"duration": "1h", "rrule": "FREQ=DAILY", "start": "0001-01-01T00:00:00"}


@pytest.mark.parametrize(
    ("attributes", "named"),
    [
        ({"scope": "a:b"}, "the downtime ends at 1970-01-01T00:00:01+00:00, before it starts"),
        ({**SECOND, "monitor_identifier": {}}, "monitor_identifier has a monitor_id or monitor_tags"),
        (
            {**SECOND, "monitor_identifier": {"monitor_id": 1, "monitor_tags": ["a:b"]}},
            "monitor_identifier has a monitor_id or monitor_tags",
        ),
        (
            {**SECOND, "scope": "a:b OR c:d"},
            (
                "an OR outside parentheses is not supported; make a downtime of each side (column 5)\n  a:b OR "
                "c:d\n      ^^"
            ),
        ),
        ({**SECOND, "scope": 5}, "Expected `str`, got `int` - at `$.scope`"),
        (
            {**SECOND, "schedule": {"start": "2024-01-01T00:00:00"}},
            "Expected `datetime` with a timezone component - at `$.schedule.start`",
        ),
        (
            {**SECOND, "schedule": {"start": "2024-01-01T00:00:00Z", "end": "2024-01-01T00:00:00Z"}},
            "the downtime ends at 2024-01-01T00:00:00+00:00, before it starts",
        ),
        (
            {**SECOND, "schedule": {"recurrences": [{"duration": "1h", "rrule": "FREQ=X"}]}},
            "a recurrence has a FREQ of DAILY, WEEKLY, MONTHLY, YEARLY: FREQ=X",
        ),
        (
            {**SECOND, "schedule": {"recurrences": [{"duration": "1y", "rrule": "FREQ=DAILY"}]}},
            "'1y' is no duration such as 30m, 2h, 1d or 1w",
        ),
        (
            {**SECOND, "schedule": {"recurrences": [{"duration": "522w", "rrule": "FREQ=DAILY"}]}},
            "a downtime that recurs lasts at most 3653 days, not 3654",
        ),
        ({**SECOND, "schedule": {"recurrences": [ANTIQUE]}}, "a downtime does not start in the year 1"),
        (
            {**SECOND, "schedule": {"timezone": "Mars", "recurrences": []}},
            "there is no time zone 'Mars'; write it as the tz database does, Europe/Berlin",
        ),
        ({**SECOND, "notify_end_states": ["ok"]}, "'ok' is none of notify_end_states (known: alert, no data, warn)"),
        ({**SECOND, "notify_end_types": ["ended"]}, "'ended' is none of notify_end_types (known: canceled, expired)"),
    ],
)
def test_a_downtime_that_the_api_refuses_is_refused(attributes: dict[str, Any], named: str) -> None:
    attributes = {"end": 1, "start": 2} | attributes if "monitor_identifier" not in attributes else attributes
    with pytest.raises(ConfigError) as caught:
        load(attributes)
    assert str(caught.value) == f"d.json: {named}"


def test_a_recurrence_that_is_not_expanded_is_refused_by_name() -> None:
    again = {"duration": "1h", "rrule": "FREQ=MONTHLY;BYWEEKNO=1"}
    with pytest.raises(NotModelled, match=r"d\.json: .*BYWEEKNO"):
        load({**SECOND, "schedule": {"recurrences": [again]}})


FIRST: dict[str, Any] = {"id": 5, "scope": ["env:prod", "service:a"], "start": 1704067800, "end": 1704068400}


def first(**changes: Any) -> Downtime:
    return load_downtime({**FIRST, **changes}, created=NEW_YEAR, source="d.json")


def test_a_downtime_of_the_first_api_is_read(minute: Minute) -> None:
    read = first(monitor_tags=["*"], active=True, downtime_type=2, timezone="UTC")
    assert (read.id, read.monitor_id, read.monitor_tags) == ("5", None, frozenset())
    assert read.scope == read_downtime_scope("env:prod AND service:a")
    assert read.schedules == (OneTime(start=minute(10), end=minute(20)),)
    assert first(monitor_tags=["team:a", "env:prod"]).monitor_tags == parse_tags("team:a,env:prod")
    assert first(disabled=True).schedules == ()
    assert first(canceled=1704067900).canceled_at == datetime(2024, 1, 1, 0, 11, 40, tzinfo=UTC)
    assert first(start=None, end=None).schedules == (OneTime(start=NEW_YEAR),)


def test_a_recurrence_of_the_first_api_is_read() -> None:
    weekly = {"type": "weeks", "period": 2, "week_days": ["Mon", "Wed"], "until_occurrences": 3}
    found = spans(first(recurrence=weekly), tags="env:prod,service:a").spans
    assert [f"{each.start:%a %d %H:%M}" for each in found] == ["Mon 01 00:10", "Wed 03 00:10", "Mon 15 00:10"]
    assert all(each.end is not None and each.end - each.start == timedelta(minutes=10) for each in found)
    until = {"type": "days", "period": 1, "until_date": 1704067800 + 86400}
    assert len(spans(first(recurrence=until), tags="env:prod,service:a").spans) == 2
    rule = {"type": "rrule", "rrule": "FREQ=DAILY;COUNT=4"}
    assert len(spans(first(recurrence=rule), tags="env:prod,service:a").spans) == 4


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        (
            {"recurrence": {"type": "hours"}},
            "'hours' is no type of recurrence (known: days, months, rrule, weeks, years)",
        ),
        (
            {"recurrence": {"type": "days"}, "end": None},
            "a recurring downtime has an end: that of its first occurrence",
        ),
        ({"recurrence": {"type": "weeks", "week_days": ["mon"]}}, "'mon' is none of week_days (did you mean 'Mon'?)"),
        (
            {"recurrence": {"type": "days"}, "end": 200_000_000_000},
            "a downtime that recurs lasts at most 3653 days, not 2295091",
        ),
        ({"start": -5}, "Expected `int` >= 0 - at `$.start`"),
    ],
)
def test_a_downtime_that_the_first_api_refuses_is_refused(changes: dict[str, Any], named: str) -> None:
    with pytest.raises(ConfigError) as caught:
        first(**changes)
    assert str(caught.value) == f"d.json: {named}"


def test_the_silenced_option_is_a_downtime_for_each_scope(minute: Minute) -> None:
    silenced = downtimes_of_silenced({"*": None, "host:a": 1704067800}, monitor_id=1)
    assert [(each.monitor_id, each.schedules[0]) for each in silenced] == [
        (1, OneTime(start=datetime(1970, 1, 1, tzinfo=UTC))),
        (1, OneTime(start=datetime(1970, 1, 1, tzinfo=UTC), end=minute(10))),
    ]
    assert spans(silenced[1], tags="host:a").at(minute(9)).active
    assert not spans(silenced[1], tags="host:b").at(minute(9)).active


# --- what is told ---------------------------------------------------------------------------------------

MUTED = Mute(active=(downtime(),))
DEAF = Mute(active=(downtime(), downtime(mute_first_recovery=True)))


@pytest.mark.parametrize(
    ("mute", "old", "new", "was_told", "becomes"),
    [
        (Mute(), OK, ALERT, False, Fate.SENT),
        (Mute(), ALERT, OK, True, Fate.SENT),
        # The trouble was muted, and its end is told because the downtime is over [PREV].
        (Mute(), ALERT, OK, False, Fate.SENT),
        (MUTED, OK, ALERT, False, Fate.MUTED),
        (MUTED, OK, NO_DATA, False, Fate.MUTED),
        (MUTED, ALERT, WARN, True, Fate.MUTED),
        (MUTED, ALERT, ALERT, True, Fate.MUTED),
        # The first recovery of trouble that was told before, and no later one.
        (MUTED, ALERT, OK, True, Fate.SENT),
        (MUTED, NO_DATA, OK, True, Fate.SENT),
        (MUTED, ALERT, OK, False, Fate.MUTED),
        # One of several downtimes is enough to mute that too.
        (DEAF, ALERT, OK, True, Fate.MUTED),
    ],
)
def test_a_downtime_mutes_all_but_the_first_recovery(
    mute: Mute, old: State, new: State, *, was_told: bool, becomes: Fate
) -> None:
    assert fate(mute, old, new, is_due=True, was_told=was_told) is becomes


def ended(how: EndType = EndType.EXPIRED, active: tuple[Downtime, ...] = (), **changes: Any) -> Mute:
    return replace(
        spans(
            downtime(canceled_at=NEW_YEAR + timedelta(minutes=15) if how is EndType.CANCELED else None, **changes)
        ).at(NEW_YEAR + timedelta(minutes=20), since=NEW_YEAR + timedelta(minutes=14)),
        active=active,
    )


@pytest.mark.parametrize("state", [ALERT, WARN, NO_DATA])
def test_the_end_of_a_downtime_tells_what_is_still_bad(state: State) -> None:
    assert fate(ended(), state, state, is_due=False, was_told=True) is Fate.ANEW
    assert fate(ended(), state, state, is_due=False, was_told=False) is Fate.ANEW
    # A step is told as such, and what would be repeated is told anew.
    assert fate(ended(), OK, state, is_due=True, was_told=False) is Fate.SENT
    assert fate(ended(), state, state, is_due=True, was_told=False) is Fate.ANEW
    quiet = ended(EndType.CANCELED)
    assert fate(quiet, state, state, is_due=True, was_told=False) is Fate.SENT
    assert fate(Mute(), state, state, is_due=False, was_told=True) is Fate.NOTHING


@pytest.mark.parametrize(
    ("mute", "loud"),
    [
        (ended(), True),
        (ended(EndType.CANCELED), False),
        (ended(EndType.CANCELED, notify_end_types=frozenset({EndType.CANCELED})), True),
        (ended(notify_end_types=frozenset({EndType.CANCELED})), False),
        (ended(notify_end_types=frozenset()), False),
        (ended(notify_end_states=frozenset({WARN})), False),
        (ended(notify_end_states=frozenset({ALERT})), True),
        (ended(active=(downtime(),)), False),
    ],
)
def test_the_downtime_says_which_ends_are_told(mute: Mute, *, loud: bool) -> None:
    assert ends_loudly(mute, ALERT) is loud
    assert not ends_loudly(mute, OK)


def test_the_tags_that_a_query_filters_by_are_in_the_scope_of_its_groups(monitor: Callable[..., Definition]) -> None:
    group = (Tag("host", "A"),)
    one = monitor("avg(last_5m):avg:m{service:web-store,!env:dev} by {host} > 1")
    assert muted_tags(one, group, Assumptions()) == parse_tags("host:A,service:web-store")
    assert muted_tags(one, group, Assumptions(query_tags_match_downtimes=False)) == parse_tags("host:A")
    two = monitor("avg(last_5m):avg:m{service:a,env:prod} / avg:n{service:b,env:prod} > 1")
    assert muted_tags(two, (), Assumptions()) == parse_tags("env:prod")
    assert muted_tags(monitor("avg(last_5m):avg:m{service:a*} > 1"), (), Assumptions()) == frozenset()
    words = monitor("avg(last_5m):avg:m{service:a AND env:prod} > 1")
    assert muted_tags(words, (), Assumptions()) == parse_tags("service:a,env:prod")
    either = monitor("avg(last_5m):avg:m{service:a OR env:prod} > 1")
    assert muted_tags(either, (), Assumptions()) == frozenset()
