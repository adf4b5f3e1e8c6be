"""Where the commands on monitors find them: in files, in folders of files, in an account."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import click

from alertproof.datadog.loading import Declared, load_live, load_text, reads
from alertproof.errors import ConfigError

__all__ = ["Sources", "account_option", "gather", "paths_argument"]

paths_argument = click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
account_option = click.option(
    "--account",
    is_flag=True,
    help="Also the monitors of the Datadog account of DD_API_KEY, DD_APP_KEY and DD_SITE.",
)


@dataclass(slots=True)
class Sources:
    """The monitors found, and why a file could not be read, one text each."""

    declared: list[Declared] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)


def gather(paths: Sequence[Path], *, account: bool) -> Sources:
    """Read all monitors of files, of folders with files below them, and of the account.

    A file that is named and holds no monitor is unreadable, as is a folder without any. Raises `ConfigError` where
    nothing is named.
    """
    if not paths and not account:
        raise ConfigError("name files or folders with monitors (JSON, lines of JSON or Terraform), or --account")
    sources = Sources()
    for path in paths:
        before = len(sources.declared), len(sources.unreadable)
        for file in _files(path):
            _read(file, sources)
        if before == (len(sources.declared), len(sources.unreadable)):
            sources.unreadable.append(f"{path}: no Datadog monitor here")
    if account:
        sources.declared += _of_account()
    return sources


def _files(path: Path) -> Iterator[Path]:
    if not path.is_dir():
        yield path
        return
    for file in sorted(path.rglob("*")):
        hidden = any(part.startswith(".") or part == "node_modules" for part in file.relative_to(path).parts)
        if reads(file.name) and file.is_file() and not hidden:
            yield file


def _read(file: Path, sources: Sources) -> None:
    try:
        # Some editors begin a file with a byte order mark.
        sources.declared += load_text(file.read_text(encoding="utf-8-sig"), source=str(file))
    except OSError as error:
        sources.unreadable.append(f"{file}: {error.strerror or error}")
    except UnicodeDecodeError as error:
        sources.unreadable.append(f"{file}: not UTF-8: {error}")
    except ConfigError as error:
        sources.unreadable.append(str(error))


def _of_account() -> tuple[Declared, ...]:
    try:
        from alertproof.vendors import Datadog, DatadogKeys  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise ConfigError("--account needs Datadog's client: pip install 'alertproof[drill]'") from error
    keys = DatadogKeys.of(os.environ, wanted_by="--account")
    client = Datadog(host=keys.host, api_key=keys.api_key, app_key=keys.app_key)
    try:
        return load_live(client.monitors(), source=keys.site)
    finally:
        client.close()
