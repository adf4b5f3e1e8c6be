from __future__ import annotations

from alertproof.canaries import Left, Place, places_in


def test_a_place_says_of_what_in_which_part_and_how_it_was_written() -> None:
    event = b'{"request": "zq7k4711plant", "extra": "7a71376b34373131706c616e74"}'
    parts = {"request": b"zq7k4711plant", "extra": b"7a71376b34373131706c616e74", "user": b"{}"}

    found = places_in([Left(source="Sentry event", octets=event, parts=lambda: parts)], ["zq7k4711plant"])

    assert found.of["zq7k4711plant"] == {
        Place("Sentry event", "request", "as it is"),
        Place("Sentry event", "extra", "hexadecimal"),
    }
    assert {str(place) for place in found.of["zq7k4711plant"]} == {
        "Sentry event, request",
        "Sentry event, extra (hexadecimal)",
    }


def test_what_stands_across_two_parts_is_found_in_the_whole() -> None:
    whole = Left(source="log", octets=b"zq7k4711plant", parts=lambda: {"one": b"zq7k47", "two": b"11plant"})

    assert places_in([whole], ["zq7k4711plant"]).of["zq7k4711plant"] == {Place("log", "", "as it is")}


def test_what_was_looked_at_is_counted_also_where_nothing_was_found() -> None:
    found = places_in([Left(source="log", octets=b"12345"), Left(source="log", octets=b"678")], ["zq7k4711plant"])

    assert (found.of, found.items, found.octets) == ({}, {"log": 2}, {"log": 8})
