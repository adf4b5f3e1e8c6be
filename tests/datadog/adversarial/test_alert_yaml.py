"""Hostile ``*.alert.yaml`` files end in an error in words, with little memory and time."""

from __future__ import annotations

from typing import Any

import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.datadog.adversarial import readers
from tests.datadog.adversarial.conftest import Bounded

GOOD: dict[str, Any] = {
    "monitors": ["m.json", "l.json"],
    "tests": [
        {
            "name": "x",
            "interval": "1m",
            "length": "11m",
            "input_series": [{"series": "a{b:c}", "type": "gauge", "values": "0x10", "flush": "1m"}],
            "logs": [{"at": "1m", "every": "1m", "until": "5m", "message": "a", "tags": "a:b", "attributes": {"n": 5}}],
            "options": {"window_includes_end": True, "rollup_interval": "1m", "no_data_windows": 2},
            "expect": [{"monitor": "m", "at": "5m", "state": "OK"}],
            "notified": [{"monitor": "m", "to": "x", "transition": "Triggered", "between": ["1m", "2m"]}],
            "nothing_else": False,
        }
    ],
}
TEXT = yaml.safe_dump(GOOD)


def bomb(levels: int) -> str:
    """Return a text whose last anchor stands for ten to that power of values."""
    lines = ["v0: &v0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"v{n}: &v{n} [{', '.join([f'*v{n - 1}'] * 10)}]" for n in range(1, levels)]
    return "\n".join(lines) + "\n"


def chain(length: int) -> str:
    """Return a text whose last anchor is so deep."""
    return "v0: &v0 {a: b}\n" + "".join(f"v{n}: &v{n} {{a: *v{n - 1}}}\n" for n in range(1, length))


def test_the_file_that_is_damaged_below_is_a_good_one(bounded: Bounded) -> None:
    assert bounded("alert_yaml", [TEXT]) == [""]


def test_a_document_that_is_deeper_than_anybody_writes_is_refused(bounded: Bounded) -> None:
    texts = ["[" * 1_000_000, "[" * 100_000 + "]" * 100_000, "{a: " * 100_000, "- " * 100_000 + "a", "? " * 100_000]
    texts += [
        "\n".join(" " * depth + "a:" for depth in range(2000)),
        TEXT + "slos: " + "[" * 51 + "]" * 51,
        chain(10_000),
    ]
    for text, said in zip(texts, bounded("alert_yaml", texts), strict=True):
        assert "nested more than 50 levels deep" in said, text[:60]
    (said,) = bounded("alert_yaml", [TEXT + "slos: " + "[" * 48 + "]" * 48])
    assert "nested" not in said


def test_aliases_stand_for_no_more_than_somebody_could_write(bounded: Bounded) -> None:
    log = "interval: 1m\n  length: 9m\n  logs:\n  - {at: 1m, attributes: "
    first = "tests:\n- name: x\n  " + log
    texts = [
        bomb(9),
        "tests: &t [*t]\nmonitors: []",
        "&r\ntests: *r\nmonitors: *r",
        first + "&a {x: *a}}\nmonitors: []",
    ]
    many, own, root, inner = bounded("alert_yaml", texts)
    assert "aliases stand for more than 1000000 values" in many
    for said in (own, root, inner):
        assert "stands inside of what it stands for" in said
    plain = TEXT.replace("message: a", "message: &n a").replace("name: x", "name: *n")
    assert bounded("alert_yaml", [plain]) == [""]


def test_an_alias_is_as_deep_as_what_it_stands_for(bounded: Bounded) -> None:
    anchor = "slos: &a " + "[" * 24 + "]" * 24 + "\n"
    texts = [anchor + "tests: " + "[" * depth + "*a" + "]" * depth + "\n" for depth in (25, 26)]
    allowed, refused = bounded("alert_yaml", texts)
    assert "nested" not in allowed
    assert "2: nested more than 50 levels deep" in refused


def test_an_anchor_stands_before_its_aliases_and_once(bounded: Bounded) -> None:
    texts = ["monitors: *x\ntests: []", "monitors: &x []\ntests: &x []", "monitors: &x [&x a]\ntests: []"]
    nowhere, twice, inside = bounded("alert_yaml", texts)
    assert "1: *x stands for nothing: there is no &x before it" in nowhere
    assert "2: the anchor &x is here twice" in twice
    assert "1: the anchor &x is here twice" in inside


def test_a_file_is_one_document(bounded: Bounded) -> None:
    (said,) = bounded("alert_yaml", [TEXT + "---\n" + TEXT])
    assert "a second document; write several files" in said
    assert bounded("alert_yaml", ["---\n" + TEXT + "...\n"]) == [""]


def test_a_document_of_other_kinds_is_refused(bounded: Bounded) -> None:
    texts = [
        "",
        "\x00",
        "a",
        "[]",
        "a: *x",
        "a: 1\n---\nb: 2",
        "!!python/object/apply:os.system [ls]",
        "\ud800",
        "a: [",
        "%",
    ]
    texts += [
        f"monitors: [{each}]\ntests: []" for each in ("'.'", "'/'", "''", "'**a'", "'a\\0b'", "a" * 5000, "*a" * 999)
    ]
    for text, said in zip(texts, bounded("alert_yaml", texts), strict=True):
        assert said.startswith(("ConfigError", "Broken")), text[:60]


def test_numbers_and_spans_beyond_all_use_are_refused_or_broken(bounded: Bounded) -> None:
    many = "9" * 6000
    values = [
        "0x99999999",
        f"0x{many}",
        many * 10,
        "1e999",
        "0x4000000 " * 20,
        "_x4000000 " * 20,
        "1+1e308x10",
        "٣x3",
        "",
    ]
    texts = [TEXT.replace("0x10", value) for value in values]
    for text, said in zip(texts, bounded("alert_yaml", texts), strict=True):
        assert said.startswith("ConfigError"), text[:60]
    spans = [f"{many}h", "٣m", "-1m", "1e9h", "99999999999h"]
    texts = [
        TEXT.replace(f"{name}: {old}", f"{name}: {span}")
        for name, old in (("interval", "1m"), ("length", "11m"), ("at", "5m"))
        for span in spans
    ]
    for text, said in zip(texts, bounded("alert_yaml", texts), strict=True):
        assert said.startswith("ConfigError"), text[:60]


def test_what_would_last_for_ages_is_broken(bounded: Bounded) -> None:
    """The verdict of the test says so; nothing is allocated for it."""
    texts = [TEXT.replace("interval: 1m", "interval: 999999999h"), TEXT.replace("length: 11m", "length: 999999999h")]
    texts += [
        TEXT.replace("flush: 1m", "flush: 1s").replace("0x10", "0x4000000"),
        TEXT.replace("at: 5m", "at: 999999999h"),
    ]
    bounded("alert_yaml", texts)
    (said,) = bounded("alert_yaml", [TEXT.replace("no_data_windows: 2", "no_data_windows: 1e300")])
    assert "is no whole number of at most" in said


def test_many_tests_are_read(bounded: Bounded) -> None:
    tests = "".join(f"- {{name: x{number}, interval: 1m, input_series: [], expect: []}}\n" for number in range(5000))
    assert bounded("alert_yaml", ["monitors: [m.json]\ntests:\n" + tests]) == [""]


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, each in inner for place in places(each, (*path, key)))]


def put(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    if not path:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = put(copy[path[0]], path[1:], new)
    return copy


ODD: st.SearchStrategy[Any] = st.sampled_from(
    [
        None,
        True,
        0,
        -1,
        1.5,
        10**30,
        "",
        "x",
        "m",
        "1m",
        "0x10",
        "nan",
        "inf",
        "-",
        "{",
        [],
        [[]],
        {},
        {"a": 1},
        {"": None},
        "\U0001f600",
    ]
)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.sampled_from(places(GOOD)), ODD), min_size=1, max_size=3))
def test_a_wrong_type_anywhere_is_a_verdict_or_an_error(changes: list[tuple[tuple[Any, ...], Any]]) -> None:
    document: Any = GOOD
    for path, odd in changes:
        if path in places(document):
            document = put(document, path, odd)
    error = readers.refusal(readers.alert_yaml, yaml.safe_dump(document))
    assert error is None or 0 < len(str(error)) < 2000
