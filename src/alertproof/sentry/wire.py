"""JSON as Relay reads it: bytes of anybody, so that no depth and no number ends the reader."""

from __future__ import annotations

import re

import msgspec

__all__ = ["MAX_DEPTH", "NotJsonError", "decode_json"]

#: Levels of nesting at most: serde_json, Relay's reader, refuses the 128th.
MAX_DEPTH = 127
_LONG = re.compile(rb"\d{19}")
_LARGEST = 2**64


class NotJsonError(ValueError):
    """Bytes that are not JSON, or nested too deep."""


def decode_json(data: bytes) -> object:
    """Read JSON; raises `NotJsonError` saying what is wrong."""
    try:
        document: object = msgspec.json.decode(data)
    except RecursionError:
        raise NotJsonError(f"nested deeper than {MAX_DEPTH} levels") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise NotJsonError(str(error)) from error
    # Counting is cheap, and only what has that many openings can be that deep.
    if data.count(b"[") + data.count(b"{") > MAX_DEPTH and _deeper(document, MAX_DEPTH):
        raise NotJsonError(f"nested deeper than {MAX_DEPTH} levels")
    try:
        return _small(document) if _LONG.search(data) else document
    except OverflowError:
        raise NotJsonError("number out of range") from None


def _small(document: object) -> object:
    """Return the document with floats for whole numbers of more than 64 bits, as serde_json reads them."""
    if isinstance(document, dict):
        return {name: _small(value) for name, value in document.items()}
    if isinstance(document, list):
        return [_small(value) for value in document]
    too_large = isinstance(document, int) and not -_LARGEST // 2 <= document < _LARGEST
    return float(document) if isinstance(document, int) and too_large else document


def _deeper(document: object, levels: int) -> bool:
    layer = [document]
    for _ in range(levels):
        layer = [inner for outer in layer for inner in _inner(outer) if isinstance(inner, dict | list)]
    return bool(layer)


def _inner(document: object) -> list[object]:
    if isinstance(document, dict):
        return list(document.values())
    return document if isinstance(document, list) else []
