"""What a request to a vendor is, by its path, and the parts of its body."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from importlib import import_module
from typing import Any

import msgspec

from alertproof.canaries import Left
from alertproof.errors import Broken
from alertproof.sentry import EnvelopeError, Item, parse_envelope

__all__ = ["left_by_request"]

#: Of Datadog's intake, by how a path ends or begins.
_DATADOG = (
    ("/traces", "Datadog spans"),
    ("/v1/traces", "Datadog spans"),
    ("/api/v2/logs", "Datadog logs"),
    ("/v1/input", "Datadog logs"),
    ("/api/v2/rum", "Datadog RUM"),
    ("/api/v1/series", "Datadog metrics"),
    ("/api/v2/series", "Datadog metrics"),
    ("/api/v1/distribution_points", "Datadog metrics"),
    ("/v1/metrics", "Datadog metrics"),
    ("/api/v1/events", "Datadog events"),
    ("/api/v2/events", "Datadog events"),
    ("/api/v1/monitor", "Datadog monitors"),
)
_Parts = Callable[[], Mapping[str, bytes]]


def left_by_request(
    vendor: str, path: str, query: str, headers: Sequence[Sequence[str]], body: bytes
) -> Iterator[Left]:
    """Yield what one request holds: its address and headers, and its body, an envelope item by item."""
    head = "\n".join([f"{path}?{query}", *(f"{name}: {value}" for name, value in headers)])
    yield Left(source=f"{vendor}: addresses and headers", octets=head.encode())
    if not body:
        return
    plain = _decoded(body, _encoding(headers), f"{vendor} {path}")
    if vendor == "Sentry" and path.endswith("/envelope/"):
        yield from _envelope(plain)
        return
    source = _source(vendor, path)
    yield Left(source=source, octets=plain, parts=partial(_parts, plain))


def _encoding(headers: Sequence[Sequence[str]]) -> str:
    return next((value for name, value in headers if name == "content-encoding"), "")


def _source(vendor: str, path: str) -> str:
    if vendor == "PagerDuty":
        return "PagerDuty events" if path.endswith("/enqueue") else "PagerDuty: other requests"
    for ending, source in _DATADOG if vendor == "Datadog" else ():
        if path.rstrip("/").endswith(ending):
            return source
    return f"{vendor}: other requests"


def _envelope(octets: bytes) -> Iterator[Left]:
    try:
        envelope = parse_envelope(octets)
    except EnvelopeError:
        yield Left(source="Sentry: other requests", octets=octets)
        return
    heads = [dict(envelope.headers), *(dict(item.headers) for item in envelope.items)]
    yield Left(source="Sentry envelope headers", octets=msgspec.json.encode(heads))
    for item in envelope.items:
        yield Left(source=_item_source(item), octets=item.payload, parts=partial(_parts, item.payload))


def _item_source(item: Item) -> str:
    """Return what an item is; of an event also the platform, for each has an SDK and a scrubber of its own."""
    document = _line(item.payload) if item.type == "event" else None
    platform = document.get("platform") if isinstance(document, dict) else None
    return f"Sentry {item.type} of {platform}" if platform else f"Sentry {item.type}"


def _parts(octets: bytes) -> Mapping[str, bytes]:
    """Return the fields of a JSON object; of several objects, in a list or by lines, those of all together."""
    found: dict[str, list[Any]] = {}
    for document in _documents(octets):
        for name, value in document.items():
            found.setdefault(str(name), []).append(value)
    return {name: msgspec.json.encode(values) for name, values in found.items()}


def _documents(octets: bytes) -> Iterator[dict[str, Any]]:
    try:
        whole = msgspec.json.decode(octets)
    except msgspec.DecodeError:
        whole = [line for line in map(_line, octets.splitlines()) if line is not None]
    for each in whole if isinstance(whole, list) else [whole]:
        if isinstance(each, dict):
            yield each


def _line(octets: bytes) -> Any:
    try:
        return msgspec.json.decode(octets)
    except msgspec.DecodeError:
        return None


def _decoded(body: bytes, encoding: str, what: str) -> bytes:
    """Undo a content encoding; raises `Broken` for bytes that cannot be read: they would be silently skipped."""
    try:
        match encoding.strip().lower():
            case "" | "identity":
                return body
            case "gzip" | "x-gzip":
                return gzip.decompress(body)
            case "deflate":
                return zlib.decompress(body)
            case "br":
                return bytes(import_module("brotli").decompress(body))
            case "zstd" | "zstd1":
                return bytes(import_module("zstandard").ZstdDecompressor().decompressobj().decompress(body))
            case other:
                raise Broken(f"a request to {what} has the content encoding {other!r}, which cannot be looked into")
    except ModuleNotFoundError as error:
        raise Broken(
            f"a request to {what} is packed by {error.name}, which is not installed: pip install {error.name}"
        ) from error
    except (OSError, EOFError, zlib.error) as error:
        raise Broken(f"the body of a request to {what} is not {encoding}: {error}") from error
