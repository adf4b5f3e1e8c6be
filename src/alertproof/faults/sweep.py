"""Reverts the faults that a dead run left in the ledger."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from alertproof.clock import SystemClock
from alertproof.errors import FaultError, RevertFailed
from alertproof.faults.door import DoorGone, FaultDoor
from alertproof.faults.kinds.header import TRAFFIC
from alertproof.faults.kinds.overload import LOAD
from alertproof.faults.ledger import Ledger, LedgerEntry
from alertproof.faults.outside import OUTSIDE, send
from alertproof.faults.signals import SIGNALS

__all__ = ["Swept", "sweep"]

#: What ends with the run: what its process does while it runs, and what is found when it does not any more.
_OF_THE_RUN = {
    OUTSIDE: ("does it", "it ended with the run that did it"),
    LOAD: ("sends it", "the load ended with the run that sent it"),
    TRAFFIC: ("carries it", "the traffic that carried it ended with its run"),
    SIGNALS: ("sends it", "its signals ended with the run that sent them"),
}
_MARGIN = timedelta(minutes=1)  # for clocks that differ


@dataclass(frozen=True, slots=True, kw_only=True)
class Swept:
    """An entry that was closed, and how it was found."""

    entry: LedgerEntry
    found: str

    def __str__(self) -> str:
        return f"closed the fault {self.entry.text!r} that a dead run left on {self.entry.target}: {self.found}"


def _close(entry: LedgerEntry, door: FaultDoor) -> str:
    try:
        stands = [state for state in door.active() if state.id == entry.fault_id]
        door.revert(entry.fault_id)
    except DoorGone:
        ends = f"ends with its lease at {entry.lease_ends:%Y-%m-%d %H:%M:%S} UTC"
        return f"the platform at {entry.door} is gone; the fault went with it, or {ends}"
    except FaultError:
        # Another platform may answer at this address by now, or the same one with another token.
        if SystemClock().now() < entry.lease_ends + _MARGIN:
            raise
        return f"its lease ended at {entry.lease_ends:%Y-%m-%d %H:%M:%S} UTC, and the platform enforces it"
    if stands:
        return f"it still stood, with {stands[0].lease_left_seconds:.0f} s of its lease left; reverted"
    return "its lease had ended it"


def sweep(
    ledger: Ledger, *, door_at: Callable[[str], FaultDoor], entries: Sequence[LedgerEntry] | None = None
) -> list[Swept]:
    """Revert and close every abandoned entry; raises `RevertFailed` naming those that could not be.

    ``door_at`` opens the door at a base URL; ``entries`` names other entries than the abandoned ones.
    """
    swept: list[Swept] = []
    failed: list[str] = []
    for entry in ledger.abandoned() if entries is None else entries:
        if entry.door in _OF_THE_RUN:
            does, found = _OF_THE_RUN[entry.door]
            if ledger.owner_runs(entry):
                failed.append(f"{entry.text!r} on {entry.target} (process {entry.owner} {does}; end that)")
                continue
            if entry.undo is not None:
                try:
                    send(entry.undo)
                except FaultError as error:
                    failed.append(f"{entry.text!r} on {entry.target} ({error})")
                    continue
                found = "its flag was put back"
            ledger.close(entry.fault_id)
            swept.append(Swept(entry=entry, found=found))
            continue
        door = door_at(entry.door)
        try:
            found = _close(entry, door)
        except FaultError as error:
            failed.append(f"{entry.text!r} on {entry.target} ({error})")
            continue
        finally:
            door.close()
        ledger.close(entry.fault_id)
        swept.append(Swept(entry=entry, found=found))
    if failed:
        raise RevertFailed(f"{len(failed)} fault(s) could not be reverted: " + "; ".join(failed))
    return swept
