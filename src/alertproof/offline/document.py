"""Reads a YAML document and remembers where everything stood, so that each complaint names file and line."""

from __future__ import annotations

import re
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, TypeAlias, TypeVar, final

import yaml
from msgspec import Struct
from yaml.events import AliasEvent, CollectionEndEvent, CollectionStartEvent, MappingStartEvent, ScalarEvent

from alertproof.errors import Broken, ConfigError, nearest
from alertproof.offline.bounds import Anchors, line_of, read_bounded, require_shallow

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

__all__ = ["LONGEST", "Entry", "read_document", "read_span"]

_T = TypeVar("_T")
#: As much of a text is shown in an error.
_WIDEST = 200
_LARGEST = 2**31
#: No test lasts longer, so that whatever is added to its start is a date.
LONGEST = timedelta(days=3660)
_DURATION = re.compile(r"(?:(\d{1,9})h)?(?:(\d{1,9})m)?(?:(\d{1,9})s)?", re.ASCII)


@final
class Entry(Struct, frozen=True, gc=False):
    """A value of the document and where it stands; what a method cannot read raises `ConfigError`.

    A single value is the text that was written, so that nobody has to guess its type; ``quoted`` tells how.
    """

    value: str | tuple[Entry, ...] | dict[str, Entry]
    line: int
    path: Path
    quoted: bool = False

    @property
    def where(self) -> str:
        """Return ``file:line``."""
        return f"{self.path}:{self.line}"

    def fail(self, message: str) -> NoReturn:
        """Raise a `ConfigError` that points here."""
        raise ConfigError(f"{self.where}: {message}")

    def mapping(self, known: Sequence[str], *, needed: Sequence[str] = ()) -> dict[str, Entry]:
        """Return the entries of a mapping by key; refuses an unknown and a missing one."""
        found = self.pairs()
        for key, entry in found.items():
            if key not in known:
                entry.fail(f"unknown key {key!r}{nearest(key, known)}")
        for key in needed:
            if key not in found:
                self.fail(f"the key {key!r} is missing")
        return found

    def pairs(self) -> dict[str, Entry]:
        """Return the entries of a mapping by key, whatever the keys are."""
        if not isinstance(self.value, dict):
            self.fail("expected keys and values here")
        return self.value

    def items(self) -> tuple[Entry, ...]:
        """Return the entries of a list."""
        if not isinstance(self.value, tuple):
            self.fail("expected a list here")
        return self.value

    def text(self) -> str:
        """Return a single value as it was written."""
        if not isinstance(self.value, str):
            self.fail("expected a single value here")
        return self.value

    def parsed(self, read: Callable[[str], _T]) -> _T:
        """Return what ``read`` makes of the text; its complaint points here."""
        text = self.text()
        try:
            return read(text)
        except ConfigError as error:
            self.fail(str(error))

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
        return self.parsed(read_span)

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


def read_span(text: str) -> timedelta:
    """Read ``90s``, ``5m`` or ``1h30m``; raises `ConfigError`."""
    span = _span(text)
    if span is None:
        raise ConfigError(f"{text[:_WIDEST]!r} is no duration; write 90s, 5m or 1h30m")
    if span > LONGEST:
        raise ConfigError(f"{text[:_WIDEST]!r} is longer than {LONGEST.days} days")
    return span


# libyaml reads ten times faster than yaml's own parser.
_PARSER: type = yaml.CBaseLoader if yaml.__with_libyaml__ else yaml.BaseLoader


def read_document(path: Path) -> Entry:
    """Read a file of one YAML document; raises `ConfigError` if it cannot be read."""
    try:
        documents = _entries(iter(_PARSER(read_bounded(path)).get_event, None), path)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f"{path}:{mark.line + 1}:{mark.column + 1}" if mark else str(path)
        raise ConfigError(f"{where}: not YAML: {error.problem or error.context}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not YAML: {' '.join(str(error).split())}") from error
    if not documents:
        raise ConfigError(f"{path}: the file is empty")
    for another in documents[1:]:
        another.fail("a second document; write several files")
    return documents[0]


#: A single value is its event until it is known to be more than a key.
_Held: TypeAlias = "Entry | ScalarEvent"


def _entries(events: Iterable[yaml.Event], path: Path) -> list[Entry]:
    """Return the documents that a parser's events tell of; a loop, for a recursion in C could end the process.

    It makes as few calls as can be: it sees each word of a file.
    """
    anchors = Anchors(path)
    around: list[tuple[CollectionStartEvent, list[_Held]]] = []
    held: list[_Held] = []
    for event in events:
        if type(event) is ScalarEvent:
            held.append(event)
            if event.anchor is not None:
                anchors.begin(event.anchor, event)
                anchors.end(event.anchor, *_values([event], path))
        elif isinstance(event, CollectionStartEvent):
            around.append((event, held))
            held = []
            require_shallow(len(around), event, path)
            if event.anchor is not None:
                anchors.begin(event.anchor, event)
        elif isinstance(event, CollectionEndEvent):
            begin, outer = around.pop()
            value = _by_key(held, path) if isinstance(begin, MappingStartEvent) else _values(held, path)
            entry = Entry(value, line_of(begin), path)
            outer.append(entry)
            held = outer
            if begin.anchor is not None:
                anchors.end(begin.anchor, entry)
        elif isinstance(event, AliasEvent):
            held.append(anchors.alias(event, len(around)))
    return list(_values(held, path))


def _values(held: Iterable[_Held], path: Path) -> tuple[Entry, ...]:
    return tuple(
        [each if type(each) is Entry else Entry(each.value, line_of(each), path, bool(each.style)) for each in held]
    )


def _by_key(held: Iterable[_Held], path: Path) -> dict[str, Entry]:
    """Return a mapping's values, which stand behind their keys; refuses a key twice."""
    found: dict[str, Entry] = {}
    following = iter(held)
    for key in following:
        value = next(following)
        if type(value) is not Entry:
            line = value.start_mark.line + 1  # type: ignore[union-attr]  # as `line_of`: a parser's events have marks
            value = Entry(value.value, line, path, bool(value.style))
        text = key.text() if type(key) is Entry else key.value
        if text in found:
            value.fail(f"the key {text!r} is here twice")
        found[text] = value
    return found
