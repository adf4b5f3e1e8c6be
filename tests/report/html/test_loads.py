from __future__ import annotations

import msgspec

from alertproof.journal import LoadJournal
from alertproof.report import Report
from alertproof.report.html.loads import LoadView, load_view
from alertproof.report.html.past import Recall
from alertproof.report.html.tiles import Tile

replace = msgspec.structs.replace


def view(load: LoadJournal) -> LoadView:
    return load_view(load, place="load-1", recall=Recall(Report(), {}))


def tiles(load: LoadJournal) -> dict[str, Tile]:
    return {tile.name: tile for tile in view(load).tiles}


def test_the_tiles_say_what_was_sent_and_what_came_of_it(overloaded: LoadJournal) -> None:
    found = tiles(overloaded)
    assert (found["Arrivals wanted"].value, found["Arrivals wanted"].lines) == (
        "40/s",
        ("40/s were sent", "the generator was 3 ms late (p99)"),
    )
    assert (found["Requests"].value, found["Requests"].lines) == ("2,000", ("after a warm-up of 10 s", "3 never sent"))
    assert (found["p95"].value, found["p95"].mark) == ("941 ms", "▲ over")
    assert (found["Slow or failed"].value, found["Slow or failed"].mark) == ("6.6 %", "▲ over")
    assert found["Failed"].value == "0.75 %"


def test_what_was_sent_are_arrivals_and_not_their_requests(overloaded: LoadJournal) -> None:
    twice = replace(overloaded, ticks=tuple(replace(tick, n=2 * tick.n) for tick in overloaded.ticks))
    assert tiles(twice)["Arrivals wanted"].lines[0] == "40/s were sent"


def test_exactly_the_limit_and_exactly_the_allowed_share_are_within(overloaded: LoadJournal) -> None:
    edge = replace(overloaded, p95=overloaded.limit, n=100, slow=5)
    assert [tiles(edge)[name].mark for name in ("p95", "Slow or failed")] == ["● within", "● within"]
    over = replace(edge, slow=6)
    assert tiles(over)["Slow or failed"].mark == "▲ over"


def test_a_p95_that_falls_on_a_failed_request_is_over(overloaded: LoadJournal) -> None:
    tile = tiles(replace(overloaded, p95=None))["p95"]
    assert (tile.value, tile.mark, tile.lines[0]) == ("—", "▲ over", "that request failed")


def test_a_run_without_requests_is_neither_within_nor_over(overloaded: LoadJournal) -> None:
    empty = replace(overloaded, n=0, slow=0, failed=0, p95=None, ticks=())
    found = tiles(empty)
    assert (found["p95"].mark, found["p95"].lines) == ("", ("limit 800 ms",))
    assert found["Slow or failed"].mark == ""
    assert found["Arrivals wanted"].lines[0] == "no second was measured"
    assert view(empty).drawing is None


def test_endpoints_stand_by_name_with_their_percentiles(overloaded: LoadJournal) -> None:
    backwards = view(replace(overloaded, endpoints=overloaded.endpoints[::-1]))
    assert [seen.endpoint.name for seen in backwards.endpoints] == ["GET /api/leads", "POST /api/leads"]
    last = backwards.endpoints[-1]
    assert (last.spans, last.slow, last.failed) == (("42 ms", "196 ms", "890 ms", "1.3 s"), "5.06 %", "0.759 %")
    none = replace(overloaded.endpoints[0], p99=None)
    assert view(replace(overloaded, endpoints=(none,))).endpoints[0].spans[2] == "—"


def test_the_table_behind_the_panels_has_at_most_sixty_rows(overloaded: LoadJournal) -> None:
    assert len(view(overloaded).slices) == 60
    longer = replace(overloaded, ticks=(*overloaded.ticks, replace(overloaded.ticks[0], second=60)))
    assert len(view(longer).slices) == 31


def test_the_panels_are_said_in_words(overloaded: LoadJournal) -> None:
    assert view(overloaded).description == (
        "60 seconds at 40/s: the highest p95 of a second was 1.2 s, 10 were above the limit of 800 ms; "
        "6.6 % of the requests were slow or failed, 5 % allowed."
    )
