"""In which charset a body is, and whether it really is."""

from __future__ import annotations

import codecs
import json

import httpx

__all__ = ["charset", "misread"]


def charset(headers: httpx.Headers, body: bytes) -> str:
    """Return the charset of a text that a platform names or JSON has; empty for one that nobody knows, or no text."""
    kind, _, _ = headers.get("Content-Type", "").partition(";")
    named = _named(headers)
    if named:
        try:
            return codecs.lookup(named).name
        except LookupError:
            return ""
    kind = kind.strip().lower()
    is_json = kind == "application/json" or kind.endswith("+json")
    return str(json.detect_encoding(body)) if is_json else ""


def misread(headers: httpx.Headers, body: bytes) -> str:
    """Return why a body cannot be read in its charset; empty when it can, or is no text."""
    named, found = _named(headers), charset(headers, body)
    if named and not found:
        return f"no charset is called {named!r}"
    if not found:
        return ""
    try:
        body.decode(found)
    except UnicodeDecodeError as error:
        return f"the body is not in its charset {found}: byte 0x{body[error.start]:02x} at {error.start:,}"
    except LookupError:  # a codec that is none of text, such as base64
        return f"no charset is called {named!r}"
    return ""


def _named(headers: httpx.Headers) -> str:
    for part in headers.get("Content-Type", "").split(";")[1:]:
        name, _, value = part.partition("=")
        if name.strip().lower() == "charset":
            return str(value).strip().strip("\"'")
    return ""
