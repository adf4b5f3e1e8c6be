"""OTLP over HTTP as every vendor takes it: reading a request in protobuf or JSON, and what attributes say."""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from google.protobuf.message import Message
    from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue

__all__ = ["JSON", "PROTOBUF", "parse", "plain", "text", "value"]

_M = TypeVar("_M", bound="Message")
PROTOBUF, JSON = "application/x-protobuf", "application/json"
#: What OTLP/JSON writes in hexadecimal, and protobuf's own JSON in base64. [opentelemetry.io/docs/specs/otlp, "JSON"]
_IDS = ("traceId", "spanId", "parentSpanId")
_NO_DIGITS = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}


def parse(body: bytes, message: _M, *, as_json: bool) -> _M:
    """Fill ``message`` from a request's body and return it; raises `ValueError` for one that cannot be read."""
    from google.protobuf.json_format import ParseDict, ParseError  # noqa: PLC0415 - few stacks use OTLP
    from google.protobuf.message import DecodeError  # noqa: PLC0415 - as above

    try:
        if as_json:
            return ParseDict(_hexadecimal(json.loads(body)), message, ignore_unknown_fields=True)
        message.ParseFromString(body)
    except (ParseError, DecodeError, RecursionError) as error:
        raise ValueError(str(error)) from error
    return message


def plain(attributes: Iterable[KeyValue]) -> dict[str, Any]:
    """Return attributes as Python has them."""
    return {each.key: value(each.value) for each in attributes}


def value(given: AnyValue) -> Any:
    """Return one value: a text, a number, a truth, bytes in hexadecimal, a list or a mapping; None for none.

    A number that JSON has no digits for is a text, as protobuf writes it.
    """
    kind = given.WhichOneof("value")
    if kind is None:
        return None
    if kind == "array_value":
        return [value(each) for each in given.array_value.values]
    if kind == "kvlist_value":
        return plain(given.kvlist_value.values)
    found = getattr(given, kind)
    if isinstance(found, float) and not math.isfinite(found):
        return _NO_DIGITS[str(found)]
    return found.hex() if isinstance(found, bytes) else found


def text(given: Any) -> str:
    """Return a value as a text: what is none is written as JSON."""
    return given if isinstance(given, str) else json.dumps(given)


def _hexadecimal(part: Any) -> Any:
    """Return JSON with its identifiers in base64, as protobuf's own reader wants them."""
    if isinstance(part, list):
        return [_hexadecimal(each) for each in part]
    if isinstance(part, Mapping):
        return {
            key: base64.b64encode(bytes.fromhex(each)).decode()
            if key in _IDS and isinstance(each, str)
            else _hexadecimal(each)
            for key, each in part.items()
        }
    return part
