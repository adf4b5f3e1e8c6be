from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from alertproof.offline import read_script
from alertproof.offline.start import START
from alertproof.offline.timeline import fill_store, length_of
from alertproof.telemetry.series import MetricType, Series


@pytest.fixture
def stored(write: Callable[[str], Path]) -> Callable[[str], Series]:
    """The series that a test's input becomes."""

    def read(rest: str) -> Series:
        test = f"{{name: t, interval: 1m, input_series: [{{series: 'm{{a:b}}', {rest}}}]}}"
        (parsed,) = read_script(write(f"monitors: [ratio.json]\ntests: [{test}]")).tests
        (series,) = fill_store(parsed.inputs).select("m")
        assert length_of(parsed.inputs).total_seconds() == 120
        return series

    return read


@pytest.mark.parametrize(
    ("rest", "interval", "times", "values"),
    [
        ("type: count, values: 6 12", 60, [0, 60], [6, 12]),
        ("type: count, flush: 20s, values: 6 12", 20, [0, 20, 40, 60, 80, 100], [2, 2, 2, 4, 4, 4]),
        ("type: rate, flush: 30s, values: 6 12", 30, [0, 30, 60, 90], [6, 6, 12, 12]),
        ("type: gauge, flush: 30s, values: 6 12", 30, [0, 30, 60, 90], [6, 6, 12, 12]),
        ("type: gauge, values: 6 _", 60, [0], [6]),
        ("type: distribution, values: _ 12", 60, [60], [12]),
    ],
)
def test_a_value_is_stamped_at_its_start(
    rest: str, interval: int, times: list[float], values: list[float], stored: Callable[[str], Series]
) -> None:
    series = stored(rest)
    assert series.interval == interval
    assert (series.times - START.timestamp()).tolist() == times
    assert series.values.tolist() == values


def test_nothing_of_a_long_test_is_forgotten_before_its_turn(write: Callable[[str], Path]) -> None:
    series = "{series: g, type: gauge, values: 1x15}"
    script = read_script(write(f"monitors: [ratio.json]\ntests: [{{name: t, interval: 1m, input_series: [{series}]}}]"))
    store = fill_store(script.tests[0].inputs)
    year = START.timestamp() + 365 * 86400
    store.write("g", frozenset(), MetricType.GAUGE, year, 1)
    (found,) = store.select("g")
    assert len(found.times) == 17
