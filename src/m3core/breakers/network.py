"""Breaks the way between the API and a server: late, lossy, narrow or cut.

It stands in the process that hands on, which is not the API's, and goes with it.
"""

from __future__ import annotations

from fractions import Fraction
from typing import final

from m3core.breakers.holding import CannotBreak
from m3core.faults import Fault, Kind
from m3core.links import Links, Trouble

__all__ = ["LinkBreaker"]


@final
class LinkBreaker:
    """Breaks one of the ``links``. One way has one thing wrong with it at a time."""

    def __init__(self, links: Links) -> None:
        self._links = links
        self._broken: dict[str, str] = {}

    def begin(self, fault: Fault, *, lease_seconds: float) -> None:  # noqa: ARG002 - all that it needs is here
        """Break it; nothing is left outside of this process."""
        if self._links.find(fault.link) is None:
            raise CannotBreak(f"no way to the {fault.link} leads through this process")
        if fault.link in self._broken:
            raise CannotBreak(f"the way to the {fault.link} is broken already; revert that fault first")
        self._links.change(fault.link, _trouble(fault))
        self._broken[fault.link] = fault.id

    def tend(self, fault: Fault) -> int:
        """Return what was hit so far: connections that were reset, or pieces of traffic that came late."""
        link = self._links.find(fault.link)
        return link.hits if link else 0

    def end(self, fault: Fault) -> None:
        """Have everything go through again."""
        if self._broken.get(fault.link) == fault.id:
            self._links.change(fault.link, Trouble())
            del self._broken[fault.link]


def _trouble(fault: Fault) -> Trouble:
    return Trouble(
        seconds=fault.seconds,
        share=fault.share if fault.kind is Kind.LOSS else Fraction(0),
        bytes_per_second=fault.bytes_per_second,
        cut=fault.kind is Kind.CUT,
    )
