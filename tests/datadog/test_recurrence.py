from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import rrulestr  # type: ignore[import-untyped]
from hypothesis import given
from hypothesis import strategies as st

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
        ("FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=30", []),
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
        ("FREQ=MONTHLY;BYDAY=MO;BYSETPOS=1", "BYSETPOS"),
        ("FREQ=DAILY;BYHOUR=3", "BYHOUR"),
        ("FREQ=YEARLY;BYDAY=MO", "BYDAY and without BYMONTH"),
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
        ("FREQ=MONTHLY;BYMONTHDAY=0", "no day 0"),
        ("FREQ=MONTHLY;BYMONTH=13", "from 1 to 12"),
    ],
)
def test_a_malformed_rule_is_refused(rule: str, named: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read_recurrence(rule)
    assert named in str(caught.value)


WEEKDAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]


@st.composite
def rules(draw: st.DrawFn) -> str:
    frequency = draw(st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]))
    parts = [f"FREQ={frequency}", f"INTERVAL={draw(st.integers(1, 5))}", f"WKST={draw(st.sampled_from(WEEKDAYS))}"]
    limit = draw(st.sampled_from(["", "COUNT", "UNTIL"]))
    if limit == "COUNT":
        parts.append(f"COUNT={draw(st.integers(1, 20))}")
    if limit == "UNTIL":
        parts.append(f"UNTIL={START + timedelta(hours=draw(st.integers(0, 20_000))):%Y%m%dT%H%M%S}")
    months = draw(st.lists(st.integers(1, 12), max_size=2))
    if months:
        parts.append(f"BYMONTH={','.join(map(str, months))}")
    numbers = draw(st.lists(st.sampled_from([1, 2, 15, 29, 30, 31, -1, -2, -31]), max_size=2))
    if numbers and frequency != "WEEKLY":
        parts.append(f"BYMONTHDAY={','.join(map(str, numbers))}")
    ordinals = [1, 2, 5, -1, -5] if frequency in {"MONTHLY", "YEARLY"} and draw(st.booleans()) else [""]
    named = draw(st.lists(st.tuples(st.sampled_from(ordinals), st.sampled_from(WEEKDAYS)), max_size=3))
    if named and (frequency != "YEARLY" or months):
        parts.append(f"BYDAY={','.join(f'{ordinal}{day}' for ordinal, day in named)}")
    return ";".join(parts)


@given(rules(), st.integers(0, 60 * 24 * 400), st.integers(-100, 900), st.integers(0, 800))
def test_rules_are_expanded_as_by_the_common_implementation(rule: str, shift: int, first: int, length: int) -> None:
    start = START + timedelta(minutes=shift)
    after = start + timedelta(days=first)
    before = after + timedelta(days=length)
    found = list(occurrences(read_recurrence(rule, UTC), start, after, before))
    assert found == rrulestr(rule, dtstart=start).between(after, before, inc=True)
