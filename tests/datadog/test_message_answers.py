from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertproof.datadog.message import OCCASIONS, Answer, Variables, possible, reachable, render


def block(question: str, inner: str, sign: str = "#") -> str:
    return f"{{{{{sign}{question}}}}}{inner}{{{{/{question.split(maxsplit=1)[0]}}}}}"


@pytest.mark.parametrize(
    ("outer", "inner", "goes"),
    [
        ('is_exact_match "h.name" "a"', 'is_exact_match "h.name" "b"', False),
        ('is_exact_match "h.name" "a" "b"', 'is_exact_match "h.name" "b" "c"', True),
        ('is_exact_match "h.name" "a"', 'is_exact_match "i.name" "b"', True),
        ('is_exact_match "h.name" "web-1"', 'is_match "h.name" "web"', True),
        ('is_match "h.name" "db"', 'is_exact_match "h.name" "web-1"', False),
        ('is_exact_match "h.name" ""', 'is_match "h.name" ""', False),
        ('is_exact_match "h.name" "web"', 'is_match "h.name" ""', True),
        ('is_match "h.name" "db"', 'is_match "h.name" "web"', True),
        ('is_exact_match "value" "5"', 'is_exact_match "value" "5.0"', True),
        ("is_priority 'P1'", "is_priority 'P2'", False),
        ("is_priority 'P1'", "is_priority 'P1' 'P2'", True),
        ("is_alert", "is_alert", True),
    ],
)
def test_two_answers_go_together_if_some_value_allows_both(outer: str, inner: str, goes: bool) -> None:
    assert bool(reachable(block(outer, block(inner, " @a ")))) is goes


def test_handles_of_exclusive_blocks_are_not_glued_to_each_other() -> None:
    one, other = 'is_exact_match "env.name" "prod"', 'is_exact_match "env.name" "dev"'
    found = {each.handle for each in reachable(block(one, "@pagerduty-a") + block(other, "@slack-b"))}
    assert found == {"pagerduty-a", "slack-b"}


def test_answers_are_possible_on_the_occasions_on_which_all_can_be_given() -> None:
    (reach,) = reachable(block("is_recovery", block("is_alert_recovery", "@a", "^")))
    assert possible(reach.when) == {"recovery from warning", "recovery from no data", "recovery from unknown"}
    assert possible(()) == frozenset(OCCASIONS)
    question = reach.when[0].question
    assert possible((Answer(question, True), Answer(question, False))) == frozenset()


TEXT = st.sampled_from(["", "a", "b", "ab", "5", "5.0", "abc"])
QUESTIONS = st.builds(
    lambda helper, wanted: f'{helper} "h.name" ' + " ".join(f'"{each}"' for each in wanted),
    st.sampled_from(["is_match", "is_exact_match"]),
    st.lists(TEXT, min_size=1, max_size=3),
)
SIGN = st.sampled_from("#^")


@given(QUESTIONS, SIGN, QUESTIONS, SIGN, TEXT | st.sampled_from([5, 5.0, 7]))
def test_what_is_rendered_was_not_excluded(
    outer: str, outer_sign: str, inner: str, inner_sign: str, value: str | float
) -> None:
    message = block(outer, block(inner, " @a ", inner_sign), outer_sign)
    variables: Variables = {"h": {"name": value}}
    if "@a" in render(message, conditions=frozenset(), variables=variables):
        assert reachable(message)
