"""Terraform's ``datadog_monitor`` as the API's payload: from HCL, its JSON syntax, a plan or a state [TFPROV]."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from alertproof.datadog.loading.declared import Declared, Representation
from alertproof.datadog.loading.defaults import provider_defaults, server_defaults
from alertproof.datadog.loading.places import Extent, Extents, Path, json_extents

__all__ = ["RESOURCES", "from_resource", "read_plan", "read_terraform_json"]

#: What a resource always has: a plan that leaves it out cannot know it yet, such as the ids of a new composite's parts.
_NEEDED = {"datadog_monitor": ("message", "name", "query", "type"), "datadog_monitor_json": ("monitor",)}
_UNKNOWN = "${known after apply}"
#: The resources that are monitors: attribute by attribute, and the API's JSON in one text.
RESOURCES = tuple(_NEEDED)
_TOP = ("draft_status", "message", "name", "priority", "query", "restricted_roles", "tags", "type")
#: What the provider and Terraform keep to themselves.
_OWN = (
    "connection",
    "count",
    "depends_on",
    "effective_tags",
    "for_each",
    "force_delete",
    "id",
    "lifecycle",
    "provider",
    "provisioner",
    "validate",
)
#: What the provider sends only if it is not 0, so that the option is as if nobody had written it.
_UNSENT = ("new_group_delay",)
_BLOCKS = {
    "monitor_threshold_windows": "threshold_windows",
    "monitor_thresholds": "thresholds",
    "scheduling_options": "scheduling_options",
    # As older providers had it, also as a map.
    "thresholds": "thresholds",
}
#: What the API calls in the plural.
_API = {"recurrence": "recurrences"}
_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")
#: Options that are texts even where they look like numbers.
_TEXTS = ("day_starts", "escalation_message", "group_retention_duration", "on_missing_data", "timezone")
_IGNORE_TAG = re.compile(r"alertproof:ignore=([a-z0-9-]+)")


def read_terraform_json(value: Mapping[str, Any], *, text: str, extents: Extents, source: str) -> Iterator[Declared]:
    """Yield the monitors of a file in Terraform's JSON syntax, ``{"resource": {"datadog_monitor": {..}}}``."""
    for path, kinds in _each(value["resource"], ("resource",)):
        for kind in RESOURCES:
            for inner, named in _each(kinds.get(kind), (*path, kind)):
                for name, body in named.items():
                    for place, one in _each(body, (*inner, name)):
                        yield from_resource(
                            one,
                            address=f"{kind}.{name}",
                            source=source,
                            text=text,
                            extents=extents.below(place),
                        )


def _each(value: Any, path: Path) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """Yield an object, or the objects of a list: Terraform takes both for a block."""
    if isinstance(value, Mapping):
        yield path, value
    elif isinstance(value, list):
        yield from (((*path, number), each) for number, each in enumerate(value) if isinstance(each, Mapping))


def read_plan(value: Mapping[str, Any], *, text: str, extents: Extents, source: str) -> Iterator[Declared]:
    """Yield the monitors of what ``terraform show -json`` prints of a plan or a state."""
    for key in ("planned_values", "values"):
        for outer, values in _each(value.get(key), (key,)):
            for path, resource in _resources(values.get("root_module"), (*outer, "root_module")):
                unknown = dict.fromkeys(_NEEDED[str(resource["type"])], _UNKNOWN)
                for place, body in _each(resource.get("values"), (*path, "values")):
                    given = {name: each for name, each in body.items() if each is not None}
                    yield from_resource(
                        unknown | given,
                        address=str(resource.get("address") or resource["type"]),
                        source=source,
                        text=text,
                        extents=extents.below(place),
                        representation=Representation.PLAN,
                    )


def _resources(module: Any, path: Path) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    for outer, one in _each(module, path):
        for place, resource in _each(one.get("resources"), (*outer, "resources")):
            if str(resource.get("type")) in RESOURCES and resource.get("mode", "managed") == "managed":
                yield place, resource
        yield from _resources(one.get("child_modules"), (*outer, "child_modules"))


def from_resource(
    body: Mapping[str, Any],
    *,
    address: str,
    source: str,
    text: str,
    extents: Mapping[Path, Extent],
    representation: Representation = Representation.TERRAFORM,
    ignores: Sequence[tuple[str, int]] = (),
) -> Declared:
    """Return a monitor from the attributes and blocks of its resource, blocks as lists of objects.

    One whose attribute ``monitor`` is the API's JSON has the API's defaults; JSON that only Terraform can make, with
    ``jsonencode(..)``, is kept as the query's template.
    """
    if "monitor" in body:
        payload, placed = _from_json(body["monitor"], extents.get(("monitor",)))
        defaults = server_defaults(payload)
    else:
        mapping = _Mapping(body, extents)
        payload, placed = mapping.payload(), mapping.extents
        defaults = provider_defaults(mapping.options)
        mapping.options.update({default.option: default.value for default in defaults})
    tags = payload.get("tags")
    by_tags = [
        (match[1], placed[("tags", number)].start if ("tags", number) in placed else 0)
        for number, tag in enumerate(tags if isinstance(tags, list) else ())
        if isinstance(tag, str) and (match := _IGNORE_TAG.fullmatch(tag))
    ]
    return Declared(
        source=source,
        address=address,
        representation=representation,
        payload=payload,
        text=text,
        extents=placed,
        block=extents.get((), Extent(0, 0)),
        defaults=defaults,
        ignores=(*ignores, *by_tags),
    )


def _from_json(written: Any, outer: Extent | None) -> tuple[dict[str, Any], dict[Path, Extent]]:
    """Return the payload of a resource that has it as JSON in a text, each value with its place in the file."""
    try:
        payload = json.loads(written) if isinstance(written, str) else None
    except (ValueError, RecursionError):
        payload = None
    if not isinstance(payload, dict):
        return {"type": "query alert", "query": str(written), "message": "", "options": {}}, {}
    if outer is None or not outer.offsets:
        return payload, {}
    inner, offsets = json_extents(written), outer.offsets
    return payload, {
        path: Extent(
            offsets[extent.start], offsets[min(extent.end, len(offsets) - 1)], [offsets[at] for at in extent.offsets]
        )
        for path, extent in inner.items()
    }


class _Mapping:
    """Puts a resource's attributes where the API has them, and their extents with them."""

    def __init__(self, body: Mapping[str, Any], extents: Mapping[Path, Extent]) -> None:
        self._body, self._given = body, extents
        self.options: dict[str, Any] = {}
        self.extents: dict[Path, Extent] = {}

    def payload(self) -> dict[str, Any]:
        payload: dict[str, Any] = {}
        for name, value in self._body.items():
            if value is None or name in _OWN or value == []:
                continue
            if name in _TOP:
                payload[name] = _plain(name, value) if name == "priority" else value
                self._move((name,), (name,))
            elif name in _UNSENT and _plain(name, value) == 0:
                continue
            elif name == "variables":
                self.options[name] = list(self._variables(value))
            elif name in _BLOCKS:
                self._block(name, value)
            else:
                self.options[name] = _plain(name, value)
                self._move((name,), ("options", name))
        self._name_recurrences()
        payload["options"] = self.options
        return payload

    def _block(self, name: str, value: Any) -> None:
        for path, block in list(_each(value, (name,)))[:1]:
            inner = {key: _plain(key, each) for key, each in block.items() if each not in (None, "", [])}
            self.options[_BLOCKS[name]] = {
                key: next((_flat(one) for _, one in _each(each, ())), each) if isinstance(each, list) else each
                for key, each in inner.items()
            }
            self._move(path, ("options", _BLOCKS[name]))

    def _name_recurrences(self) -> None:
        """Give the blocks of a custom schedule the name of the API's list of them."""
        schedule = self.options.get("scheduling_options", {}).get("custom_schedule")
        if isinstance(schedule, dict) and "recurrence" in schedule:
            schedule["recurrences"] = [_flat(each) for _, each in _each(schedule.pop("recurrence"), ())]

    def _variables(self, value: Any) -> Iterator[dict[str, Any]]:
        for path, block in _each(value, ("variables",)):
            for _, query in _each(block.get("event_query"), (*path, "event_query")):
                flat = dict(query)
                for name in ("compute", "search"):
                    flat[name] = next((one for _, one in _each(query.get(name), ())), {})
                flat["group_by"] = [one for _, one in _each(query.get("group_by"), ())]
                yield flat

    def _move(self, old: Path, new: Path) -> None:
        for path, extent in self._given.items():
            if path[: len(old)] == old:
                self.extents[(*new, *path[len(old) :])] = extent


def _flat(block: Mapping[str, Any]) -> dict[str, Any]:
    return {_API.get(key, key): _plain(key, value) for key, value in block.items() if value not in (None, "", [])}


def _plain(name: str, value: Any) -> Any:
    """Return the number or the truth that a text stands for; Terraform writes thresholds as texts."""
    if name in _TEXTS or not isinstance(value, str):
        return value
    if _NUMBER.fullmatch(value):
        return int(value) if value.lstrip("+-").isdecimal() else float(value)
    return {"true": True, "false": False}.get(value, value)
