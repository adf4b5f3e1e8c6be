"""A durable list of the faults that may be active: one file each, written before the fault and removed after."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

import msgspec

from alertproof.errors import FaultError
from alertproof.requirements import HttpChange

__all__ = ["Ledger", "LedgerEntry"]


class LedgerEntry(msgspec.Struct, frozen=True, kw_only=True):
    """All that another process needs to undo a fault. Instants are real; ``owner`` is a process id.

    ``undo`` is the request that puts back what the target itself does not: a flag.
    """

    fault_id: str
    kind: str
    text: str
    door: str
    target: str
    owner: int
    owner_started: str
    opened_at: datetime
    lease_ends: datetime
    blast_radius: str = ""
    undo: HttpChange | None = None


def _started(pid: int) -> str:
    """Return what tells a process from a later one with the same id, empty when it does not run."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return _started_without_proc(pid)
    fields = stat.rpartition(")")[2].split()
    return "" if fields[0] == "Z" else fields[19]


def _started_without_proc(pid: int) -> str:
    if Path("/proc/self").exists():
        return ""
    try:
        os.kill(pid, 0)
    except OSError:
        return ""
    return "unknown"


class Ledger:
    """The ledger in ``folder``. Opening is durable (written, synced, renamed) before it returns."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def _file(self, fault_id: str) -> Path:
        return self.folder / f"{fault_id}.json"

    def open(self, entry: LedgerEntry) -> None:
        """Write the entry down, durably."""
        self.folder.mkdir(parents=True, exist_ok=True)
        temporary = self._file(entry.fault_id).with_suffix(".tmp")
        with temporary.open("wb") as file:
            file.write(msgspec.json.encode(entry))
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(self._file(entry.fault_id))
        handle = os.open(self.folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

    def close(self, fault_id: str) -> None:
        """Strike the entry out; one that is gone already is no error."""
        self._file(fault_id).unlink(missing_ok=True)

    def holds(self, fault_id: str) -> bool:
        """Tell whether the entry of a fault is there."""
        return self._file(fault_id).exists()

    def pending(self) -> list[LedgerEntry]:
        """Return every entry, the oldest first; raises `FaultError` for a file that is no entry."""
        entries = []
        for path in sorted(self.folder.glob("*.json")):
            try:
                entries.append(msgspec.json.decode(path.read_bytes(), type=LedgerEntry))
            except FileNotFoundError:
                continue  # closed by its owner since the folder was listed
            except (msgspec.DecodeError, OSError) as error:
                raise FaultError(
                    f"{path}: not an entry of the ledger ({error}); look at the target, then remove the file"
                ) from error
        return sorted(entries, key=lambda entry: entry.opened_at)

    def abandoned(self) -> list[LedgerEntry]:
        """Return the entries whose owner runs no more: nobody else is going to revert them."""
        return [entry for entry in self.pending() if not self.owner_runs(entry)]

    @staticmethod
    def owner_runs(entry: LedgerEntry) -> bool:
        """Return whether the process that opened an entry still runs."""
        return _started(entry.owner) == entry.owner_started

    @staticmethod
    def owner() -> tuple[int, str]:
        """Return this process, as an entry names its owner."""
        return os.getpid(), _started(os.getpid())
