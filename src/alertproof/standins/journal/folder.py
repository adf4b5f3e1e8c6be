"""The store of a stand-in on disk: whose it is, the clock it lives by, the ports its clients know, and its journal.

``about.json`` says the first three. A stand-in that is started again on a store goes on where it was killed, on the
same clock and the same ports. What it knows by options (projects, certificates) is given again.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import final
from urllib.parse import urlsplit

import msgspec

from alertproof.clock import ENVIRONMENT_KEY, Anchor
from alertproof.standins.ledger import LedgerError

__all__ = ["STORE_HELP", "Store"]

STORE_HELP = "folder in which what is acknowledged outlives this process; one that was used before is gone on from"


class _About(msgspec.Struct, forbid_unknown_fields=True):
    vendor: str
    version: str
    clock: dict[str, float]
    ports: dict[str, int] = {}


@final
class Store:
    """Where one stand-in keeps what it acknowledged; without a folder nowhere.

    Raises:
        LedgerError: the folder cannot be written, or is another stand-in's, another version's or of another clock.
    """

    def __init__(self, vendor: str, folder: Path | None = None, *, environment: Mapping[str, str] = os.environ) -> None:
        self._path = folder / "about.json" if folder else None
        self.journal = folder / "journal" if folder else None
        anchor = Anchor.from_environment(environment)
        about = self._read()
        if about is None:
            about = _About(vendor=vendor, version=version("alertproof"), clock=anchor.encode())
            self._write(about)
        elif about.vendor != vendor:
            raise LedgerError(f"the store {folder} is that of {about.vendor}; give another folder")
        elif about.version != version("alertproof"):
            raise LedgerError(
                f"the store {folder} was written by version {about.version}, this is {version('alertproof')};"
                " give another folder"
            )
        elif environment.get(ENVIRONMENT_KEY) and about.clock != anchor.encode():
            raise LedgerError(f"the store {folder} lives by another clock than {ENVIRONMENT_KEY} says; give another")
        self._about = about
        #: The clock that goes on after a kill as if nothing had been.
        self.anchor = Anchor.decode(about.clock)

    def port(self, name: str) -> int:
        """Return the port that an endpoint had before, else 0."""
        return self._about.ports.get(name, 0)

    def remember(self, addresses: Mapping[str, str]) -> None:
        """Keep the ports of addresses for the next start."""
        self._about.ports = {name: urlsplit(address).port or 0 for name, address in addresses.items()}
        self._write(self._about)

    def clear(self) -> None:
        """Forget what was kept, but for the clock and the ports; the journal must be closed. Raises `LedgerError`."""
        try:
            if self.journal is not None and self.journal.exists():
                shutil.rmtree(self.journal)
        except OSError as error:
            raise LedgerError(f"the store {self.journal} cannot be emptied: {error.strerror}") from error

    def _read(self) -> _About | None:
        try:
            return None if self._path is None else msgspec.json.decode(self._path.read_bytes(), type=_About)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (OSError, msgspec.DecodeError) as error:
            raise LedgerError(f"{self._path} cannot be read: {error}; give another folder to begin anew") from error

    def _write(self, about: _About) -> None:
        if self._path is None:
            return
        beside = self._path.with_suffix(".unfinished")
        try:
            # Requests are kept with the keys that came with them.
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            beside.write_bytes(msgspec.json.encode(about))
            beside.replace(self._path)
        except OSError as error:
            raise LedgerError(
                f"the store {self._path.parent} cannot be written: {error.strerror};"
                " give a folder that this account may write"
            ) from error
