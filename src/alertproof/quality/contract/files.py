"""Reads everything that ``monitoring/datadog`` asks for: by its monitors, SLOs and the widgets of its dashboards."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alertproof.datadog import load_definition, retarget, retarget_text
from alertproof.datadog.loading import decoded
from alertproof.errors import AlertproofError, ConfigError
from alertproof.quality.contract.asked import Asked, asked_of_metrics, asked_of_monitor, asked_of_search, filled

__all__ = ["Formula", "Watched", "Widget", "read_watched"]

#: Widgets that show what is not a query of telemetry.
_NOT_QUERIES = frozenset({"note", "group", "slo", "slo_list", "manage_status", "alert_graph", "alert_value", "image"})
#: Monitors that ask by other things, which are asked for themselves.
_BY_OTHERS = frozenset({"slo alert", "composite"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Formula:
    """What is drawn of a widget's queries; ``alias`` and ``unit`` are empty where the file gives none."""

    text: str
    alias: str = ""
    unit: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Widget:
    """One request of a widget: formulas over ``queries`` by name, each with the parts that it asks for.

    ``group`` is the title of the group of widgets that it stands in.
    """

    file: str
    board: str
    group: str
    title: str
    formulas: tuple[Formula, ...]
    queries: Mapping[str, tuple[Asked, ...]]
    texts: Mapping[str, str]

    @property
    def asked(self) -> tuple[Asked, ...]:
        return tuple(each for parts in self.queries.values() for each in parts)

    @property
    def of_metrics(self) -> bool:
        return all(each.kind == "metric" for each in self.asked)


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """All that is asked for, once for each place that asks, and the widgets that draw it."""

    asked: tuple[Asked, ...]
    widgets: tuple[Widget, ...]

    @property
    def metrics(self) -> frozenset[str]:
        return frozenset(each.name for each in self.asked if each.kind == "metric")


def read_watched(folder: Path, *, origin: str, environment: str) -> Watched:
    """Return what the files below ``folder/datadog`` ask for, pointed at an environment.

    Raises `ConfigError` where nothing is asked for at all, and for a file that cannot be read.
    """
    base = folder / "datadog"
    moved = (origin, environment)
    asked = [each for path in _files(base, "monitors") for each in _of_monitor(path, *moved)]
    asked += [each for path in _files(base, "slos") for each in _of_slo(path, *moved)]
    widgets = [each for path in _files(base, "dashboards") for each in _of_dashboard(path, environment)]
    asked += [each for widget in widgets for each in widget.asked]
    if not asked:
        raise ConfigError(f"{base}: no monitor, SLO or dashboard asks for anything; name the folder with --monitoring")
    return Watched(asked=tuple(asked), widgets=tuple(widgets))


def _files(base: Path, kind: str) -> list[Path]:
    return sorted((base / kind).glob("*.json"))


def _name(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"


def _read(path: Path) -> dict[str, Any]:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read as JSON: {error}") from error
    body = decoded(text, source=str(path))
    if not isinstance(body, dict):
        raise ConfigError(f"{path}: one thing a file, as an object")
    inner = body.get("definition", body)
    return dict(inner) if isinstance(inner, dict) else body


def _of_monitor(path: Path, origin: str, environment: str) -> Iterator[Asked]:
    body = _read(path)
    if body.get("type") in _BY_OTHERS:
        return
    definition = load_definition(path.read_bytes(), source=str(path))
    moved = retarget(definition, environment=environment, origin=origin)
    yield from asked_of_monitor(moved.tree, file=_name(path), text=str(body["query"]))
    for variable in (body.get("options") or {}).get("variables") or ():
        yield from _of_query(_moved(variable, environment, origin), file=_name(path), place=str(variable.get("name")))


def _of_slo(path: Path, origin: str, environment: str) -> Iterator[Asked]:
    body = _read(path)
    texts = dict(body.get("query") or {})
    for place, text in texts.items():
        moved = retarget_text(text, origin=origin, environment=environment)
        yield from asked_of_metrics(moved, file=_name(path), place=place)
    for query in _slice_queries(body.get("sli_specification")):
        yield from _of_query(_moved(query, environment, origin), file=_name(path), place=str(query.get("name")))


def _slice_queries(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        if "data_source" in value:
            yield value
        for inner in value.values():
            yield from _slice_queries(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _slice_queries(inner)


def _of_dashboard(path: Path, environment: str) -> Iterator[Widget]:
    body = _read(path)
    variables = {str(each["name"]): _variable(each, environment) for each in body.get("template_variables") or ()}
    for group, definition in _definitions(body):
        if definition["type"] in _NOT_QUERIES:
            continue
        for request in definition.get("requests") or ():
            yield _widget(path, (str(body["title"]), group), definition, request, variables)


def _variable(variable: Mapping[str, Any], environment: str) -> str:
    """Return what a variable stands for: the environment, else any value of a tag that must be there to be chosen."""
    key = str(variable.get("prefix") or variable["name"])
    return f"{key}:{environment if key == 'env' else '*'}"


def _definitions(body: Mapping[str, Any], group: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the title of the group and the definition of each widget, groups among them."""
    for each in body.get("widgets") or ():
        definition = each["definition"]
        yield group, definition
        yield from _definitions(definition, str(definition.get("title") or ""))


def _widget(
    path: Path,
    place: tuple[str, str],
    definition: Mapping[str, Any],
    request: Mapping[str, Any],
    variables: Mapping[str, str],
) -> Widget:
    board, group = place
    title = str(definition.get("title") or definition["type"])
    queries: Sequence[dict[str, Any]] = request.get("queries") or [_stream(request)]
    moved = {str(each["name"]): _chosen(each, variables) for each in queries}
    try:
        parts = {name: _of_query(each, file=_name(path), place=title) for name, each in moved.items()}
    except AlertproofError as error:
        raise ConfigError(f"{path}: {title}: {error}") from error
    return Widget(
        file=_name(path),
        board=board,
        group=group,
        title=title,
        formulas=tuple(map(_formula, request.get("formulas") or ())) or tuple(Formula(text=name) for name in moved),
        queries=parts,
        texts={name: str(each.get("query", "")) for name, each in moved.items()},
    )


def _formula(written: Mapping[str, Any]) -> Formula:
    unit = (written.get("number_format") or {}).get("unit") or {}
    return Formula(
        text=str(written["formula"]), alias=str(written.get("alias") or ""), unit=str(unit.get("unit_name") or "")
    )


def _stream(request: Mapping[str, Any]) -> dict[str, Any]:
    """Return the search of a list of records as a query that counts them."""
    query = request["query"]
    kind = str(query["data_source"]).removesuffix("_stream")
    return {"data_source": kind, "name": "records", "search": {"query": query["query_string"]}}


def _chosen(query: Mapping[str, Any], variables: Mapping[str, str]) -> dict[str, Any]:
    """Return a widget's query with the dashboard's variables filled in."""
    if query["data_source"] == "metrics":
        return {**query, "query": filled(str(query["query"]), variables)}
    return {**query, "search": {"query": filled(str(query["search"]["query"]), variables)}}


def _moved(query: Mapping[str, Any], environment: str, origin: str) -> dict[str, Any]:
    """Return a query that names the environment of the files, pointed at another."""
    if query["data_source"] == "metrics":
        return {**query, "query": retarget_text(str(query["query"]), origin=origin, environment=environment)}
    text = str(query["search"]["query"]).replace(f"env:{origin}", f"env:{environment}")
    return {**query, "search": {"query": text}}


def _of_query(query: Mapping[str, Any], *, file: str, place: str) -> tuple[Asked, ...]:
    if query["data_source"] == "metrics":
        return asked_of_metrics(str(query["query"]), file=file, place=place)
    compute = query.get("compute") or {}
    by = tuple(str(each["facet"]) for each in query.get("group_by") or ())
    return (
        asked_of_search(
            str(query["data_source"]),
            str(query["search"]["query"]),
            file=file,
            place=place,
            by=by,
            how=str(compute.get("aggregation", "count")),
            measure=str(compute.get("metric", "")),
        ),
    )
