"""Makes logs of lines: whose they are, and what may not leave with them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import final

from m3core.scrubbing import scrub_text

__all__ = ["Entries", "Origin", "origin_of"]

#: Which integration of Datadog's reads a service's log; every other one is written by Python.
_SOURCES = {"m3core-database": "postgresql", "m3core-cache": "redis"}
#: How a line begins that goes on with the one before. [Postgres: log_line_prefix, "continuation lines"]
_CONTINUES = "\t"
#: What goes on for longer than this, in characters, is a log of its own.
_MOST_TOGETHER = 64 * 1024


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where lines come from, in Datadog's words."""

    service: str
    source: str
    hostname: str
    tags: str

    def encode(self, message: str) -> bytes:
        """Return a log of the intake's version 2, as JSON."""
        return json.dumps(
            {
                "ddsource": self.source,
                "ddtags": self.tags,
                "hostname": self.hostname,
                "service": self.service,
                "message": message,
            },
            ensure_ascii=False,
        ).encode(errors="replace")


def origin_of(service: str, *, hostname: str, tags: str) -> Origin:
    """Return the origin of a service's lines."""
    return Origin(service=service, source=_SOURCES.get(service, "python"), hostname=hostname, tags=tags)


@final
class Entries:
    """Turns the lines of one file into logs. The last line of a database's log is kept back: more of it may come."""

    def __init__(self, origin: Origin) -> None:
        self._origin = origin
        self._open: list[str] = []

    def of(self, lines: Iterable[str]) -> list[bytes]:
        """Return the logs that are complete now. Without lines, nothing more of the last one is coming."""
        if self._origin.source != "postgresql":
            return [self._encode(line) for line in lines]
        done = []
        nothing = True
        for line in lines:
            nothing = False
            if not line.startswith(_CONTINUES) or sum(map(len, self._open)) + len(line) > _MOST_TOGETHER:
                done += self._closed()
            self._open.append(line)
        return done + (self._closed() if nothing else [])

    def _closed(self) -> list[bytes]:
        text = "\n".join(self._open)
        self._open.clear()
        return [self._encode(text)] if text else []

    def _encode(self, line: str) -> bytes:
        # Our own JSON was scrubbed where it was written, field by field. Other lines come from libraries and servers.
        ours = self._origin.source == "python" and line.startswith("{") and line.endswith("}")
        return self._origin.encode(line if ours else scrub_text(line))
