"""Reads our own YAML and TOML files into frozen structs; an unknown key gets the nearest known one."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import yaml

from alertproof.errors import ConfigError, nearest
from alertproof.requirements.durations import Span, parse_span

__all__ = ["converted", "read_raw", "read_struct"]

_S = TypeVar("_S", bound=msgspec.Struct)
_TOO_DEEP = "nested too deep, or in itself; write it flat"
_UNKNOWN = re.compile(r"Object contains unknown field `(.+?)`")


class _Unique(yaml.SafeLoader):
    """Refuses a key that stands twice in one mapping: YAML takes the last and forgets the first."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        known: set[str] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value in known:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key.value!r} stands in this mapping already; take one away", key.start_mark
                )
            known.add(str(key.value))
        return super().construct_mapping(node, deep)


def _hook(kind: type, value: Any) -> Any:
    if kind is Path and isinstance(value, str):
        return Path(value)
    if kind is Span:
        if not isinstance(value, str):
            raise ValueError(f"not a duration: {value!r}; write a number and a unit, such as 5m")
        return Span(parse_span(value))
    raise NotImplementedError(kind)  # msgspec's own signal for a type that no hook knows


def _fields(kind: Any, seen: set[Any]) -> set[str]:
    """Return the names of all fields that a struct type and the types inside it know."""
    if kind in seen:
        return set()
    seen.add(kind)
    names: set[str] = set()
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        for field in msgspec.structs.fields(kind):
            names |= {field.encode_name} | _fields(field.type, seen)
    for inner in getattr(kind, "__args__", ()):
        names |= _fields(inner, seen)
    return names


def read_struct(path: Path, kind: type[_S]) -> _S:
    """Read the YAML or TOML file ``path`` as a ``kind``; raises `ConfigError` naming the place."""
    return converted(read_raw(path), kind, where=str(path))


def read_raw(path: Path) -> Any:
    """Return what stands in the YAML or TOML file ``path``; raises `ConfigError` naming the place."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror}); check the path") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: not UTF-8 at byte {error.start}; save it as UTF-8") from error
    try:
        return tomllib.loads(text) if path.suffix == ".toml" else yaml.load(text, _Unique)  # noqa: S506 - a safe one
    except (ValueError, yaml.YAMLError) as error:
        # A date that no calendar has is a ValueError of its own.
        raise ConfigError(f"{path}: not valid {path.suffix.lstrip('.').upper()}: {error}") from error
    except RecursionError as error:
        raise ConfigError(f"{path}: {_TOO_DEEP}") from error


def converted(raw: Any, kind: type[_S], *, where: str) -> _S:
    """Return what was read as a ``kind``; raises `ConfigError` that begins with ``where``."""
    try:
        return msgspec.convert(raw, kind, dec_hook=_hook)
    except RecursionError as error:
        raise ConfigError(f"{where}: {_TOO_DEEP}") from error
    except msgspec.ValidationError as error:
        unknown = _UNKNOWN.search(str(error))
        hint = nearest(unknown.group(1), _fields(kind, set())) if unknown else ""
        raise ConfigError(f"{where}: {error}{hint}") from error
