"""Faults that come from outside of the platform: done by a process of the run's own, which ends with the lease."""

from alertproof.faults.outside.change import filled, send
from alertproof.faults.outside.door import OUTSIDE, OutsideDoor

__all__ = ["OUTSIDE", "OutsideDoor", "filled", "send"]
