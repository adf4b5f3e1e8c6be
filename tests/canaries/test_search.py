from __future__ import annotations

import base64
import gzip
import json
import zlib
from collections.abc import Callable
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertproof.canaries import Search, find_canary

CANARY = "zQ7-plant 9Kx"
WAYS: dict[str, Callable[[str], bytes]] = {
    "as it is": lambda text: text.encode(),
    "upper case": lambda text: text.upper().encode(),
    "white space between": lambda text: " ".join(text.replace(" ", "")).encode(),
    "percent": lambda text: quote(text, safe="").encode(),
    "a query without its percents": lambda text: text.replace(" ", "+").encode(),
    "percent twice": lambda text: quote(quote(text, safe=""), safe="").encode(),
    "JSON": lambda text: json.dumps({"a": text}).encode(),
    "JSON in JSON": lambda text: json.dumps(json.dumps({"a": text})).encode(),
    "unicode escapes": lambda text: "".join(f"\\u{ord(one):04x}" for one in text).encode(),
    "entities": lambda text: "".join(f"&#{ord(one)};" for one in text).encode(),
    "base64": lambda text: base64.b64encode(text.encode()),
    "base64 behind one byte": lambda text: base64.b64encode(b"#" + text.encode() + b"more"),
    "base64 behind two bytes": lambda text: base64.b64encode(b"##" + text.encode() + b"more"),
    "base64url": lambda text: base64.urlsafe_b64encode(b"\xff\xfe\xfd" + text.encode()),
    "hexadecimal": lambda text: text.encode().hex().encode(),
    "gzip": lambda text: gzip.compress(text.encode()),
    "gzip without its end": lambda text: gzip.compress(text.encode() * 50)[:-9],
    "zlib": lambda text: zlib.compress(text.encode()),
    "base64 of gzip": lambda text: base64.b64encode(gzip.compress(text.encode())),
    "UTF-16": lambda text: text.encode("utf-16-le"),
    "backwards": lambda text: text.encode()[::-1],
}


@pytest.mark.parametrize("way", WAYS)
def test_a_canary_is_seen_however_it_is_written(way: str) -> None:
    found = find_canary(b'{"event": "' + WAYS[way](CANARY) + b'"}', CANARY)

    assert found, way
    assert all(sighting.encoding for sighting in found)


@pytest.mark.parametrize("way", WAYS)
def test_another_text_written_so_is_not_taken_for_it(way: str) -> None:
    assert find_canary(b'{"event": "' + WAYS[way]("zQ7-plant 8Kx") + b'"}', CANARY) == []


@pytest.mark.parametrize(
    "way", ["as it is", "percent", "JSON", "unicode escapes", "entities", "base64", "UTF-16", "gzip", "backwards"]
)
def test_a_canary_of_other_letters_is_seen_as_well(way: str) -> None:
    assert find_canary(WAYS[way]("größer als 日本"), "größer als 日本")


@given(st.binary(max_size=400))
def test_no_bytes_at_all_make_it_raise_or_see_what_is_not_there(octets: bytes) -> None:
    assert find_canary(octets, "zQ7plant9Kx7q") == []


@given(st.binary(max_size=60), st.binary(max_size=60), st.from_regex(r"[A-Za-z0-9]{9,20}", fullmatch=True))
def test_a_canary_is_seen_in_base64_at_every_offset(before: bytes, after: bytes, canary: str) -> None:
    assert find_canary(base64.b64encode(before + canary.encode() + after), canary)


def test_a_canary_that_chance_would_make_is_refused() -> None:
    with pytest.raises(ValueError, match="too short"):
        find_canary(b"abc", "abcde")


def test_many_canaries_are_looked_for_at_once_and_each_is_told_from_the_others() -> None:
    canaries = [f"zq7k{number:04d}plant" for number in range(500)]
    search = Search(canaries)

    for way, written in WAYS.items():
        found = search.find(b'{"event": "' + written("zq7k0123plant") + b'"}')
        assert set(found) == {"zq7k0123plant"}, way
    assert search.find(b"zq7k0500plant") == {}


def test_a_canary_is_seen_behind_many_bytes_and_across_the_pieces_in_which_they_are_read() -> None:
    for length in (3_999_990, 4_000_000, 9_000_000):
        assert find_canary(b"." * length + CANARY.encode() + b"." * 1000, CANARY)


def test_what_is_encoded_three_times_over_is_read() -> None:
    thrice = base64.b64encode(gzip.compress(json.dumps({"a": quote("zQ7 plänt/9Kx", safe="")}).encode()))

    (sighting,) = find_canary(b"body=" + thrice + b"&more", "zQ7 plänt/9Kx")

    assert sighting.encoding == "base64 of compressed, percent"
