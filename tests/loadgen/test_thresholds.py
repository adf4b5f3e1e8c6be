"""Thresholds in k6's words: read, and both sides of each boundary."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertproof.errors import ConfigError
from alertproof.loadgen.samples import Samples
from alertproof.loadgen.thresholds import Metric, Threshold, parse_threshold

LIMIT = timedelta(milliseconds=800)


def threshold(text: str, metric: Metric = "latency") -> Threshold:
    return parse_threshold(text, metric=metric, where="smoke.toml: thresholds.latency[0]", minimum=1)


def samples(*latencies: float, failed: int = 0) -> Samples:
    return Samples((round(one * 1000) for one in latencies), [1000] * failed)


def holds(text: str, seen: Samples, metric: Metric = "latency") -> bool:
    one = threshold(text, metric)
    return one.holds(one.value(seen, limit=LIMIT))


@pytest.mark.parametrize(
    ("text", "below", "at", "above"),
    [
        ("p(95)<800", True, False, False),
        ("p(95)<=800", True, True, False),
        ("p(95)>800", False, False, True),
        ("p(95)>=800", False, True, True),
        ("p(95)==800", False, True, False),
        ("p(95)!=800", True, False, True),
        (" p(99.9) < 800 ", True, False, False),
        ("med<800", True, False, False),
        ("max<800", True, False, False),
    ],
)
def test_both_sides_of_a_bound_and_the_bound_itself(text: str, below: bool, at: bool, above: bool) -> None:
    assert [holds(text, samples(latency)) for latency in (799.9, 800, 800.1)] == [below, at, above]


def test_the_percentile_that_was_asked_for_is_judged() -> None:
    seen = samples(*range(1, 101))

    assert holds("p(95)<=95", seen)
    assert not holds("p(95)<95", seen)
    assert holds("p(99)<=99", seen)
    assert not holds("p(99)<99", seen)
    assert holds("med<=50", seen)
    assert not holds("max<100", seen)


@pytest.mark.parametrize(("failed", "held"), [(0, True), (1, False)])
def test_one_percent_is_not_less_than_one_percent(failed: int, held: bool) -> None:
    assert holds("rate<0.01", samples(*[1] * (100 - failed), failed=failed), "failed") is held
    assert holds("rate<=0.01", samples(*[1] * (100 - failed), failed=failed), "failed")


@pytest.mark.parametrize(("slow", "held"), [(5, True), (6, False)])
def test_five_percent_may_be_slow_and_not_one_more(slow: int, held: bool) -> None:
    assert holds("rate<=0.05", samples(*[1] * (100 - slow), *[800.1] * slow), "slow") is held


def test_a_rank_that_falls_on_a_failed_request_is_above_every_bound() -> None:
    seen = samples(*[1] * 94, failed=6)

    assert not holds("p(95)<1000000", seen)
    assert holds("p(95)>1000000", seen)
    assert threshold("p(95)<1").show(seen, limit=LIMIT) == ("the request of that rank failed (6 of 100 requests did)")


@pytest.mark.parametrize(
    ("latency", "shown"), [(800, "800"), (800.04, "800.04"), (800.1, "800.1"), (951.257, "951.3"), (90, "90")]
)
def test_what_was_seen_is_short_but_never_looks_like_the_bound(latency: float, shown: str) -> None:
    assert threshold("p(95)<800").show(samples(latency), limit=LIMIT) == f"{shown} ms of 1 requests"


def test_a_share_that_was_seen_is_told_with_its_two_numbers() -> None:
    assert threshold("rate<1", "slow").show(samples(1, 1, 900), limit=LIMIT) == "33.3 % (1 of 3 requests)"
    assert threshold("rate<1", "failed").show(samples(*[1] * 95, failed=5), limit=LIMIT) == "5 % (5 of 100 requests)"


@pytest.mark.parametrize(
    ("text", "metric", "message", "caret"),
    [
        ("avg<800", "latency", "latency is judged by p(N), med or max, in ms", "^^^"),
        ("p95<800", "latency", "latency is judged by p(N), med or max, in ms", "^^^"),
        ("rate<0.01", "latency", "latency is judged by p(N), med or max, in ms", "^^^^"),
        ("p(95)<800", "failed", "failed is judged by rate", "^^^^^"),
        ("", "slow", "slow is judged by rate", "^"),
        ("p(0)<800", "latency", "a percentile is above 0 and at most 100", "^^^^"),
        ("p(101)<800", "latency", "a percentile is above 0 and at most 100", "^^^^^^"),
        ("p(95)=<800", "latency", "an operator is one of < <= > >= == !=", "     ^^"),
        ("p(95) 800", "latency", "an operator is one of < <= > >= == !=", "      ^"),
        ("p(95)<", "latency", "a number is expected, in ms", "      ^"),
        ("p(95)<800ms", "latency", "a number is expected, in ms", "      ^^^^^"),
        ("p(95)<8\n9", "latency", "a number is expected, in ms", "      ^^^"),
        ("p(95)<-1", "latency", "a number is expected, in ms", "      ^^"),
        ("rate<1%", "failed", "a number is expected", "     ^^"),
        ("rate<1.5", "slow", "a rate is a share of the requests, from 0 to 1: 1 % is 0.01", "     ^^^"),
    ],
)
def test_what_is_no_threshold_is_pointed_at(text: str, metric: Metric, message: str, caret: str) -> None:
    with pytest.raises(ConfigError) as refused:
        threshold(text, metric)

    assert str(refused.value) == f"smoke.toml: thresholds.latency[0]: {message}\n  {text}\n  {caret}"


@given(st.text(alphabet="p(95)<>=! rate.01mdx", max_size=14), st.sampled_from(["latency", "failed", "slow"]))
def test_any_text_is_read_or_refused(text: str, metric: Metric) -> None:
    try:
        read = threshold(text, metric)
    except ConfigError:
        return
    assert threshold(read.text, metric) == read


@given(
    latencies=st.lists(st.integers(min_value=0, max_value=2000), min_size=1, max_size=50),
    failed=st.integers(min_value=0, max_value=5),
    percent=st.integers(min_value=1, max_value=100),
    bound=st.integers(min_value=0, max_value=2000),
)
def test_a_bound_and_its_opposite_never_agree(latencies: list[int], failed: int, percent: int, bound: int) -> None:
    seen = samples(*latencies, failed=failed)

    for one, other in (("<", ">="), ("<=", ">"), ("==", "!=")):
        assert holds(f"p({percent}){one}{bound}", seen) != holds(f"p({percent}){other}{bound}", seen)
