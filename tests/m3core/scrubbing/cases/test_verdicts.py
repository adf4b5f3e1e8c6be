from __future__ import annotations

import base64
import json
import urllib.parse
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.m3core.scrubbing.cases.casebook import PARTS, Case, cases_of, event_of
from tests.m3core.scrubbing.cases.rates import sent
from tests.m3core.scrubbing.cases.verdicts import kept, leaks, lost

if TYPE_CHECKING:
    from collections.abc import Callable

ALL = tuple(chain.from_iterable(cases_of(part) for part in PARTS))
LEAKS = tuple(case for case in ALL if case.canaries)
KEEPS = tuple(case for case in ALL if not case.canaries)
SECRET = "Tr0ub4dor@lakeside.example"

ENCODINGS: dict[str, Callable[[str], str]] = {
    "raw": str,
    "upper case": str.upper,
    "percent": lambda s: "".join(f"%{b:02x}" for b in s.encode()),
    "percent twice": lambda s: urllib.parse.quote(urllib.parse.quote(s, safe=""), safe=""),
    "base64": lambda s: base64.b64encode(s.encode()).decode(),
    "base64 at offset 1": lambda s: base64.b64encode(b"\x01" + s.encode() + b"\x02").decode(),
    "base64 at offset 2": lambda s: base64.b64encode(b"\x01\x02" + s.encode() + b"\x03").decode(),
    "base64 url-safe": lambda s: base64.urlsafe_b64encode(b"??>" + s.encode() + b"??>").decode(),
    "base64 in lines": lambda s: "\n".join(
        base64.b64encode(f"xy{s}z".encode()).decode()[i : i + 7] for i in range(0, 44, 7)
    ),
    "base64 of UTF-16": lambda s: base64.b64encode(s.encode("utf-16-le")).decode(),
    "base64 of base64": lambda s: base64.b64encode(base64.b64encode(s.encode())).decode(),
    "base64 four times": lambda s: ENCODINGS["base64 of base64"](ENCODINGS["base64 of base64"](s)),
    "hex": lambda s: s.encode().hex(),
    "hex with colons": lambda s: s.encode().hex(":").upper(),
    "escapes of JSON": lambda s: "".join(f"\\u{ord(c):04x}" for c in s),
    "escapes of Python": lambda s: "".join(f"\\x{ord(c):02x}" for c in s),
    "JSON in JSON": lambda s: json.dumps(json.dumps({"a": json.dumps({"b": f'"{s}"'})})),
    "entities": lambda s: "".join(f"&#x{ord(c):x};" for c in s),
    "full width": lambda s: "".join(chr(ord(c) + 0xFEE0) for c in s),
    "zero width": "\u200b".join,
    "look-alikes": lambda s: s.replace("o", "\u043e").replace("a", "\u0430"),
    "spaces": " ".join,
    "dashes": "-".join,
    "line breaks": lambda s: s[:9] + "\n" + s[9:],
    "numbers": lambda s: str(list(s.encode())),
}


def one(*canaries: str) -> Case:
    return replace(LEAKS[0], canaries=canaries)


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_canary_is_found_in_every_encoding(encoding: str) -> None:
    output = {"extra": {"note": f"x {ENCODINGS[encoding](SECRET)} y"}}
    assert leaks(one(SECRET), sent(output)) == (SECRET,)
    assert leaks(one(SECRET), json.dumps(output).encode()) == (SECRET,)


@given(
    canary=st.text("abcdefghijklmnopqrstuvwxyzABCDEFG0123456789", min_size=12, max_size=40),
    around=st.tuples(st.text("ab=;", max_size=5), st.text("ab=;", max_size=5)),
    encodings=st.lists(st.sampled_from(["percent", "base64", "escapes of JSON", "JSON in JSON", "hex"]), max_size=2),
)
def test_a_canary_is_found_under_two_encodings_and_among_other_text(
    canary: str, around: tuple[str, str], encodings: list[str]
) -> None:
    text = canary.join(around)
    for encoding in encodings:
        text = ENCODINGS[encoding](text)
    assert leaks(one(canary), sent({"note": text})) == (canary,)


@pytest.mark.parametrize(
    ("canary", "text"),
    [
        ("839217", "order 18392174"),
        ("839217", "8392 17"),
        ("4111111111111111", "4111111111111112"),
        ("ann@lakeside.example", "ann@lakeside.org"),
        (SECRET, SECRET[::-1]),
        (SECRET, SECRET[:10] + "[Filtered]"),
    ],
)
def test_what_is_not_the_canary_is_not_reported(canary: str, text: str) -> None:
    assert leaks(one(canary), sent({"note": text})) == ()


def test_a_short_canary_is_found_where_it_stands_alone() -> None:
    assert leaks(one("839217"), sent({"pin": 839217})) == ("839217",)
    assert leaks(one("839217"), sent({"pin": "839\u200b217"})) == ("839217",)


def test_the_untouched_event_is_reported_for_every_canary_of_every_leak_case() -> None:
    blind = {case.id: set(case.canaries) - set(leaks(case, sent(event_of(case)))) for case in LEAKS}
    assert {name: unseen for name, unseen in blind.items() if unseen} == {}


def _without(case: Case) -> dict[str, Any]:
    """The event of the case with each place that it sets filtered, and what stands in the keys gone."""
    return event_of(replace(case, settings=tuple((_clean(path, case), "[Filtered]") for path, _ in case.settings)))


def _clean(path: tuple[str | int, ...], case: Case) -> tuple[str | int, ...]:
    return tuple("x" if isinstance(s, str) and any(c in s for c in case.canaries) else s for s in path)


def test_an_event_whose_places_are_filtered_is_not_reported_for_any_leak_case() -> None:
    false = {case.id: leaks(case, sent(_without(case))) for case in LEAKS}
    assert {name: found for name, found in false.items() if found} == {}


def test_the_event_of_another_case_is_not_reported() -> None:
    others = LEAKS[7:] + LEAKS[:7]
    false = {case.id: leaks(case, sent(event_of(other))) for case, other in zip(LEAKS, others, strict=True)}
    assert {name: found for name, found in false.items() if found} == {}


def test_a_scrubber_that_is_blind_to_encodings_is_found_out_by_each_encoded_case() -> None:
    """It cuts each canary out where it stands as it is, which no scrubber can do better in raw text."""
    encoded = [
        case
        for case in LEAKS
        if case.encoding != "raw" and not any(c.encode() in sent(event_of(case)) for c in case.canaries)
    ]
    assert len(encoded) > 50
    seen = []
    for case in encoded:
        output = sent(event_of(case))
        for canary in case.canaries:
            output = output.replace(canary.encode(), b"[Filtered]")
        seen.append(leaks(case, output))
    assert all(seen)


def test_the_untouched_event_keeps_all_of_every_keep_case() -> None:
    assert {case.id: lost(case, event_of(case)) for case in KEEPS if not kept(case, event_of(case))} == {}


def test_each_keep_case_is_lost_when_the_places_that_it_sets_are_filtered() -> None:
    assert [case.id for case in KEEPS if kept(case, _without(case))] == []


def test_what_is_lost_is_named_by_its_path() -> None:
    case = next(case for case in KEEPS if case.id == "keep-field-release")
    assert lost(case, {**event_of(case), "release": "[Filtered]"}) == ("release",)
    assert lost(case, {}) == ("release",)


def test_a_fragment_must_survive_in_its_place() -> None:
    case = next(case for case in KEEPS if case.id == "keep-beside-dsn-host")
    event = event_of(case)
    event["exception"]["values"][0]["value"] = "cannot connect to [Filtered]: timeout"
    assert lost(case, event) == ("exception.values.0.value",)
