"""An offline test that stays green whatever the monitor says proves nothing: each is run on monitors that are wrong.

Of each monitor every number, window, comparison, filter, aggregator and group is put beside what it was, one at a time,
in a copy; the monitor's own ``*.alert.yaml`` must go red.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from alertproof.datadog import load_definition
from alertproof.errors import AlertproofError
from alertproof.offline import run_file
from alertproof.verdict import Verdict

ROOT = Path(__file__).parents[2]
MONITORS = sorted((ROOT / "monitoring" / "datadog" / "monitors").glob("*.json"))
_WINDOWS = ("1m", "5m", "10m", "15m", "30m", "1h", "2h", "4h", "6h", "12h")
_CONDITION = re.compile(r"(>=|<=|>|<) (-?[\d.]+)$")
_WINDOW = re.compile(r'(last_|last\("|(?:long|short)_window\(")(\d+[mh])')
_SCOPE = re.compile(r"\{([a-z_]+:[^}]*)\}")
_SPACE = re.compile(r"\b(sum|min|max|avg|p95):")
_NOTHING = ("< 1", "< 0", "<= 0", ">= 2")
_COMPARISONS = {">": ">=", ">=": ">", "<": "<=", "<=": "<"}

Payload = dict[str, Any]
Change = Callable[[Payload], None]


def beside(value: float) -> tuple[float, float]:
    """Return what is a fifth below and above; of a small whole number, which may count things, one."""
    step = 1.0 if value == int(value) and abs(value) < 10 else abs(value) / 5
    return value - step, value + step


def with_query(old: str, new: str, critical: float | None = None) -> Change:
    def change(payload: Payload) -> None:
        payload["query"] = payload["query"].replace(old, new)
        if critical is not None:
            payload["options"]["thresholds"]["critical"] = critical

    return change


def at(span: tuple[int, int], new: str) -> Change:
    def change(payload: Payload) -> None:
        payload["query"] = payload["query"][: span[0]] + new + payload["query"][span[1] :]

    return change


def with_option(name: str, value: float, *, threshold: bool = False) -> Change:
    def change(payload: Payload) -> None:
        options = payload["options"]
        (options["thresholds"] if threshold else options)[name] = value

    return change


def of_thresholds(payload: Payload) -> Iterator[tuple[str, Change]]:
    if found := _CONDITION.search(payload["query"]):
        for value in beside(float(found[2])):
            yield f"{found[0]} becomes {value:g}", with_query(found[0], f"{found[1]} {value!r}", value)
    # A burn rate is a quotient that is hardly ever equal to its threshold.
    if found and payload["type"] != "slo alert":
        other = _COMPARISONS[found[1]]
        yield f"{found[1]} becomes {other}", with_query(found[0], f"{other} {found[2]}")
    for name, number in payload["options"].get("thresholds", {}).items():
        for value in beside(number) if name != "critical" else ():
            yield f"{name} becomes {value:g}", with_option(name, value, threshold=True)


def of_time(payload: Payload) -> Iterator[tuple[str, Change]]:
    options = payload["options"]
    for found in _WINDOW.finditer(payload["query"]):
        place = _WINDOWS.index(found[2])
        for other in _WINDOWS[max(place - 1, 0) : place + 2]:
            if other != found[2]:
                yield f"{found[0]} becomes {other}", with_query(found[0], found[1] + other)
    if options["notify_no_data"]:
        yield "nobody is told of missing data", with_option("notify_no_data", False)
    if "no_data_timeframe" in options:
        yield "data may be missing for longer", with_option("no_data_timeframe", 25)
        yield "data are missing sooner", with_option("no_data_timeframe", 15)
    if options["renotify_interval"]:
        yield "repeated later", with_option("renotify_interval", options["renotify_interval"] * 2)


def of_scope(payload: Payload) -> Iterator[tuple[str, Change]]:
    query = payload["query"]
    for found in _SCOPE.finditer(query):
        filters = found[1].split(",")
        for each in filters:
            rest = ",".join(other for other in filters if other != each) or "*"
            yield f"without {each} at {found.start()}", at(found.span(1), rest)
    if "@type:view" in query:
        yield "any environment", with_query(" env:prod", "")
    if groups := re.search(r" by \{[a-z,]+\}", query):
        yield "no groups", with_query(groups[0], "")


def of_space(payload: Payload) -> Iterator[tuple[str, Change]]:
    """What is below one or zero is so however it is added up: there is nothing to see in it."""
    for found in _SPACE.finditer("" if payload["query"].endswith(_NOTHING) else payload["query"]):
        for other in ("p50", "p99") if found[1] == "p95" else ("sum", "min", "max", "avg"):
            if other != found[1]:
                yield f"{found[0]} becomes {other} at {found.start()}", at(found.span(1), other)


def of_parts(payload: Payload) -> Iterator[tuple[str, Change]]:
    query = payload["query"]
    if payload["type"] == "composite":
        yield "one is enough", with_query("&&", "||")
        for part in query.split(" && "):
            yield f"{part} alone", with_query(query, part)
            yield f"{part} turned", with_query(part, part[1:] if part.startswith("!") else f"!{part}")


def mutants(payload: Payload) -> list[tuple[str, Change]]:
    return [each for kind in (of_thresholds, of_time, of_scope, of_space, of_parts) for each in kind(payload)]


@pytest.mark.parametrize("path", MONITORS, ids=lambda path: path.stem)
def test_the_offline_test_of_a_monitor_sees_each_change_of_it(path: Path, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "monitoring" / "datadog", tmp_path / "monitoring" / "datadog")
    (tmp_path / "alert_tests" / "offline").mkdir(parents=True)
    script = tmp_path / "alert_tests" / "offline" / f"{path.stem}.alert.yaml"
    shutil.copy(ROOT / "alert_tests" / "offline" / script.name, script)
    copy = tmp_path / path.relative_to(ROOT)
    assert all(result.verdict is Verdict.PASSED for result in run_file(script))

    survived, made = [], 0
    for name, change in mutants(json.loads(path.read_text(encoding="utf-8"))):
        payload = json.loads(path.read_text(encoding="utf-8"))
        change(payload)
        try:
            load_definition(payload, source=name)
        except AlertproofError:
            continue  # Datadog would not take it
        made += 1
        copy.write_text(json.dumps(payload), encoding="utf-8")
        if all(result.verdict is Verdict.PASSED for result in run_file(script)):
            survived.append(name)

    assert made >= 3
    assert survived == []
