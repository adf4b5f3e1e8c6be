"""What the pages load: the stylesheet, and the browser's instruments where they were built."""

from __future__ import annotations

import gzip
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import final

from starlette.datastructures import Headers
from starlette.responses import Response

__all__ = ["Assets"]

_TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8"}
_INSTRUMENTS = "instrument.js"
_log = logging.getLogger(__name__)


@final
@dataclass(frozen=True, slots=True)
class _Asset:
    plain: bytes
    packed: bytes
    media_type: str
    tag: str


@final
class Assets:
    """The files of the folder ``static`` and of what is built into it, in memory, packed once."""

    def __init__(self) -> None:
        self._known = {file.name: _read(file) for file in _files(files("m3core.web") / "static")}

    @property
    def instruments(self) -> str | None:
        """The address of the browser's instruments; None where they were not built."""
        return self.address(_INSTRUMENTS) if _INSTRUMENTS in self._known else None

    def address(self, name: str) -> str:
        """Return the address of a file. It changes with the file, so that a browser never keeps an old one."""
        return f"/static/{name}?v={self._known[name].tag}"

    def answer(self, name: str, headers: Headers) -> Response | None:
        """Return a file as an answer, or None when there is none of this name."""
        asset = self._known.get(name)
        if asset is None:
            return None
        told = {"Cache-Control": "public, max-age=31536000, immutable", "Vary": "Accept-Encoding"}
        if "gzip" not in headers.get("Accept-Encoding", ""):
            return Response(asset.plain, media_type=asset.media_type, headers=told)
        return Response(asset.packed, media_type=asset.media_type, headers={**told, "Content-Encoding": "gzip"})

    def say_what_is_missing(self) -> None:
        """Log that nothing will be reported from the browser, where that is so."""
        if self.instruments is None:
            _log.warning("the browser's instruments are not built: run .ci/frontend.sh, which needs npm")


def _files(folder: Traversable) -> Iterator[Traversable]:
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _files(entry)
        elif _suffix(entry.name) in _TYPES:
            yield entry


def _read(file: Traversable) -> _Asset:
    plain = file.read_bytes()
    packed = gzip.compress(plain, mtime=0)
    return _Asset(plain, packed, _TYPES[_suffix(file.name)], sha256(plain).hexdigest()[:10])


def _suffix(name: str) -> str:
    return name[name.rfind(".") :]
