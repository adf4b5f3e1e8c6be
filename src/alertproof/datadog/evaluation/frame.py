"""Values by group, instant and bucket, and how two of them meet in arithmetic."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from alertproof.errors import NotModelled
from alertproof.tags import EVERYTHING

if TYPE_CHECKING:
    from alertproof.tags import Group
    from alertproof.telemetry.series import Floats

__all__ = ["Flags", "Frame", "arithmetic", "constant", "finite", "projected", "settled", "where"]

Flags = NDArray[np.bool_]


def finite(values: Floats) -> Floats:
    """Return the values with NaN for what is no number: a division by zero has no value [SPARSE]."""
    return where(np.isfinite(values), values, np.nan)


def where(known: Flags, values: Floats, other: float) -> Floats:
    """Return ``values`` where they are known, else ``other``; most often all are, and nothing is copied."""
    return values if known.all() else np.where(known, values, other)


class Frame(Struct, frozen=True, eq=False):
    """Part of an expression, computed: ``values`` is ``(groups, instants, buckets)``.

    A missing value that counts as 0, as those of ``as_count()`` do [NODATA], stands in ``values`` as such; ``present``
    says where anything was. A frame is worth something only there, but in arithmetic with another one the zero is
    taken where the other is present. ``absent`` is what a missing group is worth; NaN makes no group of it.
    """

    by: tuple[str, ...]
    groups: tuple[Group, ...]
    values: Floats
    present: Flags
    absent: float

    @property
    def settled(self) -> Floats:
        """Return the values where anything was present, else NaN."""
        return where(self.present, self.values, np.nan)

    def mapped(self, function: Callable[[Floats], Floats]) -> Frame:
        """Apply a function to each value, the zeros of missing ones included."""
        with np.errstate(all="ignore"):
            values, absent = finite(function(self.values)), finite(function(np.array([self.absent])))
        return Frame(self.by, self.groups, values, self.present, float(absent[0]))

    def replaced(self, values: Floats) -> Frame:
        """Return a frame of these groups with other values, NaN being none."""
        values = finite(values)
        return Frame(self.by, self.groups, values, np.isfinite(values), np.nan)


def constant(value: float) -> Frame:
    """Return a number as a frame: it makes nothing present."""
    return Frame((), (EVERYTHING,), np.full((1, 1, 1), value), np.zeros((1, 1, 1), dtype=bool), value)


def settled(frame: Frame) -> Frame:
    """Return a frame in which what is missing is missing and counts as no zero."""
    return frame.replaced(frame.settled)


def arithmetic(operation: Callable[[Floats, Floats], Floats], left: Frame, right: Frame) -> Frame:
    """Compute group by group and bucket by bucket.

    Groups of the same tags meet their equals. Where one side groups by some of the other's tags, or by none, its
    value meets each group with those tags. Raises `NotModelled` for other tags on each side.
    """
    by, groups = _groups(left, right)
    first, second = _rows(left, groups), _rows(right, groups)
    with np.errstate(all="ignore"):
        values = finite(operation(first.values, second.values))
        absent = float(finite(operation(np.array([left.absent]), np.array([right.absent])))[0])
    return Frame(by, groups, values, first.present | second.present, absent)


def _groups(left: Frame, right: Frame) -> tuple[tuple[str, ...], tuple[Group, ...]]:
    """Return the tags and groups of the result: a group that is worth nothing on one side is none."""
    if left.by == right.by:
        found = set(left.groups) | set(right.groups)
        by = left.by
    else:
        wide, narrow = (left, right) if set(left.by) > set(right.by) else (right, left)
        if not set(narrow.by) < set(wide.by):
            raise NotModelled(
                f"arithmetic on queries that group by different tags: {{{','.join(left.by)}}} and"
                f" {{{','.join(right.by)}}}"
            )
        found, by = set(wide.groups), wide.by
    for side in (left, right):
        if np.isnan(side.absent):
            known = set(side.groups)
            found = {group for group in found if projected(group, side.by) in known}
    return by, tuple(sorted(found))


def projected(group: Group, by: tuple[str, ...]) -> Group:
    """Return what is left of a group that has all of these tags with them alone."""
    if len(group) == len(by):
        return group
    return tuple(tag for tag in group if tag.key in by)


def _rows(frame: Frame, groups: tuple[Group, ...]) -> Frame:
    """Return the frame's row for each of the groups."""
    if groups == frame.groups or (frame.groups == (EVERYTHING,) and not frame.by):
        return frame
    numbers = {group: number for number, group in enumerate(frame.groups)}
    wanted = np.array([numbers.get(projected(group, frame.by), -1) for group in groups], dtype=np.intp)
    if not len(frame.groups):
        shape = (len(groups), *frame.values.shape[1:])
        return Frame(frame.by, groups, np.full(shape, frame.absent), np.zeros(shape, dtype=bool), frame.absent)
    missing = (wanted < 0)[:, None, None]
    values = np.where(missing, frame.absent, frame.values[wanted])
    return Frame(frame.by, groups, values, frame.present[wanted] & ~missing, frame.absent)
