"""Reads ``monitoring/datadog``: what a Datadog account should have, with the place of each value."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alertproof.datadog import load_definition, retarget, retarget_text
from alertproof.datadog.loading.places import json_extents
from alertproof.errors import ConfigError
from alertproof.sync.dashboards import DASHBOARD, declared_dashboard
from alertproof.sync.monitors import MONITOR, declared_monitor
from alertproof.sync.slos import SLO, declared_slo
from alertproof.sync.things import Marks, Reference, Wanted, Written

__all__ = ["Declared", "read_datadog"]

#: Tags are lower case, and so are our keys.
_KEY = re.compile(r"[a-z0-9][a-z0-9._-]{0,150}")
_KINDS = ("monitors", "slos", "dashboards")
#: What a file of each kind has to say at the least.
_SAID = {"dashboards": ("title", "layout_type")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """What the files declare, and the folders of which nothing is compared yet."""

    wanted: tuple[Wanted, ...]
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _File:
    path: Path
    payload: Mapping[str, Any]
    written: Written

    @property
    def key(self) -> str:
        return self.path.stem


def read_datadog(folder: Path, *, origin: str, marks: Marks) -> Declared:
    """Return the SLOs, monitors and dashboards below ``folder/datadog``, pointed at the environment of ``marks``.

    ``origin`` is the environment that the files name. Raises `ConfigError` for a file that is not one thing, and where
    there is none at all.
    """
    base = folder / "datadog"
    files = {
        kind: [_read(path, _SAID.get(kind, ("name", "type"))) for path in sorted((base / kind).glob("*.json"))]
        for kind in _KINDS
    }
    if not any(files.values()):
        raise ConfigError(f"{base}: no {'/*.json, '.join(_KINDS)}/*.json here; name the folder with --monitoring")
    numbers = {str(each.payload["id"]): each.key for each in files["monitors"] if "id" in each.payload}
    slos = frozenset(each.key for each in files["slos"])
    wanted = []
    for each in files["slos"]:
        payload, needs = declared_slo(_slo_there(each, origin, marks.environment), numbers.get)
        wanted.append(_wanted(each, "SLO", _without(payload, SLO.servers), needs, marks))
    for each in files["monitors"]:
        payload, needs = declared_monitor(_monitor_there(each, origin, marks.environment), slos, numbers.get)
        wanted.append(_wanted(each, "monitor", _without(payload, MONITOR.servers), needs, marks))
    for each in files["dashboards"]:
        payload, needs = declared_dashboard(each.payload, slos, origin=origin, environment=marks.environment)
        wanted.append(_dashboard(each, _without(payload, DASHBOARD.servers), needs, marks))
    others = sorted(path.name for path in base.iterdir() if path.is_dir() and path.name not in _KINDS)
    return Declared(wanted=tuple(wanted), left_out=tuple(f"{base / name}" for name in others))


def _files(base: Path, kind: str) -> list[_File]:
    said = _SAID.get(kind, ("name", "type"))
    return [_read(path, said) for path in sorted((base / kind).glob("*.json"))]


def _read(path: Path, said: tuple[str, ...]) -> _File:
    if not _KEY.fullmatch(path.stem):
        raise ConfigError(
            f"{path}: its name becomes the tag alertproof_key:..: write it in lower-case letters, digits, '.', '_', '-'"
        )
    try:
        # Some editors begin a file with a byte order mark.
        text = path.read_text(encoding="utf-8-sig")
        value = json.loads(text)
    except json.JSONDecodeError as error:
        raise ConfigError(f"{path}:{error.lineno}:{error.colno}: not JSON: {error.msg}") from error
    except (OSError, UnicodeDecodeError, RecursionError) as error:
        raise ConfigError(f"{path}: cannot be read: {error}") from error
    base = ("definition",) if isinstance(value, dict) and isinstance(value.get("definition"), dict) else ()
    payload = value["definition"] if base else value
    if not isinstance(payload, dict):
        raise ConfigError(f"{path}: one thing a file, as an object: the file's name is its key in the account")
    for name in said:
        if not isinstance(payload.get(name), str) or not payload[name]:
            raise ConfigError(f"{path}:1: it has no {name}")
    return _File(
        path=path,
        payload=payload,
        written=Written(file=path, text=text, extents=json_extents(text), base=base),
    )


def _monitor_there(each: _File, origin: str, environment: str) -> dict[str, Any]:
    """Return a monitor's payload for an environment; only ``env:`` differs from the file."""
    payload = dict(each.payload)
    if not isinstance(payload.get("query"), str):
        raise ConfigError(f"{each.written.place()}: it has no query")
    if environment != origin:
        definition = load_definition(json.dumps(payload).encode(), source=str(each.path))
        payload["query"] = retarget(definition, environment=environment, origin=origin).query
    return payload


def _slo_there(each: _File, origin: str, environment: str) -> dict[str, Any]:
    payload = dict(each.payload)
    if environment != origin and isinstance(payload.get("query"), dict):
        payload["query"] = {
            name: retarget_text(text, origin=origin, environment=environment) for name, text in payload["query"].items()
        }
    elif environment != origin and payload.get("sli_specification"):
        raise ConfigError(
            f"{each.written.place(('sli_specification',))}: the queries of a time slice SLO are not pointed at another "
            f"environment than {origin!r}: push it where DD_ENV is that"
        )
    return payload


def _without(payload: dict[str, Any], names: Collection[str]) -> dict[str, Any]:
    return {name: value for name, value in payload.items() if name not in names}


def _wanted(each: _File, kind: str, payload: dict[str, Any], needs: tuple[Reference, ...], marks: Marks) -> Wanted:
    tags = [str(tag) for tag in payload.get("tags") or ()]
    payload["tags"] = [*tags, *(tag for tag in marks.of(each.key) if tag not in tags)]
    return Wanted(
        kind=kind, key=each.key, name=str(payload["name"]), payload=payload, written=each.written, needs=needs
    )


def _dashboard(each: _File, payload: dict[str, Any], needs: tuple[Reference, ...], marks: Marks) -> Wanted:
    payload["description"] = f"{payload.get('description') or ''}\n{' '.join(marks.of(each.key))}".lstrip()
    name = str(payload["title"])
    return Wanted(kind="dashboard", key=each.key, name=name, payload=payload, written=each.written, needs=needs)
