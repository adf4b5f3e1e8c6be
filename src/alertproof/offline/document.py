"""Reads a YAML document and remembers where everything stood, so that each complaint names file and line."""

from __future__ import annotations

import re
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import yaml
from msgspec import Struct

from alertproof.errors import Broken, ConfigError, nearest
from alertproof.offline.bounds import read_bounded, require_bounded

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Entry", "read_document", "read_span"]

#: As much of a text is shown in an error.
_WIDEST = 200
_LARGEST = 2**31
_DURATION = re.compile(r"(?:(\d{1,9})h)?(?:(\d{1,9})m)?(?:(\d{1,9})s)?", re.ASCII)


class Entry(Struct, frozen=True):
    """A value of the document and where it stands; what a method cannot read raises `ConfigError`."""

    node: yaml.Node
    path: Path

    @property
    def where(self) -> str:
        """Return ``file:line``."""
        return f"{self.path}:{self.node.start_mark.line + 1}"

    def fail(self, message: str) -> NoReturn:
        """Raise a `ConfigError` that points here."""
        raise ConfigError(f"{self.where}: {message}")

    def mapping(self, known: Sequence[str], *, needed: Sequence[str] = ()) -> dict[str, Entry]:
        """Return the entries of a mapping by key; refuses a key twice, an unknown and a missing one."""
        found = self.pairs()
        for key, entry in found.items():
            if key not in known:
                entry.fail(f"unknown key {key!r}{nearest(key, known)}")
        for key in needed:
            if key not in found:
                self.fail(f"the key {key!r} is missing")
        return found

    def pairs(self) -> dict[str, Entry]:
        """Return the entries of a mapping by key, whatever the keys are; refuses a key twice."""
        if not isinstance(self.node, yaml.MappingNode):
            self.fail("expected keys and values here")
        found: dict[str, Entry] = {}
        path = self.path
        for key_node, value_node in self.node.value:
            key = key_node.value if isinstance(key_node, yaml.ScalarNode) else Entry(key_node, path).text()
            if key in found:
                Entry(value_node, path).fail(f"the key {key!r} is here twice")
            found[key] = Entry(value_node, path)
        return found

    def items(self) -> tuple[Entry, ...]:
        """Return the entries of a list."""
        if not isinstance(self.node, yaml.SequenceNode):
            self.fail("expected a list here")
        return tuple(Entry(node, self.path) for node in self.node.value)

    def text(self) -> str:
        """Return a single value as it was written."""
        if not isinstance(self.node, yaml.ScalarNode):
            self.fail("expected a single value here")
        return str(self.node.value)

    def flag(self) -> bool:
        """Return true or false."""
        text = self.text()
        if text not in {"true", "false"}:
            self.fail(f"expected true or false, got {text!r}")
        return text == "true"

    def number(self) -> float:
        """Return a number."""
        try:
            return float(self.text())
        except ValueError:
            self.fail(f"{self.text()[:_WIDEST]!r} is no number")

    def whole(self) -> int:
        """Return a whole number."""
        if not self.number().is_integer() or abs(self.number()) > _LARGEST:
            self.fail(f"{self.text()[:_WIDEST]!r} is no whole number of at most {_LARGEST}")
        return int(self.number())

    def choice(self, known: Sequence[str]) -> str:
        """Return one of the known words."""
        text = self.text()
        if text not in known:
            self.fail(f"{text!r} does not exist here{nearest(text, map(str, known))}")
        return text

    def duration(self) -> timedelta:
        """Return ``90s``, ``1m``, ``1h30m`` as a span."""
        try:
            return read_span(self.text())
        except ConfigError as error:
            self.fail(str(error))

    def files(self) -> list[Path]:
        """Return the files that a path or pattern names, relative to this file, sorted; raises `Broken` for none."""
        pattern, folder = self.text(), self.path.parent
        if Path(pattern).is_absolute():
            pattern, folder = str(Path(pattern).relative_to("/")), Path("/")
        try:
            found = sorted(path for path in folder.glob(pattern) if path.is_file())
        except (OSError, ValueError, IndexError, NotImplementedError):
            self.fail(f"{pattern[:_WIDEST]!r} is neither a path nor a pattern of paths")
        if not found:
            raise Broken(f"{self.where}: no file matches {pattern[:_WIDEST]!r} in {folder}")
        return found


@lru_cache(maxsize=4096)
def _span(text: str) -> timedelta | None:
    match = _DURATION.fullmatch(text)
    if match is None or not text:
        return None
    hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return timedelta(hours=hours, minutes=minutes, seconds=seconds)


# libyaml reads ten times faster than yaml's own parser.
_Parser: type = yaml.CBaseLoader if yaml.__with_libyaml__ else yaml.BaseLoader


class _Loader(_Parser):  # type: ignore[misc]  # one of two, by what is installed
    """Reads nodes with their marks. Scalars are taken as they were written, so nobody has to guess their types."""

    def resolve(self, kind: type, value: object, implicit: object) -> str:  # noqa: ARG002 - yaml's own signature
        return ""

    def descend_resolver(self, current_node: object, current_index: object) -> None:
        """Prepare nothing."""

    def ascend_resolver(self) -> None:
        """Prepare nothing."""


def read_span(text: str) -> timedelta:
    """Read ``90s``, ``5m`` or ``1h30m``; raises `ConfigError`."""
    span = _span(text)
    if span is None:
        raise ConfigError(f"{text[:_WIDEST]!r} is no duration; write 90s, 5m or 1h30m")
    return span


def read_document(path: Path) -> Entry:
    """Read a file of one YAML document; raises `ConfigError` if it cannot be read."""
    try:
        text = read_bounded(path)
        require_bounded(yaml.parse(text, Loader=_Loader), path)
        node = yaml.compose(text, Loader=_Loader)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f"{path}:{mark.line + 1}:{mark.column + 1}" if mark else str(path)
        raise ConfigError(f"{where}: not YAML: {error.problem or error.context}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not YAML: {' '.join(str(error).split())}") from error
    if node is None:
        raise ConfigError(f"{path}: the file is empty")
    return Entry(node, path)
