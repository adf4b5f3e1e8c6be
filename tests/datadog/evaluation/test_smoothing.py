"""Functions along the buckets of a window, against what their words say of each bucket by itself."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertproof.datadog.evaluation.smoothing import coarser, ewma, moving
from alertproof.telemetry.series import Floats

VALUES = st.lists(st.one_of(st.none(), st.integers(-9, 9), st.floats(-9, 9)), min_size=1, max_size=40)
OF: dict[str, Callable[[Floats], float]] = {"avg": np.mean, "count": len, "max": np.max, "min": np.min, "sum": np.sum}


@given(VALUES, st.integers(1, 60), st.sampled_from(sorted(OF)))
def test_a_moving_rollup_is_that_of_the_last_buckets_up_to_each(drawn: list[float | None], span: int, how: str) -> None:
    cells = np.array([np.nan if each is None else each for each in drawn])
    found = moving(how, cells[None, None], span)[0, 0]
    for number, value in enumerate(found):
        behind = cells[max(0, number - span + 1) : number + 1]
        behind = behind[np.isfinite(behind)]
        assert np.isnan(value) if not len(behind) else value == pytest.approx(OF[how](behind), abs=1e-9)


@pytest.mark.parametrize("value", [0.1, 0.3, 1 / 3, 1e16 + 2])
@pytest.mark.parametrize("span", [1, 3, 6, 7, 13])
def test_the_average_of_equal_values_is_that_value(value: float, span: int) -> None:
    """A series at its threshold stays there: a sum of three tenths, divided by three, is more than a tenth."""
    cells, times = np.full((1, 1, 26), value), np.arange(0.0, 520.0, 20.0)[None]
    assert (moving("avg", cells, span) == value).all()
    coarse = coarser("avg", cells, times, 20.0 * span, 0)
    assert (coarse[np.isfinite(coarse)] == value).all()
    assert (ewma(span)(cells, times, 20.0) == value).all()
