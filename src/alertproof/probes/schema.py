"""JSON Schema (Draft 2020-12) as a probe uses it: strict about the schema, brief about the document."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias, final

from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import SchemaError, ValidationError, best_match
from referencing import Registry, Resource
from referencing.exceptions import Unresolvable
from referencing.jsonschema import DRAFT202012

from alertproof.errors import ConfigError, nearest
from alertproof.probes.place import written
from alertproof.probes.wording import clipped

__all__ = ["Schema", "read_schema"]

_SHOWN = 5
#: Words of a schema that say something about it and ask nothing of a document.
_ANNOTATIONS = frozenset(
    {"$schema", "$id", "$anchor", "$dynamicAnchor", "$vocabulary", "$comment", "$defs"}
    | {"title", "description", "default", "deprecated", "examples", "readOnly", "writeOnly"}
    | {"contentEncoding", "contentMediaType", "contentSchema", "then", "else", "minContains", "maxContains"}
)
_KNOWN = frozenset(Draft202012Validator.VALIDATORS) | _ANNOTATIONS
_formats = FormatChecker(formats=("date", "email", "ipv4", "ipv6", "regex", "uuid"))


def _is_date_time(value: object) -> bool:
    if not isinstance(value, str):
        return True
    if not re.match(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d", value):
        return False
    return datetime.fromisoformat(value.upper()).tzinfo is not None


# jsonschema leaves this format unchecked, without a word, where another package is not installed.
_formats.checks("date-time", raises=ValueError)(_is_date_time)


@final
class Schema:
    """A checked schema; ``name`` is what people call it."""

    def __init__(self, document: Mapping[str, Any] | bool, *, name: str) -> None:
        self.name = name
        _check(document, name)
        self._validator = Draft202012Validator(document, registry=Registry(), format_checker=_formats)

    def complaints(self, document: Any, *, hide: Callable[[str], str] = str) -> list[str]:
        """Return what in a document is not as the schema says, and where; empty when all is.

        The same complaint about many members of a list is made once, with how often. ``hide`` takes away what must
        not be shown.
        """
        errors = sorted(self._validator.iter_errors(document), key=lambda error: [*map(str, error.absolute_path)])
        where: dict[tuple[str, str], str] = {}
        counts: Counter[tuple[str, str]] = Counter()
        for error in errors:
            for text in map(clipped, map(hide, _said(error))):
                kind = ("".join("[*]" if isinstance(one, int) else f".{one}" for one in error.absolute_path), text)
                where.setdefault(kind, written(error.absolute_path))
                counts[kind] += 1
        said = [
            f"{place}: {kind[1]}" + (f" (and {counts[kind] - 1} more like it)" if counts[kind] > 1 else "")
            for kind, place in where.items()
        ]
        rest = len(said) - _SHOWN
        return said if rest <= 0 else [*said[:_SHOWN], f"and {rest} more complaints"]

    def __repr__(self) -> str:
        return f"Schema({self.name!r})"


SchemaLike: TypeAlias = Schema | Path | Mapping[str, Any]


def read_schema(given: SchemaLike, *, name: str = "") -> Schema:
    """Return a schema from a file or a document, checked; its name is the given, its title, or the file's.

    Raises `ConfigError` for one that is none, that uses a word or a format that would not be checked, or that
    refers to what is not in it.
    """
    if isinstance(given, Schema):
        return given
    if isinstance(given, Path):
        return _from_file(given, name)
    return Schema(given, name=name or str(given.get("title", "the schema")))


@cache
def _from_file(path: Path, name: str) -> Schema:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from error
    except ValueError as error:
        raise ConfigError(f"{path}: not JSON: {error}") from error
    if not isinstance(document, dict):
        raise ConfigError(f"{path}: a schema is an object")
    try:
        return Schema(document, name=name or str(document.get("title", path.stem)))
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from error


def _check(document: Mapping[str, Any] | bool, name: str) -> None:
    try:
        Draft202012Validator.check_schema(document)
    except SchemaError as error:
        raise ConfigError(f"{name}: not a schema: {written(error.absolute_path)}: {clipped(error.message)}") from error
    resource = DRAFT202012.create_resource(document)
    resolver = Registry().with_resource("", resource).resolver()
    for part in _parts(resource):
        if isinstance(part, bool):
            continue
        for word in part.keys() - _KNOWN:
            raise ConfigError(f"{name}: {word!r} is no word of a schema{nearest(word, _KNOWN)}; it would check nothing")
        if (format_ := part.get("format")) is not None and format_ not in _formats.checkers:
            known = ", ".join(sorted(_formats.checkers))
            raise ConfigError(f"{name}: the format {format_!r} is not checked (checked: {known}); use a pattern")
        if (ref := part.get("$ref")) is not None:
            try:
                resolver.lookup(ref)
            except Unresolvable:
                raise ConfigError(f"{name}: $ref {ref!r} is not in this schema") from None


def _parts(resource: Resource[Any]) -> Iterator[Any]:
    yield resource.contents
    for inner in resource.subresources():
        yield from _parts(inner)


def _said(error: ValidationError) -> Iterable[str]:
    """Say an error without the whole document in it."""
    wanted, found = error.validator_value, error.instance
    match error.validator:
        case "required":
            yield f"{_missing(error)!r} is missing"
        case "additionalProperties" if wanted is False:
            known = {*error.schema.get("properties", {})}
            patterns = [*error.schema.get("patternProperties", {})]
            for name in found:
                if name not in known and not any(re.search(pattern, name) for pattern in patterns):
                    yield f"{name!r} is unknown{_renamed(name, known, found)}"
        case "type":
            types = wanted if isinstance(wanted, str) else " or ".join(wanted)
            yield f"{types} expected, {json.dumps(found, ensure_ascii=False)} found"
        case "anyOf" | "oneOf" if error.context and (best := best_match(error.context)) is not None:
            yield f"none of the {len(wanted)} forms fits; nearest: {'; '.join(_said(best))}"
        case _:
            yield error.message


def _missing(error: ValidationError) -> str:
    # jsonschema makes one error for each missing property, and names it only in the message.
    names: list[str] = error.validator_value
    return next(name for name in names if error.message.startswith(repr(name)))


def _renamed(name: str, known: set[str], found: Mapping[str, Any]) -> str:
    close = get_close_matches(name, known - found.keys(), n=1)
    return f"; is it the missing {close[0]!r}?" if close else ""
