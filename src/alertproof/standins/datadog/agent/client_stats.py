"""Trace metrics that a tracer has counted itself: ``/v0.6/stats``, buckets of hits, errors, durations and sketches.

Source: DataDog/datadog-agent, pkg/proto/pbgo/trace/stats.pb.go (the names) and pkg/trace/api/api.go; sketches are
DDSketch's protobuf, of nanoseconds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain, repeat
from math import isfinite

import msgspec
from google.protobuf.message import DecodeError

from alertproof.standins.datadog.agent.counting import Counting, span_samples
from alertproof.standins.datadog.agent.trace_metrics import span_metric, span_tags
from alertproof.standins.datadog.wire import ApiError

__all__ = ["ClientStats"]

_NANO = 1e-9
#: Values that one sketch is unfolded into at most; of more each stands for several, and hits are exact all the same.
_MOST = 10_000


class _Group(msgspec.Struct, rename="pascal"):
    name: str
    service: str = ""
    resource: str = ""
    http_status_code: int = msgspec.field(default=0, name="HTTPStatusCode")
    hits: int = 0
    errors: int = 0
    duration: int = 0
    ok_summary: bytes | None = None
    error_summary: bytes | None = None
    span_kind: str = ""


class _Bucket(msgspec.Struct, rename="pascal"):
    start: int
    stats: list[_Group] | None = None


class _Payload(msgspec.Struct, rename="pascal"):
    env: str = ""
    version: str = ""
    stats: list[_Bucket] | None = None


_PAYLOAD = msgspec.msgpack.Decoder(_Payload)


class ClientStats:
    """Puts what tracers have counted beside what is counted here."""

    def __init__(self, counting: Counting, to_stack: Callable[[float], float]) -> None:
        self._counting = counting
        self._to_stack = to_stack

    def take(self, body: bytes) -> None:
        """Count a payload; raises one of `UNREADABLE`, or `ApiError` 400 for a sketch that is none."""
        payload = _PAYLOAD.decode(body)
        groups = [
            (self._to_stack(bucket.start * _NANO), group, list(_durations(group)))
            for bucket in payload.stats or ()
            for group in bucket.stats or ()
        ]
        for at, group, durations in groups:
            name = span_metric(group.name)
            if name is None:
                continue
            status = str(group.http_status_code) if group.http_status_code else None
            tags = span_tags(
                payload.env or "none",
                group.service,
                group.resource,
                status,
                group.span_kind or None,
                payload.version or None,
            )
            samples = span_samples(
                name,
                tags,
                hits=group.hits,
                errors=group.errors,
                duration=group.duration * _NANO,
                durations=durations,
            )
            for sample in samples:
                self._counting.add(sample, at)


def _durations(group: _Group) -> Iterator[float]:
    """Yield the durations that the group's sketches hold, in seconds."""
    bins = [*_bins(group.ok_summary), *_bins(group.error_summary)]
    total = sum(count for _, count in bins)
    share = min(1.0, _MOST / total) if total else 1.0
    return chain.from_iterable(repeat(value * _NANO, max(1, round(count * share))) for value, count in bins)


def _bins(sketch: bytes | None) -> list[tuple[float, float]]:
    """Return (value, how many) of a sketch."""
    if not sketch:
        return []
    from ddsketch.pb.ddsketch_pb2 import DDSketch  # noqa: PLC0415 - few tracers count for themselves
    from ddsketch.pb.proto import KeyMappingProto  # noqa: PLC0415 - as above

    try:
        read = DDSketch.FromString(sketch)
        value = KeyMappingProto.from_proto(read.mapping).value
        found = [(0.0, read.zeroCount)]
        for sign, store in ((1, read.positiveValues), (-1, read.negativeValues)):
            dense = enumerate(store.contiguousBinCounts, store.contiguousBinIndexOffset)
            found += [(sign * value(index), count) for index, count in (*dense, *store.binCounts.items()) if count]
        if not all(map(isfinite, chain.from_iterable(found))):
            raise ValueError("one of its numbers is not finite")
    except (DecodeError, ValueError, OverflowError, ZeroDivisionError) as error:
        raise ApiError(400, f"a sketch cannot be read: {error}") from error
    return [(at, count) for at, count in found if count > 0]
