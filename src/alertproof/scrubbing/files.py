"""What a run of the suite itself leaves behind: every file of a folder, archives member by member."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path

from alertproof.canaries import Left
from alertproof.errors import Broken

__all__ = ["left_in"]


def left_in(folder: Path) -> Iterator[Left]:
    """Yield every file below a folder, by its name; raises `Broken` when there is none, and for a broken archive."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    if not files:
        raise Broken(f"{folder.name} holds no file: there is nothing to search")
    for path in files:
        if path.suffix == ".zip":
            yield from _members(path)
        else:
            yield Left(source=path.name, octets=path.read_bytes())


def _members(path: Path) -> Iterator[Left]:
    try:
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                yield Left(source=path.name, octets=name.encode() + b"\n" + archive.read(name))
    except zipfile.BadZipFile as error:
        raise Broken(f"{path.name} cannot be read: {error}") from error
