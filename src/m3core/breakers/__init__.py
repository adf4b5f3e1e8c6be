"""What breaks parts of the platform on purpose, each for as long as its lease: the queue, the database, a process."""

from m3core.breakers.holding import Breaker, CannotBreak, HeldFault, HeldFaults

__all__ = ["Breaker", "CannotBreak", "HeldFault", "HeldFaults"]
