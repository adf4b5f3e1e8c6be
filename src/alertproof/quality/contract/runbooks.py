"""What runbooks tell people to search for: queries of metrics, and searches of logs, spans and RUM.

A search stands in a fenced block that says what it searches, such as ```` ```text logs ````. A word in capitals, such
as ``TENANT``, is for the reader to replace.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from alertproof.datadog import retarget_text
from alertproof.errors import AlertproofError, ConfigError, nearest
from alertproof.quality.contract.asked import Asked, asked_of_metrics, asked_of_search

__all__ = ["Fields", "field_gap", "read_runbooks"]

#: The fields that a platform's log lines have; of those that are written with fixed values, these.
Fields = Mapping[str, frozenset[str]]
_KINDS = ("metrics", "logs", "spans", "rum")
_BLOCK = re.compile(r"^ *```text *(?P<kind>\w*) *\n(?P<lines>.*?)^ *```", re.MULTILINE | re.DOTALL)
_PLACE = re.compile(r"\b(?!AND\b|OR\b|NOT\b)[A-Z][A-Z_]+\b")
#: Of every record, wherever it is written.
_RESERVED = ("service", "status", "source", "host", "env", "version")


def read_runbooks(folder: Path, *, origin: str, environment: str) -> tuple[Asked, ...]:
    """Return every search of the runbooks in a folder, pointed at an environment.

    Raises `ConfigError` where there is none at all, for a block that does not say what it searches, and for a search
    that cannot be read.
    """
    found = tuple(
        asked
        for path in sorted(folder.glob("*.md"))
        for place, kind, text in _searches(path)
        for asked in _asked(path, place, kind, text, (origin, environment))
    )
    if not found:
        raise ConfigError(f"{folder}: no runbook searches for anything; is this the folder of the runbooks?")
    return found


def _searches(path: Path) -> Iterator[tuple[int, str, str]]:
    """Yield the line, the kind and the text of each search."""
    content = path.read_text(encoding="utf-8")
    for block in _BLOCK.finditer(content):
        first = content.count("\n", 0, block.start("lines")) + 1
        kind = block["kind"]
        if kind not in _KINDS:
            said = f"{kind!r}{nearest(kind, _KINDS)}" if kind else "nothing"
            raise ConfigError(
                f"{path}:{first - 1}: says {said} of what it searches; write ```text and one of {', '.join(_KINDS)}"
            )
        for place, line in enumerate(block["lines"].splitlines(), start=first):
            if line.strip():
                yield place, kind, _PLACE.sub("*", line.strip())


def _asked(path: Path, place: int, kind: str, text: str, moved: tuple[str, str]) -> tuple[Asked, ...]:
    origin, environment = moved
    file, line = f"{path.parent.name}/{path.name}", f"line {place}"
    try:
        if kind == "metrics":
            return asked_of_metrics(retarget_text(text, origin=origin, environment=environment), file=file, place=line)
        return (asked_of_search(kind, text.replace(f"env:{origin}", f"env:{environment}"), file=file, place=line),)
    except AlertproofError as error:
        raise ConfigError(f"{path}:{place}: {error}") from error


def field_gap(asked: Asked, fields: Fields) -> str:
    """Return what a search of logs asks for that no line has, empty where lines have it all."""
    for facet, values in asked.tags:
        if not facet.startswith("@"):
            if facet not in _RESERVED:
                return f"{asked.where}: {facet} is no field that every line has; write @{facet} for one of its own"
            continue
        name = facet.removeprefix("@")
        if name not in fields:
            return f"{asked.where}: no log line has {facet}{nearest(name, fields)}"
        known = fields[name]
        for value in values:
            if known and "*" not in value and value not in known:
                return f"{asked.where}: no log line says {facet}:{value}{nearest(value, known)}"
    return ""
