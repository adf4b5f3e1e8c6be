"""Requests as exact numbers: percentiles by nearest rank, failed requests behind all others."""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertproof.loadgen.samples import P50, P95, Samples, microseconds

LATENCIES = st.lists(st.integers(min_value=0, max_value=3_000_000), max_size=60)


def ms(number: float) -> timedelta:
    return timedelta(milliseconds=number)


def of(*latencies: float, failed: int = 0) -> Samples:
    return Samples((microseconds(ms(one)) for one in latencies), [1000] * failed)


def test_a_percentile_is_the_latency_of_a_request_that_was_sent() -> None:
    samples = of(*range(1, 101))

    assert samples.percentile(P95) == ms(95)
    assert samples.percentile(P50) == ms(50)
    assert samples.percentile(Fraction("99.9")) == ms(100)
    assert samples.percentile(Fraction(100)) == ms(100)
    assert of(7).percentile(P50) == ms(7)


def test_there_is_no_percentile_of_nothing() -> None:
    assert of().percentile(P95) is None
    assert of().longest() is None
    assert of().n == 0


@pytest.mark.parametrize(("failed", "expected"), [(5, ms(95)), (6, None)])
def test_a_failed_request_ranks_behind_every_answered_one(failed: int, expected: timedelta | None) -> None:
    samples = of(*range(1, 101 - failed), failed=failed)

    assert samples.percentile(P95) == expected
    assert samples.failed == failed


@pytest.mark.parametrize(("latency", "slow"), [(799.999, 0), (800, 0), (800.001, 1)])
def test_a_request_is_slow_above_the_limit_and_not_at_it(latency: float, slow: int) -> None:
    assert of(latency).slow(ms(800)) == slow


def test_a_request_that_fails_fast_is_slow() -> None:
    assert of(1, 2, failed=3).slow(ms(800)) == 3
    assert of(5, failed=1).longest() == ms(5)
    assert Samples([5000], [9000]).longest() == ms(9)


@given(answered=LATENCIES, failed=LATENCIES, limit=st.integers(min_value=0, max_value=3_000_000))
def test_a_percentile_keeps_the_limit_just_when_few_enough_are_slow(
    answered: list[int], failed: list[int], limit: int
) -> None:
    samples, span = Samples(answered, failed), timedelta(microseconds=limit)
    found = samples.percentile(P95)

    if samples.n:
        kept = found is not None and found <= span
        assert kept == (Fraction(samples.slow(span), samples.n) <= Fraction(5, 100))
