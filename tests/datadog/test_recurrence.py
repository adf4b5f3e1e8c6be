from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from alertproof.datadog.recurrence import occurrences, read_recurrence
from alertproof.errors import ConfigError, NotModelled

START = datetime(2024, 1, 1, 22, 0)  # noqa: DTZ001 - a rule's start is local time; a Monday
FAR = START + timedelta(days=800)


def days(rule: str, start: datetime = START, most: int = 5) -> list[str]:
    found = occurrences(read_recurrence(rule), start, start, FAR)
    return [f"{at:%m-%d}" for at, _ in zip(found, range(most), strict=False)]


@pytest.mark.parametrize(
    ("rule", "begins"),
    [
        ("FREQ=DAILY", ["01-01", "01-02", "01-03", "01-04", "01-05"]),
        ("RRULE:FREQ=DAILY;INTERVAL=10", ["01-01", "01-11", "01-21", "01-31", "02-10"]),
        ("freq=weekly;byday=tu,fr", ["01-02", "01-05", "01-09", "01-12", "01-16"]),
        ("FREQ=WEEKLY;INTERVAL=2", ["01-01", "01-15", "01-29", "02-12", "02-26"]),
        ("FREQ=MONTHLY;BYDAY=3MO", ["01-15", "02-19", "03-18", "04-15", "05-20"]),
        ("FREQ=MONTHLY;BYDAY=-1FR", ["01-26", "02-23", "03-29", "04-26", "05-31"]),
        ("FREQ=MONTHLY;BYMONTHDAY=1", ["01-01", "02-01", "03-01", "04-01", "05-01"]),
        ("FREQ=MONTHLY;BYMONTHDAY=31", ["01-31", "03-31", "05-31", "07-31", "08-31"]),
        ("FREQ=MONTHLY;BYMONTHDAY=-1", ["01-31", "02-29", "03-31", "04-30", "05-31"]),
        ("FREQ=YEARLY;BYMONTH=3;BYDAY=1SU", ["03-03", "03-02", "03-01"]),
        ("FREQ=DAILY;COUNT=2", ["01-01", "01-02"]),
        ("FREQ=DAILY;UNTIL=20240103T220000", ["01-01", "01-02", "01-03"]),
        ("FREQ=DAILY;UNTIL=20240103T215959", ["01-01", "01-02"]),
        ("FREQ=DAILY;UNTIL=20240103", ["01-01", "01-02"]),
        ("FREQ=YEARLY;BYDAY=53MO", ["12-30"]),
        ("FREQ=WEEKLY;INTERVAL=2;WKST=SU;BYDAY=SU,MO", ["01-01", "01-14", "01-15", "01-28", "01-29"]),
        ("FREQ=MONTHLY;INTERVAL=2;BYMONTHDAY=29,-1", ["01-29", "01-31", "03-29", "03-31", "05-29"]),
        ("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=29", ["02-29"]),
        ("FREQ=MONTHLY;BYMONTHDAY=28,29,30,31;BYSETPOS=-1", ["01-31", "02-29", "03-31", "04-30", "05-31"]),
        ("FREQ=MONTHLY;BYDAY=MO,TU;BYSETPOS=1,2", ["01-01", "01-02", "02-05", "02-06", "03-04"]),
        ("FREQ=DAILY;BYHOUR=22", ["01-01", "01-02", "01-03", "01-04", "01-05"]),
        ("FREQ=DAILY;BYHOUR=21;BYMINUTE=59", ["01-02", "01-03", "01-04", "01-05", "01-06"]),
        ("FREQ=DAILY;BYHOUR=8,20", ["01-02", "01-02", "01-03", "01-03", "01-04"]),
    ],
)
def test_a_rule_begins_again(rule: str, begins: list[str]) -> None:
    found = days(rule)
    assert found[: len(begins)] == begins
    assert len(found) == 5 or found == begins


def test_nothing_begins_before_the_start_whatever_is_asked_for() -> None:
    start = START + timedelta(days=9)
    found = occurrences(read_recurrence("FREQ=MONTHLY;BYMONTHDAY=1,15;COUNT=2"), start, START - timedelta(days=99), FAR)
    assert [f"{at:%m-%d}" for at in found] == ["01-15", "02-01"]


def test_a_limited_number_is_counted_from_the_start() -> None:
    for rule in ("FREQ=DAILY;COUNT=3", "FREQ=WEEKLY;BYDAY=MO,TU,WE;COUNT=3"):
        found = occurrences(read_recurrence(rule), START, START + timedelta(days=2), FAR)
        assert [f"{at:%m-%d}" for at in found] == ["01-03"]


def test_an_end_in_utc_is_turned_into_the_zone_of_the_start() -> None:
    rule = read_recurrence("FREQ=DAILY;UNTIL=20240103T220000Z", ZoneInfo("Asia/Tokyo"))
    assert rule.until == datetime(2024, 1, 4, 7, 0)  # noqa: DTZ001 - local time


@pytest.mark.parametrize(
    ("rule", "named"),
    [
        ("FREQ=HOURLY", "FREQ=HOURLY"),
        ("FREQ=DAILY;BYSECOND=3", "BYSECOND"),
        ("FREQ=YEARLY;BYWEEKNO=3", "BYWEEKNO"),
        ("FREQ=YEARLY;BYYEARDAY=3", "BYYEARDAY"),
        ("FREQ=MONTHLY;BYDAY=MO,2TU", "numbered days and others"),
    ],
)
def test_what_is_not_expanded_is_refused_by_name(rule: str, named: str) -> None:
    with pytest.raises(NotModelled) as caught:
        read_recurrence(rule)
    assert named in str(caught.value)


@pytest.mark.parametrize(
    ("rule", "named"),
    [
        ("", "'' is no part"),
        ("INTERVAL=2", "has a FREQ"),
        ("FREQ=OFTEN", "has a FREQ"),
        ("FREQ=DAILY;DTSTART=20240101T000000", "give start and duration beside it"),
        ("FREQ=DAILY;DURATION=PT1H", "give start and duration beside it"),
        ("FREQ=DAILY;INTERVALL=2", "did you mean 'INTERVAL'"),
        ("FREQ=DAILY;FREQ=DAILY", "is no part"),
        ("FREQ=DAILY;INTERVAL=0", "no whole number from 1"),
        ("FREQ=DAILY;INTERVAL=x", "no whole number"),
        ("FREQ=DAILY;COUNT=1;UNTIL=20240101", "not both"),
        ("FREQ=DAILY;UNTIL=tomorrow", "no UNTIL"),
        ("FREQ=DAILY;UNTIL=20241301", "no UNTIL"),
        ("FREQ=WEEKLY;BYDAY=XX", "no day of the week"),
        ("FREQ=MONTHLY;BYDAY=0MO", "no day of the week"),
        ("FREQ=WEEKLY;BYDAY=2MO", "does not go with FREQ=WEEKLY"),
        ("FREQ=WEEKLY;BYMONTHDAY=2", "does not go with FREQ=WEEKLY"),
        ("FREQ=MONTHLY;BYDAY=6MO", "at most 5 times"),
        ("FREQ=YEARLY;BYMONTH=3;BYDAY=-6MO", "at most 5 times"),
        ("FREQ=YEARLY;BYDAY=54MO", "at most 53 times"),
        ("FREQ=MONTHLY;BYMONTHDAY=0", "no day 0"),
        ("FREQ=DAILY;BYMONTH=2,4;BYMONTHDAY=31", "at most 30 days, so that it never comes"),
        ("FREQ=MONTHLY;BYMONTH=13", "from 1 to 12"),
        ("FREQ=DAILY;BYHOUR=24", "from 0 to 23"),
        ("FREQ=DAILY;BYMINUTE=60", "from 0 to 59"),
        ("FREQ=MONTHLY;BYDAY=MO;BYSETPOS=0", "BYSETPOS picks the first"),
        ("FREQ=MONTHLY;BYSETPOS=1", "BYSETPOS picks the first"),
    ],
)
def test_a_malformed_rule_is_refused(rule: str, named: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read_recurrence(rule)
    assert named in str(caught.value)
