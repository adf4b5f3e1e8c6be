"""By which marks what is there is known, for a push, for a drill, and for what an account has once."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from alertproof.sync.things import Marks, tags_below, unmarked

PUSH, OTHER = Marks(environment="prod"), Marks(environment="staging")
DRILL, ALL = Marks(environment="prod", drill=True), Marks()
KEYS = st.from_regex(r"[a-z0-9][a-z0-9._-]{0,20}", fullmatch=True)
TEXTS = st.text(st.characters(codec="utf-8"), max_size=40).filter(lambda text: "managed_by" not in text)


@given(KEYS)
def test_each_finds_its_own_key_and_nobody_elses(key: str) -> None:
    for marks in (PUSH, DRILL, ALL):
        assert marks.key_of(["a", *marks.of(key)]) == key
    for marks, theirs in ((PUSH, OTHER), (PUSH, DRILL), (DRILL, PUSH), (PUSH, ALL), (DRILL, ALL)):
        assert marks.key_of(list(theirs.of(key))) is None


def test_a_push_does_not_look_at_what_is_of_another_environment_or_of_a_drill() -> None:
    assert [PUSH.elsewhere(list(marks.of("k"))) for marks in (PUSH, OTHER, DRILL, ALL)] == [False, True, True, False]
    assert PUSH.elsewhere(["team:a"]) is False


def test_a_drill_looks_at_its_own_alone() -> None:
    assert [DRILL.elsewhere(list(marks.of("k"))) for marks in (DRILL, PUSH, OTHER, ALL)] == [False, True, True, True]
    assert DRILL.elsewhere(["team:a"]) is True


@given(TEXTS, KEYS)
def test_marks_below_a_text_are_read_back_and_taken_away_again(text: str, key: str) -> None:
    marked = PUSH.below(text, key)

    assert PUSH.key_of(tags_below(marked)) == key
    for name in ("description", "message"):
        assert unmarked({name: marked})[name] == text.lstrip().rstrip()
