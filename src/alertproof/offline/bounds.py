"""Bounds of a YAML document, checked before it is read: nodes are made by recursion in C, which can end the process."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import yaml

from alertproof.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

__all__ = ["read_bounded", "require_bounded"]

_LARGEST = 64 * 1024 * 1024
_DEEPEST = 50
#: As many values may aliases add to those that are written.
_MOST_ALIASED = 1_000_000


def read_bounded(path: Path) -> str:
    """Return the text of a file; raises `ConfigError` for one that is too large."""
    with path.open("rb") as file:
        content = file.read(_LARGEST + 1)
    if len(content) > _LARGEST:
        raise ConfigError(f"{path}: larger than {_LARGEST} bytes; write several files")
    return content.decode()


@dataclass(slots=True)
class _Part:
    """A value, or the part of a list or mapping that was read: how many values it holds and how deep it is."""

    anchor: str | None
    size: int = 1
    depth: int = 1

    def hold(self, inner: _Part) -> None:
        self.size += inner.size
        self.depth = max(self.depth, inner.depth + 1)


def require_bounded(events: Iterable[yaml.Event], path: Path) -> None:
    """Refuse what is nested absurdly, and aliases that stand for themselves or for more than anybody writes."""
    anchored: dict[str, _Part] = {}
    parts = [_Part(None)]
    aliased = 0
    for event in events:
        where = f"{path}:{event.start_mark.line + 1}" if event.start_mark else str(path)
        if isinstance(event, yaml.CollectionStartEvent):
            parts.append(_Part(event.anchor))
            depth = len(parts) - 1
        elif isinstance(event, yaml.AliasEvent):
            name = event.anchor or ""
            if name in {part.anchor for part in parts}:
                raise ConfigError(f"{where}: *{name} stands inside of what it stands for")
            inner = anchored.get(name, _Part(None))
            aliased += inner.size
            depth = len(parts) + inner.depth - 1
            parts[-1].hold(inner)
        elif isinstance(event, yaml.ScalarEvent | yaml.CollectionEndEvent):
            inner = parts.pop() if isinstance(event, yaml.CollectionEndEvent) else _Part(event.anchor)
            if inner.anchor is not None:
                anchored[inner.anchor] = inner
            parts[-1].hold(inner)
            depth = len(parts)
        else:
            continue
        if depth > _DEEPEST:
            raise ConfigError(f"{where}: nested more than {_DEEPEST} levels deep")
        if aliased > _MOST_ALIASED:
            raise ConfigError(f"{where}: aliases stand for more than {_MOST_ALIASED} values")
