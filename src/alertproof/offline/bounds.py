"""Bounds of a YAML document: what is larger, deeper or more often repeated than anybody writes is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from alertproof.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

    import yaml

    from alertproof.offline.document import Entry

__all__ = ["Anchors", "line_of", "read_bounded", "require_shallow"]

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


def line_of(event: yaml.Event) -> int:
    """Return the line in which an event begins, from 1."""
    return event.start_mark.line + 1 if event.start_mark else 1


def require_shallow(depth: int, event: yaml.Event, path: Path) -> None:
    """Refuse lists and mappings that are nested absurdly; who reads them goes down by recursion."""
    if depth > _DEEPEST:
        raise ConfigError(f"{path}:{line_of(event)}: nested more than {_DEEPEST} levels deep")


class Anchors:
    """What aliases may stand for; refuses those that stand for themselves or for more than anybody writes."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._entries: dict[str, Entry | None] = {}
        self._extents: dict[int, tuple[int, int]] = {}
        self._aliased = 0

    def begin(self, name: str, event: yaml.Event) -> None:
        """Take notice of an anchor whose value is still being read."""
        if name in self._entries:
            self._fail(event, f"the anchor &{name} is here twice")
        self._entries[name] = None

    def end(self, name: str, entry: Entry) -> None:
        """Keep the value of an anchor."""
        self._entries[name] = entry

    def alias(self, event: yaml.AliasEvent, depth: int) -> Entry:
        """Return what an alias stands for; ``depth`` is how many lists and mappings it stands in."""
        name = event.anchor or ""
        if name not in self._entries:
            self._fail(event, f"*{name} stands for nothing: there is no &{name} before it")
        entry = self._entries[name]
        if entry is None:
            self._fail(event, f"*{name} stands inside of what it stands for")
        size, inner = self._extents.setdefault(id(entry), self._extent(entry))
        self._aliased += size
        if self._aliased > _MOST_ALIASED:
            self._fail(event, f"aliases stand for more than {_MOST_ALIASED} values")
        require_shallow(depth + inner, event, self._path)
        return entry

    def _extent(self, entry: Entry) -> tuple[int, int]:
        """Return how many values there are in one and how deep it is; what an alias stood for is known already."""
        if id(entry) in self._extents:
            return self._extents[id(entry)]
        if isinstance(entry.value, str):
            return 1, 0
        held = entry.value.values() if isinstance(entry.value, dict) else entry.value
        sizes, depths = zip((1, 0), *map(self._extent, held), strict=True)
        return sum(sizes), 1 + max(depths)

    def _fail(self, event: yaml.Event, message: str) -> NoReturn:
        raise ConfigError(f"{self._path}:{line_of(event)}: {message}")
