from __future__ import annotations

from itertools import combinations

from hypothesis import example, given
from hypothesis import strategies as st

from alertproof.report.html.labels import Flag, stack_flags, text_width

FLAGS = st.lists(
    st.builds(Flag, st.floats(min_value=60, max_value=940), st.floats(min_value=20, max_value=300)),
    max_size=12,
)


@given(FLAGS)
@example([Flag(100, 80), Flag(100, 80)])
@example([Flag(900, 200), Flag(910, 200), Flag(920, 200)])
def test_labels_never_overlap_and_stay_inside(flags: list[Flag]) -> None:
    placed = stack_flags(flags, left=0, right=1000, gap=8)
    for flag in placed:
        assert flag.left >= 0
        assert flag.right <= 1000 + 1e-9
    for one, other in combinations(placed, 2):
        if one.level == other.level:
            assert one.right + 8 <= other.left or other.right + 8 <= one.left


@given(FLAGS)
def test_no_leader_crosses_a_text_where_there_is_room_on_the_right(flags: list[Flag]) -> None:
    placed = stack_flags(flags, left=0, right=10_000)
    for one in placed:
        for other in placed:
            if one.left < other.x < one.right:
                assert other.level < one.level


def test_labels_apart_share_the_lowest_level() -> None:
    placed = stack_flags([Flag(100, 50), Flag(300, 50)], left=0, right=1000)
    assert [flag.level for flag in placed] == [0, 0]


def test_of_two_labels_too_close_the_earlier_stands_higher() -> None:
    placed = stack_flags([Flag(100, 50), Flag(120, 50)], left=0, right=1000)
    assert [flag.level for flag in placed] == [1, 0]


def test_of_two_labels_at_one_instant_the_first_stands_higher() -> None:
    placed = stack_flags([Flag(100, 50), Flag(100, 50)], left=0, right=1000)
    assert [flag.level for flag in placed] == [1, 0]


def test_a_label_ends_at_its_instant_where_the_right_edge_is_near() -> None:
    (placed,) = stack_flags([Flag(980, 50)], left=0, right=1000)
    assert (placed.left, placed.right) == (930, 980)


def test_a_label_that_just_fits_stays_on_the_right() -> None:
    (placed,) = stack_flags([Flag(950, 50)], left=0, right=1000)
    assert (placed.left, placed.right) == (950, 1000)


def test_two_turned_labels_do_not_cross_each_other() -> None:
    one, other = stack_flags([Flag(960, 100), Flag(980, 100)], left=0, right=1000)
    assert (one.right, other.right) == (960, 980)
    assert one.level < other.level


def test_a_text_is_as_wide_as_its_letters_at_its_size() -> None:
    assert text_width("") == 0
    assert text_width("iiii") < text_width("mmmm")
    assert text_width("Alert", 24) == 2 * text_width("Alert", 12)
