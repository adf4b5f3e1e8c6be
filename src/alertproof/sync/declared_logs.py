"""Reads ``monitoring/datadog/logs``: pipelines, indexes with their order, archives, rules for sensitive data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from alertproof.errors import ConfigError, nearest
from alertproof.sync.compare import Fields
from alertproof.sync.file import File, read_file, read_files
from alertproof.sync.log_archives import LOG_ARCHIVE, LogArchives
from alertproof.sync.log_indexes import INDEX_ORDER, LOG_INDEX, IndexOrder, LogIndexes
from alertproof.sync.log_pipelines import LOG_PIPELINE, LogPipelines, declared_pipeline
from alertproof.sync.sensitive_data import SCANNING_GROUP, SCANNING_RULE, ScanningGroups, ScanningRules
from alertproof.sync.things import Marks, Reference, Wanted

__all__ = ["read_logs"]

#: What is in this folder is there once, whatever the environment.
_MARKS = Marks()
_FOLDERS = ("pipelines", "indexes", "archives", "sensitive-data")


def read_logs(folder: Path) -> tuple[tuple[Wanted, ...], tuple[str, ...]]:
    """Return what a folder declares, each after what it needs, and what in it is of no kind.

    Archives come last: they need leave of another account, and a push stops at what is refused.
    """
    others = sorted(
        str(path)
        for path in (folder.iterdir() if folder.is_dir() else ())
        if path.name not in (*_FOLDERS, f"{INDEX_ORDER}.json")
    )
    wanted = (*_pipelines(folder), *_sensitive(folder), *_indexes(folder), *_archives(folder))
    return wanted, tuple(others)


def _pipelines(folder: Path) -> Iterator[Wanted]:
    for each in read_files(folder / "pipelines", "name"):
        payload = declared_pipeline(_said(each, LOG_PIPELINE))
        yield _wanted(each, LogPipelines.name, _tagged(payload, each.key))


def _indexes(folder: Path) -> Iterator[Wanted]:
    files = read_files(folder / "indexes", "name")
    for each in files:
        yield _wanted(each, LogIndexes.name, _tagged(_said(each, LOG_INDEX), each.key))
    path = folder / f"{INDEX_ORDER}.json"
    if not path.is_file():
        return
    order = read_file(path)
    keys = {str(each.payload["name"]): each.key for each in files}
    names = order.payload.get("index_names")
    if not isinstance(names, list) or not names:
        raise ConfigError(f"{path}:1: it has no index_names, a list of the indexes' names")
    for at, name in enumerate(names):
        if name not in keys:
            place = order.written.place(("index_names", at))
            raise ConfigError(f"{place}: no file declares an index {name!r}{nearest(str(name), keys)}")
    needs = tuple((LogIndexes.name, keys[name]) for name in names)
    yield _wanted(order, IndexOrder.name, {"index_names": list(names)}, needs)


def _archives(folder: Path) -> Iterator[Wanted]:
    for each in read_files(folder / "archives", "name"):
        yield _wanted(each, LogArchives.name, _said(each, LOG_ARCHIVE))


def _sensitive(folder: Path) -> Iterator[Wanted]:
    files = read_files(folder / "sensitive-data", "name")
    kinds = {each.key: _data(each).get("type") for each in files}
    groups = [key for key, kind in kinds.items() if kind == SCANNING_GROUP]
    for each in sorted(files, key=lambda file: kinds[file.key] != SCANNING_GROUP):
        payload = dict(each.payload)
        payload["description"] = _MARKS.below(payload.get("description"), each.key)
        if kinds[each.key] == SCANNING_GROUP:
            yield _wanted(each, ScanningGroups.name, payload)
        elif kinds[each.key] == SCANNING_RULE:
            payload["group"] = _group(each, groups)
            yield _wanted(each, ScanningRules.name, payload, ((ScanningGroups.name, payload["group"]),))
        else:
            raise ConfigError(f"{each.path}:1: its type is neither {SCANNING_GROUP} nor {SCANNING_RULE}")


def _group(each: File, groups: list[str]) -> str:
    """Return the key of the group that a rule is in: the one that it names by its file's stem, or the only one."""
    related = _data(each).get("relationships") or {}
    named = ((related.get("group") or {}).get("data") or {}).get("id")
    if named is None and len(groups) == 1:
        return groups[0]
    if named not in groups:
        hint = nearest(str(named), groups) if named else ""
        raise ConfigError(
            f"{each.path}: it has to name its group, relationships.group.data.id, by that file's stem: {named!r}{hint}"
        )
    return str(named)


def _data(each: File) -> Mapping[str, Any]:
    data = each.document.get("data")
    return data if isinstance(data, Mapping) else {}


def _said(each: File, fields: Fields) -> dict[str, Any]:
    return {name: value for name, value in each.payload.items() if name not in fields.servers}


def _tagged(payload: Mapping[str, Any], key: str) -> dict[str, Any]:
    tags = [str(tag) for tag in payload.get("tags") or ()]
    return {**payload, "tags": [*tags, *(tag for tag in _MARKS.of(key) if tag not in tags)]}


def _wanted(each: File, kind: str, payload: dict[str, Any], needs: tuple[Reference, ...] = ()) -> Wanted:
    name = str(payload.get("name", each.key))
    return Wanted(kind=kind, key=each.key, name=name, payload=payload, written=each.written, needs=needs)
