"""Lines that are remembered come to the same as lines that are read in full, whatever comes in whatever order."""

from __future__ import annotations

import pickle
from collections.abc import Iterable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertproof.clock import Anchor, ScaledClock
from alertproof.standins.datadog.agent.aggregation import Aggregation, Points
from alertproof.standins.datadog.agent.datagram import Item, Malformed, Sample, parse_datagram
from alertproof.standins.datadog.agent.lines import Lines
from alertproof.standins.datadog.metrics.ingest import Ingest

VALUES = ("1", "2", "-3.5", "+4", "1e2", "1:2:3", "1_0", " 1", "", "1:", "nan", "1e999", "inf", "x", "é", "1.2.3")
NAMES = ("hits", "Hits", "hi ts", "9", "", "a|b", "_sc", "_e{1,1}", "x:y")
TAILS = (
    *("c", "g", "h", "ms", "d", "s", "q", ""),
    *("c|#a:1,b:2", "c|#b:2,a:1", "g|#a:1,b:2", "g|#b:2,a:1", "g|@0.5", "c|@0.5", "d|@0.5|#a", "c|@7", "ms|#a:1"),
    *("c|T1", "g|T1700000000", "c|c:1|card:low", "g|x"),
)
LINES = st.builds(
    "{}:{}|{}".format, st.sampled_from(NAMES), st.sampled_from(VALUES), st.sampled_from(TAILS)
) | st.sampled_from(("", "hits", "_e{1,1}:a|b", "_sc|name|0", "_sc|name|0|#a:1|c", "hits:1"))
FEW = st.lists(LINES, max_size=8).map("\n".join)
DATAGRAMS = st.lists(FEW, max_size=8)


def whole(lines: Lines, *datagrams: str | bytes) -> list[tuple[Item, int]]:
    """Return all that lines read of datagrams, what they hold back included."""
    sent = [each.encode() if isinstance(each, str) else each for each in datagrams]
    return [each for data in sent for each in lines.read(data)] + list(lines.held())


def points(items: list[tuple[Item, int]]) -> list[Points]:
    aggregation = Aggregation()
    for item, _ in items:
        if isinstance(item, Sample) and item.at is None:
            aggregation.add(item, 0.0)
    return in_order(aggregation.flush(10.0))


def others(items: list[tuple[Item, int]]) -> list[str]:
    return sorted(repr(item) for item, _ in items if not isinstance(item, Sample) or item.at is not None or item.member)


@given(DATAGRAMS)
def test_what_is_remembered_changes_nothing(datagrams: list[str]) -> None:
    lines, full, quick = Lines(), list[tuple[Item, int]](), list[tuple[Item, int]]()
    for name in NAMES:
        for tail in TAILS:
            whole(lines, f"{name}:1|{tail}")
    for datagram in datagrams:
        full += [(item, 1) for item in parse_datagram(datagram.encode())]
    quick += whole(lines, *datagrams)
    assert points(quick) == points(full)
    assert others(quick) == others(full)
    assert sum(count for item, count in quick if isinstance(item, Sample)) == sum(
        isinstance(item, Sample) for item, _ in full
    )


def test_the_last_value_of_a_gauge_counts_however_its_tags_are_written() -> None:
    lines = Lines()
    for first, second in (("a,b", "b,a"), ("b,a", "a,b"), ("a,b", "b,a")):
        sent = f"depth:1|g|#{first}\ndepth:2|g|#{second}\ndepth:3|g|#{first}\ndepth:4|g|#{second}"
        (point,) = points(whole(lines, sent))
        assert list(point.values) == [4]


def test_values_of_many_lines_are_one_sample_once_the_form_is_known() -> None:
    lines = Lines()
    whole(lines, b"hits:1|c|#a")
    ((sample, count),) = whole(lines, b"hits:1|c|#a\nhits:2:3|c|#a")
    assert isinstance(sample, Sample)
    assert (sample.values, count) == ((1, 2, 3), 2)


def test_a_bad_value_of_a_known_form_is_told_with_its_line_and_its_neighbours_count() -> None:
    lines = Lines()
    whole(lines, b"hits:1|c|#a")
    items = [item for item, _ in whole(lines, b"hits:1|c|#a\nhits:nan|c|#a\nhits:3|c|#a")]
    assert [item.values for item in items if isinstance(item, Sample)] == [(1,), (3,)]
    assert Malformed(line="hits:nan|c|#a", reason="'nan' is not a number") in items


@pytest.mark.parametrize("more", [0, 1])
def test_beyond_so_many_forms_all_are_learnt_anew(monkeypatch: pytest.MonkeyPatch, more: int) -> None:
    monkeypatch.setattr(Lines, "KNOWN", 10)
    lines = Lines()
    for number in range(10 + more):
        whole(lines, b"m%d:1|g" % number)
    assert len(lines._known) == (1 if more else 10)
    whole(lines, b"m1:1|g")
    assert (b"m1", b"g") in lines._known
    assert [list(point.values) for point in points(whole(lines, b"m0:5|g\nm0:6|g"))] == [[6]]


def test_a_form_that_is_forgotten_in_the_middle_of_a_datagram_loses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Lines, "KNOWN", 1)
    lines = Lines()
    whole(lines, b"a:1|g")
    found = points(whole(lines, b"a:2|g\nb:1|g\na:3|g\na:4|g"))
    assert {point.metric: list(point.values) for point in found} == {"a": [4], "b": [1]}


@pytest.mark.parametrize("sent", [b"a:2|g\nb:1|g\na:3|g", b"b:1|g\na:2|g\nb:1|g\na:3|g"])
def test_the_last_value_of_a_gauge_counts_when_its_form_was_forgotten_in_between(
    monkeypatch: pytest.MonkeyPatch, sent: bytes
) -> None:
    monkeypatch.setattr(Lines, "KNOWN", 1)
    lines = Lines()
    whole(lines, b"a:1|g")
    found = points(whole(lines, sent))
    assert {point.metric: list(point.values) for point in found} == {"a": [3], "b": [1]}


@given(DATAGRAMS, st.integers(1, 3))
def test_however_few_forms_are_remembered_nothing_changes(datagrams: list[str], known: int) -> None:
    lines = Lines()
    lines.KNOWN = known
    quick = whole(lines, *datagrams)
    full: list[tuple[Item, int]] = [(item, 1) for each in datagrams for item in parse_datagram(each.encode())]
    assert points(quick) == points(full)
    assert others(quick) == others(full)


@pytest.mark.parametrize(("size", "kept"), [(27, 1), (28, 4)])
def test_forms_of_many_bytes_are_forgotten_as_well(monkeypatch: pytest.MonkeyPatch, size: int, kept: int) -> None:
    monkeypatch.setattr(Lines, "SIZE", size)
    lines = Lines()
    for number in range(4):
        whole(lines, b"m%d:1|g|#tags" % number)
    assert len(lines._known) == kept


def test_what_is_remembered_is_no_state_of_a_snapshot() -> None:
    lines = Lines()
    whole(lines, b"hits:1|c")
    again = pickle.loads(pickle.dumps(lines))  # noqa: S301 - written here
    assert again._known == {}


def test_lines_that_are_taken_as_one_sample_are_counted_each() -> None:
    ingest = Ingest(ScaledClock(Anchor.at_now(1.0)))
    ingest.datagrams([(0.0, b"hits:1|c\nhits:1|c\nhits:1:1|c")])
    ingest.datagrams([(0.0, b"hits:1|c\nhits:1|c\nhits:x|c")])
    assert (ingest.samples, ingest.parse_errors) == (5, 1)
    ingest.flush(10.0)
    assert ingest.points == 1


@pytest.mark.parametrize("line", [b"hits:1|c|T1700000000", b"who:ann|s|#a"])
def test_lines_with_an_instant_of_their_own_and_sets_are_read_in_full_each_time(line: bytes) -> None:
    lines = Lines()
    for _ in range(3):
        assert whole(lines, line) == [(parse_datagram(line)[0], 1)]


NUMERIC = st.text("0123456789.-+eE: _\t", max_size=12) | st.sampled_from(
    ("-0", "1e999", "nan", "inf", "-0.0", "[1", "1,2")
)


@given(NUMERIC, NUMERIC, st.sampled_from("cghd"))
def test_a_value_is_read_or_refused_as_the_full_parser_does_to_the_sign_of_nought(
    first: str, second: str, kind: str
) -> None:
    lines = Lines()
    whole(lines, f"hits:1|{kind}")
    sent = [f"hits:{value}|{kind}".encode() for value in (first, second)]
    full = [item for line in sent for item in parse_datagram(line)]
    quick = [item for item, _ in whole(lines, b"\n".join(sent))]
    assert repr(values_of(quick)) == repr(values_of(full))
    assert [item for item in quick if isinstance(item, Malformed)] == [
        item for item in full if isinstance(item, Malformed)
    ]


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_any_number_is_read_as_python_reads_it(number: float) -> None:
    lines = Lines()
    whole(lines, "hits:1|g")
    assert repr(values_of([item for item, _ in whole(lines, f"hits:{number!r}|g")])) == repr([number])


def values_of(items: list[Item]) -> list[float]:
    return [value for item in items if isinstance(item, Sample) for value in item.values]


@given(
    st.lists(st.tuples(st.sampled_from((600.0, 605.5, 610.0, 635.0)), FEW), max_size=3),
    st.sampled_from((0, 1, 1 << 20)),
)
def test_datagrams_of_many_instants_come_to_the_same_as_each_line_read_in_full(
    came: list[tuple[float, str]], held: int
) -> None:
    came.sort()
    ingest, aggregation = Ingest(ScaledClock(Anchor.at_now(1.0))), Aggregation()
    ingest.HELD = held
    ingest.datagrams([(at, data.encode()) for at, data in came])
    samples = refused = 0
    for at, data in came:
        for item in parse_datagram(data.encode()):
            refused += isinstance(item, Malformed)
            if isinstance(item, Sample):
                samples += 1
                if item.at is None:
                    aggregation.add(item, at)
    assert (ingest.samples, ingest.parse_errors) == (samples, refused)
    assert in_order(ingest._aggregation.flush(700)) == in_order(aggregation.flush(700))


def in_order(found: Iterable[Points]) -> list[Points]:
    listed = [replace(each, values=sorted(each.values)) for each in found]
    return sorted(listed, key=lambda each: (each.at, each.metric, sorted(each.tags), each.kind, each.values))
