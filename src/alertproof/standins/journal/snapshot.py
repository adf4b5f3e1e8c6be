"""The state of a stand-in's parts as bytes, and back.

Parts are the objects that a stand-in is wired of. They are not written themselves, but what they hold: a reference from
one to another is written as that part's name, so that a new process, wired the same way, takes the state over. Written
by pickle, because every structure of every part is in it, and cycles; read back with a list of what may be made, for a
file must not be able to run anything.
"""

from __future__ import annotations

import contextlib
import copyreg
import gc
import io
import pickle
import struct
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import BuiltinFunctionType, FunctionType, MappingProxyType
from typing import Any, final
from zoneinfo import ZoneInfo

from alertproof.errors import AlertproofError
from alertproof.standins.ledger import LedgerError

__all__ = ["Part", "SnapshotError", "dumped", "read_state", "restore", "states", "write_state"]

_HEAD = struct.Struct("<24sI")
_MAGIC = b"alertproof snapshot 2\n"

#: Where a type may come from besides those below.
_OURS = (
    "alertproof.datadog.",
    "alertproof.pagerduty.",
    "alertproof.sentry.",
    "alertproof.standins.",
    "alertproof.telemetry.",
    "alertproof.redact",
    "alertproof.tags",
)
_OTHERS = frozenset(
    {
        ("array", "_array_reconstructor"),
        ("array", "array"),
        ("builtins", "bytearray"),
        ("builtins", "complex"),
        ("builtins", "frozenset"),
        ("builtins", "set"),
        ("collections", "Counter"),
        ("collections", "OrderedDict"),
        ("collections", "defaultdict"),
        ("collections", "deque"),
        ("datetime", "date"),
        ("datetime", "datetime"),
        ("datetime", "time"),
        ("datetime", "timedelta"),
        ("datetime", "timezone"),
        ("decimal", "Decimal"),
        ("fractions", "Fraction"),
        ("itertools", "count"),
        ("msgspec._utils", "rebuild"),
        ("numpy", "dtype"),
        ("numpy", "ndarray"),
        ("numpy._core.multiarray", "_reconstruct"),
        ("numpy._core.numeric", "_frombuffer"),
        ("re", "_compile"),
        ("uuid", "UUID"),
    }
)


class SnapshotError(AlertproofError):
    """A snapshot cannot be read."""


@final
@dataclass(frozen=True, slots=True)
class Part:
    """One object of a stand-in; ``without`` are attributes that belong to the process and not to the state, None all.

    ``after`` mends what is made of the state, once that was taken over; it is given a number of the ledger's files.
    """

    thing: object
    without: frozenset[str] | None = frozenset()
    after: Callable[[int], None] | None = None


def dumped(parts: Mapping[str, Part]) -> bytes:
    """Return the state of all parts; raises `SnapshotError` for what cannot be written."""
    target = io.BytesIO()
    names = {id(part.thing): name for name, part in parts.items()}
    states = {
        name: {key: value for key, value in vars(part.thing).items() if key not in part.without}
        for name, part in parts.items()
        if part.without is not None
    }
    try:
        _Writer(target, names).dump(states)
    except (pickle.PicklingError, TypeError, AttributeError, RecursionError) as error:
        raise SnapshotError(f"the state cannot be written: {type(error).__name__}: {error}") from error
    return target.getvalue()


def restore(parts: Mapping[str, Part], data: bytes) -> None:
    """Let parts take over a state; raises `SnapshotError`."""
    collects = gc.isenabled()
    # Each of a million new things would be looked at again and again.
    gc.disable()
    try:
        states: dict[str, dict[str, Any]] = _Reader(io.BytesIO(data), parts).load()
    except (pickle.UnpicklingError, EOFError, AttributeError, ImportError, IndexError, TypeError, ValueError) as error:
        raise SnapshotError(f"the state cannot be read: {type(error).__name__}: {error}") from error
    finally:
        if collects:
            gc.enable()
    expected = {name for name, part in parts.items() if part.without is not None}
    if set(states) != expected:
        raise SnapshotError(f"the state is of other parts: {', '.join(sorted(set(states) ^ expected))}")
    for name, state in states.items():
        vars(parts[name].thing).update(state)


def states(folder: Path) -> list[Path]:
    """Return the files of snapshots in a folder, newest first."""
    return sorted(folder.glob("*.state"), reverse=True)


def write_state(path: Path, data: bytes) -> None:
    """Write a snapshot's file, whole or not at all; raises `LedgerError` if that cannot be done."""
    beside = path.with_suffix(".unfinished")
    try:
        beside.touch(mode=0o600)
        beside.write_bytes(_HEAD.pack(_MAGIC, zlib.crc32(data)) + data)
        beside.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            beside.unlink(missing_ok=True)
        raise LedgerError(f"{path} cannot be written: {error.strerror}") from error


def read_state(path: Path) -> bytes:
    """Return what `write_state` wrote; raises `SnapshotError` for what is damaged."""
    content = path.read_bytes()
    head, data = content[: _HEAD.size], content[_HEAD.size :]
    if len(head) < _HEAD.size or not head.startswith(_MAGIC):
        raise SnapshotError("it does not begin as a snapshot does")
    if _HEAD.unpack(head)[1] != zlib.crc32(data):
        raise SnapshotError("it is damaged: its content does not match its checksum")
    return data


def frozen(content: dict[Any, Any]) -> MappingProxyType[Any, Any]:
    """Return a mapping that cannot be changed; pickle has no way of its own to write one."""
    return MappingProxyType(content)


def zone(name: str) -> ZoneInfo:
    """Return a time zone; pickle's own way to one is by way of any attribute of anything."""
    return ZoneInfo(name)


def _part(name: str) -> object:
    """Stands for a part; the reader puts the one of its own process in the place."""
    raise pickle.UnpicklingError(f"{name} is of no process")


def _allowed(module: str, name: str, found: object) -> bool:
    """Tell whether a name may be made: a name in a module of ours may lead to what that module imported."""
    if (module, name) in _OTHERS or found in (_part, frozen, zone):
        return True
    return isinstance(found, type) and f"{found.__module__}.".startswith(_OURS)


_NAMED = (type, FunctionType, BuiltinFunctionType)
_REDUCED: Mapping[type, Callable[[Any], tuple[Callable[..., Any], tuple[Any, ...]]]] = {
    MappingProxyType: lambda mapping: (frozen, (dict(mapping),)),
    ZoneInfo: lambda one: (zone, (one.key,)),
}


class _Writer(pickle.Pickler):
    def __init__(self, target: io.BytesIO, names: Mapping[int, str]) -> None:
        super().__init__(target, protocol=5)
        self.dispatch_table = {**copyreg.dispatch_table, **_REDUCED}
        self._names = names

    def reducer_override(self, thing: object) -> Any:
        name = self._names.get(id(thing))
        if name is not None:
            return _part, (name,)
        # What could not be read back is refused here, as long as the records that it would replace are there.
        if isinstance(thing, _NAMED) and not _allowed(thing.__module__, thing.__qualname__, thing):
            raise pickle.PicklingError(f"{thing.__module__}.{thing.__qualname__} is no part of a state")
        return NotImplemented


class _Reader(pickle.Unpickler):
    def __init__(self, source: io.BytesIO, parts: Mapping[str, Part]) -> None:
        super().__init__(source)
        self._parts = parts

    def find_class(self, module: str, name: str) -> Any:
        may_be = (module, name) in _OTHERS or f"{module}.".startswith(_OURS)
        found = super().find_class(module, name) if may_be else None
        if not _allowed(module, name, found):
            raise pickle.UnpicklingError(f"{module}.{name} is no part of a state")
        return self._part if found is _part else found

    def _part(self, name: str) -> object:
        if name not in self._parts:
            raise pickle.UnpicklingError(f"there is no part named {name!r}")
        return self._parts[name].thing
