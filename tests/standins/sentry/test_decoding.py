"""Bodies in gzip: what is unpacked at once comes to the same as zlib's own stream, to the byte and to the refusal."""

from __future__ import annotations

import gzip
import tracemalloc
import zlib

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from alertproof.standins.sentry.intake.decoding import EncodingError, decode_content

LIMIT = 4096
PLAIN = st.binary(max_size=200) | st.builds(
    lambda text, times: text * times, st.binary(max_size=9), st.integers(0, 999)
)


def streamed(data: bytes) -> bytes | int:
    """Return what zlib's stream makes of it, up to `LIMIT`: the bytes, or the status of the refusal."""
    stream = zlib.decompressobj(31)
    try:
        out = stream.decompress(data, LIMIT + 1)
    except zlib.error:
        return 400
    if len(out) > LIMIT:
        return 413
    return out if stream.eof else 400


def decoded(data: bytes) -> bytes | int:
    try:
        return decode_content(data, "gzip", limit=LIMIT)
    except EncodingError as error:
        return error.status


def changed(data: bytes, changes: list[tuple[int, int]], cut: int, tail: bytes) -> bytes:
    mutable = bytearray(data)
    for place, value in changes:
        mutable[place % len(mutable)] = value
    return bytes(mutable[: len(mutable) - cut]) + tail


@given(
    PLAIN.map(gzip.compress),
    st.lists(st.tuples(st.integers(0, 9999), st.integers(0, 255)), max_size=3),
    st.integers(0, 12),
    st.binary(max_size=9)
    | PLAIN.map(gzip.compress)
    | st.integers(0, 5000).map(lambda size: size.to_bytes(4, "little")),
)
@example(gzip.compress(b""), [], 0, b"")
@example(gzip.compress(b"a" * 9), [], 4, bytes(4))
def test_however_a_body_is_damaged_it_is_read_or_refused_as_a_stream_is(
    packed: bytes, changes: list[tuple[int, int]], cut: int, tail: bytes
) -> None:
    sent = changed(packed, changes, cut, tail)
    assert decoded(sent) == streamed(sent)


@given(st.binary(max_size=99))
def test_whatever_is_no_gzip_is_refused(data: bytes) -> None:
    assert decoded(data) == streamed(data)


@pytest.mark.parametrize("told", [1, 1000, 2**20, 2**20 + 1, 2**31, 2**32 - 1])
def test_a_body_that_lies_about_its_size_takes_no_more_memory_than_is_allowed(told: int) -> None:
    bomb = gzip.compress(bytes(50_000_000))[:-4] + told.to_bytes(4, "little")
    tracemalloc.start()
    try:
        with pytest.raises(EncodingError) as refused:
            decode_content(bomb, "gzip", limit=LIMIT)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert refused.value.status == 413
    assert most < 4 * 1024 * 1024
