"""Parts of a parsed text: frozen values that say something, however and wherever it was written."""

from __future__ import annotations

from functools import cached_property
from typing import ClassVar

from msgspec import Struct

__all__ = ["WrittenPart"]


class WrittenPart(Struct, frozen=True, eq=False, dict=True):
    """Two parts are equal when they say the same thing.

    Each class names in ``UNCOMPARED`` those of its own fields that say where and how it was written. Structs, not data
    classes, because there are many kinds of parts and these are made thirty times as fast.
    """

    UNCOMPARED: ClassVar[tuple[str, ...]] = ()

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if type(self) is not type(other):
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in _compared(type(self)))

    def __ne__(self, other: object) -> bool:
        # A struct has one of its own, which goes by identity.
        return not self == other

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def _hash(self) -> int:
        """What is remembered of a query goes by its tree, whose hash is that of all its parts."""
        kind = type(self)
        return hash((kind, *(getattr(self, name) for name in _compared(kind))))

    def __repr__(self) -> str:
        said = (f"{name}={getattr(self, name)!r}" for name in _compared(type(self)))
        return f"{type(self).__name__}({', '.join(said)})"


# The names of each kind's compared fields; looking them up for every part would take most of a comparison.
_COMPARED: dict[type, tuple[str, ...]] = {}


def _compared(kind: type[WrittenPart]) -> tuple[str, ...]:
    if kind not in _COMPARED:
        apart = {name for each in kind.__mro__ for name in vars(each).get("UNCOMPARED", ())}
        _COMPARED[kind] = tuple(name for name in kind.__struct_fields__ if name not in apart)
    return _COMPARED[kind]
