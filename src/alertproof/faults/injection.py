"""Injects a fault for the length of a ``with`` block."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from alertproof.clock import Clock, SystemClock
from alertproof.errors import FaultError, RevertFailed
from alertproof.faults.door import AnyDoor, DoorGone
from alertproof.faults.kinds import Fault, FeatureFlag
from alertproof.faults.ledger import Ledger, LedgerEntry
from alertproof.faults.shield import shielded

__all__ = ["injected"]


def _entry(fault: Fault, *, door: str, target: str, now: datetime, lease: timedelta) -> LedgerEntry:
    owner, started = Ledger.owner()
    return LedgerEntry(
        fault_id=uuid.uuid4().hex,
        kind=fault.kind,
        text=fault.text,
        blast_radius=fault.blast_radius,
        door=door,
        target=target,
        owner=owner,
        owner_started=started,
        opened_at=now,
        lease_ends=now + lease,
        undo=fault.undo if isinstance(fault, FeatureFlag) else None,
    )


def _remedy(target: str) -> str:
    """Return the command that reverts; the door's token comes from a stack's line, else from the environment."""
    if target.endswith(".json"):
        return f"alertproof faults revert --target {target}"
    return "M3CORE_FAULT_TOKEN=... alertproof faults revert"


@contextmanager
def injected(
    fault: Fault,
    *,
    door: AnyDoor,
    ledger: Ledger,
    lease: timedelta,
    target: str,
    clock: Clock | None = None,
) -> Iterator[str]:
    """Hold ``fault`` while the block runs, and yield its id; ``lease`` is real time.

    The ledger is opened before the fault: a crash in between reverts nothing, and harms nothing. Raises
    `BlastRadiusExceeded` for more than may be broken, before anything is, and `RevertFailed` when the platform does
    not take it back; the ledger's entry then stays for the next sweep.
    """
    fault.prepare()
    entry = _entry(fault, door=door.base_url, target=target, now=(clock or SystemClock()).now(), lease=lease)
    ledger.open(entry)
    try:
        try:
            door.inject(fault, fault_id=entry.fault_id, lease=lease)
            yield entry.fault_id
        finally:
            with shielded():
                _put_back(fault, entry, door=door, ledger=ledger)
    except KeyboardInterrupt:
        if ledger.holds(entry.fault_id):  # it came on the way out, just before the shield
            _put_back(fault, entry, door=door, ledger=ledger)
        raise


def _put_back(fault: Fault, entry: LedgerEntry, *, door: AnyDoor, ledger: Ledger) -> None:
    """Revert a fault and close its entry; raises `RevertFailed`, and the entry stays."""
    try:
        door.revert(entry.fault_id)
    except DoorGone:
        ledger.close(entry.fault_id)
    except FaultError as error:
        raise RevertFailed(
            f"the fault {fault.text!r} may still stand at {door.base_url} until its lease ends at "
            f"{entry.lease_ends:%H:%M:%S} UTC; run: {_remedy(entry.target)}"
        ) from error
    else:
        ledger.close(entry.fault_id)
