"""One file of ``monitoring/`` that declares one thing, as JSON, with the place of each value in it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alertproof.datadog.loading import decoded
from alertproof.datadog.loading.places import Path as Inside
from alertproof.datadog.loading.places import json_extents
from alertproof.errors import ConfigError
from alertproof.sync.things import Written

__all__ = ["File", "read_file", "read_files"]

#: Tags are lower case, and so are our keys.
_KEY = re.compile(r"[a-z0-9][a-z0-9._-]{0,150}")
#: Where a thing stands in its file: under the name of Terraform's exports, as version 2 of the API takes it, or alone.
_WITHIN: tuple[Inside, ...] = (("definition",), ("data", "attributes"))


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A file's path, all that it holds as ``document``, and in it the thing itself as ``payload``."""

    path: Path
    document: Mapping[str, Any]
    payload: Mapping[str, Any]
    written: Written

    @property
    def key(self) -> str:
        return self.path.stem


def read_files(folder: Path, *said: str) -> list[File]:
    """Read all files of a folder, of which each has to say these fields; raises `ConfigError` for what is no JSON.

    What is hidden and what is Markdown, for people to read, is left alone.
    """
    visible = sorted(path for path in folder.glob("*") if not path.name.startswith(".") and path.suffix != ".md")
    for path in visible:
        if path.suffix != ".json" or not path.is_file():
            raise ConfigError(
                f"{path}: not pushed: {'a folder' if path.is_dir() else 'no .json'}; write each thing as a .json file "
                f"of {folder}, or move this out of it"
            )
    return [read_file(path, *said) for path in visible]


def read_file(path: Path, *said: str) -> File:
    """Read a file that has to say these fields, as texts; raises `ConfigError` that says where it is wrong."""
    if not _KEY.fullmatch(path.stem):
        raise ConfigError(
            f"{path}: its name becomes the tag alertproof_key:..: write it in lower-case letters, digits, '.', '_', '-'"
        )
    try:
        # Some editors begin a file with a byte order mark.
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read: {error}") from error
    value = decoded(text, source=str(path))
    base = next((within for within in _WITHIN if isinstance(_at(value, within), dict)), ())
    payload = _at(value, base)
    if not isinstance(payload, dict):
        raise ConfigError(f"{path}: one thing a file, as an object: the file's name is its key in the account")
    for name in said:
        if not isinstance(payload.get(name), str) or not payload[name]:
            raise ConfigError(f"{path}:1: it has no {name}")
    written = Written(file=path, text=text, extents=json_extents(text), base=base)
    return File(path=path, document=value, payload=payload, written=written)


def _at(value: Any, path: Inside) -> Any:
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value
