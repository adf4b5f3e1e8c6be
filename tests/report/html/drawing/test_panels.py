from __future__ import annotations

from datetime import timedelta

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from alertproof.journal import LoadJournal, LoadTick
from alertproof.report.html.drawing import Drawing, draw_load
from alertproof.report.html.drawing.panels import LEFT, RIGHT, slices

replace = msgspec.structs.replace


def tick(second: int, n: int = 10, slow: int = 0, **fields: timedelta | float | None) -> LoadTick:
    given = {
        "second": second,
        "target_rate": 10.0,
        "arrivals": n,
        "n": n,
        "slow": slow,
        "failed": 0,
        "p95": timedelta(seconds=0.2),
    }
    return msgspec.convert(given | fields, LoadTick)


def strokes(drawing: Drawing, css: str) -> list[str]:
    return [stroke.d for stroke in drawing.strokes if stroke.css == css]


def texts(drawing: Drawing) -> list[str]:
    return [label.text for label in drawing.labels]


def test_a_second_is_a_slice_as_long_as_they_are_few() -> None:
    parts = slices([tick(second) for second in range(5)], most=5)
    assert [(part.second, part.length, part.n) for part in parts] == [(second, 1, 10) for second in range(5)]


def test_many_seconds_are_taken_together_and_lose_no_request() -> None:
    ticks = [tick(second, slow=second % 3, p95=timedelta(seconds=second), dropped=1) for second in range(11)]
    parts = slices(ticks, most=5)
    assert [(part.second, part.length) for part in parts] == [(0, 3), (3, 3), (6, 3), (9, 2)]
    assert [part.arrivals / part.length for part in parts] == [10] * 4, "the last, shorter one looks like no drop"
    assert sum(part.n for part in parts) == 110
    assert sum(part.slow for part in parts) == sum(tick.slow for tick in ticks)
    assert sum(part.dropped for part in parts) == 11
    assert [part.p95 for part in parts] == [timedelta(seconds=second) for second in (2, 5, 8, 10)]


def test_ticks_in_any_order_with_gaps_are_slices_in_order() -> None:
    assert [part.second for part in slices([tick(7), tick(2)])] == [2, 7]
    assert slices([]) == ()


def test_nothing_of_no_requests_is_slow() -> None:
    (part,) = slices([tick(0, n=0)])
    assert part.share is None


def test_the_three_panels_share_one_axis(overloaded: LoadJournal) -> None:
    drawing = draw_load(overloaded)
    assert [label.text for label in drawing.labels if label.css == "panel-name"] == [
        "Arrivals per second",
        "p95 of each second",
        "Slow or failed in each second",
    ]
    lines = [rule.x1 for rule in drawing.grid if rule.x1 == rule.x2]
    assert all(lines.count(x) == 3 for x in lines)


def test_limits_are_drawn_and_named(overloaded: LoadJournal) -> None:
    drawing = draw_load(overloaded)
    assert len([rule for rule in drawing.rules if rule.css == "threshold"]) == 2
    assert {"limit 800 ms", "allowed 5 %"} <= set(texts(drawing))
    assert "allowed 10 %" in texts(draw_load(replace(overloaded, slow_allowed=0.1)))


def test_exactly_the_limit_is_not_above_it(overloaded: LoadJournal) -> None:
    limit = overloaded.limit
    ticks = (tick(0, p95=limit), tick(1, p95=limit + timedelta(microseconds=1)))
    above = [dot for dot in draw_load(replace(overloaded, ticks=ticks)).dots if dot.css == "above"]
    assert [dot.title for dot in above] == ["p95 800 ms at 1 s"]


def test_exactly_the_allowed_share_is_not_above_it(overloaded: LoadJournal) -> None:
    ticks = (tick(0, n=20, slow=1), tick(1, n=19, slow=1), tick(2, n=20, slow=0))
    bars = [
        box for box in draw_load(replace(overloaded, ticks=ticks)).boxes if box.css.startswith("slow") and box.title
    ]
    assert [box.css for box in bars] == ["slow", "slow-above"]


def test_the_warm_up_is_shaded_in_every_panel_and_not_counted_into_the_share(overloaded: LoadJournal) -> None:
    ticks = (tick(0, slow=10), tick(1, slow=10), tick(2), tick(3, slow=1))
    drawing = draw_load(replace(overloaded, ticks=ticks, warm_up=timedelta(seconds=2)))
    shades = [box for box in drawing.boxes if box.css == "warm"]
    assert [(box.x, round(box.x + box.width)) for box in shades] == [(LEFT, round((LEFT + RIGHT) / 2))] * 3
    (so_far,) = strokes(drawing, "so-far")
    assert so_far.count("L") == 1  # two points: those after the warm-up
    assert "warm-up" in texts(drawing)
    none = draw_load(replace(overloaded, ticks=ticks, warm_up=timedelta(0)))
    assert not [box for box in none.boxes if box.css == "warm"]


def test_a_second_without_p95_breaks_the_line(overloaded: LoadJournal) -> None:
    whole = tuple(tick(second) for second in range(6))
    gap = (*whole[:3], replace(whole[3], p95=None), *whole[4:])
    missing = (*whole[:3], *whole[4:])
    count = [len(strokes(draw_load(replace(overloaded, ticks=ticks)), "line")) for ticks in (whole, gap, missing)]
    assert count == [2, 3, 4]  # arrivals and p95: a second that is missing altogether breaks both


def test_failed_and_never_sent_requests_are_bars_with_their_number(overloaded: LoadJournal) -> None:
    drawing = draw_load(replace(overloaded, ticks=(tick(0), tick(1, failed=3), tick(2, dropped=2))))
    bars = [(box.css, box.title) for box in drawing.boxes if box.css in {"failed", "dropped"} and box.title]
    assert bars == [("failed", "3 requests failed at 1 s"), ("dropped", "2 arrivals never sent at 2 s")]
    assert "never sent" in texts(drawing)
    assert "never sent" not in texts(draw_load(replace(overloaded, ticks=(tick(0), tick(1)))))


def test_the_wanted_rate_is_drawn_as_steps(overloaded: LoadJournal) -> None:
    ticks = (tick(0, target_rate=10.0), tick(1, target_rate=20.0), tick(2, target_rate=20.0))
    (path,) = strokes(draw_load(replace(overloaded, ticks=ticks)), "wanted")
    assert path.count("V") == 1
    assert path.count("H") == 3


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_every_shape_of_any_run_stays_inside(
    load_journals: st.SearchStrategy[LoadJournal], data: st.DataObject
) -> None:
    load = data.draw(load_journals.filter(lambda one: bool(one.ticks)))
    drawing = draw_load(load)
    for box in drawing.boxes:
        assert 0 <= box.x <= box.x + box.width <= drawing.width
        assert -1.5 <= box.y <= box.y + box.height <= drawing.height
    for dot in drawing.dots:
        assert LEFT <= dot.x <= RIGHT
    for label in drawing.labels:
        assert 0 <= label.x <= drawing.width
        assert 0 <= label.y <= drawing.height


def test_the_line_beside_the_wanted_rate_counts_arrivals_and_not_their_requests(carried: LoadJournal) -> None:
    """An arrival may send several requests: counted as arrivals they would lie above what was wanted."""
    ticks = [tick(second, n=30, arrivals=10) for second in range(3)]
    drawing = draw_load(msgspec.structs.replace(carried, ticks=tuple(ticks)))
    alike = draw_load(msgspec.structs.replace(carried, ticks=tuple(tick(second, arrivals=10) for second in range(3))))

    assert strokes(drawing, "line")[0] == strokes(alike, "line")[0]
