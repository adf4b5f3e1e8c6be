"""What every stand-in has from one reset to the next: its store, its clock, its journal, and how it is served."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, final

from alertproof.addresses import own_address
from alertproof.clock import ScaledClock
from alertproof.standins.control.door import Control, control_token
from alertproof.standins.control.later import Later
from alertproof.standins.control.manners import Manners
from alertproof.standins.control.overview import Common
from alertproof.standins.control.reset import Reset
from alertproof.standins.hosts import spelled
from alertproof.standins.journal.folder import STORE_HELP, Store
from alertproof.standins.journal.journal import Journal
from alertproof.standins.process import HOST_HELP, LOOPBACK, NAME_HELP, Beside, Site, UnknownRequests, run

__all__ = ["Generation", "add_options"]


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that a generation reads."""
    parser.add_argument("--store", type=Path, help=STORE_HELP)
    parser.add_argument("--host", default=LOOPBACK, type=own_address, help=HOST_HELP)
    parser.add_argument("--host-name", action="append", default=[], type=spelled, help=NAME_HELP)


@final
class Generation:
    """One of a vendor's stand-in; after a reset its store is empty."""

    def __init__(self, vendor: str, options: argparse.Namespace, reset: Reset) -> None:
        self._options = options
        self._reset = reset
        self.store = Store(vendor, options.store)
        if reset.pending:
            self.store.clear()
        self.clock = ScaledClock(self.store.anchor)
        self.journal = Journal(self.clock, self.store.journal)

    def control(
        self,
        sites: Sequence[str],
        manners: Manners,
        later: Later,
        unknown: UnknownRequests,
        *,
        overview: Callable[[Common], Any],
        told: Callable[[], Mapping[str, Any]] = dict,
    ) -> Control:
        """Return what controls it, as `Control` says."""
        return Control(
            sites=tuple(sites),
            manners=manners,
            clock=self.clock,
            later=later,
            reset=self._reset,
            token=control_token(),
            unknown=unknown,
            overview=overview,
            told=told,
        )

    def run(
        self,
        sites: Sequence[Site],
        *,
        beside: Sequence[Beside],
        endpoints: Callable[[Mapping[str, str]], Mapping[str, str]],
    ) -> int:
        """Serve until told to end, or to begin anew, as `alertproof.standins.process.run` does."""
        code = run(
            sites,
            beside=[self.journal.serving, *beside],
            endpoints=endpoints,
            ports=self.store,
            host=self._options.host,
            names=self._options.host_name,
            reset=self._reset,
        )
        self.journal.close()
        return code
