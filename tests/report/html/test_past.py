from __future__ import annotations

import msgspec

from alertproof.report import Report
from alertproof.report.history import past_rows
from alertproof.report.html.past import Recall

replace = msgspec.structs.replace


def test_a_check_with_a_past_has_bars_and_words(proven: Report) -> None:
    row = past_rows(proven)[0]
    recall = Recall(proven, {row.check: (replace(row, run="before"), row)})
    view = recall.of(row.check)
    assert recall
    assert view is not None
    assert view.words == "last 2 runs: all passed"
    assert view.drawing is not None
    assert len(view.drawing.strokes) == 1


def test_a_first_run_has_words_and_no_bars(proven: Report) -> None:
    row = past_rows(proven)[0]
    view = Recall(proven, {row.check: (row,)}).of(row.check)
    assert view is not None
    assert (view.drawing, view.words) == (None, "first run on this target")


def test_the_values_of_the_past_are_a_range(proven: Report) -> None:
    (row,) = (row for row in past_rows(proven) if row.value is not None)
    view = Recall(proven, {row.check: (replace(row, value=100_000.0), row)}).of(row.check)
    assert view is not None
    assert view.took == "1 min 40 s – 2 min 40 s"
    none = Recall(proven, {row.check: (replace(row, value=None),)}).of(row.check)
    assert none is not None
    assert none.took == ""


def test_a_check_without_a_past_has_nothing(proven: Report) -> None:
    row = past_rows(proven)[0]
    assert Recall(proven, {row.check: (row,)}).of("another") is None
    assert not Recall(proven, {})


def test_a_run_that_left_no_instant_remembers_nothing(proven: Report) -> None:
    row = past_rows(proven)[0]
    recall = Recall(Report(), {row.check: (row,)})
    assert not recall
    assert recall.of(row.check) is None
