"""How a plan is carried out, on an account of one kind that can be told to misbehave."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from alertproof.datadog.loading.places import json_extents
from alertproof.errors import VendorUnavailable
from alertproof.sync.apply import Done, apply, place_of, refusals
from alertproof.sync.compare import Change, Fields, with_resets
from alertproof.sync.kind import Refused
from alertproof.sync.plan import Plan, make_plan
from alertproof.sync.things import Existing, Ids, Marks, Wanted, Written

MARKS = Marks(environment="prod")


class Shelf:
    """An account in memory: refuses what is larger than 9, and keeps of sizes no more than ``most``."""

    name = "thing"
    fields = Fields(defaults={"size": (None, 0), "tags": ([],)}, unordered=frozenset({"tags"}))
    fixed: frozenset[str] = frozenset()
    missing = ""

    def __init__(self) -> None:
        self.rows: dict[str, Existing] = {}
        self.most = 9
        self.fails = ""
        self.asked: list[str] = []

    def read(self, wanted: Sequence[Wanted]) -> list[Existing]:
        return list(self.rows.values())

    def named(self, existing: Existing, ids: Ids) -> Existing:
        return existing

    def check(self, wanted: Wanted, existing: Existing | None, ids: Ids) -> None:
        self.asked.append(wanted.key)
        if wanted.payload["size"] > 9:
            raise Refused("too large", ["The size is too large", "and it is heavy"])

    def create(self, wanted: Wanted, ids: Ids) -> Existing:
        return self._put(str(len(self.rows) + 1), wanted, dict(wanted.payload))

    def update(self, existing: Existing, wanted: Wanted, changes: tuple[Change, ...], ids: Ids) -> Existing:
        return self._put(existing.id, wanted, with_resets(wanted.payload, changes, self.fields))

    def look(self, existing: Existing) -> Existing | None:
        return self.rows.get(existing.id)

    def delete(self, existing: Existing) -> None:
        self.rows.pop(existing.id, None)

    def _put(self, identity: str, wanted: Wanted, payload: dict[str, Any]) -> Existing:
        if wanted.key == self.fails:
            raise VendorUnavailable("it is down")
        payload["size"] = min(payload["size"], self.most)
        key = MARKS.key_of(payload["tags"])
        self.rows[identity] = Existing(kind="thing", id=identity, name=wanted.name, key=key, payload=payload)
        return self.rows[identity]


def wanted(key: str, size: int = 1, *, needs: Sequence[str] = ()) -> Wanted:
    text = '{\n "name": "x",\n "size": 1\n}'
    written = Written(file=Path("x.json"), text=text, extents=json_extents(text))
    payload = {"name": key, "size": size, "tags": list(MARKS.of(key))}
    refs = tuple(("thing", need) for need in needs)
    return Wanted(kind="thing", key=key, name=key, payload=payload, written=written, needs=refs)


def plan_of(shelf: Shelf, *files: Wanted, delete: bool = False) -> tuple[Plan, Ids]:
    ids = Ids()
    for one in shelf.rows.values():
        ids.know("thing", str(one.key), one.id)
    return make_plan(files, {"thing": shelf.read([])}, {"thing": shelf}, delete=delete), ids


def carried_out(shelf: Shelf, plan: Plan, ids: Ids) -> tuple[bool, list[tuple[str, str]]]:
    """Return whether all was done, and of each key what was said."""
    told: list[Done] = []
    done = apply(plan, {"thing": shelf}, ids, told.append)
    return done, [(one.step.key, "" if one.error is None else str(one.error)) for one in told]


def test_the_first_that_fails_ends_it_and_each_of_the_rest_is_said_not_to_be_begun() -> None:
    shelf = Shelf()
    shelf.fails = "b"
    done, told = carried_out(shelf, *plan_of(shelf, wanted("a"), wanted("b"), wanted("c"), wanted("d")))
    assert (done, told) == (False, [("a", ""), ("b", "it is down"), ("c", "not begun"), ("d", "not begun")])
    shelf.fails = ""
    assert carried_out(shelf, *plan_of(shelf, wanted("a"), wanted("b"), wanted("c")))[1] == [("b", ""), ("c", "")]


def test_what_the_account_did_not_keep_is_an_error() -> None:
    shelf = Shelf()
    shelf.most = 5
    done, ((_, said),) = carried_out(shelf, *plan_of(shelf, wanted("a", 7)))
    assert (done, said) == (False, "it was done, as 1, but the account has it otherwise: size: 5 -> 7")


def test_what_was_changed_or_deleted_since_the_plan_is_not_written() -> None:
    shelf = Shelf()
    carried_out(shelf, *plan_of(shelf, wanted("a"), wanted("b")))
    plan, ids = plan_of(shelf, wanted("a", 2), wanted("b", 2))
    shelf.rows["1"] = replace(shelf.rows["1"], payload={**shelf.rows["1"].payload, "size": 3, "seen": 1})
    _, told = carried_out(shelf, plan, ids)
    assert told[0] == ("a", "somebody changed size of 1 meanwhile; nothing was done to it; run it again")
    plan, ids = plan_of(shelf, wanted("a", 2), wanted("b", 2))
    del shelf.rows["1"]
    assert carried_out(shelf, plan, ids)[1][0] == ("a", "1 was deleted meanwhile; run it again")


def test_what_is_deleted_already_need_not_be_and_what_was_changed_since_is_not() -> None:
    shelf = Shelf()
    carried_out(shelf, *plan_of(shelf, wanted("a"), wanted("b")))
    plan, ids = plan_of(shelf, delete=True)
    del shelf.rows["2"]
    shelf.rows["1"] = replace(shelf.rows["1"], payload={**shelf.rows["1"].payload, "size": 3})
    done, told = carried_out(shelf, plan, ids)
    assert (done, told[0]) == (False, ("b", ""))
    assert "somebody changed size" in told[1][1]
    assert list(shelf.rows) == ["1"]


def test_every_message_of_a_refusal_has_its_place_and_what_cannot_be_asked_for_yet_is_not() -> None:
    shelf = Shelf()
    plan, ids = plan_of(shelf, wanted("a", 10), wanted("b"), wanted("c", 10, needs=["b"]))
    found = [(one.step.key, one.place, one.error) for one in refusals(plan, {"thing": shelf}, ids)]
    assert found == [("a", "x.json:3", "The size is too large"), ("a", "x.json:1", "and it is heavy")]
    assert shelf.asked == ["a", "b"]


def test_what_needs_another_is_asked_for_right_before_it_is_created() -> None:
    shelf = Shelf()
    done, told = carried_out(shelf, *plan_of(shelf, wanted("b"), wanted("c", 10, needs=["b"])))
    assert (done, told[0]) == (False, ("b", ""))
    assert told[1] == ("c", "x.json:3: The size is too large; x.json:1: and it is heavy")
    assert len(shelf.rows) == 1


def test_a_message_that_names_no_field_is_about_the_thing() -> None:
    assert place_of(wanted("a"), "no") == "x.json:1"
    assert place_of(wanted("a"), "'name' is wrong") == "x.json:2"
