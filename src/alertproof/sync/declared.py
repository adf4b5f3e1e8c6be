"""Reads ``monitoring/datadog``: what a Datadog account should have, with the place of each value."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alertproof.datadog import load_definition, retarget, retarget_text
from alertproof.errors import ConfigError
from alertproof.sync.compare import Fields
from alertproof.sync.dashboards import DASHBOARD, declared_dashboard
from alertproof.sync.declared_logs import read_logs
from alertproof.sync.downtimes import DOWNTIME, Downtimes, called, declared_downtime
from alertproof.sync.file import File, read_files
from alertproof.sync.log_archives import LogArchives
from alertproof.sync.log_indexes import LogIndexes
from alertproof.sync.monitors import MONITOR, declared_monitor
from alertproof.sync.notification_rules import NOTIFICATION_RULE, NotificationRules
from alertproof.sync.slos import SLO, declared_slo
from alertproof.sync.things import Marks, Reference, Wanted

__all__ = ["Declared", "read_datadog"]

#: The folders of one thing a file, and what a file has to say at the least.
_SAID: Mapping[str, tuple[str, ...]] = {
    "slos": ("name", "type"),
    "monitors": ("name", "type"),
    "dashboards": ("title", "layout_type"),
    "rules": ("name",),
    "downtimes": ("message",),
}
#: The kinds of which a thing has no place for a mark, or that can never be renamed.
_KNOWN_BY_NAME = frozenset({NotificationRules.name, LogArchives.name, LogIndexes.name})
#: Folders of which nothing is pushed, and why.
_NOT_PUSHED = {"agent": "not pushed: the Agent reads it on its own host"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """What the files declare, and the paths of which nothing is compared, with the reason where one is known."""

    wanted: tuple[Wanted, ...]
    left_out: tuple[str, ...] = ()


def read_datadog(folder: Path, *, origin: str, marks: Marks) -> Declared:
    """Return what is below ``folder/datadog``, pointed at the environment of ``marks``.

    ``origin`` is the environment that the files name. Raises `ConfigError` for a file that is not one thing, and where
    there is none at all.
    """
    base = folder / "datadog"
    files = {name: read_files(base / name, *said) for name, said in _SAID.items()}
    logs, others = read_logs(base / "logs")
    if not any(files.values()) and not logs:
        raise ConfigError(f"{base}: no {'/*.json, '.join(_SAID)}/*.json here; name the folder with --monitoring")
    wanted = [*_watching(files, origin, marks), *_governing(files, origin, marks), *logs]
    _require_one_of_a_name(wanted)
    left_out = [
        f"{path}: {_NOT_PUSHED[path.name]}" if path.name in _NOT_PUSHED else str(path)
        for path in sorted(base.iterdir())
        if path.is_dir() and path.name not in (*_SAID, "logs", "webhooks")
    ]
    return Declared(wanted=tuple(wanted), left_out=(*left_out, *others))


def _require_one_of_a_name(wanted: Iterable[Wanted]) -> None:
    """Raise `ConfigError` for two files that an account cannot tell apart: unmarked things are known by their names."""
    first: dict[tuple[str, str], Wanted] = {}
    for each in wanted:
        other = first.setdefault((each.kind, each.name), each)
        if each.kind in _KNOWN_BY_NAME and other is not each:
            raise ConfigError(
                f"{each.written.place(('name',))}: {other.written.place()} declares a {each.kind} {each.name!r} as "
                "well; it is known by its name alone: rename or remove one of them"
            )


def _watching(files: Mapping[str, list[File]], origin: str, marks: Marks) -> Iterator[Wanted]:
    """Yield SLOs, monitors and dashboards."""
    part, slos = _part(files), frozenset(each.key for each in files["slos"])
    for each in files["slos"]:
        payload, needs = declared_slo(_slo_there(each, origin, marks.environment), part)
        yield _tagged(each, "SLO", _said(payload, SLO), needs, marks)
    for each in files["monitors"]:
        payload, needs = declared_monitor(_monitor_there(each, origin, marks.environment), slos, part)
        yield _tagged(each, "monitor", _said(payload, MONITOR), needs, marks)
    for each in files["dashboards"]:
        payload, needs = declared_dashboard(each.payload, slos, origin=origin, environment=marks.environment)
        payload = _said(payload, DASHBOARD)
        payload["description"] = marks.below(payload.get("description"), each.key)
        yield _wanted(each, "dashboard", str(payload["title"]), payload, needs)


def _governing(files: Mapping[str, list[File]], origin: str, marks: Marks) -> Iterator[Wanted]:
    """Yield notification rules and downtimes."""
    for each in files["rules"]:
        payload = _said(each.payload, NOTIFICATION_RULE)
        yield _wanted(each, NotificationRules.name, str(payload["name"]), payload)
    for each in files["downtimes"]:
        try:
            payload, needs = declared_downtime(each.payload, _part(files), origin=origin, environment=marks.environment)
        except ConfigError as error:
            raise ConfigError(f"{each.written.place(('scope',))}: {error}") from error
        payload = _said(payload, DOWNTIME)
        name = called(payload["message"])
        payload["message"] = marks.below(payload["message"], each.key)
        yield _wanted(each, Downtimes.name, name, payload, needs)


def _part(files: Mapping[str, list[File]]) -> Callable[[str], str | None]:
    """Return what finds the key of the monitor that has an id among the files; raises `ConfigError` for one of two."""
    keys: dict[str, str] = {}
    for each in files["monitors"]:
        number = str(each.payload.get("id", ""))
        if number in keys:
            raise ConfigError(
                f"{each.written.place(('id',))}: {keys[number]}.json has the id {number} as well, so that a composite "
                "could mean either; take it away from one of them"
            )
        if number:
            keys[number] = each.key
    return keys.get


def _monitor_there(each: File, origin: str, environment: str) -> dict[str, Any]:
    """Return a monitor's payload for an environment; only ``env:`` differs from the file."""
    payload = dict(each.payload)
    if not isinstance(payload.get("query"), str):
        raise ConfigError(f"{each.written.place()}: it has no query")
    if environment != origin:
        definition = load_definition(json.dumps(payload).encode(), source=str(each.path))
        payload["query"] = retarget(definition, environment=environment, origin=origin).query
    return payload


def _slo_there(each: File, origin: str, environment: str) -> dict[str, Any]:
    """Return an SLO's payload for an environment: over requests, and over slices of time, whose queries are deeper."""
    payload = dict(each.payload)
    if environment == origin:
        return payload

    def moved(value: Any) -> Any:
        if isinstance(value, list):
            return [moved(inner) for inner in value]
        if not isinstance(value, dict):
            return value
        return {
            name: retarget_text(inner, origin=origin, environment=environment)
            if name == "query" and isinstance(inner, str)
            else moved(inner)
            for name, inner in value.items()
        }

    if isinstance(payload.get("query"), dict):
        payload["query"] = {
            name: retarget_text(text, origin=origin, environment=environment) for name, text in payload["query"].items()
        }
    if "sli_specification" in payload:
        payload["sli_specification"] = moved(payload["sli_specification"])
    return payload


def _said(payload: Mapping[str, Any], fields: Fields) -> dict[str, Any]:
    return {name: value for name, value in payload.items() if name not in fields.servers}


def _tagged(each: File, kind: str, payload: dict[str, Any], needs: tuple[Reference, ...], marks: Marks) -> Wanted:
    tags = [str(tag) for tag in payload.get("tags") or ()]
    payload["tags"] = [*tags, *(tag for tag in marks.of(each.key) if tag not in tags)]
    return _wanted(each, kind, str(payload["name"]), payload, needs)


def _wanted(each: File, kind: str, name: str, payload: dict[str, Any], needs: tuple[Reference, ...] = ()) -> Wanted:
    return Wanted(kind=kind, key=each.key, name=name, payload=payload, written=each.written, needs=needs)
