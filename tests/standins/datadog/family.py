"""What a family is that the official client creates, reads, searches, changes and deletes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from hypothesis import strategies as st

__all__ = ["NAMES", "NUMBERS", "TAGS", "TEXTS", "Family", "Fields", "plain", "some"]

Fields = dict[str, Any]
#: Names are free for one only in some families, and one stand-in serves all examples.
NUMBERS = count()
TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=20)
NAMES = TEXTS.filter(lambda text: text.strip())
TAGS = st.lists(st.sampled_from(["team:crm", "team:core", "env:prod", "plain"]), unique=True, max_size=3)


@dataclass(frozen=True)
class Family:
    """``bodies`` are whole, ``changes`` hold some of it; ``read`` returns the same names as a body has.

    ``searched`` returns the keys that have a tag; families without a search, and without a list, have None.
    """

    bodies: st.SearchStrategy[Fields]
    changes: st.SearchStrategy[Fields]
    create: Callable[[Fields], str]
    change: Callable[[str, Fields, Fields], object]
    read: Callable[[str], Fields]
    delete: Callable[[Any], object]
    listed: Callable[[], Iterable[str]] | None = None
    searched: Callable[[str], Iterable[str]] | None = None
    #: Every change makes the key anew from what it left, in families that are kept by name.
    renamed: bool = False
    close: Callable[[], object] = field(default=lambda: None)


def some(shape: Mapping[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[Fields]:
    return st.fixed_dictionaries({}, optional=dict(shape)).filter(bool)


def plain(model: Any, names: Iterable[str]) -> Fields:
    shown: Fields = model.to_dict()
    return {name: shown.get(name) for name in names}
