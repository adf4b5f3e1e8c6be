"""Sends a log line through the pipeline of ``monitoring/datadog/logs``: where it ends, for how long, at what price.

Pure but for `read_logs`. Order of what happens to a line: pipelines, sensitive data rules, indexes; archives take every
line that they match, whatever index it ends in [docs.datadoghq.com/logs/log_configuration]. A processor that is not
modelled is refused by name.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from alertproof.datadog.evaluation.search import found_by
from alertproof.datadog.loading import decoded
from alertproof.datadog.query import parse_search
from alertproof.errors import ConfigError, NotModelled, nearest
from alertproof.tags import Tags, parse_tag
from alertproof.telemetry.records import Record, Records

__all__ = ["Logs", "Prices", "Routed", "read_logs", "routed"]

_STATUSES = {"warning": "warn", "err": "error", "fatal": "critical", "trace": "debug"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """US dollars, as the vendor lists them for a year's contract; yours may differ [PRICES]."""

    ingested_per_gb: float = 0.10
    indexed_per_million: Mapping[int, float] = field(default_factory=lambda: {3: 1.06, 7: 1.27, 15: 1.70, 30: 2.50})


@dataclass(frozen=True, slots=True, kw_only=True)
class Logs:
    """The configuration, as the API takes it; ``indexes`` in the order in which they are asked."""

    pipelines: tuple[Mapping[str, Any], ...]
    indexes: tuple[Mapping[str, Any], ...]
    archives: tuple[Mapping[str, Any], ...]
    groups: tuple[Mapping[str, Any], ...]
    rules: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Routed:
    """Where a line ended. ``kept`` is the share of its like that the index keeps, 0 where it is left out.

    ``index`` is empty where no index took it: it is then archived and seen in Live Tail alone.
    """

    index: str
    days: int
    kept: float
    excluded_by: str
    archives: tuple[str, ...]
    service: str
    status: str
    message: str
    attributes: Mapping[str, Any]
    tags: frozenset[str]
    scrubbed: tuple[str, ...]
    size: int

    def cost_of_a_million(self, prices: Prices) -> float:
        """Return what a million of such lines cost: to take them, and to keep those that are kept."""
        if self.kept and self.days not in prices.indexed_per_million:
            known = ", ".join(map(str, prices.indexed_per_million))
            raise ConfigError(f"index {self.index}: no price of {self.days} days; prices are known of {known} days")
        kept = self.kept * prices.indexed_per_million[self.days] if self.kept else 0.0
        return self.size * 1e6 / 1e9 * prices.ingested_per_gb + kept


@dataclass(slots=True, kw_only=True)
class _Line:
    attributes: dict[str, Any]
    tags: set[str]
    reserved: dict[str, str]

    def found_by(self, query: str) -> bool:
        tags: Tags = frozenset(map(parse_tag, self.tags))
        flat = {**_flat(self.attributes), **{name: value for name, value in self.reserved.items() if name != "message"}}
        record = Record(at=0.0, attributes=flat, tags=tags, text=self.reserved.get("message", ""))
        return bool(found_by(parse_search(query).expression, Records([record]))[0])


def read_logs(folder: Path) -> Logs:
    """Read ``folder``, which is ``datadog/logs``; raises `ConfigError` for what is missing or no JSON."""

    def read(path: Path) -> Mapping[str, Any]:
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"{path}: cannot be read as JSON: {error}") from error
        return dict(decoded(text, source=str(path)))

    def every(kind: str) -> list[Mapping[str, Any]]:
        return [read(path) for path in sorted((folder / kind).glob("*.json"))]

    indexes = {str(each["name"]): each for each in every("indexes")}
    order = read(folder / "index-order.json")["index_names"]
    for name in order:
        if name not in indexes:
            raise ConfigError(f"{folder / 'index-order.json'}: no index {name!r}{nearest(name, indexes)}")
    if left := indexes.keys() - set(order):
        raise ConfigError(f"{folder / 'index-order.json'}: the index {min(left)!r} is not in it, and so never asked")
    sensitive = [each["data"] for each in every("sensitive-data")]
    return Logs(
        pipelines=tuple(every("pipelines")),
        indexes=tuple(indexes[name] for name in order),
        archives=tuple(each["data"]["attributes"] for each in every("archives")),
        groups=tuple(each["attributes"] for each in sensitive if each["type"] == "sensitive_data_scanner_group"),
        rules=tuple(each["attributes"] for each in sensitive if each["type"] == "sensitive_data_scanner_rule"),
    )


def routed(text: str, logs: Logs, *, source: str = "python", tags: Sequence[str] = ()) -> Routed:
    """Return where a line ends, as the Agent ships it. A line that is no JSON object is a message and nothing more."""
    line = _parsed(text, source, tags)
    for pipeline in logs.pipelines:
        if pipeline.get("is_enabled", True) and line.found_by(pipeline["filter"]["query"]):
            for processor in pipeline["processors"]:
                _process(line, processor)
    scrubbed = _scrub(line, logs)
    archives = tuple(str(each["name"]) for each in logs.archives if line.found_by(each["query"]))
    index = next((each for each in logs.indexes if line.found_by(each["filter"]["query"])), None)
    kept, excluded_by = _kept(line, index)
    return Routed(
        index=str(index["name"]) if index else "",
        days=int(index["num_retention_days"]) if index else 0,
        kept=kept,
        excluded_by=excluded_by,
        archives=archives,
        service=line.reserved.get("service", ""),
        status=line.reserved.get("status", "info"),
        message=line.reserved.get("message", ""),
        attributes=line.attributes,
        tags=frozenset(line.tags),
        scrubbed=scrubbed,
        size=len(text.encode()),
    )


def _parsed(text: str, source: str, tags: Sequence[str]) -> _Line:
    try:
        document = json.loads(text)
    except ValueError:
        document = None
    attributes = document if isinstance(document, dict) else {"message": text}
    reserved = {"source": source, "message": str(attributes.get("message", ""))}
    return _Line(attributes=attributes, tags={f"source:{source}", *tags}, reserved=reserved | _service(attributes))


def _service(attributes: Mapping[str, Any]) -> dict[str, str]:
    return {"service": str(attributes["service"])} if "service" in attributes else {}


def _process(line: _Line, processor: Mapping[str, Any]) -> None:
    if not processor.get("is_enabled", True):
        return
    kind = str(processor["type"])
    if kind not in _PROCESSORS:
        raise NotModelled(f"the log processor {kind!r}{nearest(kind, _PROCESSORS)}")
    _PROCESSORS[kind](line, processor)


def _reserve(name: str) -> Callable[[_Line, Mapping[str, Any]], None]:
    def process(line: _Line, processor: Mapping[str, Any]) -> None:
        value = next((found for path in processor["sources"] if (found := _at(line, path)) is not None), None)
        if value is not None:
            said = str(value).lower() if name == "status" else str(value)
            line.reserved[name] = _STATUSES.get(said, said) if name == "status" else said

    return process


def _remap(line: _Line, processor: Mapping[str, Any]) -> None:
    for path in processor["sources"]:
        value = _at(line, path)
        if value is None:
            continue
        if processor.get("target_type", "attribute") == "tag":
            line.tags.add(f"{processor['target']}:{value}".lower())
        elif processor.get("override_on_conflict") or _at(line, processor["target"]) is None:
            line.attributes[processor["target"]] = value
        if not processor.get("preserve_source", False):
            line.attributes.pop(path, None)


def _categorize(line: _Line, processor: Mapping[str, Any]) -> None:
    for category in processor["categories"]:
        if line.found_by(category["filter"]["query"]):
            line.attributes[processor["target"]] = category["name"]
            return


_PROCESSORS: Mapping[str, Callable[[_Line, Mapping[str, Any]], None]] = {
    "attribute-remapper": _remap,
    "category-processor": _categorize,
    "date-remapper": _reserve("date"),
    "message-remapper": _reserve("message"),
    "service-remapper": _reserve("service"),
    "status-remapper": _reserve("status"),
    "trace-id-remapper": _reserve("trace_id"),
}


def _scrub(line: _Line, logs: Logs) -> tuple[str, ...]:
    """Replace what the sensitive data rules find; returns the rules that found something."""
    if not any(group["is_enabled"] and line.found_by(group["filter"]["query"]) for group in logs.groups):
        return ()
    hit = []
    for rule in (each for each in logs.rules if each["is_enabled"]):
        pattern, other = re.compile(rule["pattern"]), str(rule["text_replacement"]["replacement_string"])
        spared = set(rule.get("excluded_namespaces") or ())
        before = json.dumps([line.attributes, line.reserved], default=str)
        line.attributes = {
            name: value if name.partition(".")[0] in spared else _replaced(value, pattern, other)
            for name, value in line.attributes.items()
        }
        line.reserved["message"] = pattern.sub(lambda _, new=other: new, line.reserved["message"])  # type: ignore[misc]
        if json.dumps([line.attributes, line.reserved], default=str) != before:
            hit.append(str(rule["name"]))
            line.tags.update(rule.get("tags") or ())
    return tuple(hit)


def _replaced(value: Any, pattern: re.Pattern[str], other: str) -> Any:
    if isinstance(value, str):
        return pattern.sub(lambda _: other, value)
    if isinstance(value, dict):
        return {name: _replaced(inner, pattern, other) for name, inner in value.items()}
    return [_replaced(inner, pattern, other) for inner in value] if isinstance(value, list) else value


def _kept(line: _Line, index: Mapping[str, Any] | None) -> tuple[float, str]:
    """Return the share that an index keeps of such lines; the first exclusion filter that matches decides."""
    if index is None:
        return 0.0, ""
    for each in index.get("exclusion_filters") or ():
        if each.get("is_enabled", True) and line.found_by(each["filter"]["query"]):
            return 1.0 - float(each["filter"]["sample_rate"]), str(each["name"])
    return 1.0, ""


def _at(line: _Line, path: str) -> Any:
    flat = {**_flat(line.attributes)}
    return flat.get(path)


def _flat(attributes: Mapping[str, Any], above: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in attributes.items():
        if isinstance(value, Mapping):
            found |= _flat(value, f"{above}{name}.")
        elif isinstance(value, str | int | float | bool):
            found[f"{above}{name}"] = value
    return found
