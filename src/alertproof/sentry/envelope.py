r"""Envelopes: the container in which every Sentry SDK sends what it has.

``Headers "\n" (ItemHeaders "\n" payload)* ["\n"]``: one line of JSON headers, then items. An item with a
``length`` holds that many bytes and must end in a line feed or the end of input; without one its payload runs
to the next line feed. Carriage returns are payload. Item types that nobody knows are kept.

Source: develop.sentry.dev/sdk/data-model/envelopes; the order of the checks is Relay's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from alertproof.errors import AlertproofError
from alertproof.sentry.wire import NotJsonError, decode_json

__all__ = ["Envelope", "EnvelopeError", "Item", "encode_envelope", "parse_envelope"]

_LINE_FEED = b"\n"


class EnvelopeError(AlertproofError):
    """Bytes that are not an envelope; ``offset`` is where, in bytes from the start."""

    def __init__(self, message: str, *, offset: int) -> None:
        super().__init__(message, offset)
        self.message = message
        self.offset = offset

    def __str__(self) -> str:
        return f"{self.message} (at byte {self.offset})"


@dataclass(frozen=True, slots=True)
class Item:
    """One item: its headers as sent, and its payload as bytes."""

    headers: Mapping[str, Any]
    payload: bytes

    @property
    def type(self) -> str:
        """The item's type (``event``, ``attachment``, ...)."""
        return str(self.headers["type"])


@dataclass(frozen=True, slots=True)
class Envelope:
    """An envelope: its headers as sent, and its items in order."""

    headers: Mapping[str, Any]
    items: tuple[Item, ...] = ()

    @property
    def event_id(self) -> str | None:
        """The header ``event_id`` as 32 lower-case hex digits, or None without one."""
        value = self.headers.get("event_id")
        return value.replace("-", "").lower() if isinstance(value, str) else None


def parse_envelope(data: bytes) -> Envelope:
    """Read an envelope; raises `EnvelopeError` saying what is malformed and where."""
    headers, offset = _headers(data, 0, "envelope")
    items = []
    while offset < len(data):
        item, offset = _item(data, offset)
        items.append(item)
    return Envelope(headers, tuple(items))


def encode_envelope(envelope: Envelope, *, lengths: bool = True) -> bytes:
    """Write an envelope as the Python SDK does, or without ``lengths`` as the JavaScript SDK does.

    Raises `EnvelopeError` for a payload with a line feed when no length may be written: it could not be read
    back.
    """
    lines = [msgspec.json.encode(envelope.headers)]
    for item in envelope.items:
        headers = {name: value for name, value in item.headers.items() if name != "length"}
        if lengths:
            headers["length"] = len(item.payload)
        elif _LINE_FEED in item.payload:
            position = item.payload.index(_LINE_FEED)
            raise EnvelopeError("a payload with a line feed needs a length", offset=position)
        lines += [msgspec.json.encode(headers), item.payload]
    return _LINE_FEED.join(lines) + (_LINE_FEED if lengths else b"")


def _item(data: bytes, offset: int) -> tuple[Item, int]:
    headers, start = _headers(data, offset, "item")
    if not isinstance(headers.get("type"), str):
        raise EnvelopeError("invalid item header: no 'type'", offset=offset)
    length = headers.get("length")
    if length is None:
        end = data.find(_LINE_FEED, start)
        end = len(data) if end < 0 else end
    else:
        # A bool is an int to Python, but not to a reader of JSON.
        if not isinstance(length, int) or isinstance(length, bool) or length < 0:
            raise EnvelopeError(f"invalid item header: 'length' is {length!r}", offset=offset)
        end = start + length
        if end > len(data):
            missing = end - len(data)
            raise EnvelopeError(f"unexpected end of file: {missing} bytes are missing", offset=len(data))
        if end < len(data) and data[end : end + 1] != _LINE_FEED:
            raise EnvelopeError("missing newline after the payload", offset=end)
    return Item(headers, data[start:end]), end + 1


def _headers(data: bytes, offset: int, what: str) -> tuple[Mapping[str, Any], int]:
    end = data.find(_LINE_FEED, offset)
    end = len(data) if end < 0 else end
    line = data[offset:end]
    if not line.strip():
        raise EnvelopeError(f"unexpected end of file: no {what} header", offset=offset)
    try:
        headers = decode_json(line)
    except NotJsonError as error:
        raise EnvelopeError(f"invalid {what} header: {error}", offset=offset) from error
    if not isinstance(headers, dict):
        raise EnvelopeError(f"invalid {what} header: not a JSON object", offset=offset)
    # The last header needs no line feed, so that the payload may start behind the end.
    return headers, min(end + 1, len(data))
