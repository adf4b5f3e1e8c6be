"""What evaluations found: for one group at one instant, and for all groups over a timeline."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from alertproof.tags import Group
    from alertproof.telemetry.series import Floats

__all__ = ["NOTHING", "Observation", "Observations"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """What one evaluation found for a group; instants in epoch seconds.

    ``value`` is NaN where the evaluation is skipped. ``last_point`` is the newest point that the evaluation
    may see, ``first_recent`` the oldest of the 24 hours before; NaN where there is none.
    """

    value: float
    last_point: float
    first_recent: float


#: What is found for a group that the data do not know.
NOTHING = Observation(value=np.nan, last_point=np.nan, first_recent=np.nan)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Observations:
    """What many evaluations found; ``instants`` are sorted epoch seconds, ``groups`` are sorted.

    The three arrays are ``(groups, instants)`` and mean what the fields of `Observation` do; NaN is none.
    """

    instants: Floats
    groups: tuple[Group, ...]
    values: Floats
    last_points: Floats
    first_recent: Floats

    def of(self, group: int, instant: int) -> Observation:
        """Return one cell, by the numbers of group and instant."""
        return Observation(
            value=self.values.item(group, instant),
            last_point=self.last_points.item(group, instant),
            first_recent=self.first_recent.item(group, instant),
        )
