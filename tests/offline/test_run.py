from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from alertproof.datadog import State
from alertproof.errors import ConfigError, NotModelled
from alertproof.offline import TestResult, run_file
from alertproof.verdict import Verdict

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture
def run(write: Callable[[str], Path]) -> Callable[..., TestResult]:
    """Run one test of the monitors, by default of requests and of errors from minute 10 to 20."""

    def one(rest: str, *, errors: str = "0x9 5x10 0x10", series: str | None = None) -> TestResult:
        default = (
            "[{series: 'api.requests{env:prod}', type: count, values: 100x31},"
            f" {{series: 'api.errors{{env:prod}}', type: count, values: {errors}}}]"
        )
        text = (
            "monitors: [ratio.json, queue.json]\ntests:\n"
            f"  - {{name: t, interval: 1m, input_series: {series or default}, {rest}}}\n"
        )
        (result,) = run_file(write(text))
        return result

    return one


Run = Callable[..., TestResult]


def state(at: str, word: str, monitor: str = "ratio") -> str:
    return f"expect: [{{monitor: {monitor}, at: {at}, state: {word}}}]"


def notified(transition: str, first: str, last: str, rest: str = "to: pagerduty-a") -> str:
    return f"{{monitor: ratio, transition: {transition}, between: [{first}, {last}], {rest}}}"


BOTH = f"notified: [{notified('Triggered', '13m', '13m')}, {notified('Recovered', '24m', '24m')}]"


@pytest.mark.parametrize(
    ("at", "word", "verdict"),
    [
        ("12m", "OK", Verdict.PASSED),
        ("12m", "Alert", Verdict.FAILED),
        ("13m", "Alert", Verdict.PASSED),
        ("12m59s", "OK", Verdict.PASSED),
        ("23m", "Alert", Verdict.PASSED),
        ("24m", "OK", Verdict.PASSED),
        ("32m", "OK", Verdict.PASSED),
    ],
)
def test_a_state_is_expected_at_an_instant(at: str, word: str, verdict: Verdict, run: Run) -> None:
    assert run(state(at, word)).verdict is verdict


def test_an_expectation_that_failed_tells_what_was_seen(run: Run) -> None:
    (expectation,) = run(state("13m", "OK")).expectations
    assert expectation.text == "ratio is OK at 13m"
    assert expectation.last_seen == "* is Alert since 13m, value 0.03"


def test_a_monitor_may_be_called_by_its_name_or_id(run: Run) -> None:
    assert run(state("13m", "Alert", monitor="The ratio")).verdict is Verdict.PASSED
    assert run(state("13m", "Alert", monitor="5")).verdict is Verdict.PASSED


@pytest.mark.parametrize(
    ("first", "last", "verdict"),
    [
        ("13m", "13m", Verdict.PASSED),
        ("0m", "13m", Verdict.PASSED),
        ("0m", "12m59s", Verdict.FAILED),
        ("13m1s", "32m", Verdict.FAILED),
    ],
)
def test_the_ends_of_an_interval_are_included(first: str, last: str, verdict: Verdict, run: Run) -> None:
    result = run(f"notified: [{notified('Triggered', first, last)}]")
    assert result.verdict is verdict
    assert "Triggered at 13m to pagerduty-a" in result.expectations[0].last_seen


@pytest.mark.parametrize(
    ("rest", "verdict"),
    [
        ("to: pagerduty-a", Verdict.PASSED),
        ("to: '@pagerduty-a'", Verdict.PASSED),
        ("to: pagerduty", Verdict.FAILED),
        ("to: pagerduty-a, text: bad", Verdict.PASSED),
        ("to: pagerduty-a, text: The ratio", Verdict.PASSED),
        ("to: pagerduty-a, text: good", Verdict.FAILED),
        ("group: {host: a}", Verdict.FAILED),
    ],
)
def test_who_is_told_and_what_has_to_fit(rest: str, verdict: Verdict, run: Run) -> None:
    assert run(f"notified: [{notified('Triggered', '0m', '32m', rest)}]").verdict is verdict


@pytest.fixture
def told(write: Callable[[str], Path], folder: Path) -> Callable[[str], TestResult]:
    """Expect notifications of a monitor that tells two, and a third with an empty text when Alert becomes Warn."""
    message = "much of it @pagerduty-a @slack-a {{#is_alert_recovery}}@slack-over{{/is_alert_recovery}}"
    payload = {"name": "Load", "type": "query alert", "query": "avg(last_1m):avg:load{*} > 5", "message": message}
    options = {"thresholds": {"critical": 5, "warning": 3}}
    (folder / "load.json").write_text(json.dumps({**payload, "options": options}))

    def one(notified: str, values: str = "0x4 9x4 4x9", options: str = "{}", rest: str = "") -> TestResult:
        series = f"[{{series: load, type: gauge, values: {values}}}]"
        test = f"{{name: t, interval: 1m, input_series: {series}, notified: [{notified}], options: {options}{rest}}}"
        (result,) = run_file(write(f"monitors: [load.json]\ntests: [{test}]\n"))
        return result

    return one


def of_load(transition: str, rest: str) -> str:
    return f"{{monitor: load, transition: {transition}, between: [1m, 18m], {rest}}}"


@pytest.mark.parametrize(
    ("first", "second", "verdict"),
    [
        ("to: pagerduty-a", "to: slack-a", Verdict.PASSED),
        ("to: slack-a", "to: pagerduty-a", Verdict.PASSED),
        ("to: pagerduty-a", "to: pagerduty-a", Verdict.FAILED),
        ("to: pagerduty-a", "text: Load", Verdict.FAILED),
        ("text: Load", "to: pagerduty-a", Verdict.FAILED),
        ("text: Load", "text: Load", Verdict.FAILED),
    ],
)
def test_each_handle_of_a_notification_can_be_expected_once(
    first: str, second: str, verdict: Verdict, told: Callable[[str], TestResult]
) -> None:
    assert told(f"{of_load('Triggered', first)}, {of_load('Triggered', second)}").verdict is verdict


@pytest.mark.parametrize(
    ("rest", "verdict"),
    [
        ("to: slack-a, text: much", Verdict.PASSED),
        ("to: slack-over, text: Load", Verdict.PASSED),
        ("to: slack-over, text: much", Verdict.FAILED),
    ],
)
def test_a_handle_that_is_told_nothing_is_expected_without_text(
    rest: str, verdict: Verdict, told: Callable[[str], TestResult]
) -> None:
    result = told(of_load("Warn", rest))
    assert result.verdict is verdict
    if verdict is Verdict.FAILED:
        assert "its text has no 'much': [Warn] Load\n" in result.drawn


def test_nothing_else_is_met_when_everything_was_expected(run: Run) -> None:
    result = run(f"{BOTH}, nothing_else: true")
    assert result.verdict is Verdict.PASSED
    assert [each.new for each in result.transitions] == [State.OK, State.ALERT, State.OK]
    assert [each.transition for each in result.notifications] == ["Triggered", "Recovered"]


def test_nothing_else_fails_for_one_more_notification(run: Run) -> None:
    result = run(f"notified: [{notified('Triggered', '13m', '13m')}], nothing_else: true")
    assert result.verdict is Verdict.FAILED
    seen = result.expectations[-1].last_seen
    assert "Recovered at 24m to pagerduty-a" in seen
    assert "Alert to OK at 24m, value 0.02" in seen


@pytest.mark.parametrize(
    ("expected", "others"),
    [
        (("to: pagerduty-a", "to: slack-a"), ()),
        (("text: Load",), ()),
        (("to: pagerduty-a",), ("slack-a",)),
        (("to: slack-a",), ("pagerduty-a",)),
    ],
)
def test_each_handle_that_nobody_expected_is_something_else(
    expected: tuple[str, ...], others: tuple[str, ...], told: Callable[..., TestResult]
) -> None:
    wanted = ", ".join(of_load("Triggered", each) for each in expected)
    result = told(wanted, "0x4 9x14", rest=", nothing_else: true")
    assert result.verdict is (Verdict.FAILED if others else Verdict.PASSED)
    seen = result.expectations[-1].last_seen
    assert [each for each in ("pagerduty-a", "slack-a") if each in seen] == list(others)


def test_nothing_else_fails_when_one_thing_happens_twice(run: Run) -> None:
    flapping = "0x4 50 0x9 50 0x14"
    wanted = f"{notified('Triggered', '0m', '32m')}, {notified('Recovered', '0m', '32m')}"
    assert run(f"notified: [{wanted}]", errors=flapping).verdict is Verdict.PASSED
    assert run(f"notified: [{wanted}], nothing_else: true", errors=flapping).verdict is Verdict.FAILED
    twice = f"notified: [{wanted}, {wanted}], nothing_else: true"
    assert run(twice, errors=flapping).verdict is Verdict.PASSED


QUEUES = (
    "[{series: 'queue.depth{host:a}', type: gauge, values: 9900x19},"
    " {series: 'queue.depth{host:b}', type: gauge, values: 9900x9 10001x9}]"
)


def test_a_state_holds_for_every_group_or_for_the_one_that_is_named(run: Run) -> None:
    at = "monitor: queue, at: 20m"
    for group, word, verdict in (
        ("", "OK", Verdict.FAILED),
        ("", "Alert", Verdict.FAILED),
        (", group: {host: a}", "OK", Verdict.PASSED),
        (", group: {host: b}", "Alert", Verdict.PASSED),
    ):
        result = run(f"expect: [{{{at}, state: {word}{group}}}]", series=QUEUES)
        assert result.verdict is verdict
    assert run(state("14m", "OK", "queue"), series=QUEUES).verdict is Verdict.PASSED


def test_a_transition_that_tells_nobody_is_something_else_too(run: Run) -> None:
    result = run("nothing_else: true", series=QUEUES)
    assert result.verdict is Verdict.FAILED
    assert result.expectations[0].last_seen == "queue: OK to Alert host:b at 15m, value 10001"
    silent = "{monitor: queue, transition: Triggered, between: [15m, 15m]}"
    assert run(f"notified: [{silent}], nothing_else: true", series=QUEUES).verdict is Verdict.PASSED


def test_quiet_data_is_quiet_on_all_monitors(run: Run) -> None:
    result = run("nothing_else: true", errors="2x31")
    assert result.verdict is Verdict.PASSED
    assert [each.monitor for each in result.monitors] == ["queue", "ratio"]


@pytest.mark.parametrize(
    ("rest", "said"),
    [
        ("nothing_else: false", "the test expects nothing"),
        (state("13m", "OK", "ratios"), "no monitor is called 'ratios' (did you mean 'ratio'?)"),
        (state("33m", "OK"), "the data ends at 32m"),
        (state("0m", "OK"), "the first evaluation comes later"),
        (f"notified: [{notified('Triggered', '13m', '33m')}]", "the data ends at 32m"),
        (state("13m", "OK", "queue"), "no input series is in the scope of max:queue.depth{*} by {host}"),
        ("expect: [{monitor: ratio, at: 13m, state: OK, group: {host: a}}]", "no such group then (groups: *)"),
    ],
)
def test_a_test_that_looks_at_nothing_is_broken(rest: str, said: str, run: Run) -> None:
    result = run(rest)
    assert result.verdict is Verdict.BROKEN
    assert said in result.reason
    assert "some.alert.yaml:3: " in result.reason


@pytest.mark.parametrize(
    ("series", "said"),
    [
        ("[]", "the test has no input series"),
        (
            (
                "[{series: 'api.requests{env:prod}', type: count, values: 1x9},"
                " {series: 'api.errors{env:prod}', type: count, values: 1x8}]"
            ),
            "different numbers of values: 10 of api.requests, 9 of api.errors",
        ),
        (
            (
                "[{series: 'api.requests{env:prod}', type: count, values: 1x9},"
                " {series: 'api.errors{env:prd}', type: count, values: 1x9}]"
            ),
            "in the scope of sum:api.errors{env:prod}.as_count()",
        ),
        (
            (
                "[{series: 'api.requests{env:prod}', type: count, values: 0x9},"
                " {series: 'api.errors{env:prod}', type: count, values: 0x9}]"
            ),
            "there was never a value for ratio",
        ),
        (
            (
                "[{series: 'api.requests{env:prod}', type: count, values: 1x9},"
                " {series: 'api.errors{env:prod}', type: gauge, values: 1x9},"
                " {series: 'api.errors{env:dev}', type: count, values: 1x9}]"
            ),
            "'api.errors' is a gauge, and now a point of type count",
        ),
    ],
)
def test_data_that_cannot_answer_is_broken(series: str, said: str, run: Run) -> None:
    result = run(state("5m", "OK"), series=series)
    assert result.verdict is Verdict.BROKEN
    assert said in result.reason


def test_two_inputs_of_one_series_are_broken(run: Run) -> None:
    twice = (
        "[{series: 'api.requests{env:prod}', type: count, values: 100x9},"
        " {series: 'api.errors{env:prod}', type: count, values: 5x9},"
        " {series: 'api.errors{ env:prod }', type: count, values: 0x9}]"
    )
    result = run(state("9m", "OK"), series=twice)
    assert result.verdict is Verdict.BROKEN
    assert "two inputs are the series api.errors{env:prod}" in result.reason


def both(values: str) -> str:
    requests, errors = (
        f"{{series: 'api.{name}{{env:prod}}', type: count, values: {values}}}" for name in ("requests", "errors")
    )
    return f"[{requests}, {errors}]"


@pytest.mark.parametrize(("at", "verdict"), [("9m", Verdict.PASSED), ("10m", Verdict.BROKEN), ("34m", Verdict.BROKEN)])
def test_a_state_that_merely_stays_without_data_is_broken(at: str, verdict: Verdict, run: Run) -> None:
    """The last points are of minute 4, and the window is five minutes."""
    result = run(state(at, "Alert"), series=both("1x4 _x30"))
    assert result.verdict is verdict
    if verdict is Verdict.BROKEN:
        assert "* had no point in the window then" in result.reason
        assert "* is Alert since 1m, no value since 10m (last value 1)" in result.reason


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"on_missing_data": "resolve"}, "OK"),
        ({"notify_no_data": True}, "No Data"),
        ({"on_missing_data": "show_no_data"}, "No Data"),
    ],
)
def test_a_monitor_that_handles_missing_data_is_judged_without(
    options: dict[str, object], word: str, run: Run, folder: Path
) -> None:
    payload = json.loads((folder / "ratio.json").read_text())
    (folder / "ratio.json").write_text(json.dumps(payload | {"options": options}))
    result = run(state("34m", word), series=both("1x4 _x30"))
    assert result.verdict is Verdict.PASSED
    assert "no value since 10m (last value 1)" in result.expectations[0].last_seen


def test_points_that_make_no_value_are_looked_at_and_told(run: Run) -> None:
    result = run(state("12m", "Alert"), series=both("1x4 0x9"))
    assert result.verdict is Verdict.PASSED
    assert result.expectations[0].last_seen == "* is Alert since 1m, no value since 10m (last value 1)"


def test_a_query_that_its_data_cannot_answer_breaks_its_test_and_no_other(
    write: Callable[[str], Path], folder: Path
) -> None:
    payload = {"name": "counted", "type": "query alert", "query": "avg(last_5m):count:g{*} > 5"}
    (folder / "counted.json").write_text(json.dumps(payload))
    test = "{{name: {0}, interval: 1m, input_series: [{{series: g, type: {0}, values: 9x9}}], {1}}}"
    wanted = "expect: [{monitor: counted, at: 9m, state: OK}]"
    tests = ", ".join(test.format(kind, wanted) for kind in ("gauge", "distribution"))
    bad, good = run_file(write(f"monitors: [counted.json]\ntests: [{tests}]"))
    assert (bad.verdict, good.verdict) == (Verdict.BROKEN, Verdict.PASSED)
    assert "count: over the gauge 'g'" in bad.reason


def test_monitors_that_never_came_to_a_value_are_listed(run: Run) -> None:
    assert run(f"{BOTH}, nothing_else: true").idle == ("queue",)
    assert run(state("13m", "Alert")).idle == ()


def test_an_unused_monitor_may_lack_its_data_but_not_all_of_them(run: Run) -> None:
    assert run(f"{BOTH}, nothing_else: true").verdict is Verdict.PASSED
    unrelated = "[{series: 'other', type: gauge, values: 1x9}]"
    result = run("nothing_else: true", series=unrelated)
    assert result.verdict is Verdict.BROKEN
    assert "never a value for ratio, queue" in result.reason


def test_a_flush_divides_counts_and_repeats_rates(run: Run) -> None:
    for kind, requests, errors in (("count", "100x19", "3x19"), ("rate", "10x19", "0.3x19")):
        series = (
            f"[{{series: 'api.requests{{env:prod}}', type: {kind}, flush: 10s, values: {requests}}},"
            f" {{series: 'api.errors{{env:prod}}', type: {kind}, flush: 10s, values: {errors}}}]"
        )
        (expectation,) = run(state("20m", "Alert"), series=series).expectations
        assert expectation.met
        assert expectation.last_seen == "* is Alert since 1m, value 0.03"


def test_assumptions_are_told_for_the_monitors_that_ran(run: Run) -> None:
    assumptions = run(state("13m", "Alert")).assumptions
    assert "PagerDuty's dedup key is a hash of organisation, monitor and group." in assumptions
    assert not any("rolled up" in text for text in assumptions)


def test_a_test_may_ask_for_another_reading(run: Run) -> None:
    """With its last second in the window too, the third bad minute is seen one evaluation earlier."""
    assert run(f"{state('12m', 'OK')}").verdict is Verdict.PASSED
    result = run(f"{state('12m', 'Alert')}, options: {{window_includes_end: true}}")
    assert result.verdict is Verdict.PASSED
    assert any("includes its last" in text for text in result.assumptions)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ("{window_include_end: true}", "unknown key 'window_include_end' (did you mean 'window_includes_end'?)"),
        ("{window_includes_end: 1}", "expected true or false"),
        ("{no_data_windows: two}", "'two' is no number"),
        ("{no_data_windows: 1.5}", "'1.5' is no whole number"),
        ("{rollup_interval: 20}", "'20' is no duration"),
        ("{rollup_interval: 0s}", "some.alert.yaml:3: rollup_interval must be at least 1s"),
        ("{no_data_windows: 0}", "no_data_windows must be at least 1, not 0"),
        ("{value_digits: 0}", "value_digits must be from 1 to 17, not 0"),
        ("{eval_digits: 18}", "eval_digits must be from 1 to 17, not 18"),
        ("{sketch_accuracy: 0}", "sketch_accuracy must be a share such as 0.01, not 0"),
        ("{sketch_accuracy: 1}", "sketch_accuracy must be a share such as 0.01, not 1"),
        ("{sketch_accuracy: nan}", "sketch_accuracy must be a share such as 0.01, not nan"),
        ("{warn_to_alert: Alert}", "warn_to_alert must be one of Triggered, Re-Triggered, not 'Alert'"),
        ("{no_data_severity: bad}", "no_data_severity must be one of critical, error, warning, info, not 'bad'"),
    ],
)
def test_a_reading_that_does_not_exist_is_refused(options: str, said: str, run: Run) -> None:
    with pytest.raises(ConfigError) as caught:
        run(f"{state('12m', 'OK')}, options: {options}")
    assert said in str(caught.value)


@pytest.mark.parametrize(
    "options", ["{value_digits: 1, eval_digits: 17}", "{no_data_windows: 1, rollup_interval: 1s, sketch_accuracy: 0.5}"]
)
def test_a_reading_at_its_bounds_is_taken(options: str, run: Run) -> None:
    assert run(f"{state('12m', 'OK')}, options: {options}").verdict is Verdict.PASSED


@pytest.mark.parametrize(("word", "verdict"), [("Re-Triggered", Verdict.PASSED), ("Triggered", Verdict.FAILED)])
def test_the_other_word_for_warn_to_alert_can_be_expected(
    word: str, verdict: Verdict, told: Callable[..., TestResult]
) -> None:
    again = f"{{monitor: load, transition: {word}, between: [10m, 10m]}}"
    result = told(again, values="0x4 4x3 9x9", options="{warn_to_alert: Re-Triggered}")
    assert result.verdict is verdict
    assert verdict is Verdict.PASSED or "t Re-Triggered" in result.drawn


def test_a_monitor_that_is_not_modelled_is_named(write: Callable[[str], Path], folder: Path) -> None:
    payload = {"type": "query alert", "query": "avg(last_5m):avg:m{*}.rollup(median, 60) > 1"}
    (folder / "ratio.json").write_text(json.dumps(payload))
    test = "{name: t, interval: 1m, input_series: [], nothing_else: true}"
    with pytest.raises(NotModelled, match=r"ratio: .rollup.median. is not modelled"):
        run_file(write(f"monitors: [ratio.json]\ntests: [{test}]"))


def test_a_message_that_cannot_be_read_is_refused_with_its_place(write: Callable[[str], Path], folder: Path) -> None:
    payload = {"type": "query alert", "query": "avg(last_5m):avg:m{*} > 1", "message": "see\n{{#is_alert}}x"}
    (folder / "ratio.json").write_text(json.dumps(payload))
    with pytest.raises(NotModelled) as caught:
        run_file(write("monitors: [ratio.json]\ntests: [{name: t, interval: 1m, input_series: []}]"))
    said = "ratio: the block {{#is_alert}} is never closed (line 2, column 1 of the message)"
    assert str(caught.value).splitlines()[0] == said


def test_by_another_reading_a_message_that_cannot_be_read_tells_nobody(
    write: Callable[[str], Path], folder: Path
) -> None:
    payload = {"type": "query alert", "query": "avg(last_5m):avg:m{*} > 1", "message": "{{#is_alert}}x @slack-a"}
    (folder / "ratio.json").write_text(json.dumps(payload))
    series = "input_series: [{series: m, type: gauge, values: 9x9}]"
    asked = f"notified: [{notified('Triggered', '1m', '1m', 'text: slack-a')}]"
    test = f"{{name: t, interval: 1m, {series}, {asked}, options: {{malformed_messages_are_refused: false}}}}"
    (result,) = run_file(write(f"monitors: [ratio.json]\ntests: [{test}]"))
    assert result.verdict is Verdict.PASSED, result
    assert [each.handles for each in result.notifications] == [()]


def test_that_reading_is_of_the_test_that_asks_for_it_alone(write: Callable[[str], Path], folder: Path) -> None:
    payload = {"type": "query alert", "query": "avg(last_5m):avg:m{*} > 1", "message": "{{#is_alert}}x @slack-a"}
    (folder / "ratio.json").write_text(json.dumps(payload))
    series = "interval: 1m, input_series: [{series: m, type: gauge, values: 0x9}]"
    asked = "expect: [{monitor: ratio, at: 9m, state: OK}]"
    lenient = f"{{name: a, {series}, {asked}, options: {{malformed_messages_are_refused: false}}}}"
    first, second = run_file(write(f"monitors: [ratio.json]\ntests:\n- {lenient}\n- {{name: b, {series}, {asked}}}"))
    assert (first.verdict, second.verdict) == (Verdict.PASSED, Verdict.BROKEN)
    assert "some.alert.yaml:4: ratio: the block {{#is_alert}} is never closed" in second.reason


AVAILABILITY = """\
monitors: [{monitor}]
{slos}
tests:
  - name: burns
    interval: 1m
    input_series:
      - {{series: 'synthetics.probe.runs{{service:m3core-api,env:prod}}', type: count, values: 6x79}}
      - {{series: 'synthetics.probe.failed{{service:m3core-api,env:prod}}', type: count, values: {failed}}}
    expect:
      - {{monitor: api-availability, at: 80m, state: {state}}}
"""


@pytest.mark.parametrize(("failed", "word"), [("0x78 1", "OK"), ("0x77 5 1", "Alert"), ("0x77 3 2", "OK")])
def test_the_availability_alert_burns_its_slo(failed: str, word: str, write: Callable[[str], Path]) -> None:
    """Of 360 runs in an hour 5 failures burn at 13.9 and 6 at 16.7; the threshold is 14.4."""
    folder = REPOSITORY / "monitoring" / "datadog"
    monitor, slo = folder / "monitors" / "api-availability.json", folder / "slos" / "*.json"
    text = AVAILABILITY.format(monitor=monitor, slos=f"slos: ['{slo}']", failed=failed, state=word)
    (result,) = run_file(write(text))
    assert result.verdict is Verdict.PASSED, result


def test_an_slo_alert_without_its_slo_is_refused(write: Callable[[str], Path]) -> None:
    monitor = REPOSITORY / "monitoring" / "datadog" / "monitors" / "api-availability.json"
    text = AVAILABILITY.format(monitor=monitor, slos="", failed="0x79", state="OK")
    with pytest.raises(ConfigError, match="no SLO with the id 'api-availability'"):
        run_file(write(text))


def test_the_example_of_the_repository_passes() -> None:
    results = run_file(REPOSITORY / "alert_tests" / "offline" / "api-error-rate.alert.yaml")
    assert len(results) >= 4
    assert {result.verdict for result in results} == {Verdict.PASSED}
