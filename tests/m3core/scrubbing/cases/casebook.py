"""The cases as data: what must not leave, what must survive, and the part of the book each case belongs to."""

from __future__ import annotations

import copy
import hashlib
import json
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal, get_args

__all__ = [
    "BOOKS",
    "PARTS",
    "UNMEASURED",
    "Case",
    "Item",
    "Part",
    "cases_in",
    "cases_of",
    "event_of",
    "files_of",
    "item_of_base",
    "part_of",
]

HERE = Path(__file__).parent

Part = Literal[
    "known",
    "held-out",
    "second/known",
    "second/aside",
    "third/known",
    "third/aside",
    "fourth/known",
    "fifth/known",
    "fifth/aside",
    "sixth/known",
    "sixth/aside",
    "seventh/known",
    "seventh/aside",
    "eighth/known",
    "eighth/aside",
]
#: The books of two parts, of which the last is kept apart.
_BOOKS_OF_TWO: tuple[tuple[Part, Part], ...] = (
    ("known", "held-out"),
    ("second/known", "second/aside"),
    ("third/known", "third/aside"),
    ("fifth/known", "fifth/aside"),
    ("sixth/known", "sixth/aside"),
    ("seventh/known", "seventh/aside"),
    ("eighth/known", "eighth/aside"),
)
#: The books of one part, of which nothing was kept apart: they were measured whole before they were read.
_BOOKS_OF_ONE: tuple[tuple[Part], ...] = (("fourth/known",),)
#: Books of two parts that no scrubber has met yet: their form is checked, and nothing is asked of a scrubber about them
#: until somebody has measured them whole, and moves them up.
UNMEASURED: tuple[tuple[Part, Part], ...] = ()
#: What the SDK hands to a hook: the argument of ``before_send`` and of its relatives.
Item = Literal["breadcrumb", "event", "log", "metric", "span", "transaction"]
Step = str | int
Setting = tuple[tuple[Step, ...], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One base event with a few places set, and what must be gone from it or still stand in it afterwards.

    A case with ``canaries`` is a leak case; one without is a keep case, and everything that it sets must survive,
    or, where it has ``fragments``, only those, each somewhere in the string at its path.
    """

    id: str
    kind: str
    container: str
    encoding: str
    why: str
    item: Item
    base: str
    settings: tuple[Setting, ...]
    canaries: tuple[str, ...]
    fragments: tuple[Setting, ...]


def part_of(case_id: str) -> Part:
    """Two cases in three of the first book are known; which ones, a hash of the id decides, so that nobody chose."""
    return "held-out" if hashlib.sha256(case_id.encode()).digest()[0] % 3 == 0 else "known"


@cache
def _bases() -> dict[str, str]:
    """Each base as text: to parse it is several times as fast as a deep copy."""
    return {name: json.dumps(base) for name, base in json.loads((HERE / "bases.json").read_text("utf-8")).items()}


def item_of_base(base: str) -> Item:
    """The hook that gets events of this base."""
    item = base.partition("-")[0]
    for known in get_args(Item):
        if item == known:
            return known  # type: ignore[no-any-return]
    raise ValueError(f"base {base!r} in bases.json: its name must begin with one of {', '.join(get_args(Item))}")


def _settings(rows: list[Any]) -> tuple[Setting, ...]:
    return tuple((tuple(path), value) for path, value in rows)


def _case(row: dict[str, Any]) -> Case:
    return Case(
        id=row["id"],
        kind=row["kind"],
        container=row["container"],
        encoding=row["encoding"],
        why=row["why"],
        item=item_of_base(row["base"]),
        base=row["base"],
        settings=_settings(row["set"]),
        canaries=tuple(row.get("canaries", ())),
        fragments=_settings(row.get("fragments", [])),
    )


def _cases(files: list[Path]) -> tuple[Case, ...]:
    return tuple(_case(json.loads(line)) for file in files for line in file.read_text("utf-8").splitlines())


@cache
def cases_in(folder: Path) -> tuple[Case, ...]:
    """All cases of the files of a folder, by the files' names; a folder without any is an error."""
    found = _cases(sorted(folder.glob("*.jsonl")))
    if not found:
        raise ValueError(f"no case in {folder}: name a folder with files *.jsonl of one case a line")
    return found


def files_of(part: Part) -> list[Path]:
    """The file of a part of the first book, or the files of one of a later book, by their names."""
    return sorted((HERE / part).glob("*.jsonl")) or [HERE / f"{part}.jsonl"]


def _is_here(part: Part) -> bool:
    return files_of(part)[0].exists()


#: The parts that are here, and the books of two parts that are here whole.
PARTS: tuple[Part, ...] = tuple(part for book in (*_BOOKS_OF_TWO, *_BOOKS_OF_ONE) for part in book if _is_here(part))
BOOKS: tuple[tuple[Part, Part], ...] = tuple(book for book in _BOOKS_OF_TWO if all(map(_is_here, book)))


@cache
def cases_of(part: Part) -> tuple[Case, ...]:
    """All cases of a part, in the order of its files."""
    return _cases(files_of(part))


def event_of(case: Case) -> dict[str, Any]:
    """A fresh event of the case, as the SDK would hand it to the hook."""
    event: dict[str, Any] = json.loads(_bases()[case.base])
    for path, value in case.settings:
        _put(event, path, copy.deepcopy(value))
    return event


def _put(event: dict[str, Any], path: tuple[Step, ...], value: Any) -> None:
    """Sets what stands at ``path``; makes what lacks on the way, and appends where an index is one too far."""
    here: Any = event
    for step, following in pairwise(path):
        if isinstance(step, int):
            if step == len(here):
                here.append([] if isinstance(following, int) else {})
            here = here[step]
        else:
            if here.get(step) is None:
                here[step] = [] if isinstance(following, int) else {}
            here = here[step]
    last = path[-1]
    if isinstance(last, int) and last == len(here):
        here.append(value)
    else:
        here[last] = value
