"""Content encodings of an ingest request: gzip, deflate, br and zstd.

sentry-python sends ``br`` whenever brotli is importable: a server that cannot read it loses every event.
"""

from __future__ import annotations

import contextlib
import zlib
from collections.abc import Callable, Mapping
from functools import lru_cache

import brotli
import deflate
import zstandard

__all__ = ["MAX_ENVELOPE", "EncodingError", "decode_content"]

#: Bytes of an envelope after decoding. Source: develop.sentry.dev/sdk/data-model/envelopes, size limits.
MAX_ENVELOPE = 200 * 1024 * 1024
#: Bytes that gzip unpacks to at once.
_SMALL = 1024 * 1024


class EncodingError(Exception):
    """Content that cannot be decoded; ``status`` is the HTTP status to answer."""

    def __init__(self, message: str, *, status: int) -> None:
        super().__init__(message)
        self.message = message
        self.status = status


def decode_content(data: bytes, encoding: str, *, limit: int = MAX_ENVELOPE) -> bytes:
    """Undo a Content-Encoding header; raises `EncodingError` for one unknown or not matching the data.

    No more than ``limit`` bytes and one are unpacked: memory holds no more, whatever a small body unpacks to.
    """
    for name in _names(encoding):
        decoder = _DECODERS.get(name)
        if decoder is None:
            known = ", ".join(sorted(_DECODERS))
            raise EncodingError(f"unsupported content encoding {name!r} (known: {known})", status=415)
        try:
            data = decoder(data, limit)
        except (zlib.error, brotli.error, zstandard.ZstdError) as error:
            raise EncodingError(f"the body is not {name}: {error}", status=400) from error
        if len(data) > limit:
            raise EncodingError("envelope exceeded size limits", status=413)
    return data


@lru_cache(maxsize=64)
def _names(encoding: str) -> tuple[str, ...]:
    """Return the encodings of a header in the order in which they are undone."""
    return tuple(part.strip().lower() for part in reversed(encoding.split(",")) if part.strip())


def _gzip(data: bytes, limit: int) -> bytes:
    # A whole small body says at its end how much it unpacks to: no more is made room for, and it takes half the time.
    # Whatever is not that simple, and whatever is wrong with it, is told by zlib.
    if 0 < int.from_bytes(data[-4:], "little") <= min(limit, _SMALL):
        with contextlib.suppress(deflate.DeflateError, ValueError):
            return bytes(deflate.gzip_decompress(data))
    return _inflate(data, 16 + zlib.MAX_WBITS, limit)


def _deflate(data: bytes, limit: int) -> bytes:
    # The standard means zlib's framing; some clients send the bare stream.
    try:
        return _inflate(data, zlib.MAX_WBITS, limit)
    except zlib.error:
        return _inflate(data, -zlib.MAX_WBITS, limit)


def _inflate(data: bytes, window: int, limit: int) -> bytes:
    stream = zlib.decompressobj(window)
    # One byte more than allowed, so that the caller sees the excess and memory does not.
    out = stream.decompress(data, limit + 1)
    if not stream.eof and len(out) <= limit:
        raise zlib.error("the stream is cut short")
    return out


def _brotli(data: bytes, limit: int) -> bytes:
    stream = brotli.Decompressor()
    out = bytes(stream.process(data, output_buffer_limit=limit + 1))
    if not stream.is_finished() and len(out) <= limit:
        raise brotli.error("the stream is cut short")
    return out


def _zstd(data: bytes, limit: int) -> bytes:
    # Frames of a streaming writer do not say their size: the limit must be given.
    with zstandard.ZstdDecompressor().stream_reader(data) as reader:
        return reader.read(limit + 1)


_DECODERS: Mapping[str, Callable[[bytes, int], bytes]] = {
    "br": _brotli,
    "deflate": _deflate,
    "gzip": _gzip,
    "identity": lambda data, _limit: data,
    "zstd": _zstd,
}
