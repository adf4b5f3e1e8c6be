"""Tags as the vendors write them: ``key:value``, or a bare ``value``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

__all__ = ["EVERYTHING", "Group", "Tag", "Tags", "group_label", "parse_tag", "parse_tags"]


class Tag(NamedTuple):
    """One tag; a bare tag such as ``canary`` has the empty value."""

    key: str
    value: str

    def __str__(self) -> str:
        return f"{self.key}:{self.value}" if self.value else self.key


Tags = frozenset[Tag]
#: The values of a monitor's group-by keys, sorted by key; ``()`` is the single group of a simple alert.
Group = tuple[Tag, ...]
EVERYTHING: Group = ()


def parse_tag(text: str) -> Tag:
    """Read ``key:value``; the value may hold further colons."""
    key, _, value = text.partition(":")
    return Tag(key.strip(), value.strip())


def parse_tags(texts: str | Iterable[str]) -> Tags:
    """Read a comma-separated text or a list of tags; empty entries are dropped."""
    parts = texts.split(",") if isinstance(texts, str) else texts
    return frozenset(parse_tag(part) for part in parts if part.strip())


def group_label(group: Group) -> str:
    """Return the group as Datadog's API spells it: ``env:prod,tenant:acme``; the single group is ``*``."""
    return ",".join(str(tag) for tag in group) or "*"
