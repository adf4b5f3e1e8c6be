"""Hostile queries end in an error in words: through reading, printing and evaluation, with little memory and time."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from tests.datadog.adversarial import readers
from tests.datadog.adversarial.conftest import Bounded

from alertproof.datadog.evaluation.search import found_by
from alertproof.datadog.query import parse_search
from alertproof.telemetry.records import Record, Records

DATA = Path(__file__).parents[2] / "data" / "datadog-monitors" / "monitors.jsonl"
DEEP = 10_000


@cache
def shipped() -> tuple[str, ...]:
    return tuple(sorted({json.loads(line)["query"] for line in DATA.read_text().splitlines()}))


def test_what_nests_ten_thousand_deep_is_refused(bounded: Bounded) -> None:
    closed = {"(": ")", "abs(": ")", "-": "", "default_zero(": ")"}
    texts = [f"avg(last_5m):{unit * DEEP}avg:m{{*}}{end * DEEP} > 1" for unit, end in closed.items()]
    texts += [f"avg(last_5m):avg:m{{{unit * DEEP}a:b{end * DEEP}}} > 1" for unit, end in (("(", ")"), ("NOT ", ""))]
    texts += [
        f'logs("{unit * DEEP}a{end * DEEP}").rollup("count").last("5m") > 1' for unit, end in (("(", ")"), ("-", ""))
    ]
    texts += ["(" * DEEP + "1" + ")" * DEEP, "!" * DEEP + "1", " && ".join(["1"] * DEEP)]
    texts += [f'formula("{"(" * DEEP}q{")" * DEEP}").last("5m") > 1']
    for text, said in zip(texts, bounded("query", texts), strict=True):
        assert said.startswith(("QuerySyntaxError", "DefinitionError", "NotModelled")), text[:60]


def test_what_is_as_deep_and_wide_as_may_be_is_evaluated(bounded: Bounded) -> None:
    texts = [
        "avg(last_5m):" + "(" * 38 + "avg:m{*}" + ")" * 38 + " > 1",
        "avg(last_5m):" + "abs(" * 30 + "avg:m{*}" + ")" * 30 + " > 1",
        "avg(last_5m):" + " + ".join(["avg:m{*}"] * 201) + " > 1",
        "avg(last_5m):avg:m{" + ",".join(["!a:b"] * 5000) + "} > 1",
        "avg(last_5m):avg:m{" + " OR ".join(["env:prod"] * 2000) + "} > 1",
        "avg(last_5m):avg:m{*} by {" + ",".join(f"k{number}" for number in range(3000)) + "} > 1",
        'logs("' + " OR ".join(["a*"] * 2000) + '").index("*").rollup("count").last("5m") > 1',
    ]
    assert bounded("query", texts) == [""] * len(texts)


@pytest.mark.parametrize("unit", ["\u202e", "\U0001f600", "\x00", "\ufeff", "İ", "ß", "\u0661", "\r\n", "\xa0", "’"])
def test_letters_of_all_kinds_are_read_or_refused(unit: str, bounded: Bounded) -> None:
    texts = [
        f"avg(last_5m):avg:m{{env:{unit * 3000}}} > 1",
        f"avg(last_{unit}5m):avg:m{{*}} > 1",
        f"avg(last_5m):avg:m{{*}} > 1{unit}",
        f"avg(last_5m):avg:{unit}{{*}} > {unit}",
        f'logs("{unit * 3000}").index("*").rollup("count").last("5m") > 1',
        unit * 60_000,
    ]
    bounded("query", texts)


def test_digits_of_other_alphabets_are_no_numbers(bounded: Bounded) -> None:
    texts = ["1 && 2", "avg(last_5m):avg:m{*} > 1", "avg(last_5m):avg:m{*}.rollup(avg, 60) > 1"]
    texts += ['logs("a").rollup("count").last("5m") > 1', '"a".over("*").by("*").last(2).count_by_status()']
    other = [text.translate(str.maketrans("12560", "\u0661\u0662\u0665\u0666\u0660")) for text in texts]
    assert all(said.startswith("QuerySyntaxError") for said in bounded("query", other))


def test_many_wildcards_do_not_take_for_ever(bounded: Bounded) -> None:
    texts = [f"{name}{star * 400}b" for name in ("", "@a:", "*:") for star in ("*a", "?*a", "*a?")]
    texts += [f"@a:{'*' * 5000}b", "@a:" + "a*" * 2500]
    assert bounded("search", texts) == [""] * len(texts)


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        ("a*b", "ab", True),
        ("a*b", "axxb", True),
        ("a*b", "abx", False),
        ("*a*b*", "xaxbx", True),
        ("*ab*ba*", "aba", False),
        ("*ab*ba*", "abba", True),
        ("a*a", "a", False),
        ("a*a", "aa", True),
        ("*ab*ab", "abab", True),
        ("*ab*ab", "abxb", False),
        ("a?c*", "abcd", True),
        ("a?c*", "ac", False),
        ("**", "", True),
        ("a**?b", "axb", True),
        ("a**?b", "ab", False),
        (r"a\*b*", "a*bc", True),
        (r"a\*b*", "axbc", False),
    ],
)
def test_wildcards_find_what_they_always_found(pattern: str, text: str, found: bool) -> None:
    records = Records([Record(at=0, attributes={"x": text})])
    assert found_by(parse_search(f"@x:{pattern}").expression, records).tolist() == [found]


def test_a_malformed_block_of_addresses_is_refused_where_it_stands(bounded: Bounded) -> None:
    blocks = ["notanip", "1.2.3.4/99", "::1/300", "1.2.3", "9" * 3000]
    for block, said in zip(blocks, bounded("search", [f"CIDR(@ip, {block})" for block in blocks]), strict=True):
        assert f"{block[:60]!r} is no block of addresses" in said
    assert bounded("search", ["CIDR(@ip, 10.0.0.1/8, ::/0)"]) == [""]


CHANGES = st.lists(
    st.tuples(
        st.sampled_from(["delete", "double", "swap", "move", "insert"]),
        st.integers(0, 400),
        st.integers(1, 40),
        st.sampled_from(
            ["(", ")", "{", "}", '"', "'", ",", ":", ".", "*", "/", "-", "0", " by {a}", "é", "\u0663", "1e9"]
        ),
    ),
    min_size=1,
    max_size=4,
)


@settings(suppress_health_check=[HealthCheck.too_slow])
@example("avg(last_5m):avg:m{*} > 1", [("insert", 24, 1, "1e9")])
@given(st.sampled_from(shipped()), CHANGES)
def test_a_shipped_query_that_is_damaged_is_evaluated_or_refused(
    text: str, changes: list[tuple[str, int, int, str]]
) -> None:
    for kind, begin, length, mark in changes:
        at, piece, rest = min(begin, len(text)), text[begin : begin + length], text[begin + length :]
        changed = {
            "delete": rest,
            "double": piece * 2 + rest,
            "swap": piece[::-1] + rest,
            "insert": mark + piece + rest,
        }
        text = rest + piece + text[:at] if kind == "move" else text[:at] + changed[kind]
    error = readers.refusal(readers.query, text)
    assert error is None or 0 < len(str(error)) < 4000
