"""What a failure looks like: whole drawings held against files, and what a reader must be able to trust."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from alertproof.offline import TestResult, run_file
from alertproof.offline.drawing.chart import Level, draw_chart
from alertproof.offline.drawing.columns import Columns
from alertproof.offline.drawing.ink import WIDTH, Part, line
from alertproof.offline.start import START
from alertproof.offline.words import distance, short_span
from alertproof.verdict import Verdict

DRAWINGS = Path(__file__).parent / "drawings"
FAILURES = {result.name: result for result in run_file(DRAWINGS / "three-failures.yaml")}


@pytest.mark.parametrize("name", FAILURES)
def test_a_failure_is_drawn_as_in_its_file(name: str) -> None:
    golden = DRAWINGS / f"{name.replace(' ', '-')}.txt"
    assert FAILURES[name].drawn + "\n" == golden.read_text(encoding="utf-8")


def test_the_page_shows_what_is_drawn() -> None:
    page = (Path(__file__).parents[2] / "docs" / "offline-tests.md").read_text(encoding="utf-8")
    assert FAILURES["fires too late"].drawn in page


def test_a_test_that_passes_draws_nothing() -> None:
    (result, *_) = run_file(Path(__file__).parents[2] / "alert_tests" / "offline" / "api-error-rate.alert.yaml")
    assert (result.verdict, result.drawn) == (Verdict.PASSED, "")


# --- by how much --------------------------------------------------------------------------------------


def rows(values: Sequence[float], *levels: float) -> list[str]:
    drawn = draw_chart(
        values,
        [Level(name="critical", value=each, text=f"> {each:g}", style="red") for each in levels],
        [""] * len(values),
    )
    return ["".join(part.text for part in each) for each in drawn]


def row_of(sign: str, drawn: Sequence[str], column: int) -> int:
    return next(number for number, each in enumerate(drawn) if each[14 + column : 15 + column] == sign)


@pytest.mark.parametrize("more", [1e-9, 0.5, 3])
def test_a_value_beside_a_threshold_never_stands_on_it(more: float) -> None:
    drawn = rows([100, 100, 100 + more, 100 + more, 100 - more, 100 - more, 0], 100)
    level = next(number for number, each in enumerate(drawn) if "> 100" in each)

    assert row_of("─", drawn, 1) == level
    assert row_of("─", drawn, 3) == level - 1
    assert row_of("─", drawn, 5) == level + 1


def test_values_between_two_thresholds_have_a_row_between_them_however_near_these_are() -> None:
    drawn = rows([0, 0, 100.5, 100.5, 1000], 100, 101)
    low, high = (next(number for number, each in enumerate(drawn) if text in each) for text in ("> 100 ", "> 101 "))

    assert high < row_of("─", drawn, 3) < low


def test_a_missing_value_is_a_gap() -> None:
    drawn = rows([1, float("nan"), 1], 5)
    assert any(each.endswith("─ ─") for each in drawn)


@pytest.mark.parametrize(
    ("value", "threshold", "said"),
    [
        (0.03, 0.02, "0.01 above (50%)"),
        (0.018, 0.02, "0.002 below (10%)"),
        (0.02, 0.02, "equal"),
        (0.0200000001, 0.02, "1e-10 above (5e-07%)"),
        (400, 2, "398 above (19,900%)"),
        (0, 10_000, "10000 below (100%)"),
        (40_000, 20_050, "19950 above (100%)"),
        (3, 0, "3 above"),
        (-3, -2, "1 below (50%)"),
    ],
)
def test_a_distance_is_a_side_a_number_and_a_share(value: float, threshold: float, said: str) -> None:
    assert distance(value, threshold) == said


# --- when ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("minutes", "step", "columns"),
    [(1, 1, 2), (83, 1, 84), (84, 1, 85), (85, 2, 43), (1440, 30, 49), (300_000, 3572, 84)],
)
def test_a_column_is_as_many_minutes_as_let_the_test_fit(minutes: int, step: int, columns: int) -> None:
    laid = Columns([START.timestamp() + 60 * minute for minute in range(1, minutes + 1)], START)

    assert (laid.step.total_seconds() / 60, laid.count) == (step, columns)
    assert sum(map(len, laid.evaluations)) == minutes
    assert all(len("".join(part.text for part in each)) <= WIDTH for each in laid.axis())


def test_no_line_is_wider_than_a_hundred_columns_and_what_is_cut_is_marked() -> None:
    (part,) = line(Part("x" * 200))
    assert part.text == "x" * (WIDTH - 1) + "…"


# --- what is said of a miss ---------------------------------------------------------------------------

Run = Callable[..., TestResult]
DEPTH = "avg(last_5m):avg:queue.depth{*} by {host} < 100"
MESSAGE = (
    "{{#is_alert}}@slack-a{{/is_alert}}{{#is_warning}}@slack-w{{/is_warning}}{{#is_recovery}}@slack-a{{/is_recovery}}"
)


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run a test of a monitor on depths by host below 100, for 40 minutes of two hosts' values."""

    def one(expectations: str, a: str = "500x9 50x9 500x19", b: str = "500x39") -> TestResult:
        options = {"thresholds": {"critical": 100, "warning": 200}, "new_group_delay": 0}
        payload = {"name": "Depth", "type": "query alert", "query": DEPTH, "message": MESSAGE, "options": options}
        (tmp_path / "depth.json").write_text(json.dumps(payload))
        path = tmp_path / "depth.alert.yaml"
        series = [
            f"{{series: 'queue.depth{{host:{host}}}', type: gauge, values: {values}}}"
            for host, values in (("a", a), ("b", b))
        ]
        inputs = f"interval: 1m, input_series: [{', '.join(series)}]"
        path.write_text(f"monitors: [depth.json]\ntests: [{{name: t, {inputs}, {expectations}}}]")
        (result,) = run_file(path)
        assert result.verdict is Verdict.FAILED, result.reason
        return result

    return one


def expected(at: str, state: str, group: str = "a") -> str:
    return f"expect: [{{monitor: depth, at: {at}, state: {state}, group: {{host: {group}}}}}]"


def notified(transition: str, first: str, last: str, rest: str = "") -> str:
    return f"notified: [{{monitor: depth, transition: {transition}, between: [{first}, {last}]{rest}}}]"


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (expected("14m", "Alert"), "{host:a} was Warn then, at 140: 40 above 100 (40%); Alert came at 15m, 1m late"),
        (expected("22m", "Alert"), "Alert was last at 20m, 2m before"),
        (expected("20m", "Alert", "b"), "it never was Alert, for no value was lower"),
        (expected("16m", "OK"), "{host:a} was Alert then, at 50: 150 below 200 (75%)"),
        (expected("14m", "No Data"), "it never was No Data"),
        (notified("Triggered", "10m", "14m"), "Triggered {host:a} came at 15m: 1m late"),
        (notified("Triggered", "16m", "20m"), "Triggered {host:a} came at 15m: 1m early"),
        (notified("Triggered", "15m", "15m", ", to: slack-w"), "not @slack-w, which its message has elsewhere"),
        (notified("Triggered", "15m", "15m", ", to: slack-x"), "not @slack-x, which its message does not have"),
        (notified("Triggered", "15m", "15m", ", text: nine"), "its text has no 'nine': [Triggered on {host:a}] Depth"),
        (notified("Triggered", "15m", "15m", ", group: {host: b}"), "for another group than {host:b}"),
        (notified("Renotify", "15m", "15m"), "no Renotify came at all, only Warn, Triggered, Recovered"),
        (
            f"notified: [{', '.join(2 * ['{monitor: depth, transition: Triggered, between: [15m, 15m]}'])}]",
            "Triggered {host:a} came at 15m, and another expectation took it",
        ),
        ("nothing_else: true", "depth: OK to Warn host:a at "),
    ],
)  # fmt: skip
def test_a_miss_says_by_how_much_when_and_why(asked: str, said: str, run: Run) -> None:
    assert said in " ".join(run(asked).drawn.split())


def test_what_never_left_ok_says_how_near_it_came(run: Run) -> None:
    drawn = " ".join(
        run(notified("Triggered", "15m", "20m", ", group: {host: b}"), a="500x39", b="500-5x39").drawn.split()
    )
    assert "nothing was told: it never left OK; its lowest value came at 40m, at 315: 215 above 100 (215%)" in drawn


def test_only_groups_that_missed_are_drawn(run: Run) -> None:
    drawn = run("expect: [{monitor: depth, at: 16m, state: OK}]").drawn

    assert "\ndepth {host:a}  " in drawn
    assert "\ndepth {host:b}  " not in drawn


@pytest.mark.parametrize(("groups", "figures", "rest"), [(4, 4, ""), (6, 4, "and 2 more groups, not drawn")])
def test_no_more_than_four_groups_are_drawn_and_the_others_counted(
    groups: int, figures: int, rest: str, tmp_path: Path
) -> None:
    payload = {"name": "Depth", "type": "query alert", "query": DEPTH, "options": {"new_group_delay": 0}}
    (tmp_path / "depth.json").write_text(json.dumps(payload))
    series = [f"{{series: 'queue.depth{{host:{n}}}', type: gauge, values: 500x9}}" for n in range(groups)]
    path = tmp_path / "depth.alert.yaml"
    expect = "expect: [{monitor: depth, at: 5m, state: Alert}]"
    path.write_text(
        f"monitors: [depth.json]\ntests: [{{name: t, interval: 1m, input_series: [{', '.join(series)}], {expect}}}]"
    )
    (result,) = run_file(path)

    assert sum(each.startswith("depth {host:") for each in result.drawn.splitlines()) == figures
    assert result.drawn.endswith(rest)


def test_a_service_check_which_has_no_value_is_drawn_without_a_chart(tmp_path: Path) -> None:
    payload = {
        "name": "Up",
        "type": "service check",
        "query": '"app.up".over("*").by("host").last(2).count_by_status()',
        "message": "",
        "options": {"thresholds": {"critical": 1, "warning": 1, "ok": 1}, "new_group_delay": 0},
    }
    (tmp_path / "up.json").write_text(json.dumps(payload))
    path = tmp_path / "up.alert.yaml"
    path.write_text(
        "monitors: [up.json]\ntests: [{name: t, interval: 1m,"
        " checks: [{check: 'app.up{host:a}', values: OKx5 CRITICALx5}],"
        " expect: [{monitor: up, at: 5m, state: Alert}]}]"
    )
    (result,) = run_file(path)

    assert "actual │ ──────█" in result.drawn
    assert "╌" not in result.drawn
    assert "critical" not in result.drawn


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "0m"), (90, "90s"), (7140, "119m"), (7200, "2h"), (94_800, "26h20m"), (7230, "7230s"), (-3600, "-60m")],
)
def test_a_span_is_said_as_people_write_it(seconds: int, said: str) -> None:
    assert short_span(timedelta(seconds=seconds)) == said
