from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertproof.errors import ConfigError
from alertproof.offline.notation import read_selector, read_values
from alertproof.tags import parse_tags

NONE = float("nan")


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("5", [5]),
        ("1 2.5 -3", [1, 2.5, -3]),
        ("5x0", [5]),
        ("5x3", [5, 5, 5, 5]),
        ("1+2x3", [1, 3, 5, 7]),
        ("10-2x3", [10, 8, 6, 4]),
        ("-1-1x2", [-1, -2, -3]),
        ("0.5+0.25x2", [0.5, 0.75, 1.0]),
        ("1e3x1", [1000, 1000]),
        ("_", [NONE]),
        ("_x2 1", [NONE, NONE, 1]),
        ("_x0 1", [1]),
        ("5 1+2x2 _ 9-1x1", [5, 1, 3, 5, NONE, 9, 8]),
        ("0x9 5x10 0x10", [0] * 10 + [5] * 11 + [0] * 11),
    ],
)
def test_values_are_written_as_promtool_writes_them(text: str, values: list[float]) -> None:
    np.testing.assert_array_equal(read_values(text), values)


@pytest.mark.parametrize("text", ["", "  ", "x3", "5x", "5x-1", "5+x3", "5+1", "_+1x2", "five", "5 x3", "nan"])
def test_what_is_no_value_is_refused(text: str) -> None:
    with pytest.raises(ConfigError):
        read_values(text)


def test_a_slip_of_the_keyboard_does_not_eat_the_memory() -> None:
    with pytest.raises(ConfigError, match="more than 5000000 values"):
        read_values("5x99999999999")


@pytest.mark.parametrize("text", ["1e999", "1e308+" + "9" * 308 + "x9", "1 -1e999x3"])
def test_values_beyond_all_numbers_are_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="beyond all numbers"):
        read_values(text)


@given(st.integers(-99, 99), st.integers(-9, 9), st.integers(0, 50))
def test_a_progression_has_one_value_more_than_steps(start: int, step: int, times: int) -> None:
    sign = "-" if step < 0 else "+"
    values = read_values(f"{start}{sign}{abs(step)}x{times}")
    assert values.tolist() == [start + step * number for number in range(times + 1)]


def test_a_selector_is_a_metric_and_its_tags() -> None:
    assert read_selector("api.requests{service:api, env:prod}") == (
        "api.requests",
        parse_tags("service:api,env:prod"),
    )
    assert read_selector("m") == read_selector("m{}") == ("m", frozenset())


@pytest.mark.parametrize("text", ["", "{a:b}", "m{a:b", "m a", "sum:m{*}"])
def test_what_is_no_selector_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="is no series"):
        read_selector(text)
