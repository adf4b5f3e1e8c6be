"""Where and with what a run runs, for its report. Nothing in it is a secret, and nothing comes from the environment."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from alertproof.errors import AlertproofError
from alertproof.plugin.options import monitoring_folder, reports_folder, target_name
from alertproof.requirements import TargetEntry, choose, load_targets, read_stack_line

__all__ = ["command_of", "environment_of", "without_credentials"]

_CREDENTIALS = re.compile(r"(?P<scheme>[a-z][a-z0-9+.-]*://)[^/?#\s@]*@", re.IGNORECASE)
#: An option whose value nobody else should read: all that may hold a secret by its name, of the ini file (-o), too.
_SECRET_OPTION = re.compile(
    r"(?P<name>-{0,2}[\w=-]*(?:token|secret|password|passwd|key|credential)[\w-]*)(?P<value>=.*)?",
    re.IGNORECASE | re.DOTALL,
)


def environment_of(config: pytest.Config) -> tuple[tuple[str, str], ...]:
    """Return names and values, sorted by name."""
    root = config.rootpath
    facts = {
        "machine": f"{platform.machine()}, {os.cpu_count() or 1} CPUs",
        "monitoring": _shown(monitoring_folder(config), root),
        "platform": platform.platform(),
        "pytest": pytest.__version__,
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "target is": _target(config),
    }
    folder = reports_folder(config)
    if folder is not None:
        facts["reports"] = _shown(folder, root)
    workers = getattr(config.option, "numprocesses", None)
    if workers:
        facts["workers"] = str(workers)
    return tuple(sorted(facts.items()))


def _shown(path: Path, root: Path) -> str:
    """Return a path as it stands below the project: where the project itself stands says who ran it."""
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else path.name


def _target(config: pytest.Config) -> str:
    """Return what kind of target this is, and where it answers as far as that is known before it is asked for."""
    try:
        entry = choose(load_targets(config.rootpath / "alertproof.toml"), target_name(config))
        return _where(entry, config)
    except AlertproofError:
        return "not known"  # a test that asks for the target says why


def _where(entry: TargetEntry, config: pytest.Config) -> str:
    if entry.url is not None:
        allowed = ", ".join(entry.allow) if entry.allow is not None else "read"
        return f"{without_credentials(entry.url)}, allowed: {allowed}"
    if entry.stack is None:
        return f"an embedded stack, made for this run, its clock {entry.factor:g} times as fast as real time"
    path = entry.stack if entry.stack.is_absolute() else config.invocation_params.dir / entry.stack
    if not path.is_file():
        return "a stack that is not there"
    stack = read_stack_line(path.read_text(encoding="utf-8"), source=path.name)
    answers = without_credentials(stack.endpoints.m3core)
    return f"a stack that is kept up at {answers}, its clock {stack.clock.factor:g} times as fast as real time"


def without_credentials(text: str) -> str:
    """Return a text in which no URL has a user or a password."""
    return _CREDENTIALS.sub(r"\g<scheme>", text)


def command_of(config: pytest.Config) -> str:
    """Return the command as it was given, but for credentials in it."""
    return without_credentials(" ".join(["pytest", *_shown_arguments(map(str, config.invocation_params.args))]))


def _shown_arguments(arguments: Iterable[str]) -> Iterator[str]:
    """Yield the arguments; of an option that may hold a secret the whole value is hidden, also one with spaces."""
    hidden = False
    for argument in arguments:
        option = _SECRET_OPTION.fullmatch(argument)
        if option is not None and option["value"]:
            yield f"{option['name']}=***"
        else:
            yield "***" if hidden else argument
        hidden = option is not None and not option["value"] and not hidden and argument.startswith("-")
