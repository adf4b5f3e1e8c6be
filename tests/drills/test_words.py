from __future__ import annotations

import pytest

from alertproof.drills.words import percent, quantity, seconds


@pytest.mark.parametrize(
    ("value", "said"),
    [(0.0, "0 ms"), (0.02, "20 ms"), (0.9073, "907 ms"), (0.9994, "999 ms"), (0.9996, "1 s"), (1.25, "1.25 s")],
)
def test_seconds_are_said_in_milliseconds_up_to_one(value: float, said: str) -> None:
    assert seconds(value) == said


@pytest.mark.parametrize(
    ("value", "unit", "said"),
    [
        (0.028, "%", "2.8 %"),
        (0.907, "s", "907 ms"),
        (80.04, "percent", "80 %"),
        (999.0, "jobs", "999 jobs"),
        (15000.0, "jobs", "15,000 jobs"),
    ],
)
def test_a_value_is_said_in_its_unit(value: float, unit: str, said: str) -> None:
    assert quantity(value, unit) == said


def test_a_share_is_said_in_per_cent() -> None:
    assert percent(0.025) == "2.5 %"
