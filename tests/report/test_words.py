from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertproof.report import words
from alertproof.verdict import Verdict


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0 s"),
        (0.0004, "0 s"),
        (0.12, "120 ms"),
        (0.9994, "999 ms"),
        (0.9996, "1 s"),
        (3.42, "3.4 s"),
        (9.94, "9.9 s"),
        (9.96, "10 s"),
        (59.49, "59 s"),
        (59.5, "1 min"),
        (60, "1 min"),
        (130, "2 min 10 s"),
        (3599.4, "59 min 59 s"),
        (3599.6, "1 h"),
        (3900, "1 h 5 min"),
        (86_369, "23 h 59 min"),
        (86_370, "1 d"),
        (97_200, "1 d 3 h"),
        (-30, "−30 s"),
    ],
)
def test_a_duration_is_said_in_its_two_largest_units(seconds: float, said: str) -> None:
    assert words.duration(timedelta(seconds=seconds)) == said


@given(st.timedeltas(min_value=timedelta(seconds=1), max_value=timedelta(days=900)))
def test_a_duration_in_words_is_within_five_per_cent_of_the_span(span: timedelta) -> None:
    sizes = {"s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
    parts = words.duration(span).replace(",", "").split()
    said = sum(float(amount) * sizes[unit] for amount, unit in zip(parts[::2], parts[1::2], strict=True))
    assert said == pytest.approx(span.total_seconds(), rel=0.05)


def test_stack_time_is_said_with_the_real_time_it_took() -> None:
    assert words.in_both_times(timedelta(minutes=2, seconds=40), 60.0) == "2 min 40 s (2.7 s real)"


def test_on_an_unscaled_clock_a_time_is_said_once() -> None:
    assert words.in_both_times(timedelta(minutes=2, seconds=40), 1.0) == "2 min 40 s"


@pytest.mark.parametrize(
    ("seconds", "said"), [(0, "0"), (0.0001, "0"), (-0.0001, "0"), (160, "+2 min 40 s"), (-30, "−30 s")]
)
def test_a_distance_has_a_sign_and_zero_has_none(seconds: float, said: str) -> None:
    assert words.relative(timedelta(seconds=seconds)) == said


@pytest.mark.parametrize(
    ("value", "unit", "said"),
    [
        (0.05, "%", "5 %"),
        (0.0144, "%", "1.44 %"),
        (1.0, "%", "100 %"),
        (0.8, "s", "800 ms"),
        (10_000, "jobs", "10,000 jobs"),
        (999.4, "jobs", "999 jobs"),
        (999.6, "jobs", "1,000 jobs"),
        (80, "percent", "80 %"),
        (-3, "", "−3"),
        (0.0, "jobs", "0 jobs"),
        (-0.0, "jobs", "0 jobs"),
        (float("nan"), "%", "no value"),
        (float("inf"), "s", "no value"),
    ],
)
def test_a_quantity_is_said_in_its_unit(value: float, unit: str, said: str) -> None:
    assert words.quantity(value, unit) == said


def test_an_instant_is_said_in_utc_whatever_its_zone() -> None:
    paris = timezone(timedelta(hours=1))
    assert words.instant(datetime(2026, 3, 2, 15, 5, 10, tzinfo=paris)) == "2026-03-02 14:05:10 UTC"


@pytest.mark.parametrize(
    ("names", "said"), [([], ""), (["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")]
)
def test_names_are_listed_as_in_prose(names: list[str], said: str) -> None:
    assert words.listing(names) == said


def test_counting_one_thing_takes_the_singular() -> None:
    assert [words.counted(n, "alert") for n in (0, 1, 2)] == ["0 alerts", "1 alert", "2 alerts"]


def test_each_verdict_has_a_sign_of_its_own() -> None:
    assert len({words.marked(verdict)[0] for verdict in Verdict}) == len(Verdict)


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (0.012, 0.048, "12–48 ms"),
        (0.0121, 0.0119, "12 ms"),
        (0.98, 1.2, "980 ms – 1.2 s"),
        (1.2, 3.4, "1.2–3.4 s"),
        (60, 70, "1 min – 1 min 10 s"),
        (0, 0.012, "0 s – 12 ms"),
    ],
)
def test_a_range_says_its_unit_once(low: float, high: float, said: str) -> None:
    assert words.between(timedelta(seconds=low), timedelta(seconds=high)) == said


def test_a_span_stands_beside_its_budget() -> None:
    assert words.of_budget(timedelta(milliseconds=412), timedelta(milliseconds=800)) == "412 ms of 800 ms"
    assert words.of_budget(timedelta(milliseconds=412), None) == "412 ms"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "just now"),
        (29, "just now"),
        (31, "1 minute ago"),
        (3569, "59 minutes ago"),
        (3571, "1 hour ago"),
        (5300, "1 hour ago"),
        (5460, "2 hours ago"),
        (86_369, "24 hours ago"),
        (86_371, "1 day ago"),
        (3 * 86_400, "3 days ago"),
        (-5, "just now"),
    ],
)
def test_how_long_ago_is_said_in_one_unit(seconds: float, said: str) -> None:
    assert words.ago(timedelta(seconds=seconds)) == said


def test_a_share_of_nothing_is_not_nought() -> None:
    assert words.share(0, 0) == "no requests"
    assert words.share(0, 10) == "0 %"
    assert words.share(2, 875) == "0.229 %"


def test_a_sentence_has_a_capital_and_a_full_stop() -> None:
    assert [words.as_sentence(text) for text in ("", "is it?", "it is.", "so")] == [".", "Is it?", "It is.", "So."]


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("", ""),
        ("one line", "one line"),
        ("\n\n  first\nsecond", "first"),
        ("def test():\n>   assert x\nE   AssertionError: y\nE    + where", "AssertionError: y"),
        ("def test():\nE   \nE   late", "late"),
    ],
)
def test_the_gist_of_a_reason_is_one_line(reason: str, said: str) -> None:
    assert words.gist(reason) == said


@pytest.mark.parametrize(
    ("value", "unit", "said"),
    [
        (0.0123, "second", "12 ms"),
        (2.5e9, "nanosecond", "2.5 s"),
        (90, "minute", "1 h 30 min"),
        (12_500, "dollar", "$12,500"),
        (-3, "dollar", "\N{MINUS SIGN}$3"),
        (999, "byte", "999 B"),
        (1000, "byte", "1 kB"),
        (2_898_065, "byte", "2.9 MB"),
        (5e18, "byte", "5,000,000 TB"),
        (99.9, "percent", "99.9 %"),
        (7, "request", "7"),
        (0.25, "", "0.25"),
        (float("nan"), "second", "no value"),
        (float("inf"), "byte", "no value"),
    ],
)
def test_a_measure_is_said_in_the_unit_that_datadog_names(value: float, unit: str, said: str) -> None:
    assert words.measured(value, unit) == said


@pytest.mark.parametrize(
    ("unit", "said"), [("request", "requests"), ("query", "queries"), ("percent", "per cent"), ("", "")]
)
def test_a_unit_that_is_a_noun_is_said_of_many(unit: str, said: str) -> None:
    assert words.nouns(unit) == said
