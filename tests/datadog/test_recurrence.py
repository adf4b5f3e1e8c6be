from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from alertproof.datadog.recurrence import Recurrence, WeekDay, occurrences, read_recurrence
from alertproof.errors import ConfigError, NotModelled

START = datetime(2024, 1, 1, 22, 0)  # noqa: DTZ001 - a rule's start is local time; a Monday
KNOWN = "BYDAY, BYHOUR, BYMINUTE, BYMONTH, BYMONTHDAY, BYSETPOS, COUNT, FREQ, INTERVAL, UNTIL, WKST"
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
        ("FREQ=HOURLY", "the recurrence FREQ=HOURLY is not modelled"),
        ("FREQ=DAILY;BYSECOND=3", "the recurrence part BYSECOND is not modelled"),
        ("FREQ=YEARLY;BYWEEKNO=3", "the recurrence part BYWEEKNO is not modelled"),
        ("FREQ=YEARLY;BYYEARDAY=3", "the recurrence part BYYEARDAY is not modelled"),
        ("FREQ=YEARLY;BYEASTER=1", "the recurrence part BYEASTER is not modelled"),
        ("FREQ=MINUTELY", "the recurrence FREQ=MINUTELY is not modelled"),
        ("FREQ=SECONDLY", "the recurrence FREQ=SECONDLY is not modelled"),
        ("FREQ=MONTHLY;BYDAY=MO,2TU", "a recurrence with numbered days and others is not modelled"),
    ],
)
def test_what_is_not_expanded_is_refused_by_name(rule: str, named: str) -> None:
    with pytest.raises(NotModelled) as caught:
        read_recurrence(rule)
    assert str(caught.value) == f"{named}: {rule}"


@pytest.mark.parametrize(
    ("rule", "named"),
    [
        ("", f"'' is no part of a recurrence (known: {KNOWN})"),
        ("INTERVAL=2", "a recurrence has a FREQ of DAILY, WEEKLY, MONTHLY, YEARLY"),
        ("FREQ=OFTEN", "a recurrence has a FREQ of DAILY, WEEKLY, MONTHLY, YEARLY"),
        (
            "FREQ=DAILY;DTSTART=20240101T000000",
            "DTSTART is not part of a downtime's recurrence; give start and duration beside it",
        ),
        (
            "FREQ=DAILY;DURATION=PT1H",
            "DURATION is not part of a downtime's recurrence; give start and duration beside it",
        ),
        ("FREQ=DAILY;INTERVALL=2", "'INTERVALL=2' is no part of a recurrence (did you mean 'INTERVAL'?)"),
        ("FREQ=DAILY;FREQ=DAILY", "FREQ of a recurrence is given twice"),
        ("FREQ=DAILY;INTERVAL=0", "'0' is no whole number from 1 to 100000"),
        ("FREQ=DAILY;INTERVAL=x", "'X' is no whole number from 1 to 100000"),
        ("FREQ=DAILY;COUNT=1;UNTIL=20240101", "a recurrence has COUNT or UNTIL, not both"),
        ("FREQ=DAILY;UNTIL=tomorrow", "'TOMORROW' is no UNTIL such as 20240131T000000Z"),
        ("FREQ=DAILY;UNTIL=20241301", "'20241301' is no UNTIL such as 20240131T000000Z"),
        ("FREQ=WEEKLY;BYDAY=XX", "'XX' is no day of the week such as MO or 3MO"),
        ("FREQ=MONTHLY;BYDAY=0MO", "'0MO' is no day of the week such as MO or 3MO"),
        ("FREQ=WEEKLY;BYDAY=2MO", "a numbered day such as 3MO does not go with FREQ=WEEKLY"),
        ("FREQ=WEEKLY;BYMONTHDAY=2", "BYMONTHDAY does not go with FREQ=WEEKLY"),
        ("FREQ=MONTHLY;BYDAY=6MO", "a day of the week comes at most 5 times, so none is number 6"),
        ("FREQ=YEARLY;BYMONTH=3;BYDAY=-6MO", "a day of the week comes at most 5 times, so none is number 6"),
        ("FREQ=YEARLY;BYDAY=54MO", "a day of the week comes at most 53 times, so none is number 54"),
        ("FREQ=MONTHLY;BYMONTHDAY=0", "a month has no day 0"),
        (
            "FREQ=DAILY;BYMONTH=2,4;BYMONTHDAY=31",
            "the months of the recurrence have at most 30 days, so that it never comes",
        ),
        ("FREQ=MONTHLY;BYMONTH=13", "'13' is no whole number from 1 to 12"),
        ("FREQ=DAILY;BYHOUR=24", "'24' is no whole number from 0 to 23"),
        ("FREQ=DAILY;BYMINUTE=60", "'60' is no whole number from 0 to 59"),
        ("FREQ=MONTHLY;BYDAY=MO;BYSETPOS=0", "BYSETPOS picks the first, 1, or the last, -1, of what other parts begin"),
        ("FREQ=MONTHLY;BYSETPOS=1", "BYSETPOS picks the first, 1, or the last, -1, of what other parts begin"),
        ("FREQ=DAILY;BYHOUR=1.5", "'1.5' is no whole number from 0 to 23"),
        ("FREQ=DAILY;WKST=XX", "'XX' is no day of the week (MO, TU, WE, TH, FR, SA, SU)"),
        ("FREQ=DAILY;COUNT", "COUNT of a recurrence has no value"),
        ("FREQ=DAILY;COUNT=", "COUNT of a recurrence has no value"),
        ("FREQ=DAILY;;COUNT=1", f"'' is no part of a recurrence (known: {KNOWN})"),
        (
            "FREQ=DAILY;DTEND=20240101",
            "DTEND is not part of a downtime's recurrence; give start and duration beside it",
        ),
        ("FREQ=DAILY;BYDAY=2MO", "a numbered day such as 3MO does not go with FREQ=DAILY"),
        ("FREQ=DAILY;BYDAY=MO,", "'' is no day of the week such as MO or 3MO"),
        ("FREQ=MONTHLY;BYDAY=100MO", "'100MO' is no day of the week such as MO or 3MO"),
        ("FREQ=DAILY;UNTIL=20240101T250000", "'20240101T250000' is no UNTIL such as 20240131T000000Z"),
        (
            "FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=30",
            "the months of the recurrence have at most 29 days, so that it never comes",
        ),
        (
            "FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=-30",
            "the months of the recurrence have at most 29 days, so that it never comes",
        ),
    ],
)
def test_a_malformed_rule_is_refused(rule: str, named: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read_recurrence(rule)
    assert str(caught.value) == f"{named}: {rule}"


@pytest.mark.parametrize(
    ("rule", "part", "least", "most"),
    [
        ("FREQ=DAILY", "INTERVAL", 1, 100000),
        ("FREQ=DAILY", "COUNT", 1, 100000),
        ("FREQ=YEARLY", "BYMONTH", 1, 12),
        ("FREQ=MONTHLY", "BYMONTHDAY", -31, 31),
        ("FREQ=DAILY", "BYHOUR", 0, 23),
        ("FREQ=DAILY", "BYMINUTE", 0, 59),
        ("FREQ=YEARLY;BYDAY=MO", "BYSETPOS", -366, 366),
    ],
)
def test_a_number_of_a_rule_has_its_bounds(rule: str, part: str, least: int, most: int) -> None:
    for number in (least, most):
        assert read_recurrence(f"{rule};{part}={number}").frequency in rule
    for number in (least - 1, most + 1):
        beyond = f"{rule};{part}={number}"
        with pytest.raises(ConfigError) as caught:
            read_recurrence(beyond)
        assert str(caught.value) == f"'{number}' is no whole number from {least} to {most}: {beyond}"


def test_each_part_of_a_rule_is_read() -> None:
    text = "FREQ=YEARLY;INTERVAL=2;COUNT=3;WKST=SU;BYMONTH=2,3;BYMONTHDAY=-1,4;BYDAY=2MO,-1FR;BYHOUR=5;BYMINUTE=6,7"
    assert read_recurrence(f"RRULE:{text};BYSETPOS=-2;") == Recurrence(
        frequency="YEARLY",
        interval=2,
        count=3,
        week_start=6,
        months=(2, 3),
        month_days=(-1, 4),
        days=(WeekDay(2, 0), WeekDay(-1, 4)),
        hours=(5,),
        minutes=(6, 7),
        positions=(-2,),
    )
    assert read_recurrence("FREQ=DAILY") == Recurrence(frequency="DAILY")
