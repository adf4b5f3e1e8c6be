"""What a plan does about each thing, from what files want and what an account has."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertproof.errors import ConfigError
from alertproof.sync.compare import Change, Fields
from alertproof.sync.plan import Action, Plan, make_plan
from alertproof.sync.things import Existing, Ids, Marks, Reference, Wanted, Written

MARKS = Marks(environment="prod")
WRITTEN = Written(file=Path("x.json"), text="{}", extents={})


class Things:
    """A kind with a size and tags; nobody asks an account here."""

    name = "thing"
    fields = Fields(defaults={"size": (None, 0), "tags": ([],), "type": (None,)}, unordered=frozenset({"tags"}))
    fixed = frozenset({"type"})
    missing = ""

    def read(self, wanted: Sequence[Wanted]) -> list[Existing]:
        raise AssertionError

    def named(self, existing: Existing, ids: Ids) -> Existing:
        raise AssertionError

    def check(self, wanted: Wanted, existing: Existing | None, ids: Ids) -> None:
        raise AssertionError

    def create(self, wanted: Wanted, ids: Ids) -> Existing:
        raise AssertionError

    def update(self, existing: Existing, wanted: Wanted, changes: tuple[Change, ...], ids: Ids) -> Existing:
        raise AssertionError

    def look(self, existing: Existing) -> Existing | None:
        raise AssertionError

    def delete(self, existing: Existing) -> None:
        raise AssertionError


def wanted(key: str, *, size: int = 1, needs: Sequence[str] = (), **more: Any) -> Wanted:
    payload = {"size": size, "tags": ["a", *MARKS.of(key)], **more}
    refs: tuple[Reference, ...] = tuple(("thing", need) for need in needs)
    return Wanted(kind="thing", key=key, name=key.upper(), payload=payload, written=WRITTEN, needs=refs)


def existing(identity: int, name: str, *, key: str | None = None, size: int = 1, **more: Any) -> Existing:
    tags = ["a", *(MARKS.of(key) if key else ())]
    payload = {"size": size, "tags": tags, **more}
    return Existing(kind="thing", id=str(identity), name=name, key=key, payload=payload)


def planned(files: Sequence[Wanted], there: Sequence[Existing] = (), **options: Any) -> Plan:
    return make_plan(files, {"thing": there}, {"thing": Things()}, **options)


def actions(plan: Plan) -> list[tuple[str, str]]:
    return [(str(step.action), step.key) for step in plan.steps]


def test_each_thing_is_created_updated_or_left() -> None:
    there = [existing(1, "B", key="b"), existing(2, "C", key="c", size=2), existing(3, "else")]
    plan = planned([wanted("a"), wanted("b"), wanted("c")], there)
    assert (actions(plan), plan.same) == ([("create", "a"), ("update", "c")], 1)
    assert plan.steps[1].changes == (Change(field="size", old=2, new=1),)


def test_ours_that_was_renamed_is_still_ours() -> None:
    assert actions(planned([wanted("a")], [existing(1, "renamed", key="a", size=3), existing(2, "A")])) == [
        ("update", "a")
    ]


def test_a_renamed_file_is_a_new_thing_and_the_old_one_has_no_file() -> None:
    plan = planned([wanted("a")], [existing(1, "A", key="old", size=2)])
    assert (actions(plan), plan.orphans) == ([("create", "a")], 1)


def test_a_namesake_that_says_the_same_is_used_and_one_that_does_not_is_held() -> None:
    plan = planned([wanted("a")], [existing(1, "A")])
    assert (actions(plan), plan.used, plan.same) == ([], ("thing A",), 1)
    plan = planned([wanted("a")], [existing(1, "A", size=2)])
    assert (actions(plan), plan.used, plan.doable) == ([("held", "a")], (), ())
    assert [change.field for change in plan.steps[0].changes] == ["size"]


@pytest.mark.parametrize("told", ["A", "a", "1"])
def test_a_namesake_is_adopted_by_name_key_or_id(told: str) -> None:
    (step,) = planned([wanted("a")], [existing(1, "A")], adopt=[told]).steps
    assert (step.action, [change.field for change in step.changes]) == (Action.ADOPT, ["tags"])


def test_what_needs_what_is_held_goes_on_with_what_is_there() -> None:
    first = wanted("a", type="new")  # what cannot be changed
    there = [existing(1, "A", key="a", type="old"), existing(2, "B", key="b", size=2)]
    plan = planned([first, wanted("b", needs=["a"])], there)
    assert actions(plan) == [("held", "a"), ("update", "b")]
    assert "rename the file" in plan.steps[0].reason


def test_deletion_is_only_for_ours_and_only_when_told() -> None:
    there = [existing(1, "A", key="a"), existing(2, "B", key="b"), existing(3, "C", key="c"), existing(4, "D")]
    plan = planned([wanted("a")], there)
    assert (actions(plan), plan.orphans) == ([], 2)
    plan = planned([wanted("a")], there, delete=True)
    assert (actions(plan), plan.orphans) == ([("delete", "c"), ("delete", "b")], 0)


def test_files_that_need_each_other_in_a_circle_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"thing a -> thing b -> thing a"):
        planned([wanted("a", needs=["b"]), wanted("b", needs=["a"])])


@given(
    st.lists(st.tuples(st.sampled_from("abcdefg"), st.sets(st.sampled_from("abcdefg"))), unique_by=lambda one: one[0])
)
def test_everything_comes_after_what_it_needs(drawn: list[tuple[str, set[str]]]) -> None:
    # Needs lead to earlier letters only, so that there is no circle; some lead to what no file declares.
    files = [wanted(key, needs=sorted(need for need in needs if need < key)) for key, needs in drawn]
    keys = [step.key for step in planned(files).steps]
    assert sorted(keys) == sorted(key for key, _ in drawn)
    for each in files:
        for _, need in each.needs:
            assert need not in keys or keys.index(need) < keys.index(each.key)


keys = st.sampled_from("abcd")


@given(
    st.lists(keys, unique=True),
    st.lists(st.tuples(keys, st.booleans(), st.integers(1, 2)), max_size=6),
    st.booleans(),
)
def test_what_is_not_ours_is_never_changed_unasked(
    files: list[str], account: list[tuple[str, bool, int]], delete: bool
) -> None:
    there = [
        existing(number, key.upper(), key=key if ours else None, size=size)
        for number, (key, ours, size) in enumerate(account)
    ]
    plan = planned([wanted(key) for key in files], there, delete=delete)
    for step in plan.doable:
        assert step.existing is None or step.existing.key == step.key
        assert step.action is not Action.DELETE or (delete and step.key not in files)
        if step.action is Action.CREATE:
            assert step.name not in [one.name for one in there if one.key in (None, step.key)]


def test_a_plan_is_the_same_when_only_what_nobody_writes_has_changed() -> None:
    before = planned([wanted("a")], [existing(1, "A", key="a", size=2, seen=1)])
    assert before.does_the_same(planned([wanted("a")], [existing(1, "A", key="a", size=2, seen=2)]))
    assert not before.does_the_same(planned([wanted("a")], [existing(1, "A", key="a", size=3, seen=1)]))
    assert not before.does_the_same(planned([wanted("a")], [existing(2, "A", key="a", size=2, seen=1)]))


def test_what_is_not_created_here_is_held_with_all_that_needs_it_and_nothing_else() -> None:
    class Given(Things):
        missing = "make it there"

    files = [wanted("a"), wanted("b", needs=["a"]), wanted("c", needs=["b"])]
    plan = make_plan(files, {"thing": [existing(1, "C", key="c", size=2)]}, {"thing": Given()})
    assert [(step.action, step.key, step.reason) for step in plan.steps] == [
        (Action.HELD, "a", "make it there"),
        (Action.HELD, "b", "it needs the thing a, which is not there"),
        (Action.UPDATE, "c", ""),
    ]
    assert [step.key for step in plan.doable] == ["c"]
