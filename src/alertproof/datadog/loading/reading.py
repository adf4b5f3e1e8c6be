"""Finds out how a text writes monitors down, and reads them all."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from alertproof.datadog.loading.declared import Declared, Representation
from alertproof.datadog.loading.decoding import decoded
from alertproof.datadog.loading.defaults import server_defaults
from alertproof.datadog.loading.hcl import read_hcl
from alertproof.datadog.loading.places import Extent, Extents, Path, json_extents
from alertproof.datadog.loading.terraform import read_plan, read_terraform_json
from alertproof.errors import ConfigError

__all__ = ["load_live", "load_text", "reads"]

_IGNORE_TAG = re.compile(r"alertproof:ignore=([a-z0-9-]+)")
#: How the types of monitors end.
_KINDS = (" alert", "service check", "composite")
_READ = (".json", ".jsonl", ".tf")


def reads(name: str) -> bool:
    """Tell whether a file of this name can hold monitors: JSON, lines of JSON or Terraform's HCL."""
    return name.endswith(_READ)


def load_text(text: str, *, source: str) -> tuple[Declared, ...]:
    """Return the monitors of a file, in its order; ``source`` is its name, whose ending says how it is written.

    A JSON file holds one monitor, a list of them (or ``{"monitors": [..]}``), an integration's asset, a plan or a
    state of ``terraform show -json``, or Terraform's JSON syntax; none where it holds something else. Raises
    `ConfigError` for a file that cannot be read.
    """
    if source.endswith(".tf"):
        return tuple(read_hcl(text, source=source))
    if source.endswith(".jsonl"):
        return tuple(_lines(text, source))
    value = decoded(text, source=source)
    return tuple(_of_json(text, value, Extents(json_extents(text)), source))


def load_live(payloads: Sequence[Mapping[str, Any]], *, source: str) -> tuple[Declared, ...]:
    """Return the monitors that an account has, from the answers of its API; ``source`` names the account."""
    return tuple(
        Declared(
            source=source,
            address=f"monitor {payload.get('id', number)}",
            representation=Representation.LIVE,
            payload=payload,
            extents={},
            defaults=server_defaults(payload),
            ignores=_ignored_by_tags(payload, {}),
        )
        for number, payload in enumerate(payloads, 1)
    )


def _lines(text: str, source: str) -> Iterator[Declared]:
    at = 0
    # Not splitlines(): U+2028 may stand in a text and ends no line of JSON.
    for line in re.split(r"(?<=\n)", text):
        if line.strip():
            value = decoded(line, source=source, whole=text, at=at)
            yield from _of_json(text, value, Extents(json_extents(text, at, at + len(line))), source)
        at += len(line)


def _of_json(text: str, value: Any, extents: Extents, source: str) -> Iterator[Declared]:
    if isinstance(value, Mapping) and ("planned_values" in value or "terraform_version" in value):
        yield from read_plan(value, text=text, extents=extents, source=source)
    elif isinstance(value, Mapping) and isinstance(value.get("resource"), Mapping | list):
        yield from read_terraform_json(value, text=text, extents=extents, source=source)
    else:
        listed, base = _listed(value)
        monitors = [each for each in enumerate(listed) if _is_monitor(each[1]) or _is_asset(each[1])]
        if monitors and len(monitors) < len(listed):
            found = {number for number, _ in monitors}
            other = next(number for number in range(len(listed)) if number not in found)
            raise ConfigError(f"{source}: number {other + 1} of the list is no monitor, and others are; take it out")
        for number, monitor in monitors:
            path: Path = (*base, number) if base is not None else ()
            yield _monitor(monitor, path, text, extents, source)


def _is_asset(value: Any) -> bool:
    return isinstance(value, Mapping) and _is_monitor(value.get("definition"))


def _is_monitor(value: Any) -> bool:
    """Tell a monitor, also one without a query, from an SLO or a dashboard."""
    if not isinstance(value, Mapping):
        return False
    kind = value.get("type")
    return isinstance(value.get("query"), str) or (isinstance(kind, str) and kind.endswith(_KINDS))


def _listed(value: Any) -> tuple[Sequence[Any], Path | None]:
    if isinstance(value, Mapping) and isinstance(value.get("monitors"), list):
        return value["monitors"], ("monitors",)
    return (value, ()) if isinstance(value, list) else ([value], None)


def _monitor(monitor: Mapping[str, Any], path: Path, text: str, extents: Extents, source: str) -> Declared:
    wrapped = monitor.get("definition")
    asset = _is_monitor(wrapped)
    payload = wrapped if asset and isinstance(wrapped, Mapping) else monitor
    own = extents.below((*path, "definition") if asset else path)
    return Declared(
        source=source,
        address=f"number {path[-1] + 1}" if path and isinstance(path[-1], int) else "",
        representation=Representation.ASSET if asset else Representation.API,
        payload=payload,
        text=text,
        extents=own,
        block=own.get((), Extent(0, 0)),
        defaults=server_defaults(payload),
        ignores=_ignored_by_tags(payload, own),
    )


def _ignored_by_tags(payload: Mapping[str, Any], extents: Mapping[Path, Extent]) -> tuple[tuple[str, int], ...]:
    tags = payload.get("tags")
    return tuple(
        (match[1], extents[("tags", number)].start if ("tags", number) in extents else 0)
        for number, tag in enumerate(tags if isinstance(tags, list) else ())
        if isinstance(tag, str) and (match := _IGNORE_TAG.fullmatch(tag))
    )
