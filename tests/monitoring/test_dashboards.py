# mypy: disallow-untyped-calls=False
# The official client's calls come without types.
"""The dashboards of ``monitoring``: what the client takes, what our query language reads, what people need."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from datadog_api_client.configuration import Configuration
from datadog_api_client.model_utils import validate_and_convert_types
from datadog_api_client.v1.model.dashboard import Dashboard
from tests.standins.datadog.official import parsed

from alertproof.datadog.query import parse_expression, parse_formula, parse_search
from alertproof.requirements import load_specification

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "monitoring" / "datadog" / "dashboards"
BOARDS = ("engineering", "executive", "security", "slo", "support")
GOLDEN = ["Latency", "Traffic", "Errors", "Saturation"]
#: What shows no figure of its own has neither a unit nor a query.
WITHOUT_QUERIES = {"note", "group", "slo", "manage_status", "list_stream"}


def read(key: str) -> dict[str, Any]:
    body: dict[str, Any] = json.loads((FOLDER / f"{key}.json").read_text(encoding="utf-8"))
    return body


def definitions(body: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for each in body.get("widgets", ()):
        yield each["definition"]
        yield from definitions(each["definition"])


def every_widget(*keys: str) -> list[tuple[str, dict[str, Any]]]:
    return [
        (f"{key}: {each.get('title', each['type'])}", each) for key in keys or BOARDS for each in definitions(read(key))
    ]


def queries_of(definition: dict[str, Any]) -> Iterator[str]:
    """Yield the texts of a widget's queries, a list of records among them."""
    for request in definition.get("requests", ()):
        for query in request.get("queries") or [request["query"]]:
            yield query.get("query_string") or query.get("query") or query["search"]["query"]


def requests() -> Iterator[tuple[str, dict[str, Any]]]:
    for where, each in every_widget():
        if each["type"] not in WITHOUT_QUERIES:
            yield from ((where, request) for request in each["requests"])


def test_there_are_the_five_dashboards_that_are_asked_for() -> None:
    assert sorted(path.stem for path in FOLDER.glob("*.json")) == list(BOARDS)


@pytest.mark.parametrize("key", BOARDS)
def test_the_official_client_knows_every_part_of_a_dashboard(key: str) -> None:
    model = validate_and_convert_types(read(key), (Dashboard,), [key], True, True, Configuration())

    parsed(model)


def test_every_query_and_every_formula_is_in_our_language() -> None:
    seen = 0
    for where, request in requests():
        for query in request["queries"]:
            seen += 1
            if query["data_source"] == "metrics":
                parse_expression(query["query"])
            else:
                parse_search(query["search"]["query"])
        names = {query["name"] for query in request["queries"]}
        for formula in request["formulas"]:
            parse_formula(formula["formula"])
            used = set(re.findall(r"\b[a-z]\w*\b(?!\()", formula["formula"]))
            assert used <= names, f"{where}: {formula['formula']} names {used - names}"
    assert seen > 80


@pytest.mark.parametrize("key", BOARDS)
def test_every_dashboard_is_filtered_by_environment_and_tenant_and_no_filter_changes_nothing(key: str) -> None:
    body = read(key)
    texts = [query for _, each in every_widget(key) for query in queries_of(each)]
    names = [each["name"] for each in body["template_variables"]]

    assert names[:2] == ["env", "tenant"]
    assert all(each["prefix"] == each["name"] for each in body["template_variables"])
    assert [name for name in names if not any(f"${name}" in text for text in texts)] == []
    assert set(re.findall(r"\$(\w+)", " ".join(texts))) == set(names)
    assert body["template_variables"][0]["defaults"] == [load_specification(ROOT / "monitoring").environment]


def test_the_list_of_monitors_shows_those_of_every_team() -> None:
    (shown,) = (each["query"] for _, each in every_widget("slo") if each["type"] == "manage_status")
    files = (ROOT / "monitoring" / "datadog" / "monitors").glob("*.json")
    tags = {tag for path in files for tag in json.loads(path.read_text(encoding="utf-8"))["tags"]}

    assert set(re.findall(r"team:[\w-]+", shown)) == {tag for tag in tags if tag.startswith("team:")}


def test_every_query_is_of_the_environment_that_was_chosen() -> None:
    for where, request in requests():
        for query in request["queries"]:
            text = query.get("query") or query["search"]["query"]
            assert "$env" in text, f"{where}: {text} looks at every environment"


def test_every_figure_of_the_support_dashboard_is_of_the_tenant_that_was_chosen() -> None:
    for where, each in every_widget("support"):
        assert each["type"] == "note" or all("$tenant" in text for text in queries_of(each)), where


def test_every_figure_has_a_title_and_a_timeseries_an_axis_with_its_unit() -> None:
    for where, each in every_widget():
        if each["type"] != "note":
            assert each.get("title"), f"{where} has no title"
        if each["type"] == "timeseries":
            assert each["yaxis"]["label"], f"{where} does not say its unit"


def test_markers_stand_at_the_thresholds_of_the_specification_and_name_the_alert() -> None:
    spec = load_specification(ROOT / "monitoring")
    seen = set()
    for where, each in every_widget():
        for marker in each.get("markers", ()):
            alert, _, _ = marker["label"].partition(":")
            indicator = spec.alert(alert).indicator
            scale = 100 if indicator.unit == "%" else 1
            assert marker["value"] == f"y = {indicator.threshold * scale:g}", f"{where}: {marker['label']}"
            seen.add(alert)
    assert seen == {"api-error-rate", "api-latency-p95", "api-availability", "database-cpu", "queue-depth"}


def test_the_engineering_dashboard_begins_with_the_four_golden_signals() -> None:
    groups = [each["title"] for each in definitions(read("engineering")) if each["type"] == "group"]

    assert groups[:4] == GOLDEN
    assert {"Database", "Cache", "Queue", "Infrastructure"} <= set(groups)


def test_notes_link_runbooks_that_are_there() -> None:
    linked = set()
    for where, each in every_widget():
        for path in re.findall(r"\]\(([^)]+)\)", each.get("content", "")):
            assert (ROOT / path).is_file(), f"{where} links {path}, which is not there"
            linked.add(path)
    assert len(linked) >= 5


def test_widgets_of_a_group_neither_overlap_nor_leave_the_grid() -> None:
    for key in BOARDS:
        for group in (each for each in definitions(read(key)) if each["type"] == "group"):
            taken: set[tuple[int, int]] = set()
            for widget in group["widgets"]:
                place = widget["layout"]
                cells = {
                    (place["x"] + x, place["y"] + y) for x in range(place["width"]) for y in range(place["height"])
                }
                assert not taken & cells, f"{key}: {group['title']}: {widget['definition'].get('title')}"
                assert max(x for x, _ in cells) < 12
                taken |= cells


def test_every_slo_that_is_shown_is_declared() -> None:
    shown = {each["slo_id"] for _, each in every_widget() if each["type"] == "slo"}

    assert shown == {path.stem for path in (ROOT / "monitoring" / "datadog" / "slos").glob("*.json")}
