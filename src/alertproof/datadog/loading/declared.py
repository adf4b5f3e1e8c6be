"""A monitor as somebody wrote it down: the API's payload, where it came from and where its values stand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from alertproof.datadog.loading.places import Extent, Path, Place, place_at

__all__ = ["AppliedDefault", "Declared", "Path", "Representation"]


_NOWHERE = Extent(0, 0)


class Representation(StrEnum):
    """How a monitor is written down."""

    API = "API JSON"
    ASSET = "integration asset"
    TERRAFORM = "Terraform resource"
    PLAN = "Terraform plan"
    LIVE = "the account"


@dataclass(frozen=True, slots=True, kw_only=True)
class AppliedDefault:
    """An option that is not written, the value that it has for that reason, and who says so."""

    option: str
    value: Any
    origin: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """One monitor.

    ``source`` is the file or the account, ``address`` what it is called in there (``datadog_monitor.cpu``), empty
    where the file is the monitor. ``payload`` is the API's, with the defaults of the representation put in where
    they differ from the server's. ``text`` is the file's, empty without a file; ``extents`` lead from a path in the
    payload into it, and ``block`` is where the monitor stands as a whole. ``ignores`` are the ids of findings that
    the file asks to leave out, each with the offset of the request.
    """

    source: str
    address: str = ""
    representation: Representation
    payload: Mapping[str, Any]
    text: str = ""
    extents: Mapping[Path, Extent]
    block: Extent = _NOWHERE
    defaults: tuple[AppliedDefault, ...] = ()
    ignores: tuple[tuple[str, int], ...] = ()

    @property
    def name(self) -> str:
        """Return what to call it: its name, or where it stands."""
        return str(self.payload.get("name") or self.address or self.source)

    @property
    def where(self) -> str:
        """Return the source, and the address in it."""
        return f"{self.source}: {self.address}" if self.address else self.source

    def place(self, path: Path, start: int = 0, end: int | None = None) -> tuple[Place, Place]:
        """Return where a value, or a part of its text, begins and ends.

        A value that is not written stands where the nearest part around it does.
        """
        known = path
        while known and known not in self.extents:
            known = known[:-1]
        extent = self.extents.get(known, self.block)
        if known != path or end is None:
            begins, ends = extent.start, extent.end
            if known != path:
                # Something that is missing: the start says enough.
                ends = begins
        else:
            begins, ends = extent.within(start, end)
        return place_at(self.text, begins), place_at(self.text, ends)
