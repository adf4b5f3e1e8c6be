from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertproof.standins.datadog.agent import aggregation
from alertproof.standins.datadog.agent.aggregation import Aggregation, Points
from alertproof.standins.datadog.agent.datagram import Kind, Sample, parse_datagram
from alertproof.standins.journal.snapshot import Part, dumped, restore
from alertproof.tags import Tags
from alertproof.telemetry.series import MetricType

NOTHING: Tags = frozenset()


def flushed(lines: str, *, at: float = 600.0, until: float = 610.0) -> dict[str, Points]:
    aggregation = Aggregation()
    for item in parse_datagram(lines.encode()):
        assert isinstance(item, Sample)
        aggregation.add(item, at)
    return {points.metric: points for points in aggregation.flush(until)}


def sample(value: float = 1.0) -> Sample:
    return Sample(name="m", kind=Kind.COUNT, values=(value,))


def test_datadogs_own_example_of_the_types_comes_out() -> None:
    # V18 and V20 of the published examples: eight values in one flush.
    lines = "\n".join(f"n:{value}|c\nh:{value}|h" for value in (1, 1, 1, 2, 2, 2, 3, 3))
    points = flushed(f"{lines}\ng:71|g\ng:71.5|g")
    assert points["n"] == Points(metric="n", tags=NOTHING, kind=MetricType.RATE, at=600, values=[1.5], interval=10)
    assert points["h.count"].values == [0.8]
    assert points["h.count"].kind is MetricType.RATE
    assert points["h.avg"].values == [1.875]
    assert points["h.median"].values == [2]
    assert points["h.95percentile"].values == [3]
    assert points["h.max"].values == [3]
    assert points["h.max"].kind is MetricType.GAUGE
    assert points["g"] == Points(metric="g", tags=NOTHING, kind=MetricType.GAUGE, at=600, values=[71.5])


@pytest.mark.parametrize(("at", "stamp"), [(600.0, 600), (609.999, 600), (610.0, 610), (619.999, 610)])
def test_a_bucket_begins_with_its_ten_seconds_and_ends_before_the_next(at: float, stamp: int) -> None:
    assert flushed("m:1|c", at=at, until=700)["m"].at == stamp


def test_a_bucket_is_flushed_when_it_has_ended_and_not_before() -> None:
    aggregation = Aggregation()
    aggregation.add(sample(), 600)
    assert list(aggregation.flush(609.999)) == []
    assert len(list(aggregation.flush(610))) == 1
    assert list(aggregation.flush(620)) == []


def test_a_sample_that_comes_after_its_bucket_counts_in_the_next_one() -> None:
    aggregation = Aggregation()
    aggregation.add(sample(1), 605)
    (first,) = aggregation.flush(610)
    aggregation.add(sample(2), 609.9)
    (second,) = aggregation.flush(620)
    assert (first.at, first.values) == (600, [0.1])
    assert (second.at, second.values) == (610, [0.2])


def test_buckets_are_flushed_oldest_first() -> None:
    aggregation = Aggregation()
    for at in (625, 605, 615):
        aggregation.add(sample(), at)
    assert [points.at for points in aggregation.flush(630)] == [600, 610, 620]


def test_a_counts_rate_scales_it_and_a_gauges_does_not() -> None:
    points = flushed("n:3|c|@0.5\ng:3|g|@0.5")
    assert points["n"].values == [0.6]
    assert points["g"].values == [3]


def test_a_sampled_distribution_weighs_each_value_by_its_rate() -> None:
    points = flushed("d:0.5:0.7|d|@0.5\nd:1|d")
    assert sorted(points["d"].values) == [0.5, 0.5, 0.7, 0.7, 1]
    assert points["d"].kind is MetricType.DISTRIBUTION


def test_a_sampled_histogram_counts_all_that_it_stands_for() -> None:
    assert flushed("h:4|h|@0.1")["h.count"].values == [1]


def test_a_sampled_histograms_ranks_are_of_all_that_its_values_stand_for() -> None:
    points = flushed("h:1|h|@0.1\nh:7|h\nh:9|h")
    assert [points[f"h.{name}"].values for name in ("avg", "median", "95percentile", "max")] == [
        [pytest.approx(26 / 12)], [1], [9], [9],
    ]  # fmt: skip


@given(st.lists(st.tuples(st.integers(-5, 5), st.sampled_from([1.0, 0.5, 0.25])), min_size=1, max_size=20))
def test_a_value_at_a_rate_is_as_many_values(sent: list[tuple[int, float]]) -> None:
    sampled = flushed("\n".join(f"h:{value}|h|@{rate}\nd:{value}|d|@{rate}" for value, rate in sent))
    each = [value for value, rate in sent for _ in range(round(1 / rate))]
    whole = flushed("\n".join(f"h:{value}|h\nd:{value}|d" for value in each))
    assert sorted(sampled.pop("d").values) == sorted(whole.pop("d").values)
    assert {name: list(points.values) for name, points in sampled.items()} == {
        name: pytest.approx(list(points.values)) for name, points in whole.items()
    }


def test_a_small_datagram_fills_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    points = flushed(f"d{':1' * 2000}{':2' * 8000}|d|@0.0001\nh{':1' * 10_000}|h|@0.0001")
    values = list(points["d"].values)
    assert (len(values), values.count(2)) == (1_000_000, 800_000)
    assert points["h.count"].values == [10_000_000]
    # What was not sampled is taken as it is.
    monkeypatch.setattr(aggregation, "MOST_SAMPLED", 3)
    assert list(flushed("d:1:2:3:4|d")["d"].values) == [1, 2, 3, 4]
    assert len(flushed("d:1:2:3:4|d|@0.5")["d"].values) == 4


@pytest.mark.filterwarnings("error")
def test_values_whose_sum_is_no_number_any_more_warn_nobody() -> None:
    assert flushed("h:1e308:1e308|h")["h.avg"].values == [math.inf]


def test_timers_and_histograms_of_one_name_are_one_series() -> None:
    assert flushed("h:1|h\nh:3|ms")["h.avg"].values == [2]


def test_a_set_counts_different_members() -> None:
    assert flushed("u:a|s\nu:b|s\nu:a|s")["u"].values == [2]


def test_tags_keep_series_apart() -> None:
    aggregation = Aggregation()
    for item in parse_datagram(b"m:1|c|#a:1,b:2\nm:1|c|#b:2,a:1\nm:1|c|#a:2"):
        assert isinstance(item, Sample)
        aggregation.add(item, 600)
    assert sorted(points.values[0] for points in aggregation.flush(610)) == [0.1, 0.2]


@given(st.lists(st.tuples(st.integers(0, 50), st.floats(0, 300)), max_size=60), st.lists(st.floats(0, 320), max_size=6))
def test_no_event_is_lost_or_counted_twice_whenever_it_is_flushed(
    events: list[tuple[int, float]], flushes: list[float]
) -> None:
    aggregation = Aggregation()
    steps = sorted([*((at, value) for value, at in events), *((at, None) for at in flushes)], key=lambda step: step[0])
    total = 0.0
    stamps: list[float] = []
    for at, value in steps:
        if value is None:
            found = list(aggregation.flush(at))
        else:
            aggregation.add(sample(value), at)
            found = []
        total += sum(points.values[0] * 10 for points in found)
        stamps += [points.at for points in found]
    for points in aggregation.flush(1000):
        total += points.values[0] * 10
        stamps.append(points.at)
    assert total == pytest.approx(sum(value for value, _ in events))
    assert len(stamps) == len(set(stamps))  # a second point of one second would replace the first


def test_what_waits_in_a_bucket_is_in_a_snapshot_whatever_its_type() -> None:
    sent = b"n:1|c\ng:2|g\nh:1:3|h|@0.5\nh:4|h\nms:5|ms\nd:6:7|d\nu:a|s"
    before, after = Aggregation(), Aggregation()
    for item in parse_datagram(sent):
        assert isinstance(item, Sample)
        before.add(item, 600)
    restore({"part": Part(after)}, dumped({"part": Part(before)}))
    waiting = [list(each.flush(610)) for each in (before, after)]
    assert waiting[0] == waiting[1]
    assert len(waiting[0]) == 2 + 2 * 5 + 2
