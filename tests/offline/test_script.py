from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from textwrap import dedent

import pytest

from alertproof.datadog import DefinitionError, State
from alertproof.errors import Broken, ConfigError
from alertproof.offline import read_script
from alertproof.offline.evaluate import read_data
from alertproof.offline.records import KINDS
from alertproof.tags import Tag, parse_tags
from alertproof.telemetry.series import MetricType

Write = Callable[[str], Path]

WHOLE = """\
monitors: [ratio.json, 'q*.json']
tests:
  - name: everything
    interval: 1m
    input_series:
      - {series: 'm{env:prod}', type: rate, flush: 10s, values: 1x3}
    expect:
      - {monitor: queue, at: 1m30s, state: No Data, group: {host: a, env: prod}}
    notified:
      - {monitor: ratio, to: '@pagerduty-a', transition: Triggered, between: [1m, 1h], text: bad}
    nothing_else: true
"""


def test_a_file_is_read_into_values(write: Write) -> None:
    script = read_script(write(WHOLE))
    assert [monitor.stem for monitor in script.monitors] == ["ratio", "queue"]
    (test,) = script.tests
    (series,) = test.inputs.series
    (state,) = test.states
    (notification,) = test.notifications
    assert (test.name, test.inputs.interval, test.nothing_else) == ("everything", timedelta(minutes=1), True)
    assert (series.kind, series.flush, len(series.values)) == (MetricType.RATE, timedelta(seconds=10), 4)
    assert (state.at, state.state) == (timedelta(seconds=90), State.NO_DATA)
    assert state.group == (Tag("env", "prod"), Tag("host", "a"))
    assert (notification.to, notification.contains) == ("pagerduty-a", "bad")
    assert notification.between == (timedelta(minutes=1), timedelta(hours=1))
    assert test.where.endswith("some.alert.yaml:3")


def test_a_monitor_goes_by_stem_name_and_id(write: Write) -> None:
    ratio, _ = read_script(write(WHOLE)).monitors
    assert all(ratio.is_called(name) for name in ("ratio", "The ratio", "5"))
    assert not ratio.is_called("queue")


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("interval: 1m", "intervall: 1m", 4, "unknown key 'intervall' (did you mean 'interval'?)"),
        ("tests:", "test:", 3, "unknown key 'test' (did you mean 'tests'?)"),
        ("type: rate", "kind: rate", 6, "unknown key 'kind'"),
        ("at: 1m30s", "after: 1m30s", 8, "unknown key 'after'"),
        ("text: bad", "txt: bad", 10, "unknown key 'txt' (did you mean 'text'?)"),
        (", values: 1x3", "", 6, "the key 'values' is missing"),
        ("    interval: 1m\n", "", 3, "the key 'interval' is missing"),
        ("1m30s", "soon", 8, "'soon' is no duration"),
        ("1m30s", "87840h1s", 8, "'87840h1s' is longer than 3660 days"),
        ("interval: 1m", "interval: 0s", 4, "longer than nothing"),
        ("flush: 10s", "flush: 7s", 6, "is not a multiple of the flush"),
        ("flush: 10s", "flush: 0s", 6, "is not a multiple of the flush"),
        ("type: rate", "type: rat", 6, "'rat' does not exist here (did you mean 'rate'?)"),
        ("state: No Data", "state: Alarm", 8, "'Alarm' does not exist here (did you mean 'Alert'?)"),
        ("Triggered", "Trigered", 10, "(did you mean 'Triggered'?)"),
        ("[1m, 1h]", "[1h, 1m]", 10, "the earlier first"),
        ("[1m, 1h]", "[1h]", 10, "expected two instants"),
        ("[1m, 1h]", "1h", 10, "expected a list"),
        ("nothing_else: true", "nothing_else: perhaps", 11, "expected true or false, got 'perhaps'"),
        ("1x3", "1xx3", 6, "'1xx3' is no value"),
        ("'m{env:prod}'", "'m{env:prod'", 6, "is no series"),
        ("'m{env:prod}'", "[m]", 6, "expected a single value"),
        ("'m{env:prod}'", "'m{env=\"prod\"}'", 6, "a tag has no '='; write it as Datadog does"),
        ("name: everything", "name: ' '", 3, "a test needs a name"),
        ("name: everything", "name:", 3, "a test needs a name"),
        ("values: 1x3", "values: [1]", 6, "expected a single value"),
        ("values: 1x3", "values:\n         1xx3", 7, "'1xx3' is no value"),
        ("at: 1m30s", "at: [1m]", 8, "expected a single value"),
        ("name: everything", "name: [a]", 3, "expected a single value"),
        ("interval: 1m", "interval: 1m\n    interval: 2m", 5, "the key 'interval' is here twice"),
    ],
)
def test_what_is_not_understood_is_refused_with_file_and_line(
    old: str, new: str, line: int, said: str, write: Write
) -> None:
    path = write(WHOLE.replace(old, new))
    with pytest.raises(ConfigError) as caught:
        read_script(path)
    assert str(caught.value).startswith(f"{path}:{line}: ")
    assert str(caught.value).count(str(path)) == 1
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("monitors: [nowhere.json]\ntests: []", "some.alert.yaml:1: no file matches 'nowhere.json'"),
        ("monitors: ['x*.json']\ntests: []", "no file matches 'x*.json'"),
        ("monitors: []\ntests: []", "the list is empty"),
        ("monitors: [ratio.json]\ntests: []", "some.alert.yaml:2: the list is empty"),
    ],
)
def test_a_file_that_would_verify_nothing_is_broken(text: str, said: str, write: Write) -> None:
    with pytest.raises(Broken) as caught:
        read_script(write(text))
    assert said in str(caught.value)


@pytest.mark.parametrize(("text", "said"), [("", "is empty"), ("a: [", "not YAML"), ("- 1", "keys and values")])
def test_a_file_that_is_no_test_file_is_refused(text: str, said: str, write: Write) -> None:
    with pytest.raises(ConfigError, match=said):
        read_script(write(text))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nowhere.alert.yaml: cannot be read: No such file"):
        read_script(tmp_path / "nowhere.alert.yaml")


def test_two_tests_of_one_name_are_refused(write: Write) -> None:
    test = "  - {name: a, interval: 1m, input_series: []}\n"
    with pytest.raises(ConfigError, match="two tests are called 'a'"):
        read_script(write(f"monitors: [ratio.json]\ntests:\n{test}{test}"))


def test_a_monitor_found_twice_is_one_and_two_of_one_stem_are_refused(write: Write, folder: Path) -> None:
    twice = WHOLE.replace("[ratio.json,", "[ratio.json, './r*.json',")
    assert len(read_script(write(twice)).monitors) == 2
    (folder / "other").mkdir()
    (folder / "other" / "ratio.json").write_bytes((folder / "ratio.json").read_bytes())
    with pytest.raises(ConfigError, match="some.alert.yaml:1: two monitors are called 'ratio'"):
        read_script(write(WHOLE.replace("[ratio.json,", "['**/ratio.json',")))


def test_a_monitor_that_the_server_would_refuse_is_refused(write: Write, folder: Path) -> None:
    (folder / "ratio.json").write_text('{"type": "query alert", "query": "avg(last_5m):m > 1"}')
    with pytest.raises(DefinitionError, match=r"ratio.json: The value provided for parameter 'query'"):
        read_script(write(WHOLE))


def test_the_inputs_that_the_page_shows_are_read_as_it_says(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "offline-tests.md").read_text(encoding="utf-8")
    (block,) = [each for each in page.split("```yaml\n") if each.startswith("    length:")]
    example, comment = dedent(block.partition("```")[0]), block.partition("- {at")[0]
    file = tmp_path / "data.yaml"
    file.write_text(f"interval: 1m\n{example}", encoding="utf-8")

    inputs = read_data(file, (), timedelta(minutes=1)).inputs

    assert set(re.findall(r"[a-z][a-z-]+", comment.partition("length: 30m")[2])) - {"so", "too"} == set(KINDS)
    assert inputs.records["logs"][1].attributes == {"http.status_code": 500.0, "service": "web"}
    assert inputs.records["logs"][1].every == timedelta(seconds=10)
    assert inputs.checks[0].values.tolist() == [0.0] * 10 + [2.0] * 5 + [0.0] * 15
    assert (inputs.bands[0].values.sum(), inputs.recoveries[0].values.sum()) == (20, 0)
    assert inputs.check_messages == {("http.can_connect", parse_tags("instance:shop")): {2: "refused"}}
    assert inputs.facts[0].tags == parse_tags("host:web-1")
    assert inputs.facts[0].variables == {"host": {"ip": "10.0.0.1"}, "role": {"name": "db"}}
    assert inputs.assumed == {"window_includes_end": True}
