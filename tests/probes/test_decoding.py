from __future__ import annotations

import gzip
import zlib

import pytest
from httpx import Headers

from alertproof.probes.charset import charset, misread
from alertproof.probes.decoding import Decoder
from alertproof.probes.trouble import NoAnswer, Trouble

BODY = b"a body that is long enough to be packed, a body that is long enough"


def raw(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


@pytest.mark.parametrize(
    ("encoding", "data"),
    [
        ("", BODY),
        ("identity", BODY),
        ("gzip", gzip.compress(BODY, mtime=0)),
        ("X-GZip", gzip.compress(BODY, mtime=0)),
        ("deflate", zlib.compress(BODY)),
        ("deflate", raw(BODY)),
        ("deflate, gzip", gzip.compress(zlib.compress(BODY), mtime=0)),
        ("gzip", b""),
    ],
)
@pytest.mark.parametrize("size", [1, 7, 1000])
def test_a_body_is_decoded_wherever_it_is_cut(encoding: str, data: bytes, size: int) -> None:
    decoder = Decoder(encoding, limit=1000)

    for at in range(0, len(data), size):
        decoder.feed(data[at : at + size])
    decoder.end()

    assert bytes(decoder.body) == (BODY if data else b"")


@pytest.mark.parametrize("limit", [len(BODY), len(BODY) - 1])
def test_a_body_may_be_as_large_as_allowed(limit: int) -> None:
    decoder = Decoder("gzip", limit=limit)

    if limit == len(BODY):
        decoder.feed(gzip.compress(BODY, mtime=0))
        decoder.end()
    else:
        with pytest.raises(NoAnswer) as raised:
            decoder.feed(gzip.compress(BODY, mtime=0))
        assert raised.value.trouble is Trouble.TOO_LARGE


def test_a_bomb_is_not_unpacked_beyond_what_is_allowed() -> None:
    decoder = Decoder("gzip", limit=1000)

    with pytest.raises(NoAnswer, match="larger than 1,000 bytes"):
        decoder.feed(gzip.compress(b"0" * 10_000_000))

    assert len(decoder.body) <= 1001


def test_an_encoding_that_was_not_asked_for_is_named() -> None:
    with pytest.raises(NoAnswer, match="the body's encoding is 'br', and only gzip, deflate were asked for"):
        Decoder("br", limit=10)


@pytest.mark.parametrize(
    ("kind", "body", "wrong"),
    [
        ("application/json", '{"a": "ü"}'.encode(), ""),
        ("application/json", '{"a": "ü"}'.encode("utf-16"), ""),
        ("application/problem+json", b'{"a": "\xfc"}', "the body is not in its charset utf-8: byte 0xfc at 7"),
        ("text/html; charset=latin-1", b"\xfc", ""),
        ('text/html; Charset="UTF-8"', b"\xfc", "byte 0xfc at 0"),
        ("text/html; charset=klingon", b"", "no charset is called 'klingon'"),
        ("text/html; charset=base64", b"YQ==", "no charset is called 'base64'"),
        ("text/html", b"\xfc", ""),
        ("image/png", b"\x89PNG", ""),
        ("", b"\xfc", ""),
    ],
)
def test_a_body_is_in_the_charset_that_is_named(kind: str, body: bytes, wrong: str) -> None:
    assert wrong in misread(Headers({"Content-Type": kind}), body)
    assert bool(wrong) == bool(misread(Headers({"Content-Type": kind}), body))


def test_a_text_is_read_in_its_charset() -> None:
    assert charset(Headers({"Content-Type": "text/plain; charset=latin1"}), b"") == "iso8859-1"
