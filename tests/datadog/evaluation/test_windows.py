from __future__ import annotations

import numpy as np
import pytest

from alertproof.datadog.evaluation.windows import Windows


@pytest.mark.parametrize(("rows", "sizes"), [(1, [4, 3]), (500_000, [2, 2, 2, 1]), (10_000_000, [1] * 7)])
def test_windows_come_in_portions_of_bounded_size_and_alike(rows: int, sizes: list[int]) -> None:
    """A window from a full minute has three buckets of 20 s, another four: 4,000,000 at a time are held."""
    ends = np.array([60.0, 120, 190, 240, 310, 370, 420])
    found = list(Windows(ends - 60, ends, 20).portions(rows))
    assert [len(where) for where, _ in found] == sizes
    assert sorted(np.concatenate([where for where, _ in found]).tolist()) == list(range(7))
    for where, portion in found:
        assert portion.ends.tolist() == ends[where].tolist()
        assert len({portion.at(slice(number, number + 1)).count for number in range(len(where))}) == 1
