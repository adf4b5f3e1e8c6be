"""What evaluations found: for one group at one instant, and for all groups over a timeline."""

from __future__ import annotations

from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

if TYPE_CHECKING:
    from alertproof.tags import Group
    from alertproof.telemetry.series import Floats

__all__ = ["NOTHING", "Observation", "Observations", "State", "verdict_of"]


class State(StrEnum):
    """A group's state, spelled as the API does [OPENAPI MonitorOverallStates]."""

    OK = "OK"
    WARN = "Warn"
    ALERT = "Alert"
    NO_DATA = "No Data"
    UNKNOWN = "Unknown"


#: The states as numbers, which rise with severity [COMP]; a group in Unknown leaves its monitor in OK [SVC].
_BY_SEVERITY = (State.OK, State.UNKNOWN, State.NO_DATA, State.WARN, State.ALERT)


def verdict_of(state: State) -> int:
    """Return a state as the number that stands for it in arrays."""
    return _BY_SEVERITY.index(state)


class Observation(Struct, frozen=True, kw_only=True):
    """What one evaluation found for a group; instants in epoch seconds.

    ``value`` is NaN where the evaluation is skipped. ``last_point`` is the newest point that the evaluation
    may see, ``first_recent`` the oldest of the 24 hours before; NaN where there is none. A ``verdict`` is a state
    that the query itself decides on, as a service check's and a composite's do. ``recovering`` is what recovery
    thresholds are compared with, where it is not the value [ANOM].
    """

    value: float
    last_point: float
    first_recent: float
    verdict: State | None = None
    recovering: float | None = None


#: What is found for a group that the data do not know.
NOTHING = Observation(value=np.nan, last_point=np.nan, first_recent=np.nan)


class Observations(Struct, frozen=True, kw_only=True, eq=False, dict=True):
    """What many evaluations found; ``instants`` are sorted epoch seconds, ``groups`` are sorted.

    The three arrays are ``(groups, instants)`` and mean what the fields of `Observation` do; NaN is none.
    """

    instants: Floats
    groups: tuple[Group, ...]
    values: Floats
    last_points: Floats
    first_recent: Floats
    verdicts: NDArray[np.int8] | None = None
    """States as numbers, -1 where there is none."""
    recovering: Floats | None = None
    """As `Observation` has it; known wherever there is a value."""

    @cached_property
    def decided(self) -> NDArray[np.bool_]:
        """Tell which evaluations came to something, a value or a verdict."""
        known = np.isfinite(self.values)
        return known if self.verdicts is None else known | (self.verdicts >= 0)

    def of(self, group: int, instant: int) -> Observation:
        """Return one cell, by the numbers of group and instant."""
        return Observation(
            value=self.values.item(group, instant),
            last_point=self.last_points.item(group, instant),
            first_recent=self.first_recent.item(group, instant),
            verdict=self._verdict(group, instant),
            recovering=None if self.recovering is None else self.recovering.item(group, instant),
        )

    def _verdict(self, group: int, instant: int) -> State | None:
        number = -1 if self.verdicts is None else self.verdicts.item(group, instant)
        return _BY_SEVERITY[number] if number >= 0 else None
